//! The model layer against numbers that PyTorch computed; `tools/make_fixtures.py` says how.

mod between;
mod facts;
mod files;
mod hostile_scripts;
mod mutations;
mod old_exports;
mod precision;
mod torchscript;

use std::path::{Path, PathBuf};

use cnn_report::model::{self, Architecture, LayerName, Model, ReluRule, Source};
use tch::{Device, Kind, Tensor};

const NET1_SHAPE: [i64; 3] = [3, 64, 64];

fn data(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("tests/data/model")
        .join(name)
}

/// A tensor out of a file of reference numbers.
fn golden(file: &str, name: &str) -> Tensor {
    let tensors = Tensor::read_safetensors(data(file)).unwrap();
    tensors
        .into_iter()
        .find(|(known, _)| known == name)
        .unwrap()
        .1
}

fn net1(name: &str) -> Tensor {
    golden("net1_golden.safetensors", name)
}

fn source(file: PathBuf, architecture: Option<&str>, input_shape: [i64; 3]) -> Source {
    Source::new(file, input_shape).with_architecture(architecture)
}

fn net1_exported() -> Model {
    Model::load(
        &source(data("net1.pt2"), None, NET1_SHAPE),
        model::Device::Cpu,
    )
    .unwrap()
}

fn net1_weights() -> Model {
    let bytes = std::fs::read(data("net1.json.gz")).unwrap();
    let architecture = Architecture::from_bytes("net1", &bytes).unwrap();
    let source = source(data("net1.safetensors"), Some("net1"), NET1_SHAPE);
    Model::load_into(&source, &architecture, model::Device::Cpu).unwrap()
}

fn squeezenet() -> Model {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("models/squeezenet1_1.safetensors");
    Model::load(
        &source(file, Some("squeezenet1_1"), [3, 224, 224]),
        model::Device::Cpu,
    )
    .unwrap()
}

fn path(path: &str) -> LayerName {
    LayerName::Path(path.to_owned())
}

/// Largest difference over largest magnitude.
fn relative(got: &Tensor, expected: &Tensor) -> f64 {
    assert_eq!(got.size(), expected.size());
    let difference = (got - expected).abs().max().double_value(&[]);
    difference / expected.abs().max().double_value(&[])
}

// float32 sums in another order differ by 1e-7 to 4e-7; 1e-4 leaves room for other processors.
const TOLERANCE: f64 = 1e-4;

#[test]
fn net1_gives_pytorchs_scores_and_gradients() {
    for model in [net1_exported(), net1_weights()] {
        let input = net1("input").set_requires_grad(true);
        let scores = model.scores(&input).unwrap();
        assert!(relative(&scores.detach(), &net1("logits")) < TOLERANCE);

        let top = scores.argmax(1, true);
        let gradient = Tensor::run_backward(
            &[scores.gather(1, &top, false).sum(Kind::Float)],
            &[&input],
            false,
            false,
        );
        assert!(relative(&gradient[0].narrow(0, 0, 1), &net1("gradient_top1")) < TOLERANCE);
    }
}

#[test]
fn a_pass_stops_at_the_layer_and_leaves_it_intact() {
    let model = net1_exported();
    let input = net1("input");
    let conv2 = model.layer(&path("conv2")).unwrap().node;
    let relu2 = model.layer(&path("relu2")).unwrap().node;
    let recorded = model.record(&input, &[relu2, conv2], &[]).unwrap();
    assert!(!recorded[0].requires_grad());
    let first_channels = recorded[1].narrow(0, 0, 1).narrow(1, 0, 4);
    assert!(relative(&first_channels, &net1("activation_conv2")) < TOLERANCE);
    assert_eq!(recorded[0], recorded[1].relu());

    assert_eq!(model.gates(conv2), []);
    let pool2 = model.layer(&path("pool2")).unwrap().node;
    assert_eq!(model.gates(pool2), [relu2]);
    let open = model.record(&input, &[pool2, relu2], &[relu2]).unwrap();
    assert_eq!(open[1], recorded[1]);
    assert_eq!(open[0], recorded[1].max_pool2d(2, 2, 0, 1, false));
}

#[test]
fn layers_of_squeezenet_are_numbered_as_they_run() {
    let model = squeezenet();
    assert_eq!(model.classes(), 1000);
    assert_eq!(model.provenance().parameters, 1_235_496);
    assert_eq!(
        model.provenance().sha256,
        "0e3146d245c730ea64b0e481f9c9eac7b6b87a19696b09cc523b2b8fe3db6ed7"
    );
    let row = |number: usize| {
        let layer = model.layer(&LayerName::Number(number)).unwrap();
        assert_eq!(layer.number, number);
        (
            layer.path.as_str(),
            layer.kind.as_str(),
            layer.output_shape.as_slice(),
            layer.parameters,
        )
    };
    assert_eq!(
        row(0),
        ("features.0", "Conv2d", [1, 64, 111, 111].as_slice(), 1792)
    );
    assert_eq!(
        row(15),
        ("features.5", "MaxPool2d", [1, 128, 27, 27].as_slice(), 0)
    );
    assert_eq!(
        row(34),
        (
            "features.9.expand3x3_activation",
            "ReLU",
            [1, 192, 13, 13].as_slice(),
            0
        )
    );
    assert_eq!(row(model.layers().len() - 1).1, "AdaptiveAvgPool2d");

    // A module that holds others stands for its output, a node for itself.
    let fire = model.layer(&path("features.9")).unwrap();
    assert_eq!((fire.kind.as_str(), fire.number), ("Fire", 34));
    assert_eq!(fire.output_shape, [1, 384, 13, 13]);
    assert_eq!(model.layer(&path("cat_4")).unwrap().node, fire.node);
    let gates: Vec<_> = model.gates(fire.node);
    let relus = [
        "features.9.expand1x1_activation",
        "features.9.expand3x3_activation",
    ];
    assert_eq!(
        gates,
        relus.map(|relu| model.layer(&path(relu)).unwrap().node)
    );
}

#[test]
fn rules_at_the_relus_give_captums_maps() {
    let model = net1_exported();
    let input = net1("input").narrow(0, 0, 1);
    let class = net1("logits").narrow(0, 0, 1).argmax(1, true);
    let score = |scores: &Tensor| scores.gather(1, &class, false).sum(Kind::Float);
    let map = |rule| {
        model
            .gradient(&input, model.scores_node(), rule, &score)
            .unwrap()
    };
    assert!(relative(&map(ReluRule::Plain), &net1("gradient_top1")) < TOLERANCE);
    assert!(relative(&map(ReluRule::Guided), &net1("guidedbackprop_top1")) < TOLERANCE);
    assert!(relative(&map(ReluRule::Deconvnet), &net1("deconvolution_top1")) < TOLERANCE);
}

/// See `Awkward` in `tools/make_fixtures.py` for what this network holds.
#[test]
fn constants_shared_weights_and_a_fixed_batch_are_understood() {
    for file in ["awkward_one.pt2", "awkward_any.pt2"] {
        let model = Model::load(&source(data(file), None, [3, 8, 8]), model::Device::Cpu).unwrap();
        let input = golden("awkward.safetensors", "input");
        let scores = model.scores(&input).unwrap();
        let probabilities = golden("awkward.safetensors", "probabilities");
        assert!(
            relative(&scores.softmax(1, Kind::Float), &probabilities) < TOLERANCE,
            "{file}"
        );
        // The closing softmax is left out.
        assert!((scores.sum(Kind::Float).double_value(&[]) - 2.0).abs() > 1e-3);

        let paths: Vec<_> = model
            .layers()
            .iter()
            .map(|layer| layer.path.as_str())
            .collect();
        assert_eq!(paths, ["conv", "relu", "again", "again#2", "relu#2", "fc"]);
        let again = model.layer(&path("again#2")).unwrap();
        assert_eq!(
            (again.parameters, again.kind.as_str()),
            (4 * 4 + 4, "Conv2d")
        );
    }
}

#[test]
fn inputs_of_another_shape_are_refused_or_run() {
    let model = net1_exported();
    let picture = |shape: &[i64]| Tensor::zeros(shape, (Kind::Float, Device::Cpu));
    // Global average pooling: any size will do.
    assert_eq!(
        model.scores(&picture(&[3, 3, 40, 48])).unwrap().size(),
        [3, 10]
    );
    let error = model
        .scores(&picture(&[3, 64, 64]))
        .unwrap_err()
        .to_string();
    assert_eq!(
        error,
        "the input is [3, 64, 64], the network takes [N, 3, 64, 64]"
    );
    let grey = Model::load(
        &source(data("net1.pt2"), None, [1, 64, 64]),
        model::Device::Cpu,
    );
    let error = grey.err().unwrap().to_string();
    assert!(
        error.starts_with("the network does not run on an input of [1, 1, 64, 64]: `aten.conv2d"),
        "{error}"
    );
    assert!(
        error.ends_with("; it was exported for [N, 3, 64, 64]"),
        "{error}"
    );
}
