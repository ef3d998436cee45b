//! Files that need each other. A folder and what lies in it may: its `mod.rs` names its files, and they what it says of
//! all of them. Two others may not, also not by way of third ones: who reads one would have to know both.

use std::collections::{BTreeMap, BTreeSet};

use super::paths::{is_test_file, module_of, named};
use super::{below_src, sources};

type Module = Vec<String>;
type Edges = BTreeMap<Module, BTreeSet<Module>>;

/// Which files name which, folders and what lies in them left out.
fn edges(files: &[(Module, String)]) -> Edges {
    let known: BTreeSet<&Module> = files.iter().map(|(module, _)| module).collect();
    let mut edges = Edges::new();
    for (module, text) in files {
        let named = named(text, module.clone()).expect("source that compiles");
        let ours = named.iter().filter(|named| named.root == "crate");
        let files = ours.filter_map(|named| {
            let lengths = (1..=named.path.len()).rev();
            let mut prefixes = lengths.map(|length| named.path[..length].to_vec());
            prefixes.find(|prefix| known.contains(prefix))
        });
        let apart = |other: &Module| !other.starts_with(module) && !module.starts_with(other);
        edges.insert(module.clone(), files.filter(apart).collect());
    }
    edges
}

/// Each file of a circle with one that it names there.
fn circles(edges: &Edges) -> Vec<String> {
    let reached = |from: &Module| {
        let mut found = BTreeSet::new();
        let mut open = vec![from];
        while let Some(next) = open.pop() {
            for other in edges.get(next).into_iter().flatten() {
                if found.insert(other) {
                    open.push(other);
                }
            }
        }
        found
    };
    let reached: BTreeMap<&Module, _> = edges.keys().map(|file| (file, reached(file))).collect();
    let is_back =
        |file: &Module, other: &Module| reached.get(other).is_some_and(|all| all.contains(file));
    let all = edges.iter();
    let all = all.flat_map(|(file, others)| others.iter().map(move |other| (file, other)));
    all.filter(|(file, other)| is_back(file, other))
        .map(|(file, other)| format!("{} names {}", file.join("/"), other.join("/")))
        .collect()
}

#[test]
fn files_do_not_need_each_other() {
    let files = sources().into_iter().map(|path| {
        let text = std::fs::read_to_string(&path).expect("a readable source");
        (module_of(below_src(&path)), text)
    });
    let files: Vec<_> = files.filter(|(module, _)| !is_test_file(module)).collect();
    let edges = edges(&files);
    let count: usize = edges.values().map(BTreeSet::len).sum();
    assert!(
        count > 500,
        "only {count} were read: the test does not see the code"
    );
    let found = circles(&edges);
    assert!(found.is_empty(), "{}", found.join("\n"));
}

#[test]
fn circles_are_seen() {
    let files = |texts: &[(&str, &str)]| -> Vec<(Module, String)> {
        let file = |(name, text): &(&str, &str)| {
            (
                name.split('/').map(str::to_owned).collect(),
                (*text).to_owned(),
            )
        };
        texts.iter().map(file).collect()
    };
    let found = |texts: &[(&str, &str)]| circles(&edges(&files(texts)));
    let two = [
        ("a/b", "use super::c::C;"),
        ("a/c", "fn f() { crate::a::b::g(); }"),
    ];
    assert_eq!(found(&two), ["a/b names a/c", "a/c names a/b"]);
    let three = [
        ("a/b", "use super::c::C;"),
        ("a/c", "use crate::d::e::E;"),
        ("d/e", "use crate::a::b::{B, MORE};"),
    ];
    assert_eq!(
        found(&three),
        ["a/b names a/c", "a/c names d/e", "d/e names a/b"]
    );
    // A folder and its files; a file that names itself; one way only.
    let none = [
        ("a", "mod b; pub use b::B;"),
        (
            "a/b",
            "use super::Something; use crate::a::b::B; use super::c::C;",
        ),
        ("a/c", "use super::Other;"),
    ];
    assert_eq!(found(&none), [""; 0]);
}
