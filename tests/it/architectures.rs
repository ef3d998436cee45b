//! The built-in architectures: every file opens, and some of different families give PyTorch's scores for
//! weights that a formula gives; `tools/make_architecture_goldens.py` has it too.

use std::collections::BTreeMap;
use std::path::Path;

use cnn_report::model::load::built_in::{indices, names};
use cnn_report::model::load::{fit, fitting};
use cnn_report::model::operators::find;
use cnn_report::model::{self, Architecture, Model, Source};
use tch::{Device, Kind, Tensor};

const CLASSES: i64 = 7;

#[test]
fn every_architecture_opens_runs_known_operators_and_has_a_head() {
    let mut count = 0;
    for index in indices() {
        let (name, index) = index.unwrap();
        let architecture = Architecture::built_in(name).unwrap();
        let graph = &architecture.graph;
        let unknown = graph
            .nodes
            .iter()
            .find(|node| find(&node.operator).is_none());
        assert!(unknown.is_none(), "{name}: {unknown:?}");
        let head = fit::head(graph);
        assert_eq!(head, index.head, "{name}");
        assert!(
            matches!(head.len(), 1 | 2) && head[0].ends_with("weight"),
            "{name}"
        );
        assert_eq!(index.weights[head[0]][0], 1000, "{name}");
        for stored in &graph.stored {
            let (constant, weight) = (
                architecture.constants.contains_key(&stored.name),
                index.weights.contains_key(&stored.name),
            );
            assert!(constant != weight, "{name}: {}", stored.name);
        }
        let input = architecture.input.unwrap();
        assert!(input.shorter >= input.size[0] && input.mean.len() == 3 && input.std.len() == 3);
        assert_eq!(architecture.torch_version.as_deref(), Some("2.13.0"));
        count += 1;
    }
    assert_eq!(count, names().count());
    assert!(count > 80, "{count}");
}

/// Numbers in -1..1 that repeat after 101, starting elsewhere for each tensor.
pub fn pattern(sizes: &[i64], number: usize) -> Tensor {
    let count = sizes.iter().product::<i64>();
    let places = Tensor::arange(count, (Kind::Int64, Device::Cpu));
    let numbers = (places * 37 + 11 * number as i64).fmod(101) - 50;
    (numbers.to_kind(Kind::Float) / 50).reshape(sizes)
}

/// Where each pair of places in a window of 7 × 7 px stands in Swin's table of 13 × 13 distances.
fn positions() -> Tensor {
    const WINDOW_PX: i64 = 7;
    let places = || (0..WINDOW_PX).flat_map(|y| (0..WINDOW_PX).map(move |x| (y, x)));
    let last = WINDOW_PX - 1;
    let of = |a: (i64, i64), b: (i64, i64)| (a.0 - b.0 + last) * (2 * last + 1) + a.1 - b.1 + last;
    let all: Vec<_> = places()
        .flat_map(|a| places().map(move |b| of(a, b)))
        .collect();
    Tensor::from_slice(&all)
}

fn weight(name: &str, sizes: &[i64], number: usize) -> Tensor {
    if name.ends_with("relative_position_index") {
        return positions();
    }
    let values = pattern(sizes, number);
    if name.ends_with("running_var") || (sizes.len() == 1 && name.ends_with("weight")) {
        return 1 + values / 4;
    }
    if sizes.len() == 1 {
        return values / 10;
    }
    values * (3.0 / sizes[1..].iter().product::<i64>() as f64).sqrt()
}

/// Shapes of the weights for [`CLASSES`] classes.
fn shapes(name: &str) -> BTreeMap<String, Vec<i64>> {
    let found = indices()
        .map(Result::unwrap)
        .find(|(known, _)| *known == name);
    let mut index = found.unwrap().1;
    for head in &index.head {
        index.weights.get_mut(head).unwrap()[0] = CLASSES;
    }
    index.weights
}

/// A built-in network of [`CLASSES`] classes with weights by the formula.
pub fn of_pattern(name: &str, shape: [i64; 3]) -> Model {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("weights.safetensors");
    let weights: Vec<_> = shapes(name)
        .iter()
        .enumerate()
        .map(|(number, (name, sizes))| (name.clone(), weight(name, sizes, number)))
        .collect();
    Tensor::write_safetensors(&weights, &file).unwrap();
    let source = Source::new(&file, shape).with_architecture(Some(name));
    Model::load(&source, model::Device::Cpu).unwrap()
}

/// The same but for sums in another order: 1e-7 to 6e-6; 1e-4 leaves room for other processors.
const TOLERANCE: f64 = 1e-4;

#[test]
fn architectures_of_seven_classes_give_pytorchs_scores() {
    #[derive(serde::Deserialize)]
    struct Golden {
        side_px: i64,
        scores: Vec<f32>,
    }
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let golden = std::fs::read_to_string(root.join("tests/data/architectures.json")).unwrap();
    let golden: BTreeMap<String, Golden> = serde_json::from_str(&golden).unwrap();
    assert!(golden.len() > 5);
    for (name, golden) in golden {
        let model = of_pattern(&name, [3, golden.side_px, golden.side_px]);
        let picture = pattern(&[1, 3, golden.side_px, golden.side_px], 0);
        let scores = model.scores(&picture).unwrap();
        let expected = Tensor::from_slice(&golden.scores).unsqueeze(0);
        assert_eq!(scores.size(), [1, CLASSES], "{name}");
        let difference = (scores - &expected).abs().max() / expected.abs().max();
        assert!(
            difference.double_value(&[]) < TOLERANCE,
            "{name}: {difference}"
        );
    }
}

/// Weights of these shapes that take no memory.
fn of_shapes(shapes: &BTreeMap<String, Vec<i64>>) -> BTreeMap<String, Tensor> {
    let zero = Tensor::zeros([1], (Kind::Float, Device::Cpu));
    shapes
        .iter()
        .map(|(name, sizes)| (name.clone(), zero.expand(sizes.as_slice(), false)))
        .collect()
}

#[test]
fn weights_that_only_train_are_left_out() {
    let architecture = Architecture::built_in("googlenet").unwrap();
    let mut weights = of_shapes(&shapes("googlenet"));
    weights.insert(
        "aux1.fc2.weight".to_owned(),
        Tensor::zeros([7, 1024], (Kind::Float, Device::Cpu)),
    );
    let adapted = architecture.adapted(weights);
    assert_eq!(architecture.faults(&adapted), []);
    assert!(!adapted.contains_key("aux1.fc2.weight"));
}

#[test]
fn names_of_old_checkpoints_are_understood() {
    for (name, old, new) in [
        (
            "densenet121",
            "denselayer1.norm.2.bias",
            "denselayer1.norm2.bias",
        ),
        (
            "vit_b_16",
            "encoder_layer_0.mlp.linear_2.bias",
            "encoder_layer_0.mlp.3.bias",
        ),
    ] {
        let architecture = Architecture::built_in(name).unwrap();
        let mut weights = of_shapes(&shapes(name));
        let full = weights
            .keys()
            .find(|name| name.ends_with(new))
            .unwrap()
            .clone();
        let tensor = weights.remove(&full).unwrap();
        weights.insert(full.replace(new, old), tensor);
        assert_eq!(
            fitting::that_fit(&weights).unwrap(),
            format!(" that fit `{name}`")
        );
        assert_eq!(architecture.faults(&weights).len(), 2);
        assert_eq!(architecture.faults(&architecture.adapted(weights)), []);
    }
}

#[test]
fn weights_that_nearly_fit_say_to_what() {
    let mut weights = of_shapes(&shapes("resnet18"));
    assert_eq!(fitting::that_fit(&weights).unwrap(), " that fit `resnet18`");
    let deeper = Tensor::zeros([512, 512, 3, 3], (Kind::Float, Device::Cpu));
    weights.insert("layer4.2.conv1.weight".to_owned(), deeper);
    let near = fitting::that_fit(&weights).unwrap();
    assert!(
        near.starts_with(" that come near `resnet18` (1 of them differ)"),
        "{near}"
    );
}
