//! After each kind of edit exactly the units run that depend on it, and the report is the one that a build
//! from an empty store gives, byte for byte.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use assert_cmd::Command;
use cnn_report::execute::{Reason, Reuse};
use cnn_report::plan::Overrides;
use cnn_report::progress::Silent;
use cnn_report::{Built, Failure, OnFailure, Request, StoreAt, build_report};
use tempfile::TempDir;

/// Weights beside their graph, so that one number of the weights can be changed.
const REPORT: &str = "\
title: Small
language: en
seed: 0
model:
  file: net1.safetensors
  graph: net1.pt2
  classes: classes.txt
  input: {shorter: null, size: [64, 64]}
images:
  - {id: coffee, file: coffee.webp, name: Coffee}
  - {id: cat, file: cat.webp, name: Cat}
questions:
  - title: All methods
    prompt: Look.
    figures:
      - photos: {id: photos}
      - predictions: {id: predictions, top: 3}
      - saliency: {id: saliency, percentile: 99, view: both}
      - lime: {id: lime, samples: 60, features: 5}
      - activation_maps: {id: maps, layer: conv2, filters: [0, 5]}
      - filters: {id: filters, layer: conv2, filters: [5, 6], steps: 3}
      - filters: {id: fourier, layer: 3, filters: [5], parameterisation: fourier, steps: 2}
      - deep_dream: {id: dream, image: cat, layer: conv4, filter: 7, steps: 4, frame_every: 2}
      - deep_dream: {id: octaves, image: cat, layer: conv4, octaves: 2, steps: 2}
      - confusion_matrix: {id: matrix, data: labelled.csv, groups: groups.yaml, pairs: 5, examples: 2}
    answer: See {fig:saliency}.
";

const ALL: &[&str] = &[
    "predictions/coffee",
    "predictions/cat",
    "saliency/coffee",
    "saliency/coffee, insertion_deletion",
    "saliency/cat",
    "saliency/cat, insertion_deletion",
    "lime/coffee",
    "lime/coffee, insertion_deletion",
    "lime/cat",
    "lime/cat, insertion_deletion",
    "maps/coffee, filter 0",
    "maps/coffee, filter 5",
    "maps/cat, filter 0",
    "maps/cat, filter 5",
    "filters/filter 5",
    "filters/filter 6",
    "fourier/filter 5",
    "dream/cat",
    "octaves/cat",
    "matrix/photos 0-3",
];

/// Exit code, standard output and standard error of the program in a folder.
pub fn told(folder: &Path, arguments: &[&str]) -> (i32, String, String) {
    let output = Command::new(env!("CARGO_BIN_EXE_cnn-report"))
        .current_dir(folder)
        .args(["--format", "short"])
        .args(arguments)
        .output()
        .unwrap();
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    (
        output.status.code().unwrap(),
        text(&output.stdout),
        text(&output.stderr),
    )
}

/// A folder with the report and everything that it names.
pub struct Project(TempDir);

impl Project {
    pub fn new() -> Self {
        let project = Self(tempfile::tempdir().unwrap());
        let data = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data");
        for (from, to) in [
            ("model/net1.pt2", "net1.pt2"),
            ("model/net1.safetensors", "net1.safetensors"),
            ("picture/coffee.webp", "coffee.webp"),
            ("picture/chelsea.webp", "cat.webp"),
            ("picture/coffee.webp", "labelled/a.webp"),
            ("picture/chelsea.webp", "labelled/b.webp"),
            ("picture/palette.png", "labelled/c.png"),
            ("picture/grey.png", "labelled/d.png"),
        ] {
            project.write(to, &std::fs::read(data.join(from)).unwrap());
        }
        let classes = "zero one two three four five six seven eight nine".replace(' ', "\n");
        project.write("classes.txt", classes.as_bytes());
        project.write("groups.yaml", b"low: [0-4]\nhigh: [5-9]\n");
        project.write(
            "labelled.csv",
            b"labelled/a.webp,low\nlabelled/b.webp,high\nlabelled/c.png,low\nlabelled/d.png,high\n",
        );
        project.write("report.yaml", REPORT.as_bytes());
        project
    }

    /// The same report with one small figure.
    pub fn of_one_figure() -> Self {
        let project = Self::new();
        let (head, _) = REPORT.split_once("      - photos:").unwrap();
        let figure = "      - predictions: {id: predictions, top: 3}\n";
        project.write("report.yaml", format!("{head}{figure}").as_bytes());
        project
    }

    /// Exit code, standard output and standard error of the program beside the report.
    pub fn told(&self, arguments: &[&str]) -> (i32, String, String) {
        told(self.0.path(), arguments)
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    pub fn write(&self, name: &str, content: &[u8]) {
        let path = self.path(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, content).unwrap();
    }

    pub fn replace(&self, file: &str, from: &str, to: &str) {
        let text = std::fs::read_to_string(self.path(file)).unwrap();
        assert!(text.contains(from), "{file} has `{from}`");
        self.write(file, text.replace(from, to).as_bytes());
    }

    pub fn spec(&self, from: &str, to: &str) {
        self.replace("report.yaml", from, to);
    }

    fn try_build(&self, output: &str, store: &str, reuse: Reuse) -> Result<Built, Failure> {
        let request = Request {
            spec: self.path("report.yaml"),
            overrides: Overrides {
                output: Some(self.path(output)),
                ..Overrides::default()
            },
            on_failure: OnFailure::Stop,
            store: StoreAt::Folder(self.path(store)),
            reuse,
        };
        build_report(&request, &Silent)
    }

    pub fn build(&self, output: &str, store: &str, reuse: Reuse) -> Built {
        match self.try_build(output, store, reuse) {
            Ok(built) => built,
            Err(failure) => panic!("{failure:?}"),
        }
    }

    /// Pages and pictures of a report by their path.
    pub fn report(&self, output: &str) -> BTreeMap<PathBuf, Vec<u8>> {
        let mut found = BTreeMap::new();
        let root = self.path(output);
        let mut folders = vec![root.clone()];
        while let Some(folder) = folders.pop() {
            for file in std::fs::read_dir(folder).unwrap() {
                let path = file.unwrap().path();
                match path.is_dir() {
                    true => folders.push(path),
                    false => {
                        let name = path.strip_prefix(&root).unwrap().to_owned();
                        found.insert(name, std::fs::read(path).unwrap());
                    }
                }
            }
        }
        found
    }
}

fn ran(built: &Built) -> BTreeSet<&str> {
    built.ran.iter().map(|ran| ran.unit.as_str()).collect()
}

/// Those of `ALL` that begin with one of these.
fn units(of: &[&str]) -> BTreeSet<&'static str> {
    let is_meant = |unit: &&&str| of.iter().any(|start| unit.starts_with(start));
    ALL.iter().filter(is_meant).copied().collect()
}

struct Edit {
    what: &'static str,
    make: fn(&Project),
    /// Beginnings of the names of the units that run, and units that were not there before.
    runs: &'static [&'static str],
    new: &'static [&'static str],
    reuse: Reuse,
}

const fn edit(what: &'static str, make: fn(&Project), runs: &'static [&'static str]) -> Edit {
    Edit {
        what,
        make,
        runs,
        new: &[],
        reuse: Reuse::Stored,
    }
}

/// The output holds the words: an edit that changes nothing there would be no edit.
const NOTHING_RUNS: &[Edit] = &[
    edit("nothing", |_| {}, &[]),
    edit(
        "text of an answer",
        |p| p.spec("answer: See", "answer: Look at"),
        &[],
    ),
    edit("title", |p| p.spec("title: Small", "title: Tiny"), &[]),
    edit(
        "language",
        |p| p.spec("language: en", "language: zh-TW"),
        &[],
    ),
    edit(
        "caption",
        |p| p.spec("id: saliency,", "id: saliency, caption: Mine.,"),
        &[],
    ),
    edit(
        "heading of a figure",
        |p| p.spec("id: lime,", "id: lime, title: Mine,"),
        &[],
    ),
    edit(
        "id of a figure",
        |p| p.spec("id: octaves,", "id: sizes,"),
        &[],
    ),
    edit("name of a photo", |p| p.spec("name: Cat", "name: 貓"), &[]),
    edit(
        "percentile",
        |p| p.spec("percentile: 99", "percentile: 90"),
        &[],
    ),
    edit(
        "reduction",
        |p| p.spec("percentile: 99", "reduction: mean"),
        &[],
    ),
    edit("view", |p| p.spec("view: both", "view: overlay"), &[]),
    edit("scale", |p| p.spec("view: both", "scale: shared"), &[]),
    edit("top", |p| p.spec("top: 3", "top: 4"), &[]),
    edit("features", |p| p.spec("features: 5", "features: 2"), &[]),
    edit("pairs", |p| p.spec("pairs: 5", "pairs: 1"), &[]),
    edit("examples", |p| p.spec("examples: 2", "examples: 1"), &[]),
    edit(
        "names of classes",
        |p| p.replace("classes.txt", "eight", "acht"),
        &[],
    ),
    edit(
        "a layer by its number",
        |p| p.spec("layer: conv2, filters: [5, 6]", "layer: 3, filters: [5, 6]"),
        &[],
    ),
    edit(
        "batch size",
        |p| p.spec("samples: 60", "samples: 60, batch: 3"),
        &[],
    ),
    edit(
        "order of photos",
        |p| {
            p.spec("images:\n  - {id: coffee, file: coffee.webp, name: Coffee}\n  - {id: cat, file: cat.webp, name: Cat}", "images:\n  - {id: cat, file: cat.webp, name: Cat}\n  - {id: coffee, file: coffee.webp, name: Coffee}")
        },
        &[],
    ),
    edit(
        "order of filters",
        |p| p.spec("filters: [5, 6]", "filters: [6, 5]"),
        &[],
    ),
    edit(
        "no checks",
        |p| p.spec("seed: 0", "seed: 0\nchecks: []"),
        &[],
    ),
    edit(
        "a figure left out",
        |p| p.spec("      - photos: {id: photos}\n", ""),
        &[],
    ),
    edit(
        "a photo is touched",
        |p| p.write("cat.webp", &std::fs::read(p.path("cat.webp")).unwrap()),
        &[],
    ),
    edit(
        "a file of a photo moves",
        |p| {
            std::fs::rename(p.path("cat.webp"), p.path("moved.webp")).unwrap();
            p.spec("file: cat.webp", "file: moved.webp");
        },
        &[],
    ),
    edit(
        "a photo gets another label",
        |p| p.replace("labelled.csv", "c.png,low", "c.png,high"),
        &[],
    ),
    edit(
        "name of a group",
        |p| {
            p.replace("groups.yaml", "low", "small");
            p.replace("labelled.csv", "low", "small");
        },
        &[],
    ),
];

const SOME_RUN: &[Edit] = &[
    edit(
        "LIME's samples",
        |p| p.spec("samples: 60", "samples: 50"),
        &["lime/"],
    ),
    Edit {
        new: &["filters/filter 7"],
        ..edit(
            "a filter is added",
            |p| p.spec("filters: [5, 6]", "filters: [5, 6, 7]"),
            &[],
        )
    },
    Edit {
        new: &["maps/coffee, filter 1", "maps/cat, filter 1"],
        ..edit(
            "a map is added",
            |p| p.spec("filters: [0, 5]", "filters: [0, 1, 5]"),
            &[],
        )
    },
    Edit {
        new: &[
            "predictions/bowl",
            "saliency/bowl",
            "saliency/bowl, insertion_deletion",
            "lime/bowl",
            "lime/bowl, insertion_deletion",
            "maps/bowl, filter 0",
            "maps/bowl, filter 5",
        ],
        ..edit(
            "a photo is added",
            |p| {
                std::fs::copy(p.path("labelled/c.png"), p.path("bowl.png")).unwrap();
                p.spec("questions:", "  - {id: bowl, file: bowl.png}\nquestions:");
            },
            &[],
        )
    },
    edit(
        "content of a photo",
        |p| {
            p.write(
                "coffee.webp",
                &std::fs::read(p.path("labelled/c.png")).unwrap(),
            )
        },
        &[
            "predictions/coffee",
            "saliency/coffee",
            "lime/coffee",
            "maps/coffee",
        ],
    ),
    edit(
        "content of the photo that is dreamed",
        |p| {
            p.write(
                "cat.webp",
                &std::fs::read(p.path("labelled/c.png")).unwrap(),
            )
        },
        &[
            "predictions/cat",
            "saliency/cat",
            "lime/cat",
            "maps/cat",
            "dream/",
            "octaves/",
        ],
    ),
    edit(
        "seed",
        |p| p.spec("seed: 0", "seed: 1"),
        &[
            "saliency/coffee, ",
            "saliency/cat, ",
            "lime/",
            "filters/",
            "fourier/",
            "octaves/",
        ],
    ),
    edit(
        "class that is explained",
        |p| p.spec("id: saliency,", "id: saliency, class: two,"),
        &["saliency/"],
    ),
    Edit {
        new: &["saliency/coffee, mu_fidelity", "saliency/cat, mu_fidelity"],
        ..edit(
            "a check is added",
            |p| {
                p.spec(
                    "id: saliency,",
                    "id: saliency, checks: [insertion_deletion, mu_fidelity],",
                )
            },
            &[],
        )
    },
    Edit {
        new: &[
            "lime/coffee, mu_fidelity",
            "lime/cat, mu_fidelity",
            "saliency/coffee, mu_fidelity",
            "saliency/cat, mu_fidelity",
        ],
        ..edit(
            "other checks for the whole report",
            |p| p.spec("seed: 0", "seed: 0\nchecks: [mu_fidelity]"),
            &[],
        )
    },
    edit(
        "layer",
        |p| {
            p.spec(
                "layer: conv2, filters: [0, 5]",
                "layer: conv1, filters: [0, 5]",
            )
        },
        &["maps/"],
    ),
    edit(
        "steps",
        |p| p.spec("filter: 7, steps: 4", "filter: 7, steps: 6"),
        &["dream/"],
    ),
    edit(
        "classes of a group",
        |p| p.write("groups.yaml", b"low: [0-4, 8]\nhigh: [5-7, 9]\n"),
        &["matrix/"],
    ),
    edit(
        "content of a labelled photo",
        |p| {
            p.write(
                "labelled/c.png",
                &std::fs::read(p.path("labelled/d.png")).unwrap(),
            )
        },
        &["matrix/"],
    ),
    Edit {
        new: &["matrix/photos 0-4"],
        ..edit(
            "a labelled photo is added",
            |p| {
                std::fs::copy(p.path("cat.webp"), p.path("labelled/e.webp")).unwrap();
                p.replace(
                    "labelled.csv",
                    "labelled/d.png,high\n",
                    "labelled/d.png,high\nlabelled/e.webp,low\n",
                );
            },
            &[],
        )
    },
    edit(
        "precision",
        |p| p.spec("seed: 0", "seed: 0\nprecision: bf16"),
        &[
            "predictions/",
            "saliency/coffee, ",
            "saliency/cat, ",
            "lime/",
            "matrix/",
        ],
    ),
    edit(
        "preprocessing",
        |p| p.spec("size: [64, 64]", "size: [64, 64], interpolation: bicubic"),
        ALL,
    ),
    edit("one number of the weights", one_bit_of_the_weights, ALL),
    edit(
        "store deleted",
        |p| std::fs::remove_dir_all(p.path("store")).unwrap(),
        ALL,
    ),
    Edit {
        new: &["saliency/cat"],
        ..edit("an entry damaged", damage_an_entry, &[])
    },
    Edit {
        reuse: Reuse::Nothing,
        ..edit("--fresh", |_| {}, ALL)
    },
];

/// The size stays, and so does the time, as some tools that copy files keep it.
fn one_bit_of_the_weights(project: &Project) {
    let path = project.path("net1.safetensors");
    let mut bytes = std::fs::read(&path).unwrap();
    let last = bytes.len() - 2;
    bytes[last] ^= 0x40;
    std::fs::write(&path, bytes).unwrap();
}

/// A bit of the only entry of `saliency/cat` falls over: it is computed again.
fn damage_an_entry(project: &Project) {
    let digest = blake3::hash(&std::fs::read(project.path("cat.webp")).unwrap()).to_hex();
    let is_meant = |content: &[u8]| {
        let start = String::from_utf8_lossy(&content[..content.len().min(4096)]).into_owned();
        let is_map = !start.contains("\"check\":");
        is_map && start.contains("\"method\":\"saliency\"") && start.contains(digest.as_str())
    };
    let mut damaged = 0;
    for folder in std::fs::read_dir(project.path("store/entries")).unwrap() {
        for file in std::fs::read_dir(folder.unwrap().path()).unwrap() {
            let path = file.unwrap().path();
            let mut content = std::fs::read(&path).unwrap();
            if is_meant(&content) {
                let middle = content.len() * 3 / 4;
                content[middle] ^= 1;
                std::fs::write(&path, content).unwrap();
                damaged += 1;
            }
        }
    }
    assert_eq!(damaged, 1);
}

/// Builds, edits, builds again: what ran is as told, and the report is that of an empty store.
fn assert_rebuilt(edit: &Edit) {
    let project = Project::new();
    let first = project.build("out", "store", Reuse::Stored);
    assert_eq!(
        ran(&first),
        units(ALL),
        "{}: the first build runs all",
        edit.what
    );
    assert!(first.opened_network);
    let before = project.report("out");

    (edit.make)(&project);
    let second = project.build("out", "store", edit.reuse);
    let expected: BTreeSet<&str> = units(edit.runs)
        .into_iter()
        .chain(edit.new.iter().copied())
        .collect();
    assert_eq!(ran(&second), expected, "{}", edit.what);
    assert_eq!(second.opened_network, !expected.is_empty(), "{}", edit.what);
    for ran in &second.ran {
        let reason = &ran.reason;
        let is_told = match (edit.reuse, edit.what) {
            (Reuse::Nothing, _) => *reason == Reason::Fresh,
            (_, "store deleted") => *reason == Reason::New,
            (_, "an entry damaged") => *reason == Reason::Lost,
            _ if edit.new.contains(&ran.unit.as_str()) => *reason == Reason::New,
            _ => matches!(reason, Reason::Changed(changes) if !changes.is_empty()),
        };
        assert!(is_told, "{}: {}: {reason}", edit.what, ran.unit);
    }

    let after = project.report("out");
    project.build("fresh", "empty", Reuse::Stored);
    let fresh = project.report("fresh");
    let names = |report: &BTreeMap<PathBuf, Vec<u8>>| report.keys().cloned().collect::<Vec<_>>();
    assert_eq!(names(&after), names(&fresh), "{}", edit.what);
    let differ: Vec<&PathBuf> = after
        .keys()
        .filter(|name| after[*name] != fresh[*name])
        .collect();
    assert!(
        differ.is_empty(),
        "{}: {differ:?} differ from a build from an empty store",
        edit.what
    );
    // Where the edit can be seen, it is.
    let is_invisible = [
        "nothing",
        "a photo is touched",
        "a file of a photo moves",
        "store deleted",
        "an entry damaged",
        "--fresh",
    ];
    assert_eq!(
        before == after,
        is_invisible.contains(&edit.what),
        "{}",
        edit.what
    );

    let third = project.build("out", "store", Reuse::Stored);
    assert_eq!(
        ran(&third),
        BTreeSet::new(),
        "{}: a third build runs nothing",
        edit.what
    );
    assert!(
        !third.opened_network && project.report("out") == after,
        "{}",
        edit.what
    );
}

#[test]
fn words_and_views_run_nothing() {
    NOTHING_RUNS.iter().for_each(assert_rebuilt);
}

#[test]
fn what_decides_numbers_runs_what_depends_on_it() {
    SOME_RUN.iter().for_each(assert_rebuilt);
}

/// An edit that is taken back finds what was stored before it.
#[test]
fn an_edit_taken_back_runs_nothing() {
    let project = Project::new();
    project.build("out", "store", Reuse::Stored);
    let before = project.report("out");
    project.spec("seed: 0", "seed: 1");
    assert!(!project.build("out", "store", Reuse::Stored).ran.is_empty());
    project.spec("seed: 1", "seed: 0");
    let built = project.build("out", "store", Reuse::Stored);
    assert_eq!(ran(&built), BTreeSet::new());
    assert!(!built.opened_network && project.report("out") == before);
}

/// What may be unreadable is a limit of the report, not of the build that happens to read it.
#[test]
fn a_limit_of_unreadable_photos_holds_for_stored_results_too() {
    let project = Project::new();
    let data = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/picture");
    let mut damaged = std::fs::read(data.join("rotated.png")).unwrap();
    // Its chunks can be walked; its pixels cannot be unpacked.
    let pixels = damaged.windows(4).position(|four| four == b"IDAT").unwrap() + 4;
    damaged[pixels + 8..pixels + 16].fill(0xff);
    project.write("labelled/d.png", &damaged);
    project.build("out", "store", Reuse::Stored);
    project.spec("pairs: 5", "max_unreadable: 0");
    let fresh = project.try_build("fresh", "empty", Reuse::Stored);
    assert!(matches!(fresh, Err(Failure::Run(_))), "{fresh:?}");
    let stored = project.try_build("out", "store", Reuse::Stored);
    assert!(matches!(stored, Err(Failure::Run(_))), "{stored:?}");
}

/// The name of a photo that cannot be read is in the report, and in no stored result.
#[test]
fn an_unreadable_photo_goes_by_the_name_that_it_has_now() {
    let project = Project::new();
    let data = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/picture");
    let mut damaged = std::fs::read(data.join("rotated.png")).unwrap();
    let half = damaged.len() / 2;
    damaged[half..].fill(0);
    project.write("labelled/d.png", &damaged);
    project.build("out", "store", Reuse::Stored);
    std::fs::rename(
        project.path("labelled/d.png"),
        project.path("labelled/renamed.png"),
    )
    .unwrap();
    project.replace("labelled.csv", "d.png", "renamed.png");
    let built = project.build("out", "store", Reuse::Stored);
    assert_eq!(ran(&built), BTreeSet::new());
    let page = std::fs::read_to_string(project.path("out/report.md")).unwrap();
    assert!(page.contains("renamed.png"));
    // Not `d.png` alone: the digest in the name of a picture may end in d.
    for before in ["/d.png", "`d.png"] {
        assert!(!page.contains(before), "{before}");
    }
}

/// The report says how far scores in bfloat16 are from float32's, and that is remembered with everything else.
#[test]
fn what_bfloat16_changes_is_said() {
    let project = Project::of_one_figure();
    project.replace(
        "report.yaml",
        "language: en\n",
        "language: en\nprecision: bf16\noutput: {formats: [markdown, json]}\n",
    );
    let first = project.build("out", "store", Reuse::Stored);
    assert!(first.opened_network);
    let text = std::fs::read_to_string(project.path("out/report.json")).unwrap();
    let report: serde_json::Value = serde_json::from_str(&text).unwrap();
    let agreement = &report["provenance"]["precision_agreement"];
    assert_eq!(agreement["photos"], 2, "{agreement}");
    assert_eq!(agreement["other_class"], serde_json::json!([]));
    let difference = agreement["largest_difference"].as_f64().unwrap();
    assert!((1e-6..0.02).contains(&difference), "{difference}");
    let page = std::fs::read_to_string(project.path("out/report.md")).unwrap();
    assert!(
        page.contains("of 2 photos 2 have the predicted class of fp32"),
        "{page}"
    );
    let again = project.build("again", "store", Reuse::Stored);
    assert!(!again.opened_network);
    // In float32 there is nothing to compare.
    project.spec("precision: bf16\n", "precision: fp32\n");
    project.build("exact", "store", Reuse::Stored);
    let text = std::fs::read_to_string(project.path("exact/report.json")).unwrap();
    assert!(!text.contains("precision_agreement"));
}
