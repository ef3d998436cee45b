//! The spec as it is read, with the place of every fault.

use std::path::Path;

use super::*;
use crate::diagnostic::Diagnostic;

fn methods() -> Vec<MethodSchema> {
    vec![MethodSchema {
        name: "saliency",
        parameters: serde_json::json!({
            "type": "object",
            "properties": {
                "percentile": { "type": "number", "minimum": 50, "maximum": 100 },
                "reduction": { "oneOf": [{ "const": "max" }, { "const": "sum" }] },
            },
        }),
        images: ImagesKey::Many,
        checks: true,
    }]
}

fn faults(text: &str) -> Vec<String> {
    let mut document = Document::new(Path::new("report.yaml"), text.to_owned());
    match document.parse(&methods(), &Additions::NONE) {
        Ok(_) => Vec::new(),
        Err(faults) => faults.iter().map(Diagnostic::to_string).collect(),
    }
}

const GOOD: &str = "title: T\nmodel: {file: net.pt2}\nquestions:\n  - title: Q\n    figures:\n      - saliency: {reduction: max}\n      - saliency:\n";

#[test]
fn a_good_file_has_no_fault() {
    assert_eq!(faults(GOOD), Vec::<String>::new());
}

#[test]
fn all_faults_come_together_each_with_its_place() {
    let text = "titel: T\nmodel: {file: net.pt2, architecture: 3}\nseed: -1\nquestions:\n  - title: Q\n    figures:\n      - saliency: {reduction: mux, percentile: 7}\n      - salience: {}\n";
    assert_eq!(
        faults(text),
        [
            "report.yaml:1:1: error: the key `title` is missing; hint: add `title: …`, title of the report",
            "report.yaml:1:1: error: unknown key `titel`; hint: did you mean `title`?",
            "report.yaml:2:38: error: expected a string, found `3`; hint: write it in quotation marks: `\"3\"`",
            "report.yaml:3:7: error: expected a whole number from 0 to 4294967295, found `-1`",
            "report.yaml:7:31: error: expected one of `max`, `sum`; found `mux`; hint: did you mean `max`?",
            "report.yaml:7:48: error: expected a number from 50 to 100, found `7`",
            "report.yaml:8:9: error: unknown key `salience`; hint: did you mean `saliency`?",
        ]
    );
}

#[test]
fn a_key_that_stands_twice_is_a_fault() {
    let twice = format!("{GOOD}title: again\n");
    assert_eq!(
        faults(&twice),
        [
            "report.yaml:8:1: error: the key `title` is given twice; hint: remove one of the two; the first is in line 1"
        ]
    );
}

#[test]
fn broken_yaml_says_where() {
    let faults = faults("title: [T\nmodel: x\n");
    assert!(
        faults[0].starts_with("report.yaml:1:8: error: a list that starts with `[` is not closed"),
        "{faults:?}"
    );
}
