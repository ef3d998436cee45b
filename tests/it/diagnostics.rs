//! Errors and warnings as the user sees them, and the words in them.

use std::collections::BTreeMap;
use std::path::Path;
use std::process::{Output, Stdio};

use cnn_report::diagnostic::{Colours, Diagnostic, Position};
use cnn_report::spec::{Additions, Document, MethodSchema, json_schema};
use cnn_report::{method_schemas, methods};
use serde_json::{Map, Value, json};

fn run(report: &str, arguments: &[&str]) -> Output {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("report.yaml"), report).unwrap();
    assert_cmd::Command::new(env!("CARGO_BIN_EXE_cnn-report"))
        .current_dir(folder.path())
        .arg("check")
        .args(arguments)
        .output()
        .unwrap()
}

fn printed(report: &str, arguments: &[&str]) -> String {
    let output = run(report, arguments);
    assert_eq!(output.status.code(), Some(2));
    String::from_utf8(output.stderr).unwrap()
}

/// The short form of every fault of a file.
fn faults(text: &str) -> Vec<String> {
    let mut document = Document::new(Path::new("report.yaml"), text.to_owned());
    match document.parse(&method_schemas(), &Additions::NONE) {
        Ok(_) => Vec::new(),
        Err(faults) => faults.iter().map(Diagnostic::to_string).collect(),
    }
}

const REPORT: &str = "\
title: T
model: {file: net.pt2}
questions:
  - title: 問題
    figures:
      - saliency: {title: 貓咪, percentil: 99}
      - lime: {samples: lots}
";

const DRAWN: &str = "\
error: unknown key `percentil`
 --> report.yaml:6:31
  |
6 |       - saliency: {title: 貓咪, percentil: 99}
  |                                 ^^^^^^^^^
  |
hint: did you mean `percentile`?

error: expected a whole number from 10 to 100000, or one of `exact`, `auto`; found `lots`
 --> report.yaml:7:25
  |
7 |       - lime: {samples: lots}
  |                         ^^^^

";

#[test]
fn the_line_is_drawn_with_a_caret_and_a_hint() {
    // Two Chinese characters are two columns of the text and four of the terminal.
    assert_eq!(printed(REPORT, &[]), DRAWN);
    assert_eq!(printed(REPORT, &["--format", "full"]), printed(REPORT, &[]));
}

#[test]
fn one_line_each_for_editors() {
    assert_eq!(
        printed(REPORT, &["--format", "short"]),
        "report.yaml:6:31: error: unknown key `percentil`; hint: did you mean `percentile`?\n\
         report.yaml:7:25: error: expected a whole number from 10 to 100000, or one of `exact`, `auto`; found `lots`\n"
    );
}

#[test]
fn one_json_object_a_line() {
    let printed = printed(REPORT, &["--format", "json"]);
    let lines = printed
        .lines()
        .map(|line| serde_json::from_str(line).unwrap());
    let lines: Vec<Value> = lines.collect();
    let expected = json!({
        "severity": "error", "file": "report.yaml", "line": 6, "column": 31, "end_column": 40,
        "message": "unknown key `percentil`", "hint": "did you mean `percentile`?"
    });
    assert_eq!(lines[0], expected);
    assert_eq!(lines[1]["hint"], Value::Null);
    let page = include_str!("../../docs/commands.md");
    for key in expected.as_object().unwrap().keys() {
        assert!(
            page.contains(&format!("`{key}`")),
            "{key} is not in docs/commands.md"
        );
    }
}

#[test]
fn docs_show_what_is_printed() {
    let page = include_str!("../../docs/commands.md");
    let report = page
        .split("```yaml wrong\n")
        .nth(1)
        .unwrap()
        .split("```")
        .next()
        .unwrap();
    let drawn = printed(report, &[]);
    assert!(
        page.contains(&format!("```text\n{}\n```", drawn.trim_end())),
        "{drawn}"
    );
}

#[test]
fn a_fault_without_a_place_names_the_file_in_its_first_line() {
    let fault =
        |file: &str| Diagnostic::error(file, None, "message".to_owned(), "try this".to_owned());
    let drawn = fault("report.yaml").drawn(Colours::None);
    assert_eq!(drawn, "error: report.yaml: message\nhint: try this");
    assert_eq!(
        fault("").as_warning().to_string(),
        "cnn-report: warning: message; hint: try this"
    );
    assert_eq!(
        fault("").drawn(Colours::None),
        "error: message\nhint: try this"
    );
    let coloured = fault("").drawn(Colours::Ansi);
    assert!(coloured.contains("\u{1b}["), "{coloured}");
}

#[test]
fn a_place_beyond_the_text_is_drawn_without_it() {
    let position = Position { line: 9, column: 4 };
    let fault = Diagnostic::error(
        "a.yaml",
        Some(position),
        "message".to_owned(),
        String::new(),
    );
    let drawn = fault.clone().marking("one line", 1).drawn(Colours::None);
    assert_eq!(drawn, "error: message\n--> a.yaml:9:4");
    // At the end of a line, of more characters than are left.
    let end = Diagnostic {
        position: Some(Position { line: 1, column: 9 }),
        ..fault
    };
    let drawn = end.marking("one line", 100).drawn(Colours::None);
    assert!(drawn.ends_with("1 | one line\n  |         ^"), "{drawn}");
}

#[test]
fn control_characters_of_a_file_do_not_reach_the_terminal() {
    let report = "title: T\nmodel: {file: net.pt2}\nquestions: [{title: Q}]\n\"a\\e[31mb\\nc\\x9b\": \u{202e}1\n";
    for format in ["full", "short", "json"] {
        let output = run(report, &["--format", format]);
        let told = String::from_utf8(output.stderr).unwrap();
        let hostile = |c: char| c != '\n' && (c.is_control() || c == '\u{202e}');
        assert!(!told.contains(hostile), "{told:?}");
        assert!(told.contains("31mb"), "{told}");
        if format == "short" {
            assert_eq!(told.lines().count(), 1, "{told}");
        }
    }
}

#[test]
fn an_empty_report_says_what_a_report_needs() {
    let expected = "report.yaml:1:1: error: the report is empty; hint: the smallest report has \
                    `title: …`, `model: {file: …}` and `questions: [{title: …}]`";
    for empty in [
        "",
        "\n\n",
        "# only a comment\n",
        "---\n",
        "\u{feff}",
        "\u{feff}---\n",
        "~\n",
    ] {
        assert_eq!(faults(empty), [expected], "{empty:?}");
    }
    let told = printed("", &[]);
    assert!(
        told.starts_with("error: the report is empty\n --> report.yaml:1:1\n"),
        "{told}"
    );
}

#[test]
fn a_byte_order_mark_changes_nothing() {
    let good = "title: T\nmodel: {file: net.pt2}\nquestions: [{title: Q}]\n";
    assert_eq!(faults(&format!("\u{feff}{good}")), Vec::<String>::new());
    assert_eq!(
        faults("\u{feff}titel: T\r\nmodel: {file: a}\r\nquestions: [{title: Q}]\r\n")[1],
        "report.yaml:1:1: error: unknown key `titel`; hint: did you mean `title`?"
    );
}

#[test]
fn broken_yaml_is_told_in_plain_words() {
    let cases = [
        (
            "title: T\nmodel:\n\tfile: x\n",
            "3:1: error: a tab indents this line; hint: indent with spaces",
        ),
        (
            "a:\n  - b\n\t- c\n",
            "3:1: error: a tab indents this line; hint: indent with spaces",
        ),
        (
            "title: [T\nmodel: x\n",
            "1:8: error: a list that starts with `[` is not closed; ",
        ),
        (
            "title: {T\nmodel: x\n",
            "1:8: error: a mapping that starts with `{` is not closed; ",
        ),
        ("title: a: b\n", "1:9: error: a `:` is not allowed here; "),
        (
            "title: \"T\nmodel: x\n",
            "1:8: error: the quotation mark that opens this text is not closed; ",
        ),
        (
            "seed: 99999999999999999999\n",
            "1:7: error: this number has more digits than a number here can hold; ",
        ),
        (
            "title: @x\n",
            "1:8: error: a value cannot begin with this character; ",
        ),
        (
            "title: *x\n",
            "1:8: error: this alias (`*name`) has no anchor (`&name`) above it; ",
        ),
        (
            "title: T\n  model: x\n",
            "2:8: error: a `:` is not allowed here; ",
        ),
        (
            "a:\n  b: 1\n c: 2\n",
            "3:2: error: this line does not continue the mapping above; ",
        ),
        (
            "a: &x {b: 1}\nc:\n  <<: *x\n",
            "3:3: error: merge keys (`<<`) are not supported; hint: write the merged keys out here",
        ),
        (
            "title: !x T\n",
            "1:8: error: unknown tag `!x`; hint: remove the tag",
        ),
        (
            "? [a]\n: b\n",
            "1:3: error: a key cannot be a list, a mapping or an alias; ",
        ),
        (
            "a: 1\n---\nb: 1\n",
            "2:1: error: the file holds more than one YAML document; ",
        ),
    ];
    let wrong: Vec<_> = cases
        .iter()
        .filter(|(text, expected)| !faults(text)[0].starts_with(&format!("report.yaml:{expected}")))
        .map(|(text, expected)| format!("{expected}\n    but {}", faults(text)[0]))
        .collect();
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn numbers_that_are_not_finite_are_refused_in_their_place() {
    let text = "title: T\nmodel: {file: a}\nquestions:\n  - {title: Q, points: .nan}\n  - {title: Q, points: -.inf}\nbyline: {x: .inf}\nseed: 1.0\n";
    assert_eq!(
        faults(text),
        [
            "report.yaml:4:24: error: expected a finite number, found `.nan`",
            "report.yaml:5:24: error: expected a finite number, found `-.inf`",
            "report.yaml:6:13: error: expected a finite number, found `.inf`",
            "report.yaml:7:7: error: expected a whole number from 0 to 4294967295, found `1.0`",
        ]
    );
}

/// Words of the libraries that read a file, which say nothing to its author.
const OF_THE_IMPLEMENTATION: [&str; 20] = [
    "usize",
    "u32",
    "u64",
    "i64",
    "f32",
    "f64",
    "enum",
    "untagged",
    "variant",
    "struct",
    "invalid type",
    "invalid value",
    "invalid length",
    "did not match",
    "sequence",
    "serde",
    "schema",
    "JSON",
    "is not valid",
    "data",
];

/// Every key of the schema, and a report that sets it: path of the key, the value to exchange.
fn reports() -> Vec<(String, Value, Vec<String>)> {
    let schema = json_schema(&method_schemas());
    let base =
        json!({ "title": "T", "model": { "file": "net.pt2" }, "questions": [{ "title": "Q" }] });
    let mut found = Vec::new();
    walk(&schema, &mut vec![], &base, &mut found);
    found
}

fn walk(
    schema: &Value,
    path: &mut Vec<String>,
    base: &Value,
    found: &mut Vec<(String, Value, Vec<String>)>,
) {
    for branch in ["anyOf", "oneOf"] {
        for branch in schema[branch].as_array().into_iter().flatten() {
            walk(branch, path, base, found);
        }
    }
    let properties = schema["properties"].as_object().into_iter().flatten();
    for (key, schema) in properties {
        path.push(key.clone());
        found.push((path.join("/"), base.clone(), path.clone()));
        // What is below these is what is below figures and questions.
        if !["defaults", "sections"].contains(&path[0].as_str()) {
            walk(schema, path, base, found);
        }
        path.pop();
    }
    if schema["items"].is_object() {
        path.push("0".to_owned());
        found.push((path.join("/"), base.clone(), path.clone()));
        walk(&schema["items"], path, base, found);
        path.pop();
    }
}

/// Sets the value at a path, and makes what leads there.
fn set(root: &mut Value, path: &[String], value: Value) {
    let Some((key, rest)) = path.split_first() else {
        *root = value;
        return;
    };
    if key == "0" {
        if !root.is_array() {
            *root = json!([null]);
        }
        set(&mut root[0], rest, value);
    } else {
        if !root.is_object() {
            *root = Value::Object(Map::new());
        }
        set(&mut root[key.as_str()], rest, value);
    }
}

#[test]
fn a_wrong_value_of_each_type_for_each_key_is_told_in_plain_words() {
    let wrong = [
        json!(null),
        json!(true),
        json!(-1),
        json!(3.0),
        json!(0.5),
        json!(1e300),
        json!(9_007_199_254_740_993_u64),
        json!(18_446_744_073_709_551_615_u64),
        json!(-9_223_372_036_854_775_808_i64),
        json!("lots"),
        json!(""),
        json!([]),
        json!([true]),
        json!([[1], {}]),
        json!({}),
        json!({ "unknown": 1 }),
    ];
    let reports = reports();
    assert!(reports.len() > 80, "only {} keys were found", reports.len());
    let mut told = 0;
    let all = method_schemas();
    let mut by_name: BTreeMap<&str, Vec<MethodSchema>> = BTreeMap::new();
    for schema in method_schemas() {
        by_name.entry(schema.name).or_default().push(schema);
    }
    for (name, base, path) in reports {
        // A schema of one method is read in no time.
        let method = path.iter().skip_while(|part| *part != "figures").nth(2);
        let schemas = method.and_then(|method| by_name.get(method.as_str()));
        let schemas = schemas.unwrap_or(&all);
        for value in &wrong {
            let mut report = base.clone();
            set(&mut report, &path, value.clone());
            let mut document = Document::new(Path::new("report.yaml"), report.to_string());
            match document.parse(schemas, &Additions::NONE) {
                Ok(_) => check_method(&name, &report),
                Err(faults) => {
                    for fault in faults {
                        told += 1;
                        // A description in the hint may use the words of its field.
                        check_words(&fault.message, &format!("{name}: {value}"));
                        assert!(fault.position.is_some(), "{name}: {value}: {fault}");
                        assert!(fault.excerpt.is_some(), "{name}: {value}: {fault}");
                    }
                }
            }
        }
    }
    assert!(told > 1000, "only {told} faults were read");
}

fn check_words(message: &str, case: &str) {
    for word in OF_THE_IMPLEMENTATION {
        // `data` and the like may be the name of a key.
        let without_names: String = message.split('`').step_by(2).collect();
        assert!(!without_names.contains(word), "{case}: {message}");
    }
}

/// What the schema lets through, the method's own parameters take.
fn check_method(name: &str, report: &Value) {
    let figures = report.pointer("/questions/0/figures/0");
    for (method, parameters) in figures.and_then(Value::as_object).into_iter().flatten() {
        let Some(entry) = methods().into_iter().find(|entry| entry.name == method) else {
            continue;
        };
        let mut parameters = parameters.as_object().cloned().unwrap_or_default();
        for key in [
            "id", "title", "caption", "model", "image", "images", "checks",
        ] {
            parameters.shift_remove(key);
        }
        if let Err(error) = cnn_report::plan::method_and_view(entry, parameters.clone()) {
            panic!("{name}: {parameters:?}: {error}");
        }
    }
}

#[test]
fn a_standard_error_that_is_closed_or_full_causes_no_panic() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("report.yaml"), REPORT).unwrap();
    let shell = |redirection: &str| {
        let command = format!("'{}' check {redirection}", env!("CARGO_BIN_EXE_cnn-report"));
        std::process::Command::new("sh")
            .args(["-c", &command])
            .current_dir(folder.path())
            .stderr(Stdio::null())
            .output()
            .unwrap()
    };
    for redirection in ["2>&-", "2>/dev/full", ">/dev/full 2>/dev/full", ">&- 2>&-"] {
        assert_eq!(shell(redirection).status.code(), Some(2), "{redirection}");
    }
}

#[test]
fn colours_are_for_terminals() {
    let told = printed(REPORT, &[]);
    assert!(!told.contains('\u{1b}'), "{told:?}");
}
