//! Builds that are killed at any moment, and builds that run at once: no report is ever wrong, and nothing that
//! was finished is run again.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use cnn_report::execute::{Reuse, execute};
use cnn_report::plan::Overrides;
use cnn_report::plan_report;
use cnn_report::progress::Silent;
use cnn_report::store::{Key, LIMIT_BYTES, Store};

use crate::rebuilds::Project;

type Report = BTreeMap<PathBuf, Vec<u8>>;

/// A report that stands, and an edit after which most units must run.
struct Edited {
    project: Project,
    /// Before the edit, as in the folder `old`, with what was stored then.
    old: Report,
    /// What a build from an empty store makes of the edit.
    new: Report,
    /// Key of each unit after the edit.
    keys: BTreeMap<String, Key>,
    /// How long a build takes after the edit.
    takes: Duration,
}

fn copy(from: &Path, to: &Path) {
    std::fs::create_dir_all(to).unwrap();
    for file in std::fs::read_dir(from).unwrap() {
        let path = file.unwrap().path();
        let to = to.join(path.file_name().unwrap());
        match path.is_dir() {
            true => copy(&path, &to),
            false => drop(std::fs::copy(&path, &to).unwrap()),
        }
    }
}

impl Edited {
    fn new() -> Self {
        let project = Project::new();
        project.build("old", "old-store", Reuse::Stored);
        let old = project.report("old");
        project.spec("seed: 0", "seed: 1\nprecision: bf16");
        project.build("new", "new-store", Reuse::Stored);
        let new = project.report("new");
        assert!(old != new);
        let keys = {
            let store = Store::open(&project.path("new-store"), LIMIT_BYTES).unwrap();
            let spec = project.path("report.yaml");
            let planned = plan_report(&spec, &Overrides::default(), Some(&store));
            let Ok((plan, network)) = planned else {
                panic!("the spec has faults")
            };
            let executed = execute(&plan, &network, Some(&store), Reuse::Stored, &Silent).unwrap();
            assert!(executed.ran.is_empty(), "{:?}", executed.ran);
            executed.keys
        };
        let mut edited = Self {
            project,
            old,
            new,
            keys: keys
                .into_iter()
                .map(|(unit, key)| (unit, Key::new(key)))
                .collect(),
            takes: Duration::ZERO,
        };
        edited.restore();
        let start = Instant::now();
        assert!(edited.started().wait().unwrap().success());
        edited.takes = start.elapsed();
        assert!(edited.report() == edited.new);
        edited
    }

    /// The old report with its store, before anybody has built after the edit.
    fn restore(&self) {
        for (from, to) in [("old", "out"), ("old-store", "store")] {
            let (from, to) = (self.project.path(from), self.project.path(to));
            let _ = std::fs::remove_dir_all(&to); // not there the first time
            copy(&from, &to);
        }
    }

    fn command(&self) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_cnn-report"));
        command.current_dir(self.project.path("")).args([
            "build", "--why", "--quiet", "--output", "out", "--store", "store",
        ]);
        command
    }

    fn started(&self) -> Child {
        let mut command = self.command();
        command
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap()
    }

    fn report(&self) -> Report {
        self.project.report("out")
    }

    /// Units whose result is in the store.
    fn finished(&self) -> BTreeSet<&str> {
        let store = Store::open(&self.project.path("store"), LIMIT_BYTES).unwrap();
        let stored = self.keys.iter().filter(|(_, key)| store.contains(key));
        stored.map(|(unit, _)| unit.as_str()).collect()
    }

    /// Which report stands in the folder; a panic where it is not a whole one.
    fn standing(&self) -> Standing {
        let found = self.report();
        let pages: Vec<&PathBuf> = self
            .old
            .keys()
            .filter(|path| path.components().count() == 1)
            .collect();
        assert!(pages.len() >= 2, "HTML and Markdown");
        let of = |report: &Report| {
            let is_of = |page: &&&PathBuf| found.get(**page) == report.get(**page);
            pages.iter().filter(is_of).count()
        };
        let (report, standing) = match (of(&self.old), of(&self.new)) {
            (count, 0) if count == pages.len() => (&self.old, Standing::Old),
            (0, count) if count == pages.len() => (&self.new, Standing::New),
            counts => panic!(
                "pages of the old and of the new report: {counts:?} of {}",
                pages.len()
            ),
        };
        for (path, content) in report {
            assert!(
                found.get(path) == Some(content),
                "{} is not whole",
                path.display()
            );
        }
        standing
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Standing {
    Old,
    New,
}

/// The units that a build told of as run.
fn ran(printed: &[u8]) -> BTreeSet<String> {
    let text = String::from_utf8_lossy(printed).into_owned();
    let lines = text.lines().filter_map(|line| line.strip_prefix("ran "));
    let units = lines.filter_map(|line| line.split_once(": "));
    units.map(|(unit, _)| unit.to_owned()).collect()
}

/// Kills at so many moments, spread evenly over the whole build and a little beyond.
fn kill(times: usize) {
    const GOLDEN_RATIO: f64 = 0.618_033_988_749_895;
    let edited = Edited::new();
    let mut tally = BTreeMap::new();
    let mut by_finished = BTreeMap::new();
    for number in 0..times {
        edited.restore();
        let moment = (number as f64 * GOLDEN_RATIO).fract() * 1.05;
        let mut build = edited.started();
        std::thread::sleep(edited.takes.mul_f64(moment));
        build.kill().unwrap(); // SIGKILL
        let status = build.wait().unwrap();
        let standing = edited.standing();
        let before = edited.finished();
        *tally.entry((standing, status.success())).or_insert(0) += 1;
        *by_finished.entry(before.len()).or_insert(0) += 1;

        let output = edited.command().output().unwrap();
        let told = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(output.status.success(), "{told}");
        let expected = edited
            .keys
            .keys()
            .filter(|unit| !before.contains(unit.as_str()));
        let ran = ran(&output.stdout);
        assert_eq!(ran, expected.cloned().collect(), "killed at {moment:.3}");
        let report = edited.report();
        let differ: Vec<_> = edited
            .new
            .keys()
            .filter(|path| report.get(*path) != edited.new.get(*path))
            .collect();
        assert!(differ.is_empty(), "killed at {moment:.3}: {differ:?}");
        let left: Vec<_> = report
            .keys()
            .filter(|path| !edited.new.contains_key(*path))
            .collect();
        assert!(left.is_empty(), "killed at {moment:.3}: left over {left:?}");
    }
    println!(
        "{times} kills of a build of {:.2} s; (report that stood, build had ended): {tally:?}; \
         finished units of {}: {by_finished:?}",
        edited.takes.as_secs_f64(),
        edited.keys.len()
    );
}

#[test]
fn a_build_that_is_killed_goes_on() {
    kill(10);
}

/// `cargo test --release --locked a_hundred_kills -- --ignored --nocapture`
#[test]
#[ignore = "takes minutes"]
fn a_hundred_kills() {
    kill(100);
}

#[test]
fn eight_builds_at_once_make_one_right_report() {
    let edited = Edited::new();
    for _ in 0..3 {
        edited.restore();
        let builds: Vec<Child> = (0..8).map(|_| edited.started()).collect();
        for mut build in builds {
            assert!(build.wait().unwrap().success());
        }
        assert!(edited.report() == edited.new);
        assert_eq!(edited.finished().len(), edited.keys.len());
        let output = edited.command().output().unwrap();
        assert!(output.status.success() && ran(&output.stdout).is_empty());
        assert!(edited.report() == edited.new);
    }
}
