//! Gradients on the input.

use cnn_report::explain::noisy_gradients::{Statistic, sampled};
use cnn_report::explain::sampled_mean::Count;
use cnn_report::explain::smooth_grad::Variant;
use serde_json::{Value, json};
use tch::{Kind, Tensor};

use super::networks::{network, weights};
use super::*;
use crate::bench::key;
use cnn_report::present::exhibit::{Body, Sign};
use cnn_report::results::{Explained, Scalar};

const RULES: [&str; 3] = ["midpoint", "gauss_legendre", "trapezoid"];

#[test]
fn one_pass_methods_are_captums() {
    let bench = bench_of_net1();
    for name in ["input_x_gradient", "guided_backprop", "deconvnet"] {
        assert_close(
            name,
            &map(&bench, name, json!({})),
            &golden(name),
            TOLERANCE,
        );
    }
}

/// captum's trapezoid has weights that sum to 49/50. Its float64 run is 3.6e-3 away from both float32 runs, for a ReLU
/// or a pool decides otherwise at one of the fifty points of Gauss and Legendre; so does a card's.
#[test]
fn integrated_gradients_are_captums() {
    let bench = bench_of_net1();
    let integrated = |rule: &str| {
        let keys = json!({ "rule": rule, "baseline": "mean", "steps": 50, "most_steps": 50 });
        map(&bench, "integrated_gradients", keys)
    };
    let trapezoid = integrated("trapezoid") * (49.0 / 50.0);
    assert_close(
        "integrated_gradients, trapezoid",
        &trapezoid,
        &golden("ig50_trapezoid"),
        TOLERANCE,
    );
    let gauss = integrated("gauss_legendre");
    assert_close(
        "integrated_gradients, gauss_legendre",
        &gauss,
        &golden("ig50"),
        if device() == cnn_report::model::Device::Cpu {
            TOLERANCE
        } else {
            5e-3
        },
    );
}

#[test]
fn averages_over_given_noise_are_those_of_numpy() {
    let bench = bench_of_net1();
    let noise = golden("smooth_grad_noise");
    let input = input(&bench);
    let class = bench
        .model
        .scores(&input)
        .unwrap()
        .argmax(1, false)
        .int64_value(&[0]);
    let of = |change: &dyn Fn(f64) -> f64, statistic| {
        let mut at = -1;
        let mut draw = || {
            at += 1;
            Ok(noise.narrow(0, at, 1).to_device(device().into()))
        };
        with_passes(&bench, |passes| {
            let scalar = Scalar::of_class(class as usize, Explained::Score);
            let on = (passes, &input, &scalar);
            let of: (&dyn Fn(f64) -> f64, Statistic) = (change, statistic);
            sampled(on, Count::fixed(8), &mut draw, of, &|_| Ok(()))
                .unwrap()
                .0
        })
    };
    let tensor = |values: &[f64]| Tensor::from_slice(values).view([3, 64, 64]);
    for (variant, name) in [
        (Variant::Mean, "smooth_grad_mean"),
        (Variant::Absolute, "smooth_grad_absolute"),
        (Variant::Squared, "smooth_grad_squared"),
    ] {
        let found = of(&|gradient| variant.of(gradient), Statistic::Mean);
        assert_close(name, &tensor(&found), &golden(name), TOLERANCE);
    }
    let variance = of(&|gradient| gradient, Statistic::Variance);
    assert_close(
        "var_grad",
        &tensor(&variance),
        &golden("var_grad"),
        TOLERANCE,
    );
}

/// s = w·x + b over a photo of 4 × 6, three classes.
pub fn linear() -> (Bench, Tensor) {
    let weight = weights(&[3, 3 * 4 * 6], 0.3);
    let layers = json!([{ "type": "Flatten" }, { "type": "Linear", "out_features": 3 }]);
    let bias = Tensor::from_slice(&[0.5_f32, -1.0, 2.0]);
    let model = network(
        &layers,
        &[("1.weight", weight.copy()), ("1.bias", bias)],
        [3, 4, 6],
    );
    let photos = vec![("a", patterned(4, 6, 1))];
    let bench = Bench::new(model, imagenet(4, 6), photos);
    (bench, weight.get(1).view([3, 4, 6]))
}

#[test]
fn on_a_linear_network_every_method_is_known() {
    let (bench, weight) = linear();
    let x = input(&bench).get(0).to_device(tch::Device::Cpu);
    let of_class = |keys: Value| {
        let mut keys = keys;
        keys["class"] = json!(1);
        keys
    };
    let found = map(&bench, "input_x_gradient", of_class(json!({})));
    assert!(relative(&found, &(&weight * &x)) < 1e-6);
    for (variant, expected) in [
        ("mean", weight.copy()),
        ("absolute", weight.abs()),
        ("squared", weight.square()),
    ] {
        let keys = of_class(json!({ "variant": variant, "samples": 7 }));
        let found = map(&bench, "smooth_grad", keys);
        assert_eq!(relative(&found, &expected), 0.0, "{variant}");
    }
    let found = map(&bench, "var_grad", of_class(json!({ "samples": 7 })));
    assert_eq!(found.abs().max().double_value(&[]), 0.0);
    for rule in RULES {
        for steps in [2, 3, 16] {
            let keys =
                json!({ "rule": rule, "baseline": "mean", "steps": steps, "most_steps": steps });
            let found = map(&bench, "integrated_gradients", of_class(keys));
            assert!(relative(&found, &(&weight * &x)) < 1e-5, "{rule} {steps}");
        }
    }
    let colour = Picture::filled(6, 4, [10, 200, 30]);
    let baseline = bench
        .preprocessing
        .tensor(&[&colour], tch::Device::Cpu)
        .get(0);
    let keys = of_class(json!({ "baseline": [10, 200, 30] }));
    let found = map(&bench, "integrated_gradients", keys);
    assert!(relative(&found, &(&weight * (&x - baseline))) < 1e-5);
}

/// Without a ReLU guided backpropagation is the gradient, and says so.
#[test]
fn a_network_without_relu_is_refused_by_the_rules_for_relus() {
    let (bench, _) = linear();
    for method in ["guided_backprop", "deconvnet"] {
        let faults = bench.faults(entry(method), json!({}));
        assert_eq!(faults.len(), 1);
        assert_eq!(faults[0].hint, "take `saliency`");
    }
}

/// Without biases the network is homogeneous: on the way from zero to the photo the gradient is the same all along.
#[test]
fn without_biases_maps_sum_to_the_score() {
    let layers = json!([
        { "type": "Conv2d", "out_channels": 5, "kernel_size": 3, "padding": 1, "bias": false },
        { "type": "ReLU" },
        { "type": "MaxPool2d", "kernel_size": 2 },
        { "type": "Conv2d", "out_channels": 4, "kernel_size": 3, "bias": false },
        { "type": "ReLU" },
        { "type": "Flatten" },
        { "type": "Linear", "out_features": 3, "bias": false },
    ]);
    let named = [
        ("0.weight", weights(&[5, 3, 3, 3], 0.4)),
        ("3.weight", weights(&[4, 5, 3, 3], 0.4)),
        ("6.weight", weights(&[3, 4 * 3 * 5], 0.3)),
    ];
    let model = network(&layers, &named, [3, 10, 14]);
    let bench = Bench::new(model, imagenet(10, 14), vec![("a", patterned(10, 14, 1))]);
    let ran = bench.run(entry("input_x_gradient"), json!({}));
    let found = attributions(&ran)[0];
    let product = volume(found);
    let sum = product.sum(Kind::Double).double_value(&[]);
    assert!((sum - target(found).score).abs() < 1e-5 * target(found).score.abs());
    for rule in RULES {
        let keys = json!({ "rule": rule, "baseline": "mean", "steps": 5, "most_steps": 5 });
        let ran = bench.run(entry("integrated_gradients"), keys);
        let found = attributions(&ran)[0];
        // The trapezoid's first point is zero itself, where a gradient says nothing of the way.
        if rule != "trapezoid" {
            assert!(relative(&volume(found), &product) < 1e-5, "{rule}");
        }
        assert!((found.sums_to.unwrap() - target(found).score).abs() < 1e-5);
    }
}

#[test]
fn points_are_doubled_until_the_sum_is_right_and_the_reader_is_told() {
    let bench = bench_of_net1();
    let run = |keys: Value| bench.run(entry("integrated_gradients"), keys);
    let error = |ran: &Ran| {
        let found = attributions(ran)[0];
        let sum = volume(found).sum(Kind::Double).double_value(&[]);
        (sum / found.sums_to.unwrap() - 1.0).abs()
    };
    let converged = run(json!({}));
    assert!(error(&converged) <= 0.01, "{}", error(&converged));
    assert_eq!(keys(&converged.notices), [""; 0]);
    let Body::HeatMaps(maps) = &converged.exhibits[0].body else {
        panic!("heat maps expected")
    };
    assert_eq!(key(&maps.tiles[1].label), "attributions.map_complete");
    assert_eq!(maps.sign, Sign::Signed);
    let coarse = run(json!({ "steps": 2, "most_steps": 2, "rule": "trapezoid" }));
    assert!(error(&coarse) > 0.01, "{}", error(&coarse));
    assert_eq!(keys(&coarse.notices), ["integrated_gradients.incomplete"]);
    let exact = run(json!({ "tolerance": 0.001, "most_steps": 1024 }));
    assert!(error(&exact) <= 0.001, "{}", error(&exact));
}
