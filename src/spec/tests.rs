//! The spec as it is read, with the place of every fault.

use super::*;

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
    }]
}

fn faults(text: &str) -> Vec<String> {
    let document = Document::new(Path::new("report.yaml"), text.to_owned());
    match document.parse(&methods()) {
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
            "report.yaml:1:1: `title` is missing; Title of the report",
            "report.yaml:1:1: unknown key `titel`; did you mean `title`?",
            "report.yaml:2:38: `3` does not fit here; a text is wanted",
            "report.yaml:3:7: `-1` is too small; at least 0",
            "report.yaml:7:31: `mux` does not fit here; one of `max`, `sum`",
            "report.yaml:7:48: `7` is too small; at least 50",
            "report.yaml:8:9: unknown key `salience`; did you mean `saliency`?",
        ]
    );
}

#[test]
fn a_key_that_stands_twice_is_a_fault() {
    let twice = format!("{GOOD}title: again\n");
    assert_eq!(
        faults(&twice),
        ["report.yaml:8:1: the key `title` stands here twice; leave one of them out"]
    );
}

#[test]
fn broken_yaml_says_where() {
    let faults = faults("title: [T\nmodel: x\n");
    assert!(faults[0].starts_with("report.yaml:2:"), "{faults:?}");
}
