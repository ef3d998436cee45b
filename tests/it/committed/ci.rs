//! The files of examples/ci and the lines of docs/guide/committing.md do what they say: their shell steps are run, with
//! stand-ins for what speaks to a forge.

use std::path::Path;

use serde_yaml::Value;

use super::{Project, QUESTIONS};

fn repository() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn example(name: &str) -> Value {
    let text = std::fs::read_to_string(repository().join("examples/ci").join(name)).unwrap();
    serde_yaml::from_str(&text).unwrap()
}

/// Runs a step as CI does: `bash` that stops at the first error. Exit code and what was printed.
fn step(project: &Project, script: &str) -> (i32, String) {
    let folder = &project.root;
    let bin = folder.join("bin");
    if !bin.exists() {
        std::fs::create_dir(&bin).unwrap();
        for name in ["gh", "curl", "make", "apt-get"] {
            let said = format!(
                "#!/bin/sh\nprintf '%s|' {name} \"$@\" >> \"{}\"\n",
                folder.join("called").display()
            );
            let path = bin.join(name);
            std::fs::write(&path, said).unwrap();
            let mode = std::os::unix::fs::PermissionsExt::from_mode(0o755);
            std::fs::set_permissions(&path, mode).unwrap();
        }
    }
    let program = Path::new(env!("CARGO_BIN_EXE_cnn-report"));
    let path = std::env::var("PATH").unwrap();
    let path = format!(
        "{}:{}:{path}",
        bin.display(),
        program.parent().unwrap().display()
    );
    let temporary = folder.join("runner");
    std::fs::create_dir_all(&temporary).unwrap();
    let output = std::process::Command::new("bash")
        .args(["-euo", "pipefail", "-c", script])
        .current_dir(folder)
        .env("PATH", path)
        .env("RUNNER_TEMP", &temporary)
        .env("LINK", "https://a.example/runs/1")
        .env("CI_JOB_URL", "https://a.example/jobs/1")
        .env("REPORT_TOKEN", "token")
        .env("CI_API_V4_URL", "https://a.example/api")
        .env("CI_PROJECT_ID", "1")
        .env("CI_MERGE_REQUEST_IID", "2")
        .env("NUMBER", "7")
        .env("GIT_AUTHOR_NAME", "A. N. Other")
        .env("GIT_AUTHOR_EMAIL", "other@a.example")
        .env("GIT_COMMITTER_NAME", "A. N. Other")
        .env("GIT_COMMITTER_EMAIL", "other@a.example")
        .output()
        .unwrap();
    let said = [output.stdout, output.stderr].concat();
    (
        output.status.code().unwrap(),
        String::from_utf8_lossy(&said).into_owned(),
    )
}

fn done(project: &Project, script: &str) {
    let (code, said) = step(project, script);
    assert_eq!(code, 0, "{script}\n{said}");
}

fn called(project: &Project) -> String {
    std::fs::read_to_string(project.root.join("called")).unwrap()
}

#[test]
fn the_github_action_checks_and_comments() {
    let action = example("github.yml");
    let steps = action["jobs"]["report"]["steps"].as_sequence().unwrap();
    let run = |name: &str| {
        let step = steps
            .iter()
            .find(|step| step["name"].as_str() == Some(name));
        step.unwrap()["run"].as_str().unwrap().to_owned()
    };
    let project = Project::new("p", QUESTIONS);
    project.build(&[]);
    done(&project, &run("Check the committed report"));
    done(&project, &run("Write the report of this state"));
    for file in ["report/report.html", "report/report.md", "comment.md"] {
        assert!(project.root.join("runner").join(file).is_file(), "{file}");
    }
    done(&project, &run("Comment"));
    assert!(
        called(&project).starts_with("gh|pr|comment|7|--body-file|"),
        "{}",
        called(&project)
    );
    project.spec("It is {fig:photos}.", "It was {fig:photos}.");
    let (code, said) = step(&project, &run("Check the committed report"));
    assert_eq!(code, 1, "{said}");
    assert!(said.contains("report.md"), "{said}");
    let names = steps.iter().filter(|step| step["run"].is_string());
    assert_eq!(
        names.count(),
        4,
        "every step but the building of the program is run here"
    );
}

#[test]
fn the_gitlab_job_writes_the_report_and_checks() {
    let job = &example("gitlab.yml")["report"];
    let lines = |key: &str| {
        let lines = job[key].as_sequence().unwrap().iter();
        let lines = lines.map(|line| line.as_str().unwrap().to_owned());
        lines.collect::<Vec<_>>().join("\n")
    };
    let project = Project::new("p", QUESTIONS);
    project.build(&[]);
    done(&project, &lines("script"));
    assert!(project.root.join("public/report.html").is_file());
    assert!(project.root.join("comment.md").is_file());
    let note = "curl|--fail|--silent|--show-error|--header|PRIVATE-TOKEN: token|--data-urlencode|body@comment.md|https://a.example/api/projects/1/merge_requests/2/notes|";
    assert_eq!(called(&project), note);
    project.spec("It is {fig:photos}.", "It was {fig:photos}.");
    assert_eq!(step(&project, &lines("script")).0, 1);
    assert_eq!(
        step(&project, &format!("set -n\n{}", lines("before_script"))).0,
        0
    );
}

#[test]
fn the_hook_refuses_a_report_that_is_out_of_date() {
    let hooks = example("pre-commit.yaml");
    let hook = &hooks["repos"][0]["hooks"][0];
    let entry = hook["entry"].as_str().unwrap();
    let project = Project::new("p", QUESTIONS);
    project.build(&[]);
    done(&project, entry);
    project.spec("It is {fig:photos}.", "It was {fig:photos}.");
    assert_eq!(step(&project, entry).0, 1);
}

/// Every block of shell lines of the page, in the order in which it has them; and its report.yaml.
#[test]
fn the_lines_of_the_guide_run() {
    let page = std::fs::read_to_string(repository().join("docs/guide/committing.md")).unwrap();
    let blocks = |language: &str| -> Vec<String> {
        let opening = format!("```{language}\n");
        let blocks = page.split(opening.as_str()).skip(1);
        blocks
            .map(|block| block.split("```").next().unwrap().to_owned())
            .collect()
    };
    let project = Project::new("p", QUESTIONS);
    let has_git = std::process::Command::new("git")
        .arg("--version")
        .output()
        .is_ok();
    if has_git {
        done(&project, "git init --quiet .");
    }
    for block in blocks("sh") {
        if has_git || !block.contains("git ") {
            done(&project, &block);
        }
    }
    let comment = std::fs::read_to_string(project.root.join("comment.md")).unwrap();
    assert!(comment.contains("(https://example.org/raw/main/build/report_files/fig-"));
    for spec in blocks("yaml") {
        std::fs::write(project.root.join("report.yaml"), spec).unwrap();
        project.build(&["--formats", "markdown"]);
        let places = project.markdown();
        assert!(places.find("has the map:").unwrap() < places.find("id=\"fig-saliency\"").unwrap());
    }
}
