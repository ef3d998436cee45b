//! Where the graph of weights comes from: layers spelled out in report.yaml, or another file.

use std::path::{Path, PathBuf};

use cnn_report::diagnostic::Diagnostic;
use cnn_report::inspect::layer_table;
use cnn_report::model::Model;
use cnn_report::model::load::sequential;
use cnn_report::plan::Overrides;
use cnn_report::{Failure, load_network};
use tch::Tensor;

fn data(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("tests/data/model")
        .join(name)
}

fn golden(file: &str, name: &str) -> Tensor {
    let mut tensors = Tensor::read_safetensors(data(file)).unwrap().into_iter();
    tensors.find(|(known, _)| known == name).unwrap().1
}

/// The network of a report.yaml with this `model:`, beside the files of `tests/data/model`; faults without
/// the folder.
fn network(model: &str) -> Result<Model, Vec<String>> {
    let folder = tempfile::tempdir().unwrap();
    let indented: String = model.lines().map(|line| format!("  {line}\n")).collect();
    let text = format!("title: T\nquestions: [{{title: Q}}]\nmodel:\n{indented}");
    for name in ["net1.pt2", "net1.safetensors", "sequential.safetensors"] {
        std::fs::copy(data(name), folder.path().join(name)).unwrap();
    }
    let file = folder.path().join("report.yaml");
    std::fs::write(&file, text).unwrap();
    let place = format!("{}/", folder.path().display());
    let said = |fault: &Diagnostic| fault.to_string().replace(&place, "");
    load_network(&file, &Overrides::default()).map_err(|failure| match failure {
        Failure::Spec(faults) | Failure::Run(faults) => faults.iter().map(said).collect(),
        Failure::Cancelled => Vec::new(),
    })
}

fn faults(model: &str) -> Vec<String> {
    network(model).err().expect("the model should be refused")
}

const INPUT: &str = "input: {shorter: null, size: [64, 64]}\n";

/// net1's layers, as many arguments left out as follow from others.
const NET1: &str = "layers:
  - {name: conv1, type: Conv2d, in_channels: 3, out_channels: 16, kernel_size: [3, 3], stride: [1, 1], padding: [1, 1]}
  - {name: relu1, type: ReLU}
  - {name: pool1, type: MaxPool2d, kernel_size: 2}
  - {name: conv2, type: conv2d, out_channels: 32, kernel_size: 3, padding: 1}
  - {name: relu2, type: relu, inplace: true}
  - {name: pool2, type: MaxPool2d, kernel_size: 2}
  - {name: conv3, type: Conv2d, out_channels: 32, kernel_size: 3, padding: same}
  - {name: relu3, type: ReLU}
  - {name: conv4, type: Conv2d, out_channels: 48, kernel_size: 3, stride: 2, padding: 1}
  - {name: relu4, type: ReLU}
  - {name: gap, type: AdaptiveAvgPool2d, output_size: 1}
  - {name: flatten, type: Flatten}
  - {name: fc, type: Linear, in_features: 48, out_features: 10}
";

/// Largest difference over largest magnitude.
fn relative(got: &Tensor, expected: &Tensor) -> f64 {
    assert_eq!(got.size(), expected.size());
    ((got - expected).abs().max() / expected.abs().max()).double_value(&[])
}

#[test]
fn layers_of_net1_are_net1() {
    let model = network(&format!("file: net1.safetensors\n{INPUT}{NET1}")).unwrap();
    let input = golden("net1_golden.safetensors", "input");
    let logits = golden("net1_golden.safetensors", "logits");
    assert!(relative(&model.scores(&input).unwrap(), &logits) < 1e-5);
    let exported = network(&format!("file: net1.pt2\n{INPUT}")).unwrap();
    assert_eq!(
        layer_table(model.facts(), model.layers()),
        layer_table(exported.facts(), exported.layers())
    );
    assert!(layer_table(model.facts(), model.layers()).contains("conv4"));
    assert_eq!(
        model.provenance().parameters,
        exported.provenance().parameters
    );
}

#[test]
fn nested_layers_of_many_kinds_give_pytorchs_scores() {
    let layers = std::fs::read_to_string(data("sequential.yaml")).unwrap();
    let layers: String = layers.lines().map(|line| format!("  {line}\n")).collect();
    let model = network(&format!(
        "file: sequential.safetensors\ninput: {{shorter: null, size: [17, 20]}}\nlayers:\n{layers}"
    ))
    .unwrap();
    let input = golden("sequential_golden.safetensors", "input");
    let expected = golden("sequential_golden.safetensors", "scores");
    assert!(relative(&model.scores(&input).unwrap(), &expected) < 1e-5);
    // The shapes that were followed are those that come out.
    let paths: Vec<_> = model
        .layers()
        .iter()
        .map(|layer| layer.path.as_str())
        .collect();
    assert_eq!(paths[..3], ["features.0", "features.1", "features.2"]);
    assert_eq!(paths.last(), Some(&"1.4"));
}

#[test]
fn every_fault_of_the_layers_has_its_place() {
    assert_eq!(
        faults(&format!(
            "file: net1.safetensors\n{INPUT}layers: [{{name: a}}]"
        )),
        [
            "report.yaml:6:12: error: the key `type` is missing; hint: add `type: …`, PyTorch's class, such as `Conv2d`; capitals do not matter"
        ]
    );
    let found = faults(&format!(
        "file: net1.safetensors\n{INPUT}layers:
  - {{type: Conv3d, out_channels: 4}}
  - {{type: Conv2d, out_channels: 0, kernel_size: [1, 2, 3]}}
  - {{name: a.b, type: ReLU, slope: 1}}
  - {{type: Sequential, layers: [{{type: MaxPool2d, padding: 1, kernel_size: 1}}]}}
"
    ));
    let starts = [
        "report.yaml:7:14: error: unknown layer type `Conv3d`; hint: did you mean `Conv2d`?",
        "report.yaml:8:36: error: expected a whole number from 1, found `0`",
        "report.yaml:8:52: error: expected a whole number from 1 to 1024, or two; found `[1,2,3]`",
        "report.yaml:9:14: error: `a.b` is not a valid layer name; hint: letters, digits",
        "report.yaml:9:38: error: `ReLU` has no argument `slope`; hint: it takes `inplace`",
        "report.yaml:10:62: error: `padding` is more than half of `kernel_size`; hint: at most half of it",
    ];
    assert_eq!(found.len(), starts.len(), "{found:#?}");
    for (fault, start) in found.iter().zip(starts) {
        assert!(fault.starts_with(start), "{found:#?}\n{start}");
    }
}

#[test]
fn shapes_that_do_not_follow_are_faults_of_their_layers() {
    let with = |layers: &str| {
        faults(&format!(
            "file: net1.safetensors\n{INPUT}layers: {layers}\n"
        ))
    };
    assert_eq!(
        with("[{type: Conv2d, in_channels: 1, out_channels: 4, kernel_size: 3}]"),
        [
            "report.yaml:6:40: error: `in_channels` is 1, its input has 3; hint: write 3, or leave it out"
        ]
    );
    assert_eq!(
        with("[{type: Flatten}, {type: Linear, in_features: 10, out_features: 2}]"),
        [
            "report.yaml:6:57: error: `in_features` is 10, its input has 12288; hint: write 12288, or leave it out"
        ]
    );
    assert_eq!(
        with("[{type: Linear, out_features: 2}]"),
        [
            "report.yaml:6:19: error: its input is [3, 64, 64] for each picture; hint: put a `Flatten` before the `Linear`"
        ]
    );
    assert_eq!(
        with("[{type: MaxPool2d, kernel_size: 65}]"),
        [
            "report.yaml:6:43: error: its input is too small: 0 px would be left; hint: a smaller kernel, or less pooling above"
        ]
    );
    assert_eq!(
        with("[{type: ReLU}]"),
        [
            "report.yaml:6:12: error: the network gives [3, 64, 64] for each picture; hint: \
          a classifier ends in one score for each class: `Flatten`, then `Linear`"
        ]
    );
}

#[test]
fn weights_that_do_not_fit_name_their_layer() {
    let changed = NET1
        .replace("name: conv2", "name: second")
        .replace("out_features: 10", "out_features: 7");
    let found = faults(&format!("file: net1.safetensors\n{INPUT}{changed}"));
    assert_eq!(
        found,
        [
            "report.yaml:10:7: error: `second.weight` is missing in `net1.safetensors`",
            "report.yaml:10:7: error: `second.bias` is missing in `net1.safetensors`",
            "report.yaml:19:7: error: `fc.weight` is [10, 48] instead of [7, 48] in `net1.safetensors`",
            "report.yaml:19:7: error: `fc.bias` is [10] instead of [7] in `net1.safetensors`",
            "report.yaml:7:5: error: `conv2.bias` is unexpected in `net1.safetensors`",
            "report.yaml:7:5: error: `conv2.weight` is unexpected in `net1.safetensors`",
        ]
    );
}

#[test]
fn the_graph_of_one_file_takes_the_weights_of_another() {
    let model = network(&format!("file: net1.safetensors\ngraph: net1.pt2\n{INPUT}")).unwrap();
    let input = golden("net1_golden.safetensors", "input");
    let logits = golden("net1_golden.safetensors", "logits");
    assert!(relative(&model.scores(&input).unwrap(), &logits) < 1e-5);
    let provenance = model.provenance();
    let exported = network(&format!("file: net1.pt2\n{INPUT}")).unwrap();
    let graph = format!("graph of net1.pt2, sha256 {}", exported.provenance().sha256);
    assert_eq!(provenance.architecture, Some(graph));
    assert_ne!(provenance.sha256, exported.provenance().sha256);

    let faults_of = |graph: &str| faults(&format!("{graph}\n{INPUT}"));
    let found = faults_of("file: sequential.safetensors\ngraph: net1.pt2");
    assert!(
        found[0].starts_with("report.yaml:5:10: error: the weights in `sequential.safetensors` do not fit the graph of `net1.pt2`: `conv1.weight` is missing;"),
        "{found:?}"
    );
    let found = faults_of("file: net1.safetensors\ngraph: net1.safetensors");
    assert!(
        found[0].starts_with(
            "report.yaml:5:10: error: `net1.safetensors`: it holds weights and no graph; export"
        ),
        "{found:?}"
    );
    assert_eq!(
        faults_of("file: net1.pt2\ngraph: net1.pt2"),
        [
            "report.yaml:5:10: error: `net1.pt2` holds its own network and is not put into the graph of `net1.pt2`; leave out `graph` or `layers`"
        ]
    );
    assert_eq!(
        faults_of("file: net1.safetensors\narchitecture: vgg11\ngraph: net1.pt2\nlayers: []"),
        [
            "report.yaml:6:3: error: `graph` stands beside `architecture`; hint: weights go into one network: leave one of them out",
            "report.yaml:7:3: error: `layers` stands beside `architecture`; hint: weights go into one network: leave one of them out",
        ]
    );
}

#[test]
fn the_reference_names_every_kind_of_layer() {
    let page = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/report-yaml.md");
    let page = std::fs::read_to_string(page).unwrap();
    for name in sequential::type_names() {
        assert!(page.contains(&format!("`{name}`")), "{name}");
    }
}
