//! Several networks in one report: each gets the numbers that it has in a report of its own.

use cnn_report::execute::Reuse;
use cnn_report::plan::Overrides;
use serde_json::Value;
use tch::Tensor;

use crate::rebuilds::Project;

/// net1, and the same with the weights of its last layer turned round.
fn project() -> Project {
    let project = Project::of_one_figure();
    let weights = Tensor::read_safetensors(project.path("net1.safetensors")).unwrap();
    let (last, _) = weights
        .iter()
        .rfind(|(name, tensor)| name.ends_with("weight") && tensor.dim() == 2)
        .expect("a linear layer");
    let turned: Vec<(String, Tensor)> = weights
        .iter()
        .map(|(name, tensor)| match name == last {
            true => (name.clone(), -tensor),
            false => (name.clone(), tensor.shallow_clone()),
        })
        .collect();
    Tensor::write_safetensors(&turned, project.path("turned.safetensors")).unwrap();
    project.spec(
        "images:\n",
        "models:\n  turned: {file: turned.safetensors, name: After}\nimages:\n",
    );
    project
}

const FIGURES: &str = "      - predictions: {id: predictions, top: 3, model: [model, turned]}
      - saliency: {model: turned}
      - confusion_matrix: {data: labelled.csv, groups: groups.yaml, model: [turned, model]}
    answer: '{fig:predictions} and {fig:predictions-turned}; {value:predictions-turned.coffee.score}'
";

fn json(project: &Project, output: &str) -> Value {
    let text = std::fs::read_to_string(project.path(output).join("report.json")).unwrap();
    serde_json::from_str(&text).unwrap()
}

fn found<'a>(report: &'a Value, figure: &str, at: usize) -> &'a Value {
    let figures = report["figures"].as_array().unwrap();
    let figure = figures.iter().find(|one| one["name"] == figure);
    &figure.expect("a figure")["units"][at]["found"]
}

#[test]
fn each_network_has_the_numbers_of_a_report_of_its_own() {
    let project = project();
    project.spec("      - predictions: {id: predictions, top: 3}\n", FIGURES);
    project.replace(
        "report.yaml",
        "language: en\n",
        "language: en\noutput: {formats: [html, markdown, json]}\n",
    );
    project.build("both", "store", Reuse::Stored);
    let both = json(&project, "both");
    let names: Vec<_> = both["figures"]
        .as_array()
        .unwrap()
        .iter()
        .map(|figure| {
            (
                figure["name"].as_str().unwrap(),
                figure["model"].as_str().unwrap(),
            )
        })
        .collect();
    assert_eq!(
        names,
        [
            ("predictions", "model"),
            ("predictions-turned", "turned"),
            ("saliency", "turned"),
            ("confusion_matrix", "turned"),
            ("confusion_matrix-model", "model"),
        ]
    );
    assert_eq!(
        both["provenance"]["other_models"][0]["model"]["file"],
        "turned.safetensors"
    );
    assert_ne!(
        found(&both, "predictions", 0),
        found(&both, "predictions-turned", 0)
    );
    let page = std::fs::read_to_string(project.path("both/report.md")).unwrap();
    for said in [
        "net1",
        "After",
        "turned.safetensors",
        "Figure 1",
        "Figure 2",
    ] {
        assert!(page.contains(said), "`{said}` in {page}");
    }
    // Alone, with the results of the report of both at hand, nothing is left to run.
    project.spec("  file: net1.safetensors\n", "  file: turned.safetensors\n");
    project.spec(
        "models:\n  turned: {file: turned.safetensors, name: After}\n",
        "",
    );
    project.spec(", model: [model, turned]", "");
    project.spec("{model: turned}", "{}");
    project.spec(", model: [turned, model]", "");
    project.spec("answer: '", "prompt: '");
    let text = std::fs::read_to_string(project.path("report.yaml")).unwrap();
    project.write(
        "report.yaml",
        text.split("    prompt: '").next().unwrap().as_bytes(),
    );
    let alone = project.build("alone", "store", Reuse::Stored);
    let ran: Vec<_> = alone.ran.iter().map(|one| one.unit.clone()).collect();
    assert!(ran.is_empty(), "{ran:?}");
    let fresh = project.build("fresh", "another-store", Reuse::Stored);
    assert!(!fresh.ran.is_empty());
    let alone = json(&project, "alone");
    assert_eq!(alone["figures"], json(&project, "fresh")["figures"]);
    for at in 0..2 {
        // Arrays lie in files that are called by the figure.
        let told = |report, figure| {
            let found = found(report, figure, at);
            ["shape", "smallest", "largest"].map(|key| found["scores"][key].clone())
        };
        assert_eq!(
            told(&alone, "predictions"),
            told(&both, "predictions-turned")
        );
        let leading = |report, figure| found(report, figure, at)["leading"].clone();
        assert_eq!(
            leading(&alone, "predictions"),
            leading(&both, "predictions-turned")
        );
    }
}

#[test]
fn faults_name_the_network_and_its_place() {
    let project = project();
    project.spec("{file: turned.safetensors, name: After}", "{file: turned.safetensors}\n  9th: {file: a.pt2}\n  gone: {file: gone.pt2}\n  torn: {file: classes.txt}");
    project.spec("top: 3}\n", "top: 3, model: [turnd, model, model]}\n");
    let (code, _, told) = project.told(&["check", "report.yaml"]);
    assert_eq!(code, 2, "{told}");
    for said in [
        "`9th` is no name for a network of the report",
        "gone.pt2",
        "classes.txt",
        "no network of the report is called `turnd`; hint: did you mean `turned`?",
        "the network `model` is listed twice",
    ] {
        assert!(told.contains(said), "`{said}` in {told}");
    }
}

/// What an entry leaves out stands in `model`, and a fault of it there.
#[test]
fn what_an_entry_leaves_out_is_as_in_model() {
    let project = project();
    project.spec(
        "input: {shorter: null, size: [64, 64]}",
        "input: {shorter: null, size: [64, 64], mean: [1, 2]}",
    );
    let (code, _, told) = project.told(&["check", "report.yaml"]);
    assert_eq!(code, 2, "{told}");
    let faults: Vec<_> = told.lines().filter(|line| line.contains("error")).collect();
    assert_eq!(faults.len(), 1, "{told}");
    assert!(faults[0].starts_with("report.yaml:8:"), "{told}");
}

/// `watch` and `serve` build again when one of them changes.
#[test]
fn every_file_that_a_spec_names_is_watched() {
    let project = project();
    project.spec(
        "      - predictions: {id: predictions, top: 3}\n",
        concat!(
            "      - expected_gradients: {baselines: [black, labelled/b.webp]}\n",
            "      - deep_dream: {layer: conv4, image: coffee, guide: labelled/a.webp}\n",
            "      - confusion_matrix: {data: labelled, groups: groups.yaml}\n",
        ),
    );
    let report = project.path("report.yaml");
    let watched = cnn_report::watched(&report, &Overrides::default()).unwrap();
    for file in [
        "report.yaml",
        "net1.safetensors",
        "net1.pt2",
        "classes.txt",
        "coffee.webp",
        "turned.safetensors",
        "labelled/a.webp",
        "labelled/b.webp",
        "groups.yaml",
    ] {
        assert!(
            watched.files.contains(&project.path(file)),
            "{file}: {watched:?}"
        );
    }
    assert!(watched.folders.contains(&project.path("labelled")));
}

/// Each output of a network of several is explained under a name, with class names of its own.
#[test]
fn outputs_of_one_file_are_explained_side_by_side() {
    let folder = crate::outside_operators::cases();
    let data = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/outside/red.png");
    std::fs::copy(data, folder.path().join("red.png")).unwrap();
    std::fs::write(folder.path().join("report.yaml"), OUTPUTS).unwrap();
    let (code, _, told) = crate::rebuilds::told(folder.path(), &["build", "report.yaml"]);
    assert_eq!(code, 0, "{told}");
    let report = std::fs::read_to_string(folder.path().join("build/report.json")).unwrap();
    let report: Value = serde_json::from_str(&report).unwrap();
    let target = |figure| &found(&report, figure, 0)["target"];
    assert_ne!(target("map"), target("map-other"), "{report}");
    let page = std::fs::read_to_string(folder.path().join("build/report.md")).unwrap();
    assert!(page.contains("Second head"), "{page}");
    assert!(page.contains("two.onnx (ONNX), \\`features\\`"), "{page}");
}

const OUTPUTS: &str = "title: Two heads
model: {file: two.onnx, output: scores, input: {shorter: null, size: [8, 8], channels: grey, mean: [0.5], std: [0.5]}}
models:
  other: {file: two.onnx, output: features, name: Second head}
images: [{id: red, file: red.png}]
output: {formats: [markdown, json]}
questions:
  - title: Both
    figures:
      - saliency: {id: map, model: [model, other]}
";
