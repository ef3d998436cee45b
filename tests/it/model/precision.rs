//! Scores in bfloat16.

use cnn_report::model::{self, Model, Precision};
use cnn_report::picture::{Picture, Preprocessing};
use tch::{Device, Kind, Tensor};

use super::{NET1_SHAPE, data, net1, path, relative, source, squeezenet};
use std::path::Path;

/// bfloat16 has 8 bits: a rounding is up to 2⁻⁹ = 0.002 of a number, and a few of them add up. Found:
/// 0.002 for net1 and 0.006 for SqueezeNet 1.1 on the photos.
const TOLERANCE: f64 = 0.02;

#[test]
fn scores_in_bf16_are_those_of_fp32_but_for_rounding() {
    let source = source(data("net1.pt2"), None, NET1_SHAPE).with_precision(Precision::Bf16);
    let model = Model::load(&source, model::Device::Cpu).unwrap();
    assert_eq!(model.precision(), Precision::Bf16);
    let input = net1("input");
    let scores = model.scores(&input).unwrap();
    assert_eq!(scores.kind(), Kind::Float);
    let difference = relative(&scores, &net1("logits"));
    assert!(difference > 1e-5, "nothing was rounded: {difference}");
    assert!(difference < TOLERANCE, "{difference}");

    // What asks for a gradient, or for a layer, is float32.
    let tracked = model.scores(&input.copy().set_requires_grad(true)).unwrap();
    assert!(relative(&tracked.detach(), &net1("logits")) < 1e-6);
    let recorded = model.record(&input, &[model.scores_node()], &[]).unwrap();
    assert!(relative(&recorded[0], &net1("logits")) < 1e-6);
    let conv2 = model.layer(&path("conv2")).unwrap();
    assert_eq!(conv2.output_shape[1], 32);
    assert!(
        model
            .weights()
            .all(|(_, weight)| weight.kind() != Kind::BFloat16)
    );
}

#[test]
fn the_photos_keep_their_classes_in_bf16() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let file = root.join("models/squeezenet1_1.safetensors");
    let source = source(file, Some("squeezenet1_1"), [3, 224, 224]);
    let lowered = Model::load(&source.with_precision(Precision::Bf16), model::Device::Cpu).unwrap();
    let preprocessing = Preprocessing::default();
    let pictures = ["coffee", "giant-panda", "citrus-fruits", "honey-bee"].map(|photo| {
        let photo = Picture::open(&root.join(format!("photos/{photo}.jpg")));
        preprocessing.apply(&photo.unwrap())
    });
    let input = preprocessing.tensor(&pictures.iter().collect::<Vec<_>>(), Device::Cpu);
    let (expected, found): (Tensor, Tensor) = (
        squeezenet().scores(&input).unwrap(),
        lowered.scores(&input).unwrap(),
    );
    assert_eq!(found.argmax(1, false), expected.argmax(1, false));
    let difference = relative(&found, &expected);
    assert!(difference > 1e-5 && difference < TOLERANCE, "{difference}");
}
