//! A store in a bucket: what a store in a folder gives, and what a network adds to it.

mod server;

use std::path::Path;
use std::process::{Child, Command, Output, Stdio};

use cnn_report::execute::Reuse;

use crate::rebuilds::Project;
use server::{Bucket, KEY_ID, Mood, SECRET};

const URL: &str = "s3://bucket/team/store";

fn command(folder: &Path, endpoint: &str, arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_cnn-report"));
    command
        .current_dir(folder)
        .args(["--format", "short"])
        .args(arguments);
    for (name, value) in [
        ("AWS_ENDPOINT_URL", endpoint),
        ("AWS_ALLOW_HTTP", "true"),
        ("AWS_ACCESS_KEY_ID", KEY_ID),
        ("AWS_SECRET_ACCESS_KEY", SECRET),
        ("AWS_REGION", "us-east-1"),
        ("NO_PROXY", "127.0.0.1"), // a proxy of the machine's knows nothing of our port
        ("no_proxy", "127.0.0.1"),
    ] {
        command.env(name, value);
    }
    command.stdout(Stdio::piped()).stderr(Stdio::piped());
    command
}

/// Exit code and everything that was said; no credentials.
fn said(output: &Output) -> (i32, String) {
    let text = [&output.stdout[..], &output.stderr[..]].concat();
    let text = String::from_utf8_lossy(&text).into_owned();
    assert!(!text.contains(SECRET) && !text.contains(KEY_ID), "{text}");
    (output.status.code().unwrap(), text)
}

fn told(project: &Project, bucket: &Bucket, arguments: &[&str]) -> (i32, String) {
    let mut command = command(&project.path(""), &bucket.endpoint(), arguments);
    said(&command.output().unwrap())
}

fn build(project: &Project, bucket: &Bucket) -> (i32, String) {
    told(
        project,
        bucket,
        &["build", "--why", "--store", URL, "--output", "out"],
    )
}

/// Four shards of which two race for the same units, one is killed and begun again; the last build finds everything and
/// writes what one machine with a folder writes.
#[test]
fn shards_share_a_bucket() {
    let project = Project::new();
    let bucket = Bucket::start();
    let started = |shard: &str| -> Child {
        let arguments = ["build", "--store", URL, "--shard", shard];
        let mut command = command(&project.path(""), &bucket.endpoint(), &arguments);
        command.spawn().unwrap()
    };
    let checked = told(&project, &bucket, &["check", "--store", URL]);
    assert_eq!(checked.0, 0, "{}", checked.1);
    let mut killed = started("4/4");
    let racing = ["1/4", "1/4", "2/4", "3/4"].map(started);
    killed.kill().unwrap();
    killed.wait().unwrap();
    let again = started("4/4");
    for one in racing.into_iter().chain([again]) {
        let (code, said) = said(&one.wait_with_output().unwrap());
        assert_eq!(code, 0, "{said}");
        assert!(said.contains("/4: ran "), "{said}");
    }
    assert!(!project.path("out").exists());
    let (code, said) = build(&project, &bucket);
    assert_eq!(code, 0, "{said}");
    assert!(said.contains("ran 0 of "), "{said}");
    project.build("whole", "folder", Reuse::Stored);
    assert!(project.report("out") == project.report("whole"));
    assert!(!project.path(".cnn-report").exists(), "no folder is made");

    // Entry for entry the bytes are those of the folder, but for how long units took.
    let objects = bucket.objects();
    let mut compared = 0;
    for (name, content) in &objects {
        let name = name.strip_prefix("team/store/").expect("below the prefix");
        if let Ok(of_folder) = std::fs::read(project.path("folder").join(name))
            && !String::from_utf8_lossy(&of_folder).contains("\"timings\":1")
        {
            assert!(of_folder == *content, "{name}");
            compared += 1;
        }
    }
    assert!(compared >= 20, "{compared} of {}", objects.len());

    // Nobody asks for an entry twice in one build.
    bucket.requests();
    assert_eq!(build(&project, &bucket).0, 0);
    let mut asked = bucket.requests();
    asked.retain(|request| request.starts_with("GET") && request.contains("/entries/"));
    let all = asked.len();
    asked.sort();
    asked.dedup();
    assert_eq!(asked.len(), all, "{asked:#?}");
}

#[test]
fn the_cache_command_lists_and_removes() {
    let project = Project::of_one_figure();
    let bucket = Bucket::start();
    let cache = |arguments: &[&str]| {
        let arguments = [&["cache", "--store", URL], arguments].concat();
        let (code, said) = told(&project, &bucket, &arguments);
        assert_eq!(code, 0, "{said}");
        said
    };
    let none = "nothing is stored: there is no `s3://bucket/team/store`\n";
    assert_eq!(cache(&["list"]), none);
    let (code, said) = told(&project, &bucket, &["build", "--dry-run", "--store", URL]);
    assert_eq!(code, 0, "{said}");
    assert!(bucket.objects().is_empty(), "a dry run writes nothing");
    assert_eq!(build(&project, &bucket).0, 0);
    bucket.put("team/store/entries/ab/notes.txt", b"mine");
    bucket.put("other/notes.txt", b"mine");
    let listed = cache(&["list"]);
    assert!(listed.contains("predictions/coffee"), "{listed}");
    let entries = listed.lines().count() - 1;
    assert!(
        listed.ends_with(&format!("in {entries} entries\n")),
        "{listed}"
    );
    let (code, said) = told(&project, &bucket, &["build", "--dry-run", "--store", URL]);
    assert!(
        code == 0 && said.contains("all 2 units are in the store"),
        "{said}"
    );
    assert_eq!(cache(&["prune"]), "removed 0 entries, 0.0 kB\n");
    assert!(cache(&["clear"]).starts_with(&format!("removed {entries} entries")));
    assert!(cache(&["list"]).contains("in 0 entries"));
    let left: Vec<String> = bucket.objects().into_keys().collect();
    assert_eq!(
        left,
        [
            "other/notes.txt",
            "team/store/about-this-store.txt",
            "team/store/entries/ab/notes.txt"
        ]
    );
}

/// One message with the URL, the cause and what would be right; an old report stays as it was.
#[test]
fn a_bucket_that_cannot_be_used_stops_a_build() {
    let project = Project::of_one_figure();
    let bucket = Bucket::start();
    let refused = |(code, said): (i32, String), parts: &[&str]| {
        assert_eq!(code, 1, "{said}");
        let all = [parts, &["AWS_ENDPOINT_URL", "AWS_ACCESS_KEY_ID"]].concat();
        for part in all {
            assert!(said.contains(part), "{part}: {said}");
        }
        assert_eq!(said.matches("cannot ").count(), 1, "{said}");
        assert!(!project.path("out").exists() && !project.path(".cnn-report").exists());
    };
    let nobody = {
        let mut command = command(
            &project.path(""),
            "http://127.0.0.1:1",
            &["build", "--store", URL, "--output", "out"],
        );
        said(&command.output().unwrap())
    };
    refused(
        nobody,
        &["cannot write `s3://bucket/team/store/", "refused"],
    );
    let other = ["build", "--store", "s3://other/store", "--output", "out"];
    let parts = [
        "cannot write `s3://other/store/",
        "no such bucket (NoSuchBucket)",
    ];
    refused(told(&project, &bucket, &other), &parts);
    let dry = ["build", "--store", "s3://other/store", "--dry-run"];
    refused(told(&project, &bucket, &dry), &["no such bucket"]);
    for arguments in [
        &["check", "--store", "s3://other/store"][..],
        &["values", "--store", "s3://other/store"],
        &["layers", "--store", "s3://other/store"],
        &["cache", "list", "--store", "s3://other/store"],
        &["build", "--shard", "1/2", "--store", "s3://other/store"],
    ] {
        refused(told(&project, &bucket, arguments), &["no such bucket"]);
    }
    bucket.is(Mood::Refuses);
    refused(build(&project, &bucket), &["AccessDenied", "credentials"]);
    bucket.is(Mood::Well);
    let tls = {
        let arguments = ["build", "--store", URL];
        let mut command = command(&project.path(""), &bucket.endpoint(), &arguments);
        said(&command.env_remove("AWS_ALLOW_HTTP").output().unwrap())
    };
    refused(tls, &["the endpoint is http://", "AWS_ALLOW_HTTP=true"]);
}

/// Wherever in a build the bucket is lost: no report, and what was stored is whole and is used when the bucket is back.
#[test]
fn a_bucket_that_is_lost_stops_a_build_and_its_entries_are_used() {
    let project = Project::of_one_figure();
    let bucket = Bucket::start();
    bucket.requests();
    assert_eq!(build(&project, &bucket).0, 0);
    let requests = bucket.requests().len();
    let report = project.report("out");
    std::fs::remove_dir_all(project.path("out")).unwrap();
    assert!(requests > 8, "{requests}");
    // A report is written before what the next build compares with is stored.
    let before_the_report = requests - 2;
    for answered in [1, 2, before_the_report / 2, before_the_report - 1] {
        let bucket = Bucket::start();
        bucket.is(Mood::DiesAfter(answered));
        let (code, said) = build(&project, &bucket);
        assert_eq!(code, 1, "{answered}: {said}");
        assert!(said.contains("s3://bucket/team/store/"), "{said}");
        assert!(
            said.contains("500 Internal Server Error (InternalError)"),
            "{said}"
        );
        assert!(!project.path("out").exists(), "{answered}");
        bucket.is(Mood::Well);
        let (code, said) = build(&project, &bucket);
        assert_eq!(code, 0, "{said}");
        assert!(project.report("out") == report, "{answered}");
        std::fs::remove_dir_all(project.path("out")).unwrap();
    }
    let bucket = Bucket::start();
    bucket.is(Mood::Busy(4));
    let (code, said) = build(&project, &bucket);
    assert_eq!(
        code, 0,
        "a server that is busy for a moment is asked again: {said}"
    );
}

#[test]
fn a_damaged_object_is_computed_again() {
    let project = Project::of_one_figure();
    let bucket = Bucket::start();
    assert_eq!(build(&project, &bucket).0, 0);
    let whole = bucket.objects();
    for (name, content) in &whole {
        if name.contains("/entries/") || name.ends_with("/digests") {
            bucket.put(name, &content[..content.len() / 2]);
        }
    }
    let (code, said) = build(&project, &bucket);
    assert!(code == 0 && said.contains("ran 2 of 2"), "{said}");
    assert_eq!(bucket.objects().len(), whole.len());
    let (_, said) = build(&project, &bucket);
    assert!(said.contains("ran 0 of 2"), "{said}");
}
