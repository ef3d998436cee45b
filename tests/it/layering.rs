//! The import rules of ARCHITECTURE.md, read off the `crate::` paths of every file.

use std::path::{Path, PathBuf};

/// Room and the rooms it may import from; a room may always import from itself.
const RULES: &[(&str, &[&str])] = &[
    ("diagnostic", &[]),
    ("progress", &[]),
    ("fs", &[]),
    ("spec", &["diagnostic"]),
    ("model", &["diagnostic", "fs"]),
    ("picture", &["diagnostic", "fs"]),
    ("explain", &["model", "picture", "diagnostic", "fs"]),
    (
        "evaluate",
        &["model", "picture", "explain", "diagnostic", "fs"],
    ),
    (
        "inspect",
        &[
            "model",
            "picture",
            "explain",
            "evaluate",
            "diagnostic",
            "fs",
        ],
    ),
    // plan asks report and render only for the grammar of the author's texts: references, pictures, language.
    (
        "plan",
        &[
            "spec",
            "explain",
            "model",
            "picture",
            "fs",
            "diagnostic",
            "report",
            "render",
        ],
    ),
    ("figure", &["explain", "picture"]),
    ("report", &["explain", "figure", "diagnostic"]),
    ("render", &["report", "figure"]),
    ("write", &["fs"]),
    (
        "compose",
        &[
            "plan",
            "explain",
            "figure",
            "report",
            "render",
            "write",
            "progress",
            "diagnostic",
            "model",
            "spec",
        ],
    ),
];

/// Crates that only one room may know, with the reason in ARCHITECTURE.md.
const OWNERS: &[(&str, &[&str])] = &[
    ("tera", &["render"]),
    ("pulldown_cmark", &["render", "report"]),
    ("plotters", &["figure"]),
    ("clap", &["cli"]),
    ("indicatif", &["terminal"]),
    ("serde_yaml", &["spec", "explain", "report", "evaluate"]),
    (
        "tch",
        &["model", "picture", "explain", "evaluate", "inspect", "plan"],
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

/// `explain` for src/explain/lime.rs, `fs` for src/fs.rs.
fn room(path: &Path) -> String {
    let below = path
        .strip_prefix(Path::new(env!("CARGO_MANIFEST_DIR")).join("src"))
        .expect("below src");
    let first = below
        .components()
        .next()
        .expect("a name")
        .as_os_str()
        .to_string_lossy();
    first.trim_end_matches(".rs").to_owned()
}

/// The names that follow `needle` in a line of code.
fn names_after<'a>(line: &'a str, needle: &'a str) -> impl Iterator<Item = &'a str> {
    line.match_indices(needle).map(move |(at, _)| {
        let rest = &line[at + needle.len()..];
        let end = rest
            .find(|c: char| !c.is_alphanumeric() && c != '_')
            .unwrap_or(rest.len());
        &rest[..end]
    })
}

fn breaches() -> (Vec<String>, usize) {
    let mut found = Vec::new();
    let mut imports = 0;
    for path in sources() {
        let room = room(&path);
        let text = std::fs::read_to_string(&path).expect("a readable source");
        let product = text.split("#[cfg(test)]").next().unwrap_or(&text);
        for (number, line) in product.lines().enumerate() {
            if line.trim_start().starts_with("//") {
                continue;
            }
            let place = format!("{}:{}", path.display(), number + 1);
            if let Some((_, allowed)) = RULES.iter().find(|(name, _)| *name == room) {
                for import in names_after(line, "crate::") {
                    imports += 1;
                    if import != room && !import.is_empty() && !allowed.contains(&import) {
                        found.push(format!("{place}: {room} must not import {import}"));
                    }
                }
            }
            for (name, owners) in OWNERS {
                let used =
                    line.contains(&format!("use {name}::")) || line.contains(&format!(" {name}::"));
                if used && !owners.contains(&room.as_str()) {
                    found.push(format!("{place}: {room} must not know {name}"));
                }
            }
        }
    }
    (found, imports)
}

#[test]
fn rooms_import_only_what_the_house_allows() {
    let (found, imports) = breaches();
    assert!(
        imports > 50,
        "only {imports} imports were read: the test does not see the code"
    );
    assert!(found.is_empty(), "{}", found.join("\n"));
}

#[test]
fn every_room_has_a_rule() {
    let free = ["lib", "main", "cli", "terminal", "allocator", "panics"];
    for path in sources() {
        let room = room(&path);
        let ruled = RULES.iter().any(|(name, _)| *name == room) || free.contains(&room.as_str());
        assert!(ruled, "{}: no import rule for `{room}`", path.display());
    }
}
