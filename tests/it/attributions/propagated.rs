//! Against the numbers of `tests/data/explain/gradients.py`, and by hand.

use cnn_report::explain::expected_gradients;
use cnn_report::explain::target_name::Wanted;
use serde_json::{Value, json};
use tch::{Kind, Tensor};

use super::class_activation::packaged;
use super::gradients::linear;
use super::networks::{network, weights};
use super::*;

/// A reference array of captum, zennit, pytorch-grad-cam or numpy.
pub fn reference(name: &str) -> Tensor {
    let tensors = Tensor::read_safetensors(data("explain/gradients.safetensors")).unwrap();
    let found = tensors.into_iter().find(|(known, _)| known == name);
    found.unwrap_or_else(|| panic!("no array `{name}`")).1
}

/// The four photos of the reference arrays, as the network gets them.
pub fn photos() -> Tensor {
    let tensors = Tensor::read_safetensors(data("model/net1_golden.safetensors")).unwrap();
    let input = tensors.into_iter().find(|(name, _)| name == "input");
    input.unwrap().1.to_device(device().into())
}

pub fn sum(map: &Tensor) -> f64 {
    map.sum(Kind::Double).double_value(&[])
}

/// By how much a map misses its promised sum, as a share of it.
pub fn incompleteness(found: &Attributions) -> f64 {
    (sum(&volume(found)) / found.sums_to.unwrap() - 1.0).abs()
}

#[test]
fn guided_grad_cam_is_captums() {
    let bench = bench_of_net1();
    let keys = json!({ "layer": "conv4", "enlarging": "nearest" });
    let found = map(&bench, "guided_grad_cam", keys);
    let expected = reference("guided_grad_cam");
    assert_close("guided_grad_cam", &found, &expected, TOLERANCE);
}

#[test]
fn class_activation_maps_with_curvature_and_comparison_are_the_packages() {
    let bench = bench_of_net1();
    for utility in ["score", "residual_softmax"] {
        let keys = json!({ "layer": "conv4", "utility": utility });
        let found = packaged(&map(&bench, "shapley_cam", keys).get(0));
        let name = format!("shapley_cam_{utility}");
        assert_close(&name, &found, &reference(&name), TOLERANCE);
    }
    let found = packaged(&map(&bench, "finer_cam", json!({ "layer": "conv4" })).get(0));
    assert_close("finer_cam", &found, &reference("finer_cam"), TOLERANCE);
}

/// Behind relu4 of net1 all is linear: a score has no curvature there. Without comparison Finer-CAM is Grad-CAM too.
#[test]
fn without_curvature_and_comparison_both_are_grad_cam() {
    let bench = bench_of_net1();
    let expected = map(&bench, "grad_cam", json!({}));
    let found = map(&bench, "shapley_cam", json!({ "utility": "score" }));
    assert!(relative(&found, &expected) < 1e-6);
    let found = map(&bench, "finer_cam", json!({ "strength": 0.0 }));
    assert!(relative(&found, &expected) < 1e-5);
}

/// One map A [1, 1, 2], mean a; s = (w a, 0) and u = s₀ + ln p₀: ∂u / ∂a = w (1 + p₁), ∂²u / ∂a² = −w² p₀ p₁, and H A has
/// −w² p₀ p₁ a / 2 in each of the two cells.
#[test]
fn the_curvature_of_a_softmax_by_hand() {
    let layers = json!([
        { "type": "Conv2d", "out_channels": 1, "kernel_size": 1, "bias": false },
        { "type": "AdaptiveAvgPool2d", "output_size": 1 },
        { "type": "Flatten" },
        { "type": "Linear", "out_features": 2, "bias": false },
    ]);
    let w = 1.5;
    let named = [
        ("0.weight", weights(&[1, 3, 1, 1], 1.0)),
        (
            "3.weight",
            Tensor::from_slice(&[w as f32, 0.0]).view([2, 1]),
        ),
    ];
    let model = network(&layers, &named, [3, 1, 2]);
    let bench = Bench::new(model, imagenet(1, 2), vec![("a", patterned(1, 2, 5))]);
    let keys = json!({ "class": 0, "layer": "0" });
    let found = map(&bench, "shapley_cam", keys.clone());
    let cells = map(&bench, "grad_cam", keys) * (2.0 / w);
    let a = cells.mean(Kind::Double).double_value(&[]);
    let p = 1.0 / (1.0 + (-w * a).exp());
    let weight = w * (2.0 - p) / 2.0 + 0.5 * w * w * p * (1.0 - p) * a / 2.0;
    assert!(relative(&found, &(cells * weight)) < 1e-5);
}

#[test]
fn expected_gradients_are_those_of_autograd() {
    let bench = bench_of_net1();
    let photos = photos();
    let points = reference("expected_gradients_points");
    let places = |row: i64| Vec::<f64>::try_from(points.get(row).to_kind(Kind::Double)).unwrap();
    let second = photos.narrow(0, 1, 1);
    let baselines = [second.copy(), second.zeros_like(), -second];
    let ways = baselines.into_iter().zip(0..);
    let ways: Vec<(Tensor, Vec<f64>)> = ways.map(|(one, row)| (one, places(row))).collect();
    let found = with_passes(&bench, |passes| {
        let input = photos.narrow(0, 0, 1);
        expected_gradients::explain(passes, &input, &ways, &Wanted::predicted(), &|_| Ok(()))
            .unwrap()
    });
    assert_close(
        "expected_gradients",
        &volume(&found),
        &reference("expected_gradients"),
        TOLERANCE,
    );
}

#[test]
fn blurred_paths_are_those_of_scipy_and_autograd() {
    let bench = bench_of_net1();
    let keys = json!({ "steps": 7, "most_steps": 7, "blur": 10.0 / 64.0 });
    let found = map(&bench, "blur_ig", keys);
    assert_close("blur_ig", &found, &reference("blur_ig"), TOLERANCE);
}

/// A colour that is the photo's own throughout.
#[test]
fn a_baseline_that_is_the_photo_is_passed_over() {
    let (bench, _) = linear();
    let grey = Bench {
        photos: vec![std::sync::Arc::new(cnn_report::explain::Photo::of_picture(
            "grey",
            Picture::filled(6, 4, [90; 3]),
            &bench.preprocessing,
        ))],
        ..bench
    };
    let of = |baselines: Value| {
        let keys = json!({ "class": 1, "samples": 4, "baselines": baselines });
        map(&grey, "expected_gradients", keys)
    };
    assert_eq!(of(json!([[90, 90, 90], "white"])).size(), [3, 4, 6]);
    let both = of(json!([[90, 90, 90], "white"]));
    assert!(relative(&both, &of(json!(["white"]))) < 1e-6);
}

/// A file in the place of a colour; what is in the key is its content, not its name.
#[test]
fn photos_are_baselines() {
    let (mut bench, weight) = linear();
    let folder = tempfile::tempdir().unwrap();
    bench.base = folder.path().to_owned();
    let stored = data("picture/palette.png");
    for name in ["a.png", "b.png"] {
        std::fs::copy(&stored, folder.path().join(name)).unwrap();
    }
    let found = map(
        &bench,
        "expected_gradients",
        json!({ "class": 1, "samples": 3, "baselines": ["a.png"] }),
    );
    let baseline = bench.preprocessing.apply(&Picture::open(&stored).unwrap());
    let baseline = bench.preprocessing.tensor(&[&baseline], tch::Device::Cpu);
    let photo = input(&bench).to_device(tch::Device::Cpu);
    let expected = weight * (photo - baseline).get(0);
    assert!(relative(&found, &expected) < 1e-5);
    let key = |file: &str| {
        let keys = json!({ "baselines": [file] });
        let (parsed, _) = crate::bench::parsed(entry("expected_gradients"), keys);
        parsed.computing(&bench.inputs())
    };
    assert_eq!(key("a.png"), key("b.png"));
    assert!(key("a.png")["baselines"][0].is_string());
    let keys = json!({ "baselines": ["black", "none.png"] });
    let faults = bench.faults(entry("expected_gradients"), keys);
    assert_eq!(faults[0].pointer, "/baselines/1");
}

/// s = w·x + b: the gradient is w wherever it is taken.
#[test]
fn on_a_linear_network_paths_do_not_matter() {
    let (bench, weight) = linear();
    let x = input(&bench).get(0).to_device(tch::Device::Cpu);
    let keys = json!({ "class": 1, "samples": 5, "baselines": ["mean"] });
    let found = map(&bench, "expected_gradients", keys);
    assert!(relative(&found, &(&weight * &x)) < 1e-5);
    let found = map(
        &bench,
        "blur_ig",
        json!({ "class": 1, "blur": 0.5, "steps": 3 }),
    );
    let blurred = cnn_report::explain::baseline::blurred_by(&input(&bench), 2.0).unwrap();
    let expected = weight * (x - blurred.get(0).to_kind(Kind::Float));
    assert!(relative(&found, &expected) < 1e-4);
}

#[test]
fn more_steps_and_samples_make_the_sum_right() {
    let bench = bench_of_net1();
    let error = |method: &str, keys: Value| {
        let ran = bench.run(entry(method), keys);
        let notices = crate::bench::keys(&ran.notices).into_iter();
        let notices: Vec<String> = notices.map(str::to_owned).collect();
        (incompleteness(attributions(&ran)[0]), notices)
    };
    let (exact, notices) = error("blur_ig", json!({}));
    assert!(exact <= 0.01 && notices.is_empty(), "{exact}");
    let (coarse, notices) = error("blur_ig", json!({ "steps": 1, "most_steps": 1 }));
    assert!(coarse > 0.01, "{coarse}");
    assert_eq!(notices, ["blur_ig.incomplete"]);
    let (few, notices) = error("expected_gradients", json!({ "samples": 4 }));
    assert!(few > 0.01, "{few}");
    assert_eq!(notices, ["expected_gradients.incomplete"]);
    let (many, _) = error("expected_gradients", json!({ "samples": 800 }));
    assert!(many < 0.01 && many < few, "{many} {few}");
}
