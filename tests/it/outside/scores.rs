//! What the numbers of a network are: one sigmoid, independent labels, and a softmax that is not the last node.
//! PyTorch 2.13 gave the values that are right.

use std::path::{Path, PathBuf};

use assert_cmd::Command;
use cnn_report::explain::numbers::probabilities;
use cnn_report::model::{
    self, Doubt, Model, OutputActivation, ScoresAre, ScoresTaken, Source, StatedScores,
};
use cnn_report::picture::{Filter, Picture, Preprocessing, Resize};
use serde_json::Value;
use tch::{Device, Tensor};
use tempfile::TempDir;

fn data(name: &str) -> PathBuf {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    root.join("tests/data/outside").join(name)
}

fn load_as(name: &str, stated: Option<StatedScores>) -> Model {
    let source = Source::new(data(name), [3, 64, 64]).with_scores(stated);
    Model::load(&source, model::Device::Cpu).unwrap_or_else(|error| panic!("{name}: {error}"))
}

fn load(name: &str) -> Model {
    load_as(name, None)
}

/// `preset: unit` of a photo that has the network's size.
fn photo(name: &str) -> Tensor {
    let preprocessing = Preprocessing {
        resize: Resize::Stretch {
            height: 64,
            width: 64,
        },
        filter: Filter::Bilinear,
        mean: vec![0.0; 3],
        std: vec![1.0; 3],
        ..Preprocessing::default()
    };
    let picture = preprocessing.apply(&Picture::open(&data(name)).unwrap());
    preprocessing.tensor(&[&picture], Device::Cpu)
}

fn probabilities_of(model: &Model, photo_name: &str) -> Vec<f64> {
    let scores = model.scores(&photo(photo_name)).unwrap();
    probabilities(&scores, model.activation())
        .unwrap()
        .remove(0)
}

fn assert_close(found: &[f64], expected: &[f64], place: &str) {
    assert_eq!(found.len(), expected.len(), "{place}: {found:?}");
    for (found_one, expected) in found.iter().zip(expected) {
        assert!((found_one - expected).abs() < 5e-5, "{place}: {found:?}");
    }
}

/// The largest gradient of the score of a class, over all pixels and channels.
fn largest_gradient(model: &Model, class: i64) -> f64 {
    let input = photo("red.png").set_requires_grad(true);
    let score = model.scores(&input).unwrap().select(1, class).sum(None);
    let gradient = Tensor::run_backward(&[score], &[&input], false, false).remove(0);
    gradient.abs().max().double_value(&[])
}

#[test]
fn one_sigmoid_is_two_classes_in_every_format() {
    for (name, taken) in [
        ("t01_net.pt2", ScoresTaken::BeforeClosing),
        ("t01_net.onnx", ScoresTaken::BeforeClosing),
        ("t01_net.pt", ScoresTaken::Logits),
    ] {
        let model = load(name);
        let facts = model.facts();
        assert_eq!((model.classes(), facts.numbers()), (2, 1), "{name}");
        assert_eq!(facts.scores.given, ScoresAre::OneProbability, "{name}");
        assert_eq!(facts.scores.taken, taken, "{name}");
        assert_eq!(model.activation(), OutputActivation::SigmoidOfOne, "{name}");
        assert_close(&probabilities_of(&model, "red.png"), &[0.1, 0.9], name);
        assert_close(&probabilities_of(&model, "blue.png"), &[0.9, 0.1], name);
        // ln 9, and its negative for the other class.
        let scores = Vec::<f32>::try_from(model.scores(&photo("red.png")).unwrap().view(-1));
        let scores: Vec<f64> = scores.unwrap().into_iter().map(f64::from).collect();
        assert_close(&scores, &[-2.19722, 2.19722], name);
    }
}

#[test]
fn independent_labels_have_a_probability_each() {
    for (name, taken) in [
        ("t02_net.pt2", ScoresTaken::BeforeClosing),
        ("t02_net.onnx", ScoresTaken::BeforeClosing),
        ("t02_net.pt", ScoresTaken::Logits),
    ] {
        let model = load(name);
        let scores = model.facts().scores;
        assert_eq!(scores.given, ScoresAre::IndependentProbabilities, "{name}");
        assert_eq!(scores.taken, taken, "{name}");
        assert_close(
            &probabilities_of(&model, "red.png"),
            &[0.8808, 0.7311, 0.0474],
            name,
        );
    }
}

/// Logits 5, 0, 0; the map of the logit, which is 40 times larger than that of the saturated probability.
#[test]
fn a_softmax_before_nodes_that_change_no_value_is_the_closing_one() {
    for name in [
        "t03_dropout_after.pt2",
        "t03_exp_logsoftmax.pt2",
        "t03_softmax.pt2",
        "t03_softmax_clamp.pt2",
        "t03_softmax_clone.pt2",
        "t03_softmax_float.pt2",
        "t03_softmax_squeeze.pt2",
        "t03_softmax_to.pt2",
        "t03_softmax_view.pt2",
        "t03_softmax_squeeze.onnx",
        "t03_softmax_view.dynamo.onnx",
    ] {
        let model = load(name);
        let scores = model.facts().scores;
        assert_eq!(scores.given, ScoresAre::Probabilities, "{name}");
        assert_eq!(scores.taken, ScoresTaken::BeforeClosing, "{name}");
        assert_eq!(scores.doubt, None, "{name}");
        let found = probabilities_of(&model, "red.png");
        assert_close(&found, &[0.98670, 0.00665, 0.00665], name);
        let largest = largest_gradient(&model, 0);
        assert!(
            (largest / 1.34e-4 - 1.0).abs() < 0.01,
            "{name}: {largest:e}"
        );
    }
    let sigmoid = load("t03_sigmoid_view.pt2");
    let found = probabilities_of(&sigmoid, "red.png");
    assert_close(&found, &[0.9933, 0.5, 0.5], "sigmoid_view");
}

#[test]
fn what_the_user_says_is_done_and_doubted_where_the_network_says_otherwise() {
    let of = |name: &str, stated| load_as(name, Some(stated)).facts().scores;
    // A closing softmax, said to be independent labels: done, with a doubt.
    let scores = of("t03_softmax.pt2", StatedScores::Sigmoid);
    assert_eq!(scores.activation, OutputActivation::Sigmoid);
    assert_eq!(
        scores.doubt,
        Some(Doubt::StatedOtherwise(StatedScores::Sigmoid))
    );
    // Said to be what it is.
    let scores = of("t03_softmax_view.pt2", StatedScores::Softmax);
    assert_eq!(
        (scores.taken, scores.doubt),
        (ScoresTaken::BeforeClosing, None)
    );
    let scores = of("t02_net.pt", StatedScores::Probabilities);
    assert_eq!(scores.given, ScoresAre::IndependentProbabilities);
    // Probabilities are no logarithms.
    let scores = of("t02_net.pt2", StatedScores::Log);
    assert_eq!(scores.activation, OutputActivation::Sigmoid);
    assert_eq!(
        scores.doubt,
        Some(Doubt::StatedImpossible(StatedScores::Log))
    );
    // A sigmoid that is not seen is only likely until somebody says so.
    assert_eq!(
        load("t02_net.pt").facts().scores.doubt,
        Some(Doubt::ClosingNotSeen)
    );
    let scores = of("t02_net.pt", StatedScores::Sigmoid);
    assert_eq!((scores.taken, scores.doubt), (ScoresTaken::Logits, None));
}

/// As every exporter writes it; TorchScript can only be run, and `scores: log` says what its numbers are.
#[test]
fn a_closing_log_sigmoid_is_left_out_and_its_labels_are_independent() {
    let packed = std::fs::File::open(data("log_sigmoid.zip")).unwrap();
    let mut archive = zip::ZipArchive::new(packed).unwrap();
    let golden = Tensor::read_safetensors(data("log_sigmoid.safetensors")).unwrap();
    let golden: std::collections::BTreeMap<_, _> = golden.into_iter().collect();
    let folder = tempfile::tempdir().unwrap();
    assert_eq!(archive.len(), 15);
    for index in 0..archive.len() {
        let mut entry = archive.by_index(index).unwrap();
        let name = entry.name().unwrap().into_owned();
        let file = folder.path().join(&name);
        let mut content = Vec::new();
        std::io::Read::read_to_end(&mut entry, &mut content).unwrap();
        std::fs::write(&file, content).unwrap();
        let source = || Source::new(file.clone(), [3, 16, 16]);
        let load = |source: Source| Model::load(&source, model::Device::Cpu).unwrap();
        // Decomposed, a softplus is a choice between two forms.
        let is_written =
            ["softplus.decomposed.pt2", "softplus.dynamo.onnx"].contains(&name.as_str());
        let is_hidden = name.ends_with(".pt") || is_written;
        let (loaded, taken) = match is_hidden {
            false => (load(source()), ScoresTaken::BeforeClosing),
            true => {
                let doubt = load(source()).facts().scores.doubt;
                assert_eq!(doubt, Some(Doubt::NeverAboveZero), "{name}");
                let said = source().with_scores(Some(StatedScores::Log));
                (load(said), ScoresTaken::LogitsOfLogarithms)
            }
        };
        let facts = loaded.facts().scores;
        assert_eq!(
            facts.given,
            ScoresAre::IndependentLogProbabilities,
            "{name}"
        );
        assert_eq!((facts.taken, facts.doubt), (taken, None), "{name}");
        let logits = &golden[name.split('.').next().unwrap()];
        let (expected, activation) = match logits.size()[1] {
            1 => (
                Tensor::cat(&[-logits, logits.shallow_clone()], 1),
                OutputActivation::SigmoidOfOne,
            ),
            _ => (logits.shallow_clone(), OutputActivation::Sigmoid),
        };
        assert_eq!(loaded.activation(), activation, "{name}");
        let scores = loaded.scores(&golden["x"]).unwrap();
        let difference = (scores - expected).abs().max().double_value(&[]);
        assert!(difference < 2e-3, "{name}: {difference}"); // of a logarithm near 0 few digits are left
    }
}

/// A folder with a network, photos and a report of these figures.
fn project(network: &str, model_keys: &str, figures: &[&str]) -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name);
    std::fs::copy(data(network), path(network)).unwrap();
    for label in ["red", "blue"] {
        let photo = format!("{label}.png");
        std::fs::create_dir_all(path("labelled").join(label)).unwrap();
        std::fs::copy(data(&photo), path("labelled").join(label).join(&photo)).unwrap();
        std::fs::copy(data(&photo), path(&photo)).unwrap();
    }
    std::fs::write(path("one.txt"), "red\n").unwrap();
    let figures: String = figures
        .iter()
        .map(|one| format!("      - {one}\n"))
        .collect();
    let report = format!(
        "title: T\nmodel:\n  file: {network}\n  input: {{preset: unit, size: 64, resize: stretch}}\n{model_keys}\
         images:\n  - {{id: red, file: red.png}}\n  - {{id: blue, file: blue.png}}\n\
         questions:\n  - title: Q\n    figures:\n{figures}"
    );
    std::fs::write(path("report.yaml"), report).unwrap();
    folder
}

/// Exit code, standard output and standard error.
fn run(folder: &Path, arguments: &[&str]) -> (Option<i32>, String, String) {
    let output = Command::new(env!("CARGO_BIN_EXE_cnn-report"))
        .current_dir(folder)
        .args(["--format", "short"])
        .args(arguments)
        .output()
        .unwrap();
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    (
        output.status.code(),
        text(&output.stdout),
        text(&output.stderr),
    )
}

/// One name is that of the class of high numbers; the folder of another label is all else.
#[test]
fn a_report_on_one_sigmoid_shows_both_classes() {
    let figures = [
        "predictions:",
        "saliency:",
        "confusion_matrix: {data: labelled}",
    ];
    let folder = project("t01_net.pt2", "  classes: one.txt\n", &figures);
    let (code, _, told) = run(folder.path(), &["build", "--quiet"]);
    assert_eq!((code, &*told), (Some(0), ""));
    let page = std::fs::read_to_string(folder.path().join("build/report.md")).unwrap();
    assert!(page.contains("red: red 90.0%, not red 10.0%"), "{page}");
    assert!(page.contains("blue: not red 90.0%, red 10.0%"), "{page}");
    assert!(
        page.contains("2 of 2 photos are classified rightly"),
        "{page}"
    );
    assert!(!page.contains("softmax"), "{page}");
    assert!(page.contains("the network gives one probability"), "{page}");
}

#[test]
fn a_report_on_independent_labels_says_so_and_has_no_confusion_matrix() {
    let folder = project("t02_net.pt2", "", &["predictions:", "saliency:"]);
    let (code, _, told) = run(folder.path(), &["build", "--quiet"]);
    assert_eq!((code, &*told), (Some(0), ""));
    let page = std::fs::read_to_string(folder.path().join("build/report.md")).unwrap();
    assert!(page.contains("red: 0 88.1%, 1 73.1%, 2 4.7%"), "{page}");
    assert!(page.contains("They do not sum to 100 %"), "{page}");
    assert!(!page.contains("softmax"), "{page}");

    let matrix = ["confusion_matrix: {data: labelled}"];
    let folder = project("t02_net.pt2", "", &matrix);
    let (code, _, told) = run(folder.path(), &["check"]);
    assert_eq!(code, Some(2), "{told}");
    assert!(told.contains("a probability of its own"), "{told}");

    let folder = project("t02_net.pt2", "  scores: log\n", &["predictions:"]);
    let (code, _, told) = run(folder.path(), &["check"]);
    assert_eq!(code, Some(0), "{told}");
    let warning = "report.yaml:5:11: warning: `scores: log` is not used: on noise the network gives \
                   independent probabilities";
    assert!(told.contains(warning), "{told}");
}

#[test]
fn verify_compares_probabilities_with_probabilities() {
    let arguments = |expect: &'static str| {
        [
            "inspect",
            "verify_soft.onnx",
            "--json",
            "--verify",
            "verify_x.npy",
            "--expect",
            expect,
        ]
    };
    let (code, out, told) = run(&data(""), &arguments("verify_y.npy"));
    assert_eq!(code, Some(0), "{told}");
    let found: Value = serde_json::from_str(&out).unwrap();
    assert_eq!(found["verification"]["compared"], "probabilities");
    assert_eq!(found["verification"]["holds"], true);
    let output = &found["classifier"]["output"];
    assert_eq!(output["gives"], "probabilities");
    assert_eq!(output["scores_taken"], "before_closing");
    assert_eq!(output["activation"], "softmax");
}
