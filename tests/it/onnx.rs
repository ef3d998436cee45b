//! ONNX files against what ONNX Runtime and PyTorch compute; `tools/make_onnx_fixtures.py` says how.

mod broken;

use std::collections::BTreeMap;
use std::io::Read;
use std::path::{Path, PathBuf};

use cnn_report::model::{self, LayerName, Model, ModelError, ReluRule, Source};
use tch::{Device, Kind, Tensor};

fn data(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("tests/data")
        .join(name)
}

fn tensors(name: &str) -> BTreeMap<String, Tensor> {
    Tensor::read_safetensors(data(name))
        .unwrap()
        .into_iter()
        .collect()
}

fn load(file: &Path, input: &Tensor) -> Result<Model, ModelError> {
    let sizes = input.size();
    let source = Source::new(file.to_owned(), [sizes[1], sizes[2], sizes[3]]);
    Model::load(&source, model::Device::Cpu)
}

/// Largest difference over largest magnitude.
fn relative(got: &Tensor, expected: &Tensor) -> f64 {
    assert_eq!(got.size(), expected.size());
    let difference = (got - expected).abs().max().double_value(&[]);
    difference / expected.abs().max().double_value(&[]).max(1e-6)
}

/// The networks of an archive by name.
fn networks(archive: &str) -> BTreeMap<String, Vec<u8>> {
    let file = std::fs::File::open(data(archive)).unwrap();
    let mut archive = zip::ZipArchive::new(file).unwrap();
    let mut networks = BTreeMap::new();
    for index in 0..archive.len() {
        let mut entry = archive.by_index(index).unwrap();
        let name = entry.name().unwrap().trim_end_matches(".onnx").to_owned();
        let mut content = Vec::new();
        entry.read_to_end(&mut content).unwrap();
        networks.insert(name, content);
    }
    networks
}

// float32 sums in another order differ by 1e-7 to 1e-6; 1e-4 leaves room for other processors.
const TOLERANCE: f64 = 1e-4;

#[test]
fn every_operator_gives_the_numbers_of_onnx_runtime() {
    let golden = tensors("onnx/operators.safetensors");
    let folder = tempfile::tempdir().unwrap();
    let mut wrong = Vec::new();
    let networks = networks("onnx/operators.zip");
    assert!(networks.len() >= 203);
    for (name, content) in networks {
        let file = folder.path().join("network.onnx");
        std::fs::write(&file, content).unwrap();
        let start = format!("{name}.input");
        let (key, expected) = golden
            .iter()
            .find(|(key, _)| key.starts_with(&start))
            .unwrap();
        let input = &golden[key.split('.').nth(1).unwrap()];
        let size = golden[&format!("{name}.size")].int64_value(&[]);
        // Scores are what stands before a closing softmax; of other operators the numbers themselves are compared.
        let numbers = |model: Model| match name.starts_with("ends_") {
            true => model.scores(input),
            false => model.output(input),
        };
        match load(&file, input).and_then(numbers) {
            Ok(scores) if scores.size()[1] == size => {
                let count = expected.size()[1];
                let places: Vec<_> = (0..count)
                    .map(|index| index * (size - 1) / (count - 1).max(1))
                    .collect();
                let difference = relative(
                    &scores.index_select(1, &Tensor::from_slice(&places)),
                    expected,
                );
                if difference.is_nan() || difference > TOLERANCE {
                    wrong.push(format!("{name}: differs by {difference}"));
                }
            }
            Ok(scores) => wrong.push(format!("{name}: {:?} instead of {size}", scores.size())),
            Err(error) => wrong.push(format!("{name}: {error}")),
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn net1_gives_pytorchs_scores_gradients_and_layers() {
    let golden = tensors("model/net1_golden.safetensors");
    let input = golden["input"].set_requires_grad(true);
    let model = load(&data("onnx/net1.onnx"), &input).unwrap();
    let scores = model.scores(&input).unwrap();
    assert!(relative(&scores.detach(), &golden["logits"]) < TOLERANCE);
    let top = scores.argmax(1, true);
    let top = scores.gather(1, &top, false).sum(Kind::Float);
    let gradient = Tensor::run_backward(&[top], &[&input], false, false);
    let expected = &golden["gradient_top1"]; // of the first picture or more
    let first = gradient[0].narrow(0, 0, expected.size()[0]);
    assert!(relative(&first, expected) < TOLERANCE);

    // The rules at the ReLUs find them under the operators of PyTorch.
    let one = input.detach().narrow(0, 0, 1);
    let class = golden["logits"].narrow(0, 0, 1).argmax(1, true);
    let score = |scores: &Tensor| scores.gather(1, &class, false).sum(Kind::Float);
    let guided = model.gradient(&one, model.scores_node(), ReluRule::Guided, &score);
    assert!(relative(&guided.unwrap(), &golden["guidedbackprop_top1"]) < TOLERANCE);

    let exported = load(&data("model/net1.pt2"), &input).unwrap();
    let rows = |model: &Model| -> Vec<_> {
        let layers = model.layers().iter();
        layers
            .map(|layer| {
                (
                    layer.path.clone(),
                    layer.kind.clone(),
                    layer.output_shape.clone(),
                    layer.parameters,
                )
            })
            .collect()
    };
    assert_eq!(rows(&model), rows(&exported));
    let provenance = model.provenance();
    assert_eq!(provenance.format, "ONNX");
    assert_eq!(provenance.parameters, exported.provenance().parameters);
    assert_eq!(provenance.torch_version.as_deref(), Some("2.13.0+cu130"));
    assert_eq!(
        provenance.producer.as_deref(),
        Some("pytorch 2.13.0+cu130, opset 20")
    );
    assert_eq!(model.relus().len(), exported.relus().len());
}

#[test]
fn both_exporters_of_pytorch_keep_their_modules() {
    let golden = tensors("onnx/exporters.safetensors");
    for name in ["scopes", "lists"] {
        let model = load(&data(&format!("onnx/{name}.onnx")), &golden["input"]).unwrap();
        let scores = model.scores(&golden["input"]).unwrap();
        assert!(relative(&scores, &golden["scores"]) < TOLERANCE, "{name}");
        let rows: Vec<_> = model
            .layers()
            .iter()
            .map(|layer| (layer.path.as_str(), layer.kind.as_str()))
            .collect();
        let expected = [
            ("stem.0", "Conv2d"),
            ("stem.1", "ReLU6"),
            ("blocks.0.relu", "ReLU"),
            ("blocks.0.conv", "Conv2d"),
            ("blocks.0.relu#2", "ReLU"),
            ("blocks.1.relu", "ReLU"),
            ("blocks.1.conv", "Conv2d"),
            ("blocks.1.relu#2", "ReLU"),
            ("act", "SiLU"),
            ("pool", "AdaptiveAvgPool2d"),
            ("fc", "Linear"),
        ];
        assert_eq!(rows, expected, "{name}");
        let conv = model
            .layer(&LayerName::Path("blocks.0.conv".to_owned()))
            .unwrap();
        assert_eq!(conv.parameters, 4 * 4 * 9 + 4); // the batch norm is folded into it
        let block = model
            .layer(&LayerName::Path("blocks.0".to_owned()))
            .unwrap();
        assert_eq!(block.output_shape, [1, 4, 14, 14]);
    }
}

#[test]
fn the_scores_are_those_before_a_closing_softmax() {
    let folder = tempfile::tempdir().unwrap();
    for name in ["ends_softmax_13", "ends_identity_13", "ends_pixels_12"] {
        let file = folder.path().join("network.onnx");
        std::fs::write(&file, &networks("onnx/operators.zip")[name]).unwrap();
        let model = load(
            &file,
            &Tensor::zeros([1, 4, 9, 8], (Kind::Float, Device::Cpu)),
        )
        .unwrap();
        let last = model.graph().nodes.last().unwrap();
        assert_eq!(last.operator_base(), "softmax", "{name}");
        assert_ne!(model.graph().nodes[model.scores_node().0].name, last.name);
    }
}

#[test]
fn nodes_are_layers_where_the_file_names_no_modules() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("network.onnx");
    std::fs::write(&file, &networks("onnx/operators.zip")["gemm_9"]).unwrap();
    let model = load(
        &file,
        &Tensor::zeros([1, 4, 9, 8], (Kind::Float, Device::Cpu)),
    )
    .unwrap();
    let rows: Vec<_> = model
        .layers()
        .iter()
        .map(|layer| (layer.path.as_str(), layer.kind.as_str(), layer.parameters))
        .collect();
    assert_eq!(
        rows,
        [
            ("GlobalAveragePool_0", "AdaptiveAvgPool2d", 0),
            ("Flatten_1", "Flatten", 0),
            ("Gemm_2", "Linear", 25),
            ("closing", "Flatten", 0),
        ]
    );
}

#[test]
fn the_size_that_a_file_names_is_taken_where_nobody_says_another() {
    let other = Source::new(data("onnx/external.onnx"), [3, 224, 224]).as_exported();
    let model = Model::load(&other, model::Device::Cpu).unwrap();
    assert_eq!(model.input_shape(), [4, 9, 8]);
}
