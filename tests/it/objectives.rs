//! Pictures grown for something else than one filter: numbers that can be worked out by hand, and what is refused.

use cnn_report::picture::{Picture, Preprocessing, Resize};
use cnn_report::results::{Objective, Optimised, Results, Stage, Target};
use serde_json::{Value, json};
use tch::Tensor;

use crate::attributions::networks::{network, weights};
use crate::bench::{Bench, Ran, entry, keys};
use crate::strings;

const SIDE: usize = 5;
const CELLS: f64 = (SIDE * SIDE) as f64;
/// The convolution: one row a filter.
const MIXED: [[f64; 3]; 2] = [[1.0, 0.5, -2.0], [-0.25, 3.0, 1.0]];
/// Level 153 of 255 less 0.5, over 0.25: what every number of the picture is at the start.
const START: f64 = 0.4;

/// A convolution of 1 × 1, and two scores: the sum of filter 0, and that of filter 1.
fn bench() -> Bench {
    let layers = json!([
        { "type": "Conv2d", "out_channels": 2, "kernel_size": 1, "bias": false },
        { "type": "Flatten" },
        { "type": "Linear", "out_features": 2, "bias": false },
    ]);
    let mixed: Vec<f32> = MIXED
        .as_flattened()
        .iter()
        .map(|&weight| weight as f32)
        .collect();
    let cells = (SIDE * SIDE) as i64;
    let of_class = |class: i64| {
        let row = Tensor::zeros([2 * cells], (tch::Kind::Float, tch::Device::Cpu));
        let _ = row.narrow(0, class * cells, cells).fill_(1.0);
        row
    };
    let named = [
        ("0.weight", Tensor::from_slice(&mixed).view([2, 3, 1, 1])),
        ("2.weight", Tensor::stack(&[of_class(0), of_class(1)], 0)),
    ];
    let side = SIDE as i64;
    let model = network(&layers, &named, [3, side, side]);
    let preprocessing = Preprocessing {
        resize: Resize::Stretch {
            height: SIDE,
            width: SIDE,
        },
        mean: vec![0.5; 3],
        std: vec![0.25; 3],
        ..Preprocessing::default()
    };
    Bench::new(model, preprocessing, Vec::new())
}

/// One step of Adam by 0.1 from a picture of one level.
fn grown(objective: &Value) -> (Optimised, Ran) {
    let start = json!({ "low": 153, "high": 154 });
    let keys = json!({ "layer": "0", "objectives": [objective], "parameterisation": "pixels", "start": start, "steps": 1, "weight_decay": 0 });
    let ran = bench().run(entry("filters"), keys);
    strings::assert_said(&ran);
    let [Results::Optimised(found)] = &ran.results[..] else {
        panic!("one picture expected")
    };
    (found.clone(), ran)
}

fn ends(found: &Optimised) -> [f64; 2] {
    let curve = &found.curves[0].objectives;
    [curve[0], curve[1]]
}

fn assert_near(found: [f64; 2], expected: [f64; 2]) {
    let near = found
        .iter()
        .zip(&expected)
        .all(|(a, b)| (a - b).abs() < 2e-5);
    assert!(near, "{found:?}, not {expected:?}");
}

/// Of a flat picture: each filter's output.
fn outputs(x: [f64; 3]) -> [f64; 2] {
    MIXED.map(|row| {
        row.iter()
            .zip(&x)
            .map(|(weight, value)| weight * value)
            .sum()
    })
}

/// Adam's first step is 0.1 in the gradient's direction, whatever its size.
fn stepped(gradient: [f64; 3]) -> [f64; 3] {
    gradient.map(|slope| START + 0.1 * slope.signum())
}

#[test]
fn a_filter_and_a_neuron_by_hand() {
    let at_start = outputs([START; 3])[1];
    let at_end = outputs(stepped(MIXED[1]))[1];
    let (filter, _) = grown(&json!({ "filter": 1 }));
    assert_eq!(filter.objective, Objective::Mean);
    assert_near(ends(&filter), [at_start, at_end]);
    let (neuron, _) = grown(&json!({ "neuron": 1, "at": [0.9, 0.0] }));
    assert_eq!(neuron.objective, Objective::Neuron);
    assert_near(ends(&neuron), [at_start, at_end]);
    // Only the pixel that it sees has moved: row 4, column 0.
    let last = neuron.last.unwrap();
    let moved: Vec<usize> = (0..last.values.len())
        .filter(|&at| (f64::from(last.values[at]) - START).abs() > 1e-4)
        .collect();
    assert_eq!(moved, [20, 45, 70]);
}

#[test]
fn a_layer_and_a_direction_by_hand() {
    let energy = |outputs: [f64; 2]| (outputs[0].powi(2) + outputs[1].powi(2)) / 4.0;
    let first = outputs([START; 3]);
    let slope = [0, 1, 2].map(|colour| first[0] * MIXED[0][colour] + first[1] * MIXED[1][colour]);
    let (layer, _) = grown(&json!({ "layer": "0" }));
    assert_eq!(layer.objective, Objective::HalfMeanSquare);
    assert_near(
        ends(&layer),
        [energy(first), energy(outputs(stepped(slope)))],
    );
    let along = |outputs: [f64; 2]| 2.0 * outputs[0] - 0.5 * outputs[1];
    let slope = [0, 1, 2].map(|colour| 2.0 * MIXED[0][colour] - 0.5 * MIXED[1][colour]);
    let expected = [along(first), along(outputs(stepped(slope)))];
    let (direction, ran) = grown(&json!({ "direction": { "0": 2, "1": -0.5 } }));
    assert_near(ends(&direction), expected);
    let weights = vec![(0, 2.0), (1, -0.5)];
    assert!(
        matches!(direction.target, Target::Direction { weights: found, .. } if found == weights)
    );
    let (sum, _) =
        grown(&json!({ "sum": [{ "filter": 0, "weight": 2 }, { "filter": 1, "weight": -0.5 }] }));
    assert_eq!(sum.objective, Objective::Sum);
    assert_near(ends(&sum), expected);
    assert_eq!(ran.units[0].name, "objective {direction: {0: 2, 1: -0.5}}");
}

#[test]
fn a_class_by_name_or_number_by_hand() {
    let expected = [[START; 3], stepped(MIXED[0])].map(|x| CELLS * outputs(x)[0]);
    for class in [json!(0), json!("0")] {
        let (found, _) = grown(&json!({ "class": class }));
        assert_eq!(found.objective, Objective::Class);
        assert_near(ends(&found), expected);
        let Target::Class(target) = found.target else {
            panic!("a class expected")
        };
        assert!((target.score - expected[1]).abs() < 2e-4, "{target:?}");
    }
    let (found, _) = grown(&json!({ "class": { "difference": [0, 1] } }));
    let difference = |x| CELLS * (outputs(x)[0] - outputs(x)[1]);
    let slope = [0, 1, 2].map(|colour| MIXED[0][colour] - MIXED[1][colour]);
    assert_near(
        ends(&found),
        [difference([START; 3]), difference(stepped(slope))],
    );
}

/// A convolution of 3 × 3 with eight filters, and a ReLU.
fn larger(photos: Vec<(&str, Picture)>) -> Bench {
    let layers = json!([
        { "type": "Conv2d", "out_channels": 8, "kernel_size": 3 },
        { "type": "ReLU" },
        { "type": "AdaptiveAvgPool2d", "output_size": 1 },
        { "type": "Flatten" },
        { "type": "Linear", "out_features": 2, "bias": false },
    ]);
    let named = [
        ("0.weight", weights(&[8, 3, 3, 3], 0.3)),
        ("0.bias", Tensor::from_slice(&[0.1_f32; 8])),
        ("4.weight", weights(&[2, 8], 1.0)),
    ];
    let model = network(&layers, &named, [3, 24, 24]);
    let preprocessing = Preprocessing {
        resize: Resize::Stretch {
            height: 24,
            width: 24,
        },
        mean: vec![0.5; 3],
        std: vec![0.25; 3],
        ..Preprocessing::default()
    };
    Bench::new(model, preprocessing, photos)
}

#[test]
fn variants_differ_more_where_differing_counts() {
    let bench = larger(Vec::new());
    let run = |parameterisation: &str, diversity: f64| {
        let keys = json!({
            "layer": "1", "filters": [2], "parameterisation": parameterisation, "steps": 40,
            "variants": 3, "diversity": diversity,
        });
        let ran = bench.run(entry("filters"), keys);
        strings::assert_said(&ran);
        let [Results::Optimised(found)] = &ran.results[..] else {
            panic!("one result expected")
        };
        assert_eq!((found.frames.len(), found.curves.len()), (3, 3));
        assert_eq!(found.last.as_ref().unwrap().channels, 9);
        assert!(
            found
                .curves
                .iter()
                .all(|curve| curve.objectives.len() == 41)
        );
        let similarities = found.frames.iter().map(|frame| match frame.stage {
            Stage::Variant { similarity, .. } => similarity,
            other => panic!("a variant expected, not {other:?}"),
        });
        similarities.sum::<f64>() / 3.0
    };
    for parameterisation in ["pixels", "fourier"] {
        let (alike, different) = (run(parameterisation, 0.0), run(parameterisation, 3.0));
        println!(
            "{parameterisation}: similarity {alike:.3} without, {different:.3} with diversity"
        );
        assert!(different < alike - 0.05, "{alike} {different}");
    }
}

/// The first of several pictures starts from the noise of one by itself.
#[test]
fn without_diversity_the_first_variant_is_the_picture_by_itself() {
    let bench = larger(Vec::new());
    let run = |more: Value| {
        let mut keys = json!({ "layer": "1", "filters": [2], "steps": 3 });
        keys.as_object_mut()
            .unwrap()
            .extend(more.as_object().unwrap().clone());
        let ran = bench.run(entry("filters"), keys);
        let Results::Optimised(found) = &ran.results[0] else {
            panic!("a picture expected")
        };
        found.frames[0].picture.clone()
    };
    let (alone, first) = (
        run(json!({})),
        run(json!({ "variants": 2, "diversity": 0 })),
    );
    let pairs = alone.pixels.iter().zip(&first.pixels);
    assert_eq!(pairs.filter(|(a, b)| a.abs_diff(**b) > 1).count(), 0);
}

#[test]
fn what_cannot_be_raised_is_refused_in_its_place() {
    let bench = bench();
    let faults = |keys: Value| -> Vec<(String, String)> {
        let found = bench.faults(entry("filters"), keys).into_iter();
        found.map(|fault| (fault.pointer, fault.hint)).collect()
    };
    let one = |objective: Value| faults(json!({ "layer": "0", "objectives": [objective] }));
    let expect = |found: Vec<(String, String)>, pointer: &str, hint: &str| {
        assert_eq!(found, [(pointer.to_owned(), hint.to_owned())]);
    };
    expect(
        one(json!({ "filter": 2 })),
        "/objectives/0/filter",
        "0 to 1",
    );
    expect(
        one(json!({ "sum": [{ "filter": 0 }, { "neuron": 7 }] })),
        "/objectives/0/sum/1/neuron",
        "0 to 1",
    );
    expect(
        one(json!({ "direction": { "9": 1 } })),
        "/objectives/0/direction",
        "0 to 1",
    );
    expect(
        one(json!({ "class": "predicted" })),
        "/objectives/0/class",
        "name the class",
    );
    expect(
        one(json!({ "filter": 0, "neuron": 1 })),
        "/objectives/0/neuron",
        "write two objectives, or a `sum` of both",
    );
    expect(
        one(json!({ "filter": 0, "at": [0, 0] })),
        "/objectives/0/at",
        "write `neuron` in the place of `filter`, or leave `at` out",
    );
    expect(one(json!({ "class": 9 })), "/objectives/0/class", "");
    assert_eq!(one(json!({ "layer": "9" }))[0].0, "/objectives/0/layer");
    assert_eq!(
        faults(json!({ "objectives": [{ "filter": 0 }] }))[0].0,
        "/layer"
    );
    let pixels = json!({ "objectives": [{ "class": 0 }], "parameterisation": "pixels" });
    assert_eq!(faults(pixels), []);
    assert_eq!(faults(json!({ "layer": "0" }))[0].0, "/filters");
    let twice =
        json!({ "layer": "0", "objectives": [{ "filter": 0 }, { "filter": 0, "layer": 0 }] });
    expect(
        faults(twice),
        "/objectives/1",
        "list it once; `variants` grows several pictures of it",
    );
    let alone = json!({ "layer": "0", "filters": [0], "diversity": 2 });
    expect(
        faults(alone),
        "/diversity",
        "give `variants`, or leave it out",
    );
}

/// A ReLU that is closed everywhere is passed by, whichever objective reads its layer.
#[test]
fn a_closed_relu_is_passed_by_and_said() {
    let mut dead = larger(Vec::new());
    let layers = json!([
        { "type": "Conv2d", "out_channels": 2, "kernel_size": 1 },
        { "type": "ReLU" },
        { "type": "Flatten" },
        { "type": "Linear", "out_features": 2, "bias": false },
    ]);
    let named = [
        ("0.weight", weights(&[2, 3, 1, 1], 0.3)),
        ("0.bias", Tensor::from_slice(&[-100.0_f32; 2])),
        ("3.weight", weights(&[2, 2 * 24 * 24], 1.0)),
    ];
    dead.model = network(&layers, &named, [3, 24, 24]);
    let objectives = json!([{ "neuron": 1 }, { "sum": [{ "filter": 0 }, { "filter": 1 }] }]);
    let ran = dead.run(
        entry("filters"),
        json!({ "layer": "1", "objectives": objectives, "steps": 3 }),
    );
    strings::assert_said(&ran);
    assert_eq!(keys(&ran.notices), ["optimised.objectives_dead"]);
}

/// Stripes that differ in colour.
fn striped(shift: usize) -> Picture {
    let pixels = (0..24 * 24).flat_map(|at| {
        let column = (at % 24 + shift) as u8;
        [60 + 5 * column, 200 - 6 * column, 90 + (column % 4) * 20]
    });
    Picture {
        width: 24,
        height: 24,
        pixels: pixels.collect(),
    }
}

/// Of the photos' magnitudes, with how much each pixel mattered; other photos give another picture.
#[test]
fn maco_takes_its_magnitudes_from_the_photos() {
    let keys = json!({
        "layer": "1", "filters": [2], "parameterisation": "maco", "steps": 25, "crops": { "count": 2 },
    });
    let run = |photos: Vec<(&str, Picture)>, more: Value| {
        let mut keys = keys.clone();
        keys.as_object_mut()
            .unwrap()
            .extend(more.as_object().unwrap().clone());
        let ran = larger(photos).run(entry("filters"), keys);
        strings::assert_said(&ran);
        let Results::Optimised(found) = &ran.results[0] else {
            panic!("a picture expected")
        };
        found.clone()
    };
    let found = run(vec![("a", striped(0))], json!({}));
    let stages: Vec<Stage> = found.frames.iter().map(|frame| frame.stage).collect();
    assert_eq!(stages, [Stage::Step(25), Stage::Opacity]);
    let sides = found
        .frames
        .iter()
        .map(|frame| (frame.picture.height, frame.picture.width));
    assert!(sides.eq([(48, 48); 2]), "twice the network's input");
    let opacity = &found.frames[1].picture.pixels;
    assert!(opacity.contains(&255) && opacity.iter().any(|level| *level < 255));
    let curve = &found.curves[0].objectives;
    let mean = |of: &[f64]| of.iter().sum::<f64>() / of.len() as f64;
    println!(
        "maco: {:.3} to {:.3}",
        mean(&curve[..5]),
        mean(&curve[21..])
    );
    assert!(mean(&curve[21..]) > mean(&curve[..5]), "{curve:?}");
    assert_ne!(run(vec![("a", striped(9))], json!({})).frames, found.frames);
    assert_eq!(
        run(vec![("a", striped(0))], json!({})),
        found,
        "the same again"
    );
    let several = run(
        vec![("a", striped(0)), ("b", striped(9))],
        json!({ "variants": 2 }),
    );
    assert_eq!(several.frames.len(), 4);
    assert_eq!(several.last.unwrap().channels, 6);
}

#[test]
fn maco_without_photos_is_refused() {
    let faults = |keys: Value| -> Vec<(String, String)> {
        let found = larger(Vec::new())
            .faults(entry("filters"), keys)
            .into_iter();
        found.map(|fault| (fault.pointer, fault.hint)).collect()
    };
    let keys = json!({ "layer": "1", "filters": [2], "parameterisation": "maco", "crops": { "smallest": 0.9 } });
    let expected = [
        (
            "/parameterisation",
            "list photos under `images`, or take `parameterisation: fourier`",
        ),
        ("/crops", "`smallest` up to `largest`"),
    ];
    let expected = expected.map(|(pointer, hint)| (pointer.to_owned(), hint.to_owned()));
    assert_eq!(faults(keys), expected);
    let pixels = json!({ "layer": "1", "filters": [2], "crops": {} });
    assert_eq!(faults(pixels)[0].0, "/crops");
}

fn dreamed(bench: &Bench, more: Value) -> Optimised {
    let mut keys = json!({ "layer": "1", "octaves": 1, "steps": 4, "jitter": 2 });
    keys.as_object_mut()
        .unwrap()
        .extend(more.as_object().unwrap().clone());
    let ran = bench.run(entry("deep_dream"), keys);
    strings::assert_said(&ran);
    match &ran.results[..] {
        [Results::Optimised(found)] => found.clone(),
        other => panic!("a dream expected, not {other:?}"),
    }
}

#[test]
fn dreams_are_guided_zoomed_enlarged_and_tiled() {
    let folder = tempfile::tempdir().unwrap();
    let red = cnn_report::picture::Picture::filled(24, 24, [220, 20, 20]);
    let bytes = [b"P6 24 24 255\n".as_slice(), &red.pixels].concat();
    std::fs::write(folder.path().join("red.ppm"), bytes).unwrap();
    let mut bench = larger(vec![("a", striped(0))]);
    bench.base = folder.path().to_owned();
    let plain = dreamed(&bench, json!({}));
    assert_eq!(plain.objective, Objective::HalfMeanSquare);
    let guided = dreamed(&bench, json!({ "guide": "red.ppm" }));
    assert_eq!(guided.objective, Objective::Guided);
    assert_ne!(guided.frames, plain.frames);
    let curve = &guided.curves[0].objectives;
    assert!(curve[3] > curve[0], "{curve:?}");
    let zoomed = dreamed(&bench, json!({ "zoom": { "frames": 3, "share": 0.25 } }));
    let stages: Vec<Stage> = zoomed.frames.iter().map(|frame| frame.stage).collect();
    assert_eq!(stages, [1, 2, 3].map(|number| Stage::Zoomed { number }));
    assert_eq!(zoomed.frames[0].picture, plain.frames[0].picture);
    let large = dreamed(&bench, json!({ "enlarge": 3, "tile": 24 }));
    assert_eq!(large.frames[0].picture.width, 72);
    let missing = json!({ "layer": "1", "guide": "none.jpg", "filter": 0, "ascent": "octaves" });
    let faults = bench.faults(entry("deep_dream"), missing).into_iter();
    let pointers: Vec<String> = faults.map(|fault| fault.pointer).collect();
    assert!(pointers.contains(&"/guide".to_owned()), "{pointers:?}");
    let raw = json!({ "layer": "1", "filter": 0, "zoom": {}, "tile": 24 });
    let faults = bench.faults(entry("deep_dream"), raw).into_iter();
    let pointers: Vec<String> = faults.map(|fault| fault.pointer).collect();
    assert_eq!(pointers, ["/zoom", "/tile"]);
}
