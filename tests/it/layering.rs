//! The import rules of ARCHITECTURE.md, read off every path that a file names.

mod circles;
mod paths;

use std::path::{Path, PathBuf};

use paths::{Named, is_test_file, module_of, named};

/// Room and the rooms it may import from; a room may always import from itself.
const RULES: &[(&str, &[&str])] = &[
    ("diagnostic", &[]),
    ("progress", &[]),
    ("fs", &[]),
    ("results", &[]),
    ("words", &[]),
    ("spec", &["diagnostic"]),
    ("labels", &["diagnostic", "fs"]),
    ("model", &["diagnostic", "fs"]),
    // picture knows results for `Picture`, plain pixels.
    ("picture", &["diagnostic", "fs", "results"]),
    (
        "explain",
        &["labels", "model", "picture", "results", "diagnostic", "fs"],
    ),
    (
        "evaluate",
        &[
            "labels",
            "model",
            "picture",
            "explain",
            "results",
            "diagnostic",
            "fs",
        ],
    ),
    (
        "inspect",
        &[
            "labels",
            "model",
            "picture",
            "explain",
            "evaluate",
            "results",
            "diagnostic",
            "fs",
        ],
    ),
    (
        "draft",
        &[
            "model",
            "evaluate",
            "explain",
            "inspect",
            "diagnostic",
            "fs",
        ],
    ),
    // compare reads report.json of any version, not the types that write it.
    ("compare", &["picture", "diagnostic", "fs"]),
    ("present", &["results", "words"]),
    ("figure", &["present", "results", "words"]),
    ("report", &["figure", "words", "diagnostic"]),
    ("render", &["report", "figure", "words"]),
    // plan asks present for the keys of views and the names of values, report for the grammar of the
    // author's texts.
    (
        "plan",
        &[
            "spec",
            "explain",
            "labels",
            "model",
            "picture",
            "present",
            "report",
            "words",
            "fs",
            "diagnostic",
        ],
    ),
    ("store", &["fs", "diagnostic"]),
    // execute knows picture for the version of decoding, which is part of every key.
    (
        "execute",
        &[
            "plan", "explain", "model", "picture", "store", "results", "words", "progress", "fs",
        ],
    ),
    (
        "assemble",
        &[
            "plan",
            "execute",
            "explain",
            "model",
            "picture",
            "results",
            "present",
            "figure",
            "report",
            "render",
            "write",
            "words",
            "spec",
            "diagnostic",
        ],
    ),
    ("write", &["fs", "report"]),
];

/// Crates that only one room may know, with the reason in ARCHITECTURE.md.
const OWNERS: &[(&str, &[&str])] = &[
    ("tera", &["render", "draft"]),
    ("pulldown_cmark", &["render", "report"]),
    ("plotters", &["figure"]),
    ("clap", &["cli"]),
    ("ctrlc", &["cli"]),
    ("blake3", &["store"]),
    ("postcard", &["store"]),
    ("object_store", &["store"]),
    ("tokio", &["store"]),
    ("futures_util", &["store"]),
    ("reqwest", &["store"]),
    ("rustls", &["store"]),
    ("indicatif", &["terminal"]),
    ("notify", &["cli"]),
    ("oxhttp", &["cli"]),
    ("globset", &["fs"]),
    ("image", &["picture", "figure", "write"]),
    ("png", &["figure"]),
    ("base64", &["render", "write"]),
    ("memmap2", &["fs"]),
    ("mozjpeg", &["picture", "figure"]),
    ("mozjpeg_sys", &["picture"]),
    ("tempfile", &["fs"]),
    ("prost", &["model"]),
    ("rand_mt", &["explain"]),
    ("saphyr_parser", &["spec", "evaluate"]),
    ("serde_yaml", &["spec", "explain", "words"]),
    (
        "tch",
        &["model", "picture", "explain", "evaluate", "inspect"],
    ),
];

fn sources() -> Vec<PathBuf> {
    let mut found = Vec::new();
    let mut open = vec![Path::new(env!("CARGO_MANIFEST_DIR")).join("src")];
    while let Some(folder) = open.pop() {
        for entry in std::fs::read_dir(folder).expect("src is readable") {
            let path = entry.expect("an entry").path();
            if path.is_dir() {
                open.push(path);
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                found.push(path);
            }
        }
    }
    found.sort();
    found
}

fn below_src(path: &Path) -> &Path {
    path.strip_prefix(Path::new(env!("CARGO_MANIFEST_DIR")).join("src"))
        .expect("below src")
}

/// `explain` for src/explain/lime.rs, `fs` for src/fs.rs.
fn room(below_src: &Path) -> String {
    let first = below_src.components().next().expect("a name").as_os_str();
    first.to_string_lossy().trim_end_matches(".rs").to_owned()
}

/// What a file of a room must not name, each with its line.
fn breaches(room: &str, named: &[Named]) -> Vec<(usize, String)> {
    let allowed = RULES.iter().find(|(name, _)| *name == room);
    let breach = |named: &Named| {
        let Named { root, first, .. } = named;
        if root == "crate" {
            let (_, allowed) = allowed?;
            let is_allowed = first.is_empty() || first == room || allowed.contains(&first.as_str());
            return (!is_allowed).then(|| format!("{room} must not import {first}"));
        }
        let (_, owners) = OWNERS.iter().find(|(name, _)| name == root)?;
        (!owners.contains(&room)).then(|| format!("{room} must not know {root}"))
    };
    let found = named
        .iter()
        .filter_map(|named| Some((named.line, breach(named)?)));
    found.collect()
}

#[test]
fn rooms_import_only_what_the_house_allows() {
    let mut found = Vec::new();
    let mut imports = 0;
    for path in sources() {
        let module = module_of(below_src(&path));
        if is_test_file(&module) {
            continue;
        }
        let text = std::fs::read_to_string(&path).expect("a readable source");
        let named = named(&text, module).expect("source that compiles");
        imports += named.iter().filter(|named| named.root == "crate").count();
        let breaches = breaches(&room(below_src(&path)), &named);
        let place = |(line, what)| format!("{}:{line}: {what}", path.display());
        found.extend(breaches.into_iter().map(place));
    }
    assert!(
        imports > 500,
        "only {imports} imports were read: the test does not see the code"
    );
    assert!(found.is_empty(), "{}", found.join("\n"));
}

/// Breaches of a snippet in a file of src.
/// libtorch hands out undefined tensors and ends the process where there is no gradient: one place checks that.
#[test]
fn gradients_are_asked_for_in_one_place() {
    let asking: Vec<PathBuf> = sources()
        .into_iter()
        .filter(|path| !is_test_file(&module_of(below_src(path))))
        .filter(|path| {
            let text = std::fs::read_to_string(path).expect("a source file");
            ["run_backward", ".backward()", ".grad()"]
                .iter()
                .any(|call| text.contains(call))
        })
        .map(|path| below_src(&path).to_owned())
        .collect();
    assert_eq!(asking, [Path::new("model/gradient.rs")]);
}

fn of(file: &str, text: &str) -> Vec<String> {
    let named = named(text, module_of(Path::new(file))).unwrap();
    let breaches = breaches(&room(Path::new(file)), &named);
    let told = |(line, what)| format!("{line}: {what}");
    breaches.into_iter().map(told).collect()
}

#[test]
fn every_way_to_name_a_room_is_seen() {
    let breach = ["1: model must not import explain"];
    for text in [
        "use crate::explain::Method;",
        "use crate::explain;",
        "pub(crate) use crate::{fs, explain::{lime, saliency::Saliency}};",
        "use crate::explain::*;",
        "use super::super::explain::Method;",
        "use super::super::{explain::Method, fs};",
        "mod inside { use super::super::super::explain::Method; }",
        "fn f(method: &dyn crate::explain::Method) {}",
        "fn f() -> Option<crate::explain::Finding> { None }",
        "fn f() { (crate::explain::run)(); }",
        "fn f() { <crate::explain::Lime>::run(); }",
        "fn f() { match 1 { crate::explain::ONE => {} _ => {} } }",
        "fn f() { println!(\"{}\", crate::explain::NAME); }",
        "fn f() { vec![[super::super::explain::NAME]]; }",
        "macro_rules! m { () => { $crate::explain::run() } }",
        "#[serde(with = \"crate::explain::words\")] struct S;",
        "impl crate::explain::Method for S {}",
        "#[cfg(test)] use crate::explain::Method;",
        "#[cfg(test)] mod samples { use crate::explain::Method; }",
        "#[cfg(unix)] mod tests { use crate::explain::Method; }",
        "#[cfg(test)] mod tests {} use crate::explain::Method;",
    ] {
        let mut found = of("model/labels.rs", text);
        found.dedup();
        assert_eq!(found, breach, "{text}");
    }
    // The same words where they name no other room.
    for text in [
        "// crate::explain::Method\n/// [`crate::explain`]\nstruct S;",
        "use crate::model::explain;",
        "use super::explain::Method;",
        "use self::explain::Method;",
        "use crate::{fs::FileError, diagnostic};",
        "fn f() { \"crate::explain is a room\"; }",
        "#[cfg(test)] mod tests { use crate::explain::Method; }",
        "pub(in crate::model) fn f() {}",
    ] {
        assert_eq!(of("model/labels.rs", text), [""; 0], "{text}");
    }
    // `mod.rs` is its folder, and lines are counted.
    let text = "mod a;\n#[cfg(test)]\nmod tests;\n\nuse super::explain::Method;\n";
    assert_eq!(
        of("model/mod.rs", text),
        ["5: model must not import explain"]
    );
    assert_eq!(of("model/load/mod.rs", text), [""; 0]);
}

#[test]
fn every_way_to_name_a_crate_is_seen() {
    let breach = ["1: figure must not know tch"];
    for text in [
        "use tch::Tensor;",
        "use tch;",
        "use ::tch::Tensor;",
        "use {std::fmt, tch::{Kind, Tensor}};",
        "extern crate tch;",
        "fn f(tensor: (tch::Tensor,)) {}",
        "fn f() { (tch::Tensor::zeros)(); }",
        "fn f() { <tch::Tensor>::new(); }",
        "fn f() { g::<tch::Tensor>(); }",
        "fn f() { assert!(tch::Cuda::is_available()); }",
        "fn f(a: &[tch::Tensor; 2]) {}",
    ] {
        let mut found = of("figure/grid.rs", text);
        found.dedup();
        assert_eq!(found, breach, "{text}");
        assert_eq!(of("model/graph.rs", text), [""; 0], "{text}");
    }
}

#[test]
fn test_files_are_known_by_their_names() {
    for (file, expected) in [
        ("spec/tests.rs", true),
        ("evaluate/groups_tests.rs", true),
        ("model/run/tests/fold.rs", true),
        ("model/testsuite.rs", false),
        ("explain/contests.rs", false),
    ] {
        assert_eq!(
            is_test_file(&module_of(Path::new(file))),
            expected,
            "{file}"
        );
    }
}

#[test]
fn every_room_has_a_rule() {
    let free = [
        "lib",
        "building",
        "commands",
        "watched",
        "waiting",
        "main",
        "cli",
        "terminal",
        "event_log",
        "allocator",
        "panics",
    ];
    for path in sources() {
        let room = room(below_src(&path));
        let ruled = RULES.iter().any(|(name, _)| *name == room) || free.contains(&room.as_str());
        assert!(ruled, "{}: no import rule for `{room}`", path.display());
    }
}
