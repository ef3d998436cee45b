//! The documents hold what they show: every YAML block that is of a report is one, every command and option there is.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use assert_cmd::Command;
use cnn_report::method_schemas;
use cnn_report::spec::{Additions, Document, Files};
use serde_json::Value;

/// A fenced block of a document.
struct Block {
    file: String,
    line: usize,
    language: String,
    text: String,
}

fn documents() -> Vec<PathBuf> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut files = vec![root.join("README.md")];
    for folder in ["docs", "docs/guide"] {
        let entries = std::fs::read_dir(root.join(folder)).unwrap();
        let paths = entries.map(|entry| entry.unwrap().path());
        files.extend(paths.filter(|path| path.extension().is_some_and(|ending| ending == "md")));
    }
    files.sort();
    files
}

fn blocks() -> Vec<Block> {
    let mut found = Vec::new();
    for file in documents() {
        let text = std::fs::read_to_string(&file).unwrap();
        let name = file.display().to_string();
        let mut open: Option<Block> = None;
        for (number, line) in text.lines().enumerate() {
            match (line.strip_prefix("```"), &mut open) {
                (Some(language), None) => {
                    open = Some(Block {
                        file: name.clone(),
                        line: number + 1,
                        language: language.trim().to_owned(),
                        text: String::new(),
                    });
                }
                (Some(_), Some(_)) => found.extend(open.take()),
                (None, Some(block)) => {
                    block.text.push_str(line);
                    block.text.push('\n');
                }
                (None, None) => {}
            }
        }
        assert!(open.is_none(), "{name} has a block without an end");
    }
    found
}

/// A pattern fits one photo, of a dog called Rex; no file is read.
struct AnyFile;

impl Files for AnyFile {
    fn read(&self, path: &Path) -> Result<String, String> {
        Err(format!("`{}` is not read", path.display()))
    }

    fn matching(&self, pattern: &str) -> Result<Vec<PathBuf>, String> {
        Ok(vec![PathBuf::from(pattern.replace('*', "rex"))])
    }
}

/// What a report must have, for a block that shows a part of one.
const REST: [(&str, &str); 3] = [
    ("title", "title: T\n"),
    ("model", "model: {file: net.pt2}\n"),
    ("questions", "questions: [{title: Q}]\n"),
];

/// Keys of report.yaml.
fn keys() -> BTreeSet<String> {
    let schema = cnn_report::spec::json_schema(&method_schemas());
    let keys = schema["properties"].as_object().unwrap().keys();
    keys.cloned().collect()
}

#[test]
fn every_block_of_a_report_is_one() {
    let keys = keys();
    let mut reports = 0;
    for block in blocks().iter().filter(|block| block.language == "yaml") {
        let place = format!("{}:{}", block.file, block.line);
        let written: Value =
            serde_yaml::from_str(&block.text).unwrap_or_else(|error| panic!("{place}: {error}"));
        let Some(written) = written.as_object() else {
            panic!("{place}: a list or a word; show it in its place");
        };
        let names: Vec<&String> = written.keys().collect();
        let known = names.iter().filter(|name| keys.contains(**name)).count();
        // A file of words, of groups, of a continuous integration.
        if known == 0 {
            continue;
        }
        assert_eq!(
            known,
            names.len(),
            "{place}: {names:?} are keys of no report"
        );
        reports += 1;
        let is_there = |key: &str| {
            written.contains_key(key) || key == "questions" && written.contains_key("sections")
        };
        let rest: String = REST
            .iter()
            .filter(|(key, _)| !is_there(key))
            .map(|(_, text)| *text)
            .collect();
        let text = format!("{}{rest}", block.text);
        let additions = Additions {
            set: &[],
            files: &AnyFile,
        };
        let mut document = Document::new(Path::new(&place), text);
        if let Err(faults) = document.parse(&method_schemas(), &additions) {
            let faults: Vec<String> = faults.iter().map(ToString::to_string).collect();
            panic!("{}", faults.join("\n"));
        }
    }
    assert!(reports > 10, "only {reports} reports were found");
}

/// What `cnn-report COMMAND --help` prints.
fn help(command: &str) -> Option<String> {
    let output = Command::new(env!("CARGO_BIN_EXE_cnn-report"))
        .args([command, "--help"])
        .output()
        .unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    output.status.success().then_some(text)
}

#[test]
fn every_command_and_option_that_is_shown_is_there() {
    let mut commands = 0;
    for block in blocks().iter().filter(|block| block.language == "sh") {
        for line in block.text.replace("\\\n", " ").lines() {
            let line = line.split(" #").next().unwrap_or_default();
            for part in line.split(['|', ';', '&', '$', '(', ')']) {
                let mut words = part.split_whitespace();
                let Some(program) = words.next() else {
                    continue;
                };
                if program.rsplit('/').next() != Some("cnn-report") {
                    continue;
                }
                let Some(command) = words.next() else {
                    continue;
                };
                let place = format!("{}:{}: {part}", block.file, block.line);
                let help = help(command).unwrap_or_else(|| panic!("{place}: no such command"));
                for option in words.filter(|word| word.starts_with("--")) {
                    let name = option.split('=').next().unwrap_or(option);
                    assert!(help.contains(name), "{place}: `{command}` has no {name}");
                }
                commands += 1;
            }
        }
    }
    assert!(commands > 15, "only {commands} commands were found");
}

/// Links between the documents lead somewhere.
#[test]
fn every_link_to_a_file_of_ours_leads_to_one() {
    for file in documents() {
        let text = std::fs::read_to_string(&file).unwrap();
        let folder = file.parent().unwrap();
        for link in text.split("](").skip(1) {
            let target = link.split([')', '#', ' ']).next().unwrap_or_default();
            if target.is_empty() || target.contains("://") || target.starts_with("mailto:") {
                continue;
            }
            let is_there = folder.join(target).exists();
            assert!(is_there, "{}: `{target}` is not there", file.display());
        }
    }
}
