//! Batches beside each other: on eight threads the numbers are those of one, and the same in every build.

use std::collections::BTreeMap;
use std::path::Path;
use std::process::Command;

use serde_json::Value;

use crate::rebuilds::Project;

/// Methods whose loops run so, over inputs, gradients and labelled photos.
const FIGURES: &str = "      - lime: {samples: 60}
      - lime: {samples: auto, most_samples: 256}
      - kernel_shap: {samples: 512}
      - occlusion: {window: 16, stride: 16}
      - rise: {samples: 40}
      - integrated_gradients: {}
      - smooth_grad: {samples: 20}
      - confusion_matrix: {data: labelled.csv, groups: groups.yaml}
      - activation_histogram: {data: labelled.csv, groups: groups.yaml, layer: conv2, filters: [0, 5]}
      - robustness: {data: labelled.csv, groups: groups.yaml}
    answer: x
";

/// Builds on so many threads into a folder of this name, from an empty store.
fn build(project: &Project, threads: &str, output: &str) {
    let done = Command::new(env!("CARGO_BIN_EXE_cnn-report"))
        .current_dir(project.path(""))
        .env("OMP_NUM_THREADS", threads)
        .env("OMP_WAIT_POLICY", "passive") // more threads than the machine has cores
        .args([
            "build",
            "--format",
            "short",
            "--formats",
            "json",
            "--output",
            output,
        ])
        .args(["--store", &format!("store-{output}")])
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&done.stderr);
    assert!(done.status.success(), "{said}");
}

/// Every number below a value, by where it stands; maps in files by their numbers.
fn numbers(folder: &Path, at: &str, value: &Value, found: &mut BTreeMap<String, f64>) {
    match value {
        Value::Number(number) => {
            found.insert(at.to_owned(), number.as_f64().unwrap());
        }
        Value::String(file) if file.ends_with(".npy") => {
            // The segments of a photo are whole numbers of a kind that tch does not read; no network makes them.
            let Ok(tensor) = tch::Tensor::read_npy(folder.join(file)) else {
                return;
            };
            let tensor = tensor.to_kind(tch::Kind::Double).flatten(0, -1);
            let values: Vec<f64> = Vec::try_from(&tensor).unwrap();
            let each = values.into_iter().enumerate();
            found.extend(each.map(|(index, value)| (format!("{at}[{index}]"), value)));
        }
        Value::Array(items) => {
            for (index, item) in items.iter().enumerate() {
                numbers(folder, &format!("{at}/{index}"), item, found);
            }
        }
        Value::Object(fields) => {
            for (name, field) in fields {
                numbers(folder, &format!("{at}/{name}"), field, found);
            }
        }
        Value::Null | Value::Bool(_) | Value::String(_) => {}
    }
}

fn figures(project: &Project, output: &str) -> BTreeMap<String, f64> {
    let folder = project.path(output);
    let text = std::fs::read_to_string(folder.join("report.json")).unwrap();
    let report: Value = serde_json::from_str(&text).unwrap();
    let mut found = BTreeMap::new();
    numbers(&folder, "", &report["figures"], &mut found);
    found
}

#[test]
fn eight_threads_give_the_numbers_of_one() {
    let project = Project::new();
    let spec = std::fs::read_to_string(project.path("report.yaml")).unwrap();
    let (head, _) = spec.split_once("      - photos:").unwrap();
    std::fs::write(project.path("report.yaml"), format!("{head}{FIGURES}")).unwrap();
    for (threads, output) in [("1", "one"), ("8", "eight"), ("8", "again")] {
        build(&project, threads, output);
    }
    let [one, eight, again] = ["one", "eight", "again"].map(|output| figures(&project, output));
    assert!(one.len() > 20_000, "{} numbers", one.len());
    assert!(one.keys().eq(eight.keys()));
    assert!(eight == again, "not the same in every build");
    for (at, value) in &one {
        let other = eight[at];
        let is_near = (value - other).abs() <= 2e-3 * value.abs() + 2e-4;
        assert!(is_near, "{at}: {value} on one thread, {other} on eight");
    }
}
