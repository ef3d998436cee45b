//! `build --budget` and `build --dry-run`, as their user runs them.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use crate::rebuilds::Project;

fn build(project: &Project, arguments: &[&str]) -> (i32, String, String) {
    project.told(&[&["build", "--quiet"], arguments].concat())
}

/// Every file and folder with its size and the time of its last change.
fn traces(folder: &Path) -> BTreeSet<(PathBuf, u64, std::time::SystemTime)> {
    let mut found = BTreeSet::new();
    let mut open = vec![folder.to_owned()];
    while let Some(next) = open.pop() {
        for entry in std::fs::read_dir(next).unwrap() {
            let entry = entry.unwrap();
            let facts = entry.metadata().unwrap();
            found.insert((entry.path(), facts.len(), facts.modified().unwrap()));
            if facts.is_dir() {
                open.push(entry.path());
            }
        }
    }
    found
}

#[test]
fn a_report_above_its_budget_is_not_written_and_the_heaviest_figures_are_named() {
    let project = Project::new();
    let (code, _, told) = build(&project, &["--budget", "100kB"]);
    assert_eq!(code, 1, "{told}");
    assert!(!project.path("build/report.html").exists());
    assert!(!project.path("build/report_files").exists());
    let lines: Vec<&str> = told.lines().collect();
    let over: Vec<&&str> = lines
        .iter()
        .filter(|line| line.contains("error: "))
        .collect();
    assert_eq!(over.len(), 2, "{told}");
    assert!(over[0].contains("`report.html` takes "), "{told}");
    assert!(over[0].contains("; its budget is 100.0 kB"), "{told}");
    assert!(
        over[1].contains("`report.md` with `report_files` takes "),
        "{told}"
    );
    let figures: Vec<&&str> = lines
        .iter()
        .filter(|line| line.contains("warning: "))
        .collect();
    assert_eq!(figures.len(), 10, "five of each: {told}");
    // Each with its place, the heaviest first.
    assert!(
        figures.iter().all(|line| line.starts_with("report.yaml:")),
        "{told}"
    );
    let share = |line: &str| -> u32 {
        let number = line.trim_end_matches(" %").rsplit(' ').next().unwrap();
        number.parse().unwrap()
    };
    let shares: Vec<u32> = figures[..5].iter().map(|line| share(line)).collect();
    assert!(
        shares.is_sorted_by(|a, b| a >= b) && shares[0] > 10,
        "{told}"
    );

    // What was computed is kept, and what fits is written.
    let (code, _, told) = build(&project, &["--budget", "50 MB"]);
    assert_eq!((code, told.as_str()), (0, ""));
    let page = std::fs::read(project.path("build/report.html")).unwrap();
    assert!(page.len() > 100_000);

    // An old report stays; `--check` says it, too.
    project.spec(
        "seed: 0",
        "seed: 0\noutput: {formats: [html], budget: 100kB}",
    );
    let (code, _, told) = build(&project, &["--set", "title=Other"]);
    assert_eq!(code, 1);
    assert!(
        told.starts_with("report.yaml:4:27: error: `report.html` takes"),
        "{told}"
    );
    assert_eq!(
        std::fs::read(project.path("build/report.html")).unwrap(),
        page
    );
    let (code, _, told) = build(&project, &["--check"]);
    assert_eq!(code, 1);
    assert!(told.contains("its budget is 100.0 kB"), "{told}");
    let (code, ..) = build(&project, &["--check", "--budget", "50MB"]);
    assert_eq!(code, 0, "the command line goes before the spec");
}

#[test]
fn sums_of_figures_are_nearly_the_whole_of_a_form() {
    use cnn_report::render::{Form, weights};
    let project = Project::new();
    let built = project.build("build", "store", cnn_report::execute::Reuse::Stored);
    let size = |path: &Path| std::fs::metadata(path).unwrap().len();
    let sum = |form| {
        let weights = weights(&built.report, form).unwrap();
        weights
            .iter()
            .flatten()
            .map(|one| one.bytes as u64)
            .sum::<u64>()
    };
    let page = size(&project.path("build/report.html"));
    let figures = sum(Form::Page);
    // Styles, scripts and texts are the rest.
    assert!(
        figures < page && page - figures < 150_000,
        "{figures} of {page}"
    );
    let files = std::fs::read_dir(project.path("build/report_files")).unwrap();
    let files: u64 = files.map(|file| size(&file.unwrap().path())).sum();
    assert_eq!(sum(Form::Folder), files);
}

#[test]
fn a_wrong_size_is_told_with_its_place() {
    let project = Project::new();
    project.spec("seed: 0", "seed: 0\noutput: {budget: 5}");
    let (code, _, told) = build(&project, &[]);
    assert_eq!(code, 2);
    assert!(
        told.starts_with("report.yaml:4:18: error: expected a string"),
        "{told}"
    );
    project.spec("budget: 5", "budget: five MB");
    let (code, _, told) = build(&project, &[]);
    assert_eq!(code, 2);
    assert!(told.contains("a size such as `5MB` or `800kB`"), "{told}");
    let (code, _, told) = build(&project, &["--budget", "0MB"]);
    assert_eq!(code, 2);
    assert!(told.contains("expected a size such as `5MB`"), "{told}");
}

#[test]
fn a_dry_run_says_what_would_run_and_writes_nothing() {
    let project = Project::new();
    let before = traces(&project.path(""));
    let (code, said, told) = build(&project, &["--dry-run"]);
    assert_eq!((code, told.as_str()), (0, ""));
    assert_eq!(traces(&project.path("")), before, "nothing is written");
    assert!(
        said.contains("20 of 20 units to run; 0 are in the store\n"),
        "{said}"
    );
    assert!(said.contains("] LIME (lime): 2 units to run, time not known; insertion_deletion: 2 units to run, time not known\n"), "{said}");
    assert!(said.contains("time of 20 units is not known"), "{said}");
    assert!(said.contains("nothing was written\n"), "{said}");

    assert_eq!(build(&project, &[]).0, 0);
    let before = traces(&project.path(""));
    let (_, said, _) = build(&project, &["--dry-run"]);
    assert!(
        said.contains("nothing to run: all 20 units are in the store\n"),
        "{said}"
    );
    project.spec("samples: 60", "samples: 40");
    let edited = traces(&project.path(""));
    let (_, said, _) = build(&project, &["--dry-run"]);
    assert!(
        said.contains("4 of 20 units to run; 16 are in the store\n"),
        "{said}"
    );
    // How long it is depends on the machine and on what else it does.
    let lime = said
        .lines()
        .find(|line| line.contains("LIME (lime): 2 units to run, about "));
    let lime = lime.unwrap_or_else(|| panic!("{said}"));
    assert!(lime.contains(", measured with other parameters;"), "{lime}");
    assert!(!said.contains("is not known"), "{said}");
    // 60 samples and the photo itself were run for each of two photos.
    let passes = said.split("passes: about ").nth(1).unwrap();
    let passes: u32 = passes.split(' ').next().unwrap().parse().unwrap();
    assert!(passes >= 120, "{said}");
    let (_, said, _) = build(&project, &["--dry-run", "--fresh"]);
    assert!(
        said.contains("20 of 20 units to run; 0 are in the store\n"),
        "{said}"
    );
    assert_eq!(traces(&project.path("")), edited, "nor marked as used");
    assert_ne!(before, edited);
}
