//! Explanation methods on net1 against numbers that PyTorch and captum computed
//! (`ascent.safetensors`: 30 steps of torch.optim.Adam, 100 of torch.optim.SGD), and what must hold
//! for every row of the table of methods.

use std::cell::RefCell;
use std::ops::ControlFlow;
use std::path::Path;

use cnn_report::explain::class_gradients::gradients;
use cnn_report::explain::optimise::adam::Adam;
use cnn_report::explain::optimise::sgd::Sgd;
use cnn_report::explain::optimise::{ascend, filter_means, record_one, unwatched};
use cnn_report::explain::target_name::Wanted;
use cnn_report::explain::{ExplainError, METHODS};
use cnn_report::model::{self, LayerName, Model, OutputActivation, Source};
use cnn_report::picture::{Picture, Preprocessing, Resize};
use cnn_report::present::exhibit::{Body, HeatView, Sign};
use cnn_report::results::{Results, Target};
use serde_json::{Value, json};
use tch::{Device, Tensor};

use crate::bench::{Bench, device, entry, key, keys};

// float32 sums in another order differ by 1e-7 to 4e-7; ascents multiply that by about 10.
// 1e-4 leaves room for other processors.
const TOLERANCE: f64 = 1e-4;

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn golden(file: &str, name: &str) -> Tensor {
    let tensors = Tensor::read_safetensors(root().join("tests/data").join(file)).unwrap();
    tensors
        .into_iter()
        .find(|(known, _)| known == name)
        .unwrap()
        .1
        .to_device(device().into())
}

fn load(file: &str) -> Model {
    let source = Source::new(root().join("tests/data").join(file), [3, 64, 64]);
    Model::load(&source, device()).unwrap()
}

fn net1() -> Model {
    load("model/net1.pt2")
}

/// Largest difference over largest magnitude.
fn relative(got: &Tensor, expected: &Tensor) -> f64 {
    assert_eq!(got.size(), expected.size());
    let got = &got.to_device(expected.device());
    (got - expected).abs().max().double_value(&[]) / expected.abs().max().double_value(&[])
}

fn preprocessing() -> Preprocessing {
    Preprocessing {
        resize: Resize::Stretch {
            height: 64,
            width: 64,
        },
        mean: vec![0.485, 0.456, 0.406],
        std: vec![0.229, 0.224, 0.225],
        ..Preprocessing::default()
    }
}

/// The two photos of the golden input, as pictures again.
fn photos() -> Vec<(&'static str, Picture)> {
    let input = golden("model/net1_golden.safetensors", "input");
    [(0, "coffee"), (1, "chelsea")]
        .map(|(at, id)| (id, preprocessing().picture(&input.get(at))))
        .to_vec()
}

/// A method on a network, with the faults of its check or what it found.
fn bench(model: Model) -> Bench {
    Bench::new(model, preprocessing(), photos())
}

fn faults_of(bench: &Bench, name: &str, parameters: Value) -> Vec<(String, String)> {
    let faults = bench.faults(entry(name), parameters).into_iter();
    faults.map(|fault| (fault.pointer, fault.hint)).collect()
}

#[test]
fn saliency_is_captums() {
    let (model, input) = (net1(), golden("model/net1_golden.safetensors", "input"));
    let expected = golden("model/net1_golden.safetensors", "gradient_top1");
    let softmax = OutputActivation::Softmax;
    let found = gradients(softmax, &|x| model.scores(x), &input, &Wanted::predicted()).unwrap();
    let first = found.gradient.narrow(0, 0, 1); // the golden file keeps one photo
    assert!(relative(&first, &expected) < TOLERANCE);
    // A picture of a batch gets what it gets alone.
    for at in 0..2 {
        let alone = gradients(
            softmax,
            &|x| model.scores(x),
            &input.narrow(0, at, 1),
            &Wanted::predicted(),
        )
        .unwrap();
        assert!(relative(&alone.gradient.get(0), &found.gradient.get(at)) < TOLERANCE);
    }
}

/// The result keeps the sign of each channel: another program can redo every map from it.
#[test]
fn the_result_of_saliency_is_the_whole_gradient_of_each_photo() {
    let ran = bench(net1()).run(entry("saliency"), json!({}));
    let names: Vec<&str> = ran.units.iter().map(|unit| unit.name.as_str()).collect();
    assert_eq!(names, ["coffee", "chelsea"]);
    let Results::Attributions(found) = &ran.results[0] else {
        panic!("attributions expected")
    };
    let Target::Class(target) = &found.target else {
        panic!("a class expected")
    };
    let logits = golden("model/net1_golden.safetensors", "logits").get(0);
    let expected = logits.double_value(&[target.scalar.plus[0] as i64]);
    assert!((target.score - expected).abs() < TOLERANCE * logits.abs().max().double_value(&[]));
    let got = Tensor::from_slice(&found.values.values).view([1, 3, 64, 64]);
    let expected = golden("model/net1_golden.safetensors", "gradient_top1");
    assert!(relative(&got, &expected) < TOLERANCE);
}

#[test]
fn thirty_steps_of_adam_are_torchs() {
    let model = net1();
    let node = model
        .layer(&LayerName::Path("conv2".to_owned()))
        .unwrap()
        .node;
    let read = |name| golden("explain/ascent.safetensors", name);
    let start = read("filter_start");
    let run = |start: &Tensor, filters: &[usize]| {
        let mut objective =
            |x: &Tensor| Ok(filter_means(&record_one(&model, x, node, &[])?, filters)?);
        ascend(
            start,
            30,
            &mut Adam::new(0.1, 1e-6),
            &mut objective,
            &mut unwatched,
        )
        .unwrap()
    };
    let found = run(&start, &[5]);
    assert!(relative(&found.variable, &read("filter_adam30")) < TOLERANCE);
    // The peer prints the loss, the negative of the objective, before each step.
    let objectives = -Tensor::from_slice(&found.objectives[0][..30]);
    assert!(relative(&objectives, &read("filter_adam30_loss")) < TOLERANCE);
    // The same picture when another filter is grown in the same batch.
    let both = run(
        &Tensor::cat(&[start.flip([3].as_slice()), start], 0),
        &[9, 5],
    );
    // In double precision the difference is below 1e-6 (unit tests); in float32 another order of sums
    // makes 2e-6, as much as between float32 and double precision.
    let difference = relative(&both.variable.narrow(0, 1, 1), &found.variable);
    assert!(difference < 1e-5, "{difference}");
}

#[test]
fn a_hundred_steps_of_plain_descent_are_torchs() {
    let model = net1();
    let node = model
        .layer(&LayerName::Path("conv4".to_owned()))
        .unwrap()
        .node;
    let read = |name| golden("explain/ascent.safetensors", name);
    let start = golden("model/net1_golden.safetensors", "input").narrow(0, 0, 1);
    let mut objective = |x: &Tensor| Ok(filter_means(&record_one(&model, x, node, &[])?, &[7])?);
    let frames = RefCell::new(Vec::new());
    let mut watch = |step: usize, variable: &Tensor| -> Result<ControlFlow<()>, ExplainError> {
        if step == 10 || step == 100 {
            frames.borrow_mut().push(variable.copy());
        }
        Ok(ControlFlow::Continue(()))
    };
    let mut descent = Sgd {
        learning_rate: 12.0,
        weight_decay: 1e-4,
    };
    let found = ascend(&start, 100, &mut descent, &mut objective, &mut watch).unwrap();
    let frames = frames.into_inner();
    assert!(relative(&frames[0], &read("dream_step10").view([1, 3, 64, 64])) < TOLERANCE);
    // A hundred steps of rate 12 multiply what a card's sums differ by; how much, was not measured.
    if device() != model::Device::Cpu {
        return;
    }
    assert!(relative(&frames[1], &read("dream_step100").view([1, 3, 64, 64])) < TOLERANCE);
    let objectives = -Tensor::from_slice(&found.objectives[0][..100]);
    assert!(relative(&objectives, &read("dream_loss")) < TOLERANCE);
}

#[test]
fn a_photo_becomes_the_networks_input_and_a_photo_again() {
    for (_, photo) in photos() {
        let tensor = preprocessing().tensor(&[&photo], Device::Cpu);
        assert_eq!(preprocessing().picture(&tensor.get(0)), photo);
    }
}

#[test]
fn predictions_are_softmax_of_the_golden_scores() {
    let found = bench(net1()).run(entry("predictions"), json!({ "top": 3 }));
    let Body::Bars(bars) = &found.exhibits[0].body else {
        panic!("bars expected")
    };
    let expected = golden("model/net1_golden.safetensors", "logits").softmax(1, tch::Kind::Double);
    for (at, group) in bars.groups.iter().enumerate() {
        assert_eq!(group.bars.len(), 3);
        assert!(
            group
                .bars
                .windows(2)
                .all(|pair| pair[0].value >= pair[1].value)
        );
        let highest = expected.get(at as i64).max().double_value(&[]);
        assert!((group.bars[0].value - highest).abs() < TOLERANCE);
    }
    assert_eq!(found.parameters, [("top".to_owned(), "3".to_owned())]);
}

#[test]
fn saliency_shows_photo_map_and_overlay_of_each_photo() {
    let bench = self::bench(net1());
    let found = bench.run(entry("saliency"), json!({}));
    let Body::HeatMaps(maps) = &found.exhibits[0].body else {
        panic!("heat maps expected")
    };
    assert_eq!(
        (maps.columns, maps.tiles.len(), maps.sign),
        (3, 6, Sign::Unsigned)
    );
    for row in maps.tiles.chunks(3) {
        assert!(matches!(row[0].view, HeatView::Photo(_)));
        let HeatView::Map { map, size, .. } = &row[1].view else {
            panic!("map expected")
        };
        assert_eq!((map.height, map.width, *size), (64, 64, (64, 64)));
        let above = map
            .values
            .iter()
            .filter(|&&value| value > row[1].range.1)
            .count();
        assert_eq!(
            above, 41,
            "1 % of 4096 pixels lie above the 99th percentile"
        );
        assert!(matches!(row[2].view, HeatView::Overlay { .. }));
    }
    assert_eq!(
        faults_of(&bench, "saliency", json!({ "class": 10 }))[0].0,
        "/class"
    );
    let of_class_3 = bench.run(entry("saliency"), json!({ "class": 3, "view": "overlay" }));
    let Body::HeatMaps(maps) = &of_class_3.exhibits[0].body else {
        panic!("heat maps expected")
    };
    assert_eq!((maps.columns, maps.tiles.len()), (4, 4));
}

#[test]
fn activation_maps_are_the_golden_ones_on_one_scale() {
    let bench = self::bench(net1());
    let found = bench.run(
        entry("activation_maps"),
        json!({ "layer": "conv2", "filters": [3, 0] }),
    );
    let Body::HeatMaps(maps) = &found.exhibits[0].body else {
        panic!("heat maps expected")
    };
    assert_eq!(
        (maps.columns, maps.tiles.len(), maps.sign),
        (2, 6, Sign::Signed)
    );
    let expected = golden("model/net1_golden.safetensors", "activation_conv2");
    for (tile, (photo, filter)) in maps.tiles[2..].iter().zip([(0, 3), (1, 3), (0, 0), (1, 0)]) {
        let HeatView::Map { map, .. } = &tile.view else {
            panic!("map expected")
        };
        let got = Tensor::from_slice(&map.values).view([32, 32]);
        // The golden file keeps one photo.
        if photo == 0 {
            assert!(relative(&got, &expected.get(0).get(filter)) < TOLERANCE);
        }
        assert_eq!(tile.range, maps.tiles[2].range);
    }
    let faults = faults_of(
        &bench,
        "activation_maps",
        json!({ "layer": "conv2", "filters": [0, 31, 32] }),
    );
    assert_eq!(faults, [("/filters/2".to_owned(), "0 to 31".to_owned())]);
    assert_eq!(
        faults_of(&bench, "activation_maps", json!({ "filters": [0] }))[0].0,
        "/layer"
    );
    assert_eq!(
        faults_of(
            &bench,
            "activation_maps",
            json!({ "layer": "fc", "filters": [0] })
        )[0]
        .0,
        "/layer"
    );
}

/// Five steps only: rounding grows from step to step, in the spectrum fastest. In double precision
/// company changes nothing (unit tests).
#[test]
fn filters_do_not_depend_on_their_company() {
    let bench = self::bench(net1());
    for mode in ["pixels", "fourier"] {
        let run = |filters: Value| {
            let parameters = json!({ "layer": "conv4", "filters": filters, "parameterisation": mode, "steps": 5 });
            let found = bench.run(entry("filters"), parameters);
            let Body::Pictures(pictures) = &found.exhibits[0].body else {
                panic!("pictures expected")
            };
            pictures.tiles.clone()
        };
        let (together, alone) = (run(json!([3, 7])), run(json!([7])));
        assert_eq!((together.len(), alone.len()), (2, 1));
        let pairs = together[1]
            .picture
            .pixels
            .iter()
            .zip(&alone[0].picture.pixels);
        assert_eq!(
            pairs.filter(|(a, b)| a.abs_diff(**b) > 1).count(),
            0,
            "{mode}: more than rounding"
        );
        assert_ne!(together[0].picture, together[1].picture);
    }
}

#[test]
fn the_response_of_a_filter_rises() {
    for mode in ["pixels", "fourier"] {
        let parameters =
            json!({ "layer": "conv4", "filters": [3, 7], "parameterisation": mode, "steps": 20 });
        let found = bench(net1()).run(entry("filters"), parameters);
        let Body::Curves(curves) = &found.exhibits[1].body else {
            panic!("curves expected")
        };
        for series in &curves.series {
            assert_eq!(series.points.len(), 21);
            assert!(
                series.points[20].1 > series.points[0].1,
                "{mode}: {:?}",
                series.points
            );
        }
    }
}

#[test]
fn parameters_of_the_other_kind_are_faults() {
    let bench = self::bench(net1());
    let faults = |parameters| {
        faults_of(&bench, "filters", parameters)
            .into_iter()
            .map(|fault| fault.0)
            .collect::<Vec<_>>()
    };
    assert_eq!(
        faults(json!({ "layer": "conv2", "filters": [1], "transforms": {} })),
        ["/transforms"]
    );
    let fourier =
        json!({ "layer": "conv2", "filters": [1], "parameterisation": "fourier", "start": {} });
    assert_eq!(faults(fourier), ["/start"]);
    let empty = json!({ "layer": "conv2", "filters": [1], "start": { "low": 9, "high": 9 } });
    assert_eq!(faults(empty), ["/start"]);
    let dream = |parameters| {
        faults_of(&bench, "deep_dream", parameters)
            .into_iter()
            .map(|fault| fault.0)
            .collect::<Vec<_>>()
    };
    let all = json!({ "layer": "conv4", "filter": 48, "octaves": 2, "step_size": 1.0 });
    assert_eq!(
        dream(all),
        ["/filter", "/octaves", "/step_size", ""],
        "two photos are one too many"
    );
}

/// conv1 of `dead.pt2` has a bias of −100 for its filter 1; relu1 follows.
#[test]
fn a_dead_filter_is_raised_before_its_relu() {
    let mut bench = self::bench(load("explain/dead.pt2"));
    let found = bench.run(
        entry("filters"),
        json!({ "layer": "relu1", "filters": [0, 1], "steps": 5 }),
    );
    assert_eq!(keys(&found.notices), ["optimised.gallery_dead"]);
    let Body::Pictures(pictures) = &found.exhibits[0].body else {
        panic!("pictures expected")
    };
    let labels: Vec<&str> = pictures.tiles.iter().map(|tile| key(&tile.label)).collect();
    assert_eq!(
        labels,
        ["optimised.gallery_tile", "optimised.gallery_tile_open"]
    );
    let Body::Curves(curves) = &found.exhibits[1].body else {
        panic!("curves expected")
    };
    let dead = &curves.series[1].points;
    assert!(dead[0].1 < -50.0 && dead[5].1 > dead[0].1);

    let silent = bench.run(
        entry("activation_maps"),
        json!({ "layer": "relu1", "filters": [0, 1] }),
    );
    assert_eq!(keys(&silent.notices), ["attributions.silent"]);

    bench.photos.truncate(1);
    let dream = bench.run(
        entry("deep_dream"),
        json!({ "layer": "relu1", "filter": 1, "steps": 3, "frame_every": 2 }),
    );
    assert_eq!(keys(&dream.notices), ["optimised.sheet_dead"]);
    let Body::Pictures(frames) = &dream.exhibits[0].body else {
        panic!("pictures expected")
    };
    assert_eq!(
        frames.tiles.len(),
        3,
        "the original, step 2 and the last step"
    );
}

/// Weights of the second layer of `dead.pt2` are zero, so no pixel changes a score.
#[test]
fn a_saliency_map_of_zeros_has_a_notice() {
    let found = bench(load("explain/dead.pt2")).run(entry("saliency"), json!({ "class": 1 }));
    assert_eq!(
        keys(&found.notices),
        ["attributions.zero", "attributions.zero"]
    );
}

#[test]
fn a_dream_that_diverges_shows_the_frames_so_far() {
    let mut bench = self::bench(net1());
    bench.photos.truncate(1);
    let wild = json!({ "layer": "conv4", "filter": 7, "steps": 30, "learning_rate": 1e6, "weight_decay": 1.0, "frame_every": 2 });
    let found = bench.run(entry("deep_dream"), wild);
    assert_eq!(keys(&found.notices), ["optimised.sheet_diverged"]);
    let Body::Pictures(frames) = &found.exhibits[0].body else {
        panic!("pictures expected")
    };
    assert!(
        (2..15).contains(&frames.tiles.len()),
        "{}",
        frames.tiles.len()
    );
}

#[test]
fn a_layer_is_dreamed_over_octaves() {
    let mut bench = self::bench(net1());
    bench.photos.truncate(1);
    let parameters = json!({ "layer": "relu4", "octaves": 3, "steps": 4, "jitter": 4 });
    let found = bench.run(entry("deep_dream"), parameters.clone());
    let Body::Pictures(frames) = &found.exhibits[0].body else {
        panic!("pictures expected")
    };
    assert_eq!(frames.tiles.len(), 4);
    assert!(
        frames
            .tiles
            .iter()
            .all(|tile| (tile.picture.width, tile.picture.height) == (64, 64))
    );
    assert_ne!(frames.tiles[3].picture, *bench.photos[0].picture().unwrap());
    let Body::Curves(curves) = &found.exhibits[1].body else {
        panic!("curves expected")
    };
    assert!(
        curves
            .series
            .iter()
            .all(|series| series.points[3].1 > series.points[0].1)
    );
    let again = bench.run(entry("deep_dream"), parameters);
    let Body::Pictures(same) = &again.exhibits[0].body else {
        panic!("pictures expected")
    };
    assert!(
        frames
            .tiles
            .iter()
            .zip(&same.tiles)
            .all(|(a, b)| a.picture == b.picture)
    );
    let small = faults_of(
        &bench,
        "deep_dream",
        json!({ "layer": "relu4", "octaves": 8 }),
    );
    assert_eq!(small[0].0, "/octaves");
}

#[test]
fn photos_are_shown_as_they_are() {
    let bench = self::bench(net1());
    let found = bench.run(entry("photos"), json!({}));
    let Body::Pictures(pictures) = &found.exhibits[0].body else {
        panic!("pictures expected")
    };
    let shown: Vec<&Picture> = pictures.tiles.iter().map(|tile| &tile.picture).collect();
    assert_eq!(
        shown,
        bench
            .photos
            .iter()
            .map(|photo| photo.picture().unwrap())
            .collect::<Vec<_>>()
    );
}

#[test]
fn every_schema_refuses_unknown_keys_and_describes_every_field() {
    for entry in METHODS {
        let schema = (entry.schema)().to_value();
        assert_eq!(
            schema["additionalProperties"],
            json!(false),
            "{}",
            entry.name
        );
        for (name, property) in schema["properties"].as_object().into_iter().flatten() {
            let description = property["description"].as_str().unwrap_or_default();
            let says_default = description.contains("Default")
                || description.contains("No default")
                || description.contains("Left out");
            assert!(
                says_default,
                "{}: `{name}` does not say its default",
                entry.name
            );
        }
        assert!(
            (entry.parse)(json!({ "no_such_key": 1 })).is_err(),
            "{}",
            entry.name
        );
    }
}
