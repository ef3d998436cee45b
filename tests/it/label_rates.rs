//! Rates of independent labels against scikit-learn's, and in a report.

#![allow(clippy::unwrap_used)] // fixtures; clippy only exempts the test functions

use std::path::{Path, PathBuf};
use std::process::Command;

use cnn_report::results::labels::{AtThreshold, Labelling};
use serde_json::Value;

fn data(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("tests/data")
        .join(name)
}

fn close(found: Option<f64>, expected: &Value, what: &str) {
    let expected = expected.as_f64();
    let is_close = match (found, expected) {
        (Some(found), Some(expected)) => (found - expected).abs() < 1e-12,
        (found, expected) => found == expected,
    };
    assert!(is_close, "{what}: {found:?}, expected {expected:?}");
}

/// `tests/data/evaluate/label_rates.py`.
#[test]
fn rates_are_those_of_scikit_learn() {
    let text = std::fs::read_to_string(data("evaluate/label_rates.json")).unwrap();
    let golden: Value = serde_json::from_str(&text).unwrap();
    let probabilities: Vec<Vec<f32>> =
        serde_json::from_value(golden["probabilities"].clone()).unwrap();
    let labels: Vec<Vec<usize>> = serde_json::from_value(golden["labels"].clone()).unwrap();
    let rows: Vec<(&[f32], &[usize])> = probabilities
        .iter()
        .zip(&labels)
        .map(|(row, labels)| (row.as_slice(), labels.as_slice()))
        .collect();
    let found = Labelling::new(&rows, 5, 0.5);
    for (number, (rates, expected)) in found
        .labels
        .iter()
        .zip(golden["rates"].as_array().unwrap())
        .enumerate()
    {
        let counts = [rates.photos, rates.found, rates.right].map(Value::from);
        let expected_counts = ["photos", "found", "right"].map(|key| expected[key].clone());
        assert_eq!(counts, expected_counts, "label {number}");
        close(
            rates.average_precision,
            &expected["average_precision"],
            "average precision",
        );
        if rates.photos > 0 {
            close(rates.f1, &expected["f1"], "F1");
        }
        close(
            rates.best.map(|best| best.1),
            &expected["best"][0],
            "best F1",
        );
        close(
            rates.best.map(|best| best.0),
            &expected["best"][1],
            "best threshold",
        );
    }
    for (which, expected) in golden["micro"].as_array().unwrap().iter().enumerate() {
        close(found.micro[which], expected, "micro average");
        let expected = &golden["macro"][which];
        close(Some(found.macro_average[which]), expected, "macro average");
    }
    close(
        Some(found.hamming_loss),
        &golden["hamming_loss"],
        "Hamming loss",
    );
    assert_eq!(Value::from(found.exact), golden["exact"]);
}

/// At every threshold of scikit-learn's `precision_recall_curve`, whose last point, of no threshold, is not ours.
#[test]
fn curves_are_those_of_scikit_learn() {
    let text = std::fs::read_to_string(data("evaluate/label_rates.json")).unwrap();
    let golden: Value = serde_json::from_str(&text).unwrap();
    let probabilities: Vec<Vec<f32>> =
        serde_json::from_value(golden["probabilities"].clone()).unwrap();
    let labels: Vec<Vec<usize>> = serde_json::from_value(golden["labels"].clone()).unwrap();
    let rows = probabilities.iter().zip(&labels);
    let rows: Vec<(&[f32], &[usize])> = rows
        .map(|(row, labels)| (row.as_slice(), labels.as_slice()))
        .collect();
    for (label, expected) in golden["curves"].as_array().unwrap().iter().enumerate() {
        let found = AtThreshold::all(&rows, label);
        let count = expected["thresholds"].as_array().map_or(0, Vec::len);
        assert_eq!(found.len(), count, "label {label}");
        for (at, one) in found.iter().enumerate() {
            close(
                Some(one.threshold),
                &expected["thresholds"][at],
                "threshold",
            );
            close(Some(one.precision), &expected["precision"][at], "precision");
            close(Some(one.recall), &expected["recall"][at], "recall");
            close(Some(one.f1), &expected["f1"][at], "F1");
        }
    }
}

/// Probabilities of the red photo are 0.8808, 0.7311 and 0.0474.
#[test]
fn a_report_judges_each_label_by_itself() {
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name);
    for name in ["t02_net.pt2", "red.png"] {
        std::fs::copy(data("outside").join(name), path(name)).unwrap();
    }
    std::fs::copy(path("red.png"), path("again.png")).unwrap();
    std::fs::write(path("classes.txt"), "sky\nsea\nship\n").unwrap();
    std::fs::write(
        path("labels.csv"),
        "photo,sky,sea,ship\nred.png,1,0,1\nagain.png,1,1,0\n",
    )
    .unwrap();
    let spec = |figure: &str| {
        format!(
            "title: Labels\nmodel:\n  file: t02_net.pt2\n  classes: classes.txt\n  input: {{preset: unit, size: 64, resize: stretch}}\n\
             questions:\n  - title: Which labels?\n    figures:\n      - {figure}\noutput: {{folder: ., formats: [json, markdown]}}\n"
        )
    };
    let run = |figure: &str, command: &str| {
        std::fs::write(path("report.yaml"), spec(figure)).unwrap();
        let output = Command::new(env!("CARGO_BIN_EXE_cnn-report"))
            .args([command, "report.yaml"])
            .current_dir(folder.path())
            .env("XDG_CACHE_HOME", folder.path())
            .output()
            .unwrap();
        let printed = [output.stdout, output.stderr].concat();
        (output.status.code(), String::from_utf8(printed).unwrap())
    };
    let (code, printed) = run("label_rates: {data: labels.csv}", "build");
    assert_eq!(code, Some(0), "{printed}");
    let page = std::fs::read_to_string(path("report.md")).unwrap();
    for row in [
        "| sky | 2 | 2 | 2 | 1.000 | 1.000 | 1.000 | 1.000 | 0.881 | 1.000 |",
        "| sea | 1 | 2 | 1 | 0.500 | 1.000 | 0.667 | 0.500 | 0.731 | 0.667 |",
        "| ship | 1 | 0 | 0 | – | 0.000 | 0.000 | 0.500 | 0.047 | 0.667 |",
        "| Micro average | 4 | 4 | 3 | 0.750 | 0.750 | 0.750 |",
    ] {
        assert!(page.contains(row), "{row}\n{page}");
    }
    assert!(
        page.contains("All labels and no other are found for 1"),
        "{page}"
    );
    let of_sea = "Precision, recall and F1 of ‘sea’, which 1 photo has, against the threshold; the dot marks the largest F1 on these photos, 0.667 at 0.731";
    assert!(page.contains(of_sea), "{page}");
    let json = std::fs::read_to_string(path("report.json")).unwrap();
    let json: Value = serde_json::from_str(&json).unwrap();
    let sea = &json["figures"][0]["label_curves"][1];
    assert_eq!(sea["label"], "sea");
    assert_eq!(sea["precision"], serde_json::json!([0.5]));
    assert!((sea["best_threshold"].as_f64().unwrap() - 0.7311).abs() < 1e-4);
    let (code, printed) = run("label_rates: {data: labels.csv, threshold: 0.04}", "build");
    assert_eq!(code, Some(0), "{printed}");
    let page = std::fs::read_to_string(path("report.md")).unwrap();
    assert!(
        page.contains("| ship | 1 | 2 | 1 | 0.500 | 1.000 |"),
        "{page}"
    );
    let of_softmax = "sum to 1 over its classes (softmax)";
    assert!(!page.contains(of_softmax), "{page}");
    let softmax = spec("label_rates: {data: labels.csv}")
        .replace("  classes:", "  scores: softmax\n  classes:");
    std::fs::write(path("softmax.yaml"), softmax).unwrap();
    let built = Command::new(env!("CARGO_BIN_EXE_cnn-report"))
        .args(["build", "softmax.yaml"])
        .current_dir(folder.path())
        .output()
        .unwrap();
    assert!(built.status.success(), "{built:?}");
    let page = std::fs::read_to_string(path("softmax.md")).unwrap();
    assert!(page.contains(of_softmax), "{page}");
    // One prediction for each photo is what independent labels do not have.
    let (code, printed) = run("confusion_matrix: {data: labels.csv}", "check");
    assert_eq!(code, Some(2), "{printed}");
    assert!(
        printed.contains("`label_rates` judges each label by itself"),
        "{printed}"
    );
    let (code, printed) = run("label_rates: {data: labels.csv, groups: g.yaml}", "check");
    assert_eq!(code, Some(2), "{printed}");
    assert!(printed.contains("unknown key `groups`"), "{printed}");
}
