//! Early layers that are computed in pieces: the same numbers as in whole passes, for networks of many kinds.

use std::path::Path;

use cnn_report::explain::early::tiles::Tiles;
use cnn_report::explain::early::{Early, Inputs};
use cnn_report::explain::lime::distinct::{Distinct, Masked};
use cnn_report::explain::lime::masks::Masks;
use cnn_report::explain::lime::perturbed::Perturbed;
use cnn_report::model::{Device, LayerName, LocalLayer, Model, Source, Spread};
use cnn_report::picture::segment::Segmentation;
use tch::Tensor;

use crate::architectures::{of_pattern, pattern};

/// Convolutions over smaller maps may sum in another order: 0 for SqueezeNet, up to 1e-5 behind 50 layers here.
const TOLERANCE: f64 = 1e-4;

fn squeezenet() -> Model {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("models/squeezenet1_1.safetensors");
    let source = Source::new(file, [3, 224, 224]).with_architecture(Some("squeezenet1_1"));
    Model::load(&source, Device::Cpu).unwrap()
}

/// Largest difference over largest magnitude.
fn relative(got: &Tensor, expected: &Tensor) -> f64 {
    assert_eq!(got.size(), expected.size());
    let difference = (got - expected).abs().max().double_value(&[]);
    difference / expected.abs().max().double_value(&[]).max(1e-30)
}

/// The first tile, one in the middle, and the last of each axis and of both.
fn corners(tiles: &Tiles) -> [usize; 5] {
    let (all, columns) = (tiles.count(), tiles.columns.len());
    [
        0,
        columns - 1,
        tiles.rows.len() / 2 * columns + columns / 2,
        all - columns,
        all - 1,
    ]
}

fn tiles_are_those_of_whole_maps(
    model: &Model,
    layer: &LocalLayer,
    input: &Tensor,
    whole: &Tensor,
) {
    let (_, _, height, width) = input.size4().unwrap();
    let name = &model.graph().nodes[layer.node.0].name;
    for side in [1, 4] {
        let tiles = Tiles::new(layer, (height, width), side);
        for index in corners(&tiles) {
            let window = tiles.window(index);
            let ((top, bottom), (left, right)) = (window.rows, window.columns);
            let piece = input.narrow(2, top, bottom - top);
            let piece = piece.narrow(3, left, right - left);
            let found = model.record(&piece, &[layer.node], &[]).unwrap().remove(0);
            let [rows, columns] = tiles.tile(index);
            let found = found.narrow(2, rows.offset, rows.places);
            let found = found.narrow(3, columns.offset, columns.places);
            let (of_row, of_column) = (
                (index / tiles.columns.len()) as i64 * side,
                (index % tiles.columns.len()) as i64 * side,
            );
            let expected = whole.narrow(2, of_row, rows.places);
            let expected = expected.narrow(3, of_column, columns.places);
            let difference = (found - expected).abs().max().double_value(&[]);
            let largest = whole.abs().max().double_value(&[]);
            assert!(
                difference <= TOLERANCE * largest,
                "{name}, side {side}, tile {index}: {difference} of {largest}"
            );
        }
    }
}

/// Stems with and without padding, pooling that rounds up, branches, dense blocks, depthwise convolutions; an input that is
/// no square and no multiple of the strides.
#[test]
fn pieces_of_a_photo_give_pieces_of_the_maps() {
    for name in [
        "alexnet",
        "densenet121",
        "efficientnet_b0",
        "googlenet",
        "inception_v3",
        "mnasnet0_5",
        "mobilenet_v2",
        "resnet18",
        "squeezenet1_0",
        "vgg11_bn",
    ] {
        let (height, width) = (139, 171);
        let model = of_pattern(name, [3, height, width]);
        let input = pattern(&[1, 3, height, width], 0);
        let layers = model.local_layers();
        assert!(layers.len() > 2, "{name}: {}", layers.len());
        let nodes: Vec<_> = layers.iter().map(|layer| layer.node).collect();
        let whole = model.record(&input, &nodes, &[]).unwrap();
        let last = layers.len() - 1;
        for index in (0..layers.len()).step_by(4).chain([last]) {
            tiles_are_those_of_whole_maps(&model, &layers[index], &input, &whole[index]);
        }
    }
}

/// Squares of 28 px as segments.
fn squares(width: usize, height: usize) -> Segmentation {
    const SIDE: usize = 28;
    let mark = |pixel: usize| pixel / width / SIDE * 100 + pixel % width / SIDE;
    let marks: Vec<usize> = (0..width * height).map(mark).collect();
    Segmentation::relabelled(width, height, &marks)
}

#[test]
fn scores_behind_tiles_are_those_of_whole_passes() {
    let model = squeezenet();
    let segments = squares(224, 224);
    let pair = (pattern(&[1, 3, 224, 224], 0), pattern(&[1, 3, 224, 224], 9));
    let perturbed = Perturbed::of_inputs(pair, &segments).unwrap();
    let (first, second) = (
        Masks::random(200, segments.count, 1),
        Masks::random(40, segments.count, 2),
    );
    let first = Distinct::new(&first);
    let masked = Masked::new(&perturbed, first.masks());
    let mut early = Early::of(&model, &masked, Spread::new(8, 1))
        .unwrap()
        .unwrap();
    for masks in [&first, &Distinct::new(&second)] {
        let masked = Masked::new(&perturbed, masks.masks());
        assert!(early.prepare(&masked, &|_| Ok(())).unwrap());
        let some = [0, masked.count() - 1, 3, 17];
        let whole = model.scores(&masked.inputs(&some).unwrap()).unwrap();
        assert!(relative(&early.scores(&masked, &some).unwrap(), &whole) < TOLERANCE);
    }
}

/// Where windows of the photo say little, or nothing is gained, inputs run whole.
#[test]
fn few_inputs_and_other_networks_run_whole() {
    let segments = squares(224, 224);
    let pair = || (pattern(&[1, 3, 224, 224], 0), pattern(&[1, 3, 224, 224], 9));
    let perturbed = Perturbed::of_inputs(pair(), &segments).unwrap();
    let is_tiled = |model: &Model, count: usize| {
        let masks = Masks::random(count, segments.count, 1);
        let distinct = Distinct::new(&masks);
        let masked = Masked::new(&perturbed, distinct.masks());
        Early::of(model, &masked, Spread::new(8, 1))
            .unwrap()
            .is_some()
    };
    let model = squeezenet();
    assert!(is_tiled(&model, 200));
    assert!(!is_tiled(&model, 8));
    // Windows of a transformer lie side by side: its first convolution is a hundredth of the work.
    assert!(!is_tiled(&of_pattern("swin_t", [3, 224, 224]), 200));
}

/// Each layer's maps lie behind all that runs before it: a block with a branch that leads round a layer is none.
#[test]
fn layers_that_cut_the_network_and_see_windows_are_found() {
    let named = |model: &Model| -> Vec<String> {
        let name = |layer: &LocalLayer| model.graph().nodes[layer.node.0].name.clone();
        model.local_layers().iter().map(name).collect()
    };
    let squeezenet = squeezenet();
    let node = |path: &str| {
        let layer = squeezenet.layer(&LayerName::Path(path.to_owned())).unwrap();
        squeezenet.graph().nodes[layer.node.0].name.clone()
    };
    let found = named(&squeezenet);
    assert!(found.contains(&node("features.0")) && found.contains(&node("features.5")));
    assert!(!found.contains(&node("features.3.expand1x1")));
    let [before, behind] = squeezenet
        .local_layers()
        .iter()
        .find(|layer| squeezenet.graph().nodes[layer.node.0].name == node("features.5"))
        .unwrap()
        .work;
    let share = before / (before + behind);
    assert!((0.35..0.55).contains(&share), "{share}"); // 43 % by measurement
    // This one asks for the photo's height and width in its middle: nothing can be run on without the photo.
    assert_eq!(
        of_pattern("shufflenet_v2_x0_5", [3, 64, 64]).local_layers(),
        []
    );
    // Squeeze-and-excitation looks at the whole photo.
    let efficient = of_pattern("efficientnet_b0", [3, 64, 64]);
    assert!(efficient.local_layers().len() < 8);
}
