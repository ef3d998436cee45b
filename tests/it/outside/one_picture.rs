//! Networks that were exported for one picture, with a class token and windows that have the number 1 in them: several
//! pictures run one by one. PyTorch 2.13 gave the scores of each picture (`tools/make_one_picture_fixtures.py`).

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use cnn_report::model::{AtOnce, Device, Model, Parts, ReluRule, Source};
use tch::Tensor;
use tempfile::TempDir;

fn data(name: &str) -> PathBuf {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    root.join("tests/data/outside").join(name)
}

/// The files, and `x` [3, 3, 16, 16] with `scores` [3, 5].
fn files() -> (TempDir, BTreeMap<String, Tensor>) {
    let folder = tempfile::tempdir().unwrap();
    let packed = std::fs::File::open(data("one_picture.zip")).unwrap();
    zip::ZipArchive::new(packed)
        .unwrap()
        .extract(folder.path())
        .unwrap();
    let golden = Tensor::read_safetensors(data("one_picture.safetensors")).unwrap();
    (folder, golden.into_iter().collect())
}

const FILES: [&str; 4] = ["plain.pt2", "decomposed.pt2", "dynamo.onnx", "traced.pt"];

fn load(folder: &TempDir, name: &str) -> Model {
    let source = Source::new(folder.path().join(name), [3, 16, 16]);
    Model::load(&source, Device::Cpu).unwrap_or_else(|error| panic!("{name}: {error}"))
}

fn assert_equal(found: &Tensor, expected: &Tensor, tolerance: f64, place: &str) {
    assert_eq!(found.size(), expected.size(), "{place}");
    let difference = (found - expected).abs().max().double_value(&[]);
    assert!(difference <= tolerance, "{place}: {difference}");
}

#[test]
fn every_picture_gets_its_own_scores() {
    let (folder, golden) = files();
    for name in FILES {
        let model = load(&folder, name);
        // A trace asks its input how many pictures it holds.
        let expected = match model.parts() {
            Parts::Nodes => AtOnce::One,
            Parts::None => AtOnce::Any,
        };
        assert_eq!(model.facts().at_once, expected, "{name}");
        let scores = model.scores(&golden["x"]).unwrap();
        assert_equal(&scores, &golden["scores"], 1e-5, name);
        let facts = model.facts().clone();
        let source = Source::new(folder.path().join(name), [3, 16, 16]);
        let known = Model::load_known(&source, None, Device::Cpu, facts).unwrap();
        let again = known.scores(&golden["x"]).unwrap();
        assert_equal(&again, &scores, 0.0, name);
    }
}

/// Of the photo and of a layer, alone and in company.
#[test]
fn gradients_are_those_of_each_picture() {
    let (folder, golden) = files();
    let x = &golden["x"];
    let score = |scores: &Tensor| scores.select(1, 2).sum(tch::Kind::Float);
    for name in FILES {
        let model = load(&folder, name);
        let node = model.scores_node();
        let of = |x: &Tensor| model.gradient(x, node, ReluRule::Plain, &score).unwrap();
        let alone: Vec<_> = (0..3).map(|at| of(&x.narrow(0, at, 1))).collect();
        assert_equal(&of(x), &Tensor::cat(&alone, 0), 1e-6, name);
        if model.parts() == Parts::None {
            continue;
        }
        let patches = model
            .nodes()
            .iter()
            .find(|node| node.output_shape.len() == 4);
        let layer = patches.expect("the patches of the photo").node;
        let at = |x: &Tensor| {
            let found = model.gradient_at(x, node, &[layer], ReluRule::Plain, &score);
            found.unwrap().remove(0)
        };
        let alone: Vec<_> = (0..3).map(|place| at(&x.narrow(0, place, 1))).collect();
        assert_equal(&at(x), &Tensor::cat(&alone, 0), 1e-6, name);
    }
}

/// Windows lie one picture behind the other, and a pass may begin behind them.
#[test]
fn a_pass_that_starts_in_the_middle_gives_what_a_whole_one_gives() {
    let (folder, golden) = files();
    for name in &FILES[..3] {
        let model = load(&folder, name);
        let windows = model
            .nodes()
            .iter()
            .find(|node| matches!(node.output_shape.as_slice(), [4, 4, 8]));
        let windows = windows.expect("windows of four tokens").node;
        let scores = model.scores_node();
        let whole = model.record(&golden["x"], &[windows, scores], &[]).unwrap();
        assert_eq!(whole[0].size(), [12, 4, 8], "{name}");
        let from = [(windows, whole[0].shallow_clone())];
        let resumed = model.resume(&from, &[scores]).unwrap();
        assert_equal(&resumed[0], &whole[1], 0.0, name);
    }
}
