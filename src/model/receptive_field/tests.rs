//! By hand, and by impulses: with weights above zero and no bias, an impulse in the photo reaches exactly
//! the places whose field holds it.

use std::collections::BTreeMap;

use tch::{Device, Kind, Tensor};

use super::*;
use crate::model::discover::table;
use crate::model::graph::{NodeId, Size, StoredKind};
use crate::model::layers::{LayerName, Layers};
use crate::model::load::architecture::Architecture;
use crate::model::run::Program;

/// A built-in architecture whose convolutions take means and whose norms change nothing. In float64: float32's convolutions with fewer
/// multiplications leave rounding where no input reaches.
fn averaging(name: &str) -> Program {
    let graph = Architecture::built_in(name).unwrap().graph;
    let weights: BTreeMap<String, Tensor> = graph
        .stored
        .iter()
        .map(|stored| {
            let sizes: Vec<i64> = stored.sizes.iter().flatten().flatten().copied().collect();
            let inputs: i64 = sizes.iter().skip(1).product();
            let value = match (sizes.len(), stored.kind) {
                (0, _) => 0.0,
                (1, _) if stored.name.ends_with("bias") || stored.name.ends_with("mean") => 0.0,
                (1, StoredKind::Parameter | StoredKind::Buffer) => 1.0,
                _ => 1.0 / inputs as f64,
            };
            let tensor = Tensor::full(&sizes[..], value, (Kind::Double, Device::Cpu));
            (stored.name.clone(), tensor)
        })
        .collect();
    Program::new(graph, weights, Device::Cpu).unwrap()
}

/// The layers for an input of `shape`, and their extents along the width.
fn layers(program: &Program, [channels, height, width]: [i64; 3]) -> Layers {
    let input = Tensor::zeros([1, channels, height, width], (Kind::Double, Device::Cpu));
    let shapes = program.shapes(&input).unwrap();
    table::layers(program, [channels, height, width], &shapes)
}

fn node(layers: &Layers, path: &str) -> NodeId {
    let path = LayerName::Path(path.to_owned());
    layers.find(&path).unwrap().node
}

fn size(layers: &Layers, path: &str) -> Option<i64> {
    match layers.receptive_field(node(layers, path))?.extents {
        [
            Extent::Pixels { size, .. },
            Extent::Pixels { size: width, .. },
        ] if size == width => Some(size),
        _ => None,
    }
}

/// Whether an impulse in a column of the photo reaches a column of the layer's maps.
fn reaches(program: &Program, shape: [i64; 3], node: NodeId, column: i64, place: i64) -> bool {
    let [channels, height, width] = shape;
    let input = Tensor::zeros([1, channels, height, width], (Kind::Double, Device::Cpu));
    let _ = input.narrow(3, column, 1).fill_(1.0);
    let output = program.record(&input, &[node], &[]).unwrap().remove(0);
    output.narrow(3, place, 1).max().double_value(&[]) > 0.0
}

#[test]
fn vgg16_sees_what_is_known_of_it() {
    // conv5_3: 196 px, pool5: 212 px, as everywhere in the literature; one convolution sees 3, two see 5.
    let program = averaging("vgg16");
    let layers = layers(&program, [3, 64, 64]);
    let expected = [
        ("features.0", 3),
        ("features.2", 5),
        ("features.4", 6),
        ("features.28", 196),
        ("features.30", 212),
    ];
    for (path, field) in expected {
        assert_eq!(size(&layers, path), Some(field), "{path}");
    }
    assert_eq!(
        layers
            .receptive_field(node(&layers, "features.28"))
            .unwrap()
            .filters,
        Some(512)
    );
    let last = layers
        .receptive_field(node(&layers, "classifier.6"))
        .unwrap();
    assert_eq!((last.extents, last.filters), ([Extent::All; 2], None));
}

#[test]
fn resnet50_sees_427_px_before_its_mean() {
    // 7 + 2·2 = 11 after the pooling; layer1 3 · 8 = 24 → 35; layer2 8 + 3·16 = 56 → 91; layer3
    // 16 + 5·32 = 176 → 267; layer4 32 + 2·64 = 160 → 427. The 483 of the literature is the network of
    // He et al., which strides in the 1 × 1 before: there all 3 × 3 of a stage stand behind the stride,
    // 35 + 4·16 + 6·32 + 3·64. torchvision strides in the 3 × 3.
    let program = averaging("resnet50");
    let layers = layers(&program, [3, 64, 64]);
    let stages = [
        ("conv1", 7),
        ("maxpool", 11),
        ("layer1", 35),
        ("layer2", 91),
        ("layer3", 267),
    ];
    for (path, field) in stages.into_iter().chain([("layer4", 427)]) {
        assert_eq!(size(&layers, path), Some(field), "{path}");
    }
    let mean = layers.receptive_field(node(&layers, "avgpool")).unwrap();
    assert_eq!((mean.extents, mean.filters), ([Extent::All; 2], Some(2048)));
}

#[test]
fn impulses_reach_what_the_field_holds_and_nothing_beside_it() {
    // A place in the middle, so that the border cuts nothing off.
    let cases = [
        ("vgg16", "features.28", [3, 32, 256]),
        ("squeezenet1_1", "features.12", [3, 33, 256]),
        ("squeezenet1_0", "features.7", [3, 33, 256]),
        ("alexnet", "features.12", [3, 64, 320]),
        ("resnet18", "layer3", [3, 33, 320]),
        ("resnet50", "layer4", [3, 33, 640]),
    ];
    for (name, path, shape) in cases {
        let program = averaging(name);
        let layers = layers(&program, shape);
        let node = node(&layers, path);
        let [_, Extent::Pixels { size, start, jump }] =
            layers.receptive_field(node).unwrap().extents
        else {
            panic!("{name} {path} has no field in px")
        };
        let place = (shape[2] / 2 - start - size / 2) / jump;
        let first = start + jump * place;
        let last = first + size - 1;
        assert!(
            first > 0 && last + 1 < shape[2],
            "{name}: {first} to {last}"
        );
        for (column, reached) in [
            (first - 1, false),
            (first, true),
            (last, true),
            (last + 1, false),
        ] {
            assert_eq!(
                reaches(&program, shape, node, column, place),
                reached,
                "{name} {path}: column {column} of {first} to {last}"
            );
        }
    }
}

/// A field over dimensions `sizes`, of which each runs over the axes named: h, w or both.
fn field(dims: &[(i64, &str)]) -> Field {
    let mut field = Field::of_input([3, 8, 8]);
    field.dims = dims
        .iter()
        .map(|(size, axes)| field::Dim {
            size: Some(*size),
            axes: [axes.contains('h'), axes.contains('w')],
        })
        .collect();
    field
}

fn axes(field: &Field) -> Vec<&'static str> {
    let name = |dim: &field::Dim| match dim.axes {
        [false, false] => "",
        [true, false] => "h",
        [false, true] => "w",
        [true, true] => "hw",
    };
    field.dims.iter().map(name).collect()
}

#[test]
fn a_view_keeps_track_of_the_axes() {
    let maps = field(&[(1, ""), (6, ""), (4, "h"), (5, "w")]);
    let viewed = |shape: &[i64]| axes(&maps.viewed(shape).unwrap());
    assert_eq!(viewed(&[1, 6, 20]), ["", "", "hw"]);
    assert_eq!(viewed(&[1, 120]), ["", "hw"]);
    assert_eq!(viewed(&[1, 2, 3, 4, 5]), ["", "", "", "h", "w"]);
    assert_eq!(maps.viewed(&[1, 6, 20]).unwrap().extents, maps.extents);
    // Windows cut out of the height: what they see along it is not worked out.
    let windows = maps.viewed(&[1, 6, 2, 2, 5]).unwrap();
    assert_eq!(axes(&windows), ["", "", "h", "h", "w"]);
    assert_eq!(windows.extents[0], Extent::Unknown);
    assert_eq!(windows.extents[1], maps.extents[1]);
    assert_eq!(maps.viewed(&[1, 7]), None);
    let pooled = field(&[(1, ""), (6, ""), (1, "h"), (1, "w")]);
    assert_eq!(axes(&pooled.viewed(&[1, 6]).unwrap()), ["", ""]);
}

/// One operator on maps [1, 4, 8, 8] with the given arguments; what its output, of this shape, sees.
fn seen(operator: &str, arguments: &[(&str, Argument)], shape: &[i64]) -> ReceptiveField {
    let mut all = vec![("self".to_owned(), Argument::Tensor(ValueId(0)))];
    all.extend(arguments.iter().map(|(n, a)| (n.to_string(), a.clone())));
    let node = Node {
        name: "node".to_owned(),
        operator: format!("aten.{operator}.default"),
        arguments: all,
        outputs: vec![ValueId(1)],
        modules: Vec::new(),
    };
    let graph = Graph {
        values: vec!["x".to_owned(), "y".to_owned()],
        nodes: vec![node],
        input: ValueId(0),
        input_sizes: Vec::new(),
        stored: Vec::new(),
        output: ValueId(1),
    };
    let shapes = [Some(shape.to_vec())];
    receptive_fields(&graph, [4, 8, 8], &shapes, &|_| None)[0].unwrap()
}

#[test]
fn operators_by_hand() {
    let ints = |list: &[i64]| Argument::Sizes(list.iter().map(|i| Size::Known(*i)).collect());
    let int = |number: i64| Argument::Size(Size::Known(number));
    let pixels = |size, start, jump| Extent::Pixels { size, start, jump };
    let pool = [
        ("kernel_size", ints(&[3, 2])),
        ("stride", ints(&[])),
        ("padding", int(1)),
    ];
    let pooled = seen("max_pool2d", &pool, &[1, 4, 3, 5]);
    assert_eq!(pooled.extents, [pixels(3, -1, 3), pixels(2, -1, 2)]);
    let adaptive = |shape: &[i64]| seen("adaptive_avg_pool2d", &[], shape).extents;
    assert_eq!(adaptive(&[1, 4, 8, 2]), [pixels(1, 0, 1), pixels(4, 0, 4)]);
    assert_eq!(adaptive(&[1, 4, 3, 1]), [Extent::Unknown, Extent::All]);
    let mean = seen("mean", &[("dim", ints(&[-1]))], &[1, 4, 8]);
    assert_eq!(mean.extents, [pixels(1, 0, 1), Extent::All]);
    let channels = seen("softmax", &[("dim", int(1))], &[1, 4, 8, 8]);
    assert_eq!(channels.extents, [pixels(1, 0, 1); 2]);
    let norm = seen("group_norm", &[("num_groups", int(2))], &[1, 4, 8, 8]);
    assert_eq!(norm.extents, [Extent::All; 2]);
    let order = [("dims", ints(&[0, 2, 3, 1]))];
    assert_eq!(seen("permute", &order, &[1, 8, 8, 4]).filters, Some(4));
    let slice = [("dim", int(3)), ("start", int(-3)), ("step", int(2))];
    assert_eq!(
        seen("slice", &slice, &[1, 4, 8, 2]).extents[1],
        pixels(1, 5, 2)
    );
    assert_eq!(
        seen("fft_fft2", &[], &[1, 4, 8, 8]).extents,
        [Extent::Unknown; 2]
    );
}

/// Behind an enlargement a place sees a few pixels, not all of them: how many is not said.
#[test]
fn what_is_behind_an_enlargement_is_unknown_and_not_the_whole_photo() {
    let node = |operator: &str, input: usize, arguments: &[(&str, Argument)]| {
        let mut all = vec![("input".to_owned(), Argument::Tensor(ValueId(input)))];
        all.extend(arguments.iter().map(|(n, a)| (n.to_string(), a.clone())));
        Node {
            name: format!("node{input}"),
            operator: format!("aten.{operator}.default"),
            arguments: all,
            outputs: vec![ValueId(input + 1)],
            modules: Vec::new(),
        }
    };
    for enlarging in ["upsample_nearest2d", "pixel_shuffle", "conv_transpose2d"] {
        let weight = [("weight", Argument::Tensor(ValueId(3)))];
        let graph = Graph {
            values: ["x", "y", "z", "w"].map(str::to_owned).to_vec(),
            nodes: vec![node(enlarging, 0, &[]), node("conv2d", 1, &weight)],
            input: ValueId(0),
            input_sizes: Vec::new(),
            stored: Vec::new(),
            output: ValueId(2),
        };
        let shapes = [[1, 4, 16, 16], [1, 2, 14, 14]].map(|shape| Some(shape.to_vec()));
        let weight = |value: ValueId| (value == ValueId(3)).then(|| vec![2, 4, 3, 3]);
        let seen = receptive_fields(&graph, [4, 8, 8], &shapes, &weight);
        let behind = seen[1].unwrap();
        assert_eq!(behind.extents, [Extent::Unknown; 2], "{enlarging}");
        assert_eq!(behind.filters, Some(2), "{enlarging}");
    }
}

#[test]
fn branches_are_joined_from_the_first_to_the_last_pixel() {
    let pixel = Field::of_input([1, 8, 8]).extents[0];
    let wide = pixel.window(5, 1, 2, 1); // -2 to 2
    let shifted = pixel.window(3, 1, 0, 2); // 0 to 4
    let both = Extent::Pixels {
        size: 7,
        start: -2,
        jump: 1,
    };
    assert_eq!(wide.join(shifted), both);
    assert_eq!(wide.join(pixel), wide);
    assert_eq!(
        wide.join(pixel.window(2, 2, 0, 1)),
        Extent::Unknown,
        "other steps"
    );
    assert_eq!(wide.join(Extent::All), Extent::All);
}
