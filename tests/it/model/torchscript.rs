//! TorchScript, made by `tools/make_fixtures.py`: the network of `awkward_any.pt2` as a trace and as a script.

use cnn_report::model::{self, Model, ModelError, Parts, ReluRule, ScoresAre};

use super::hostile_scripts::with_code;
use super::{data, golden, source};

fn load(name: &str) -> Result<Model, ModelError> {
    Model::load(&source(data(name), None, [3, 8, 8]), model::Device::Cpu)
}

#[test]
fn a_trace_and_a_script_give_what_pytorch_gave() {
    let (input, expected) = (
        golden("awkward.safetensors", "input"),
        golden("awkward.safetensors", "probabilities"),
    );
    for name in ["traced.pt", "scripted.pt"] {
        let model = load(name).unwrap_or_else(|error| panic!("{name}: {error}"));
        assert_eq!(model.classes(), 3);
        assert!(model.layers().is_empty());
        assert_eq!(model.parts(), Parts::None);
        assert_eq!(model.scores_are(), ScoresAre::Probabilities);
        assert_eq!(model.provenance().format, "TorchScript");
        // conv, again and fc with their biases: 112 + 20 + 195.
        assert_eq!(model.provenance().parameters, 327);
        let first = model.scores(&input).unwrap();
        let as_they_are = model.output(&input).unwrap();
        for found in [first.softmax(1, None), first.exp(), as_they_are] {
            let difference = (&found - &expected).abs().max().double_value(&[]);
            assert!(difference < 1e-6, "{name}: {difference:e}");
        }
        for _ in 0..4 {
            assert!(model.scores(&input).unwrap() == first, "{name}: other bits");
        }
    }
}

#[test]
fn gradients_with_respect_to_the_picture_are_those_of_the_graph() {
    // Five times as far from zero: at the pictures themselves every ReLU is closed.
    let input = golden("awkward.safetensors", "input") * 5;
    let exported = Model::load(
        &source(data("awkward_any.pt2"), None, [3, 8, 8]),
        model::Device::Cpu,
    )
    .unwrap();
    let gradient = |model: &Model| {
        let probability = |scores: &tch::Tensor| match model.parts() {
            Parts::None => scores.select(1, 1).sum(None),
            Parts::Nodes => scores.softmax(1, None).select(1, 1).sum(None),
        };
        model
            .gradient(&input, model.scores_node(), ReluRule::Plain, &probability)
            .unwrap()
    };
    let expected = gradient(&exported);
    for name in ["traced.pt", "scripted.pt"] {
        let found = gradient(&load(name).unwrap());
        let difference = (&found - &expected).abs().max().double_value(&[]);
        let largest = expected.abs().max().double_value(&[]);
        assert!(
            largest > 0.0 && difference < 1e-5 * largest,
            "{name}: {difference:e} of {largest:e}"
        );
    }
}

#[test]
fn code_that_does_more_than_compute_is_refused_before_libtorch_sees_it() {
    let folder = tempfile::tempdir().unwrap();
    let (file, written) = (folder.path().join("net.pt"), folder.path().join("written"));
    for (call, named) in [
        ("torch.save(x, PATH)", "`torch.save`"),
        ("ops.aten.save(x, PATH)", "`ops.aten.save`"),
        ("torch.from_file(PATH)", "`torch.from_file`"),
        ("ops.image.read_file(PATH)", "`ops.image.read_file`"),
        ("x.save(PATH)", "`save`"),
    ] {
        let call = call.replace("PATH", &format!("{:?}", written.display().to_string()));
        let code = format!("\ndef f(x: Tensor) -> Tensor:\n  _0 = {call}\n  return x\n");
        std::fs::write(&file, with_code(&code)).unwrap();
        let error = Model::load(&source(file.clone(), None, [3, 8, 8]), model::Device::Cpu);
        let error = error.err().expect("should be refused").to_string();
        assert!(
            error.contains(named) && error.contains("nothing of it was executed"),
            "{error}"
        );
        assert!(error.contains("torch.export.save("), "{error}");
        assert!(!written.exists());
    }
}
