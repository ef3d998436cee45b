//! Several builds that share the work of one report by a store: each unit is run once, and the report is the one that a
//! single build gives, byte for byte.

use std::collections::BTreeSet;
use std::process::{Command, Stdio};

use cnn_report::execute::{Reuse, Shard};
use cnn_report::plan::Overrides;
use cnn_report::progress::Silent;
use cnn_report::{BuiltShard, OnFailure, Request, StoreAt, build_shard};

use crate::rebuilds::Project;

/// Methods that share what a walk through labelled photos found, and one whose maps only its results can name.
const OF_LABELLED: &str = "
      - calibration: {id: calibration, data: labelled.csv, groups: groups.yaml}
      - mistakes: {id: mistakes, data: labelled.csv, groups: groups.yaml, count: 2}
    answer:";

fn project() -> Project {
    let project = Project::new();
    project.spec("\n    answer:", OF_LABELLED);
    project
}

fn shard(project: &Project, store: &str, shard: &str) -> BuiltShard {
    let shard: Shard = shard.parse().unwrap();
    let request = Request {
        spec: project.path("report.yaml"),
        overrides: Overrides::default(),
        on_failure: OnFailure::Stop,
        store: StoreAt::Folder(project.path(store)),
        reuse: Reuse::Stored,
    };
    match build_shard(&request, shard, &Silent) {
        Ok(built) => built,
        Err(failure) => panic!("{failure:?}"),
    }
}

fn names(ran: &[cnn_report::execute::Ran]) -> BTreeSet<String> {
    ran.iter().map(|ran| ran.unit.clone()).collect()
}

#[test]
fn every_unit_is_run_by_one_shard_and_the_report_is_the_same() {
    let project = project();
    let whole = project.build("whole", "store-of-one", Reuse::Stored);
    let mut left = names(&whole.ran);
    let further: BTreeSet<String> = left
        .iter()
        .filter(|name| name.starts_with("mistakes/") && !name.contains("photos"))
        .cloned()
        .collect();
    assert!(!further.is_empty(), "{left:?}");
    for one in ["1/3", "2/3", "3/3"] {
        let built = shard(&project, "store", one);
        assert!(built.failures.is_empty(), "{:?}", built.failures);
        assert!(!built.ran.is_empty(), "{one}");
        for name in names(&built.ran) {
            assert!(
                left.remove(&name),
                "{one} ran {name}, which is no unit of the report or was run before"
            );
        }
    }
    assert!(left.is_subset(&further), "no shard ran {left:?}");
    assert!(!project.path("out").exists(), "a shard writes no report");
    let last = project.build("out", "store", Reuse::Stored);
    assert_eq!(names(&last.ran), left);
    assert!(project.report("out") == project.report("whole"));
    // A shard that runs again finds everything.
    assert!(shard(&project, "store", "2/3").ran.is_empty());
}

/// Two at once, one of them twice, and a third that is killed or never began: the last build runs what is left.
#[test]
fn shards_may_race_and_die() {
    let project = project();
    let started = |shard: &str| {
        let mut command = Command::new(env!("CARGO_BIN_EXE_cnn-report"));
        command
            .current_dir(project.path(""))
            .args(["build", "--store", "store", "--shard", shard]);
        command
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap()
    };
    let mut killed = started("3/3");
    let running = ["1/3", "2/3", "1/3"].map(started);
    killed.kill().unwrap();
    killed.wait().unwrap();
    for one in running {
        let done = one.wait_with_output().unwrap();
        let said = String::from_utf8_lossy(&done.stdout).into_owned();
        assert!(
            done.status.success(),
            "{}",
            String::from_utf8_lossy(&done.stderr)
        );
        assert!(
            said.starts_with("shard ") && said.contains("/3: ran "),
            "{said}"
        );
    }
    project.build("out", "store", Reuse::Stored);
    project.build("whole", "store-of-one", Reuse::Stored);
    assert!(project.report("out") == project.report("whole"));
}

#[test]
fn a_shard_that_is_none_is_refused() {
    let project = project();
    for arguments in [
        &["--shard", "4/3"][..],
        &["--shard", "two"],
        &["--shard", "1/2", "--check"],
        &["--shard", "1/2", "--output", "out"],
    ] {
        let mut command = Command::new(env!("CARGO_BIN_EXE_cnn-report"));
        command
            .current_dir(project.path(""))
            .arg("build")
            .args(arguments);
        let done = command.output().unwrap();
        let said = String::from_utf8_lossy(&done.stderr).into_owned();
        assert_eq!(done.status.code(), Some(2), "{arguments:?}: {said}");
        assert!(said.contains("--shard"), "{said}");
    }
    assert!(!project.path(".cnn-report").exists());
}
