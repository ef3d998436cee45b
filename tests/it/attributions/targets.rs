//! What is explained: a class, the difference of two, the sum of a group; scores and probabilities.

use serde_json::{Value, json};
use tch::{Kind, Tensor};

use super::gradients::linear;
use super::*;
use cnn_report::results::Explained;

fn explaining(target: Value, parameters: &Value) -> Value {
    let mut keys = parameters.clone();
    keys["class"] = target;
    keys
}

fn weight_of(bench: &Bench, class: i64) -> Tensor {
    // The gradient of the score of one class of a linear network is its weight.
    let keys = json!({ "class": class, "samples": 1 });
    map(bench, "smooth_grad", keys)
}

#[test]
fn on_a_linear_network_the_gradient_of_a_difference_is_the_difference_of_weights() {
    let (bench, known) = linear();
    let weights: Vec<Tensor> = (0..3).map(|class| weight_of(&bench, class)).collect();
    assert_eq!(weights[1], known);
    let of = |target: Value| map(&bench, "saliency", json!({ "class": target }));
    let difference = of(json!({ "difference": [1, 0] }));
    assert!(relative(&difference, &(&weights[1] - &weights[0])) < 1e-6);
    let sum = of(json!({ "sum": [0, 1, 2] }));
    assert!(relative(&sum, &(&weights[0] + &weights[1] + &weights[2])) < 1e-6);
    // ∂p_c / ∂x = p_c (w_c − Σ p_j w_j).
    let scores = bench.model.scores(&input(&bench)).unwrap();
    let p = scores.softmax(1, Kind::Double).get(0);
    let p = |class: i64| p.double_value(&[class]);
    let mean = (0..3).fold(Tensor::zeros_like(&known), |sum, class| {
        sum + &weights[class as usize] * p(class)
    });
    let probability = of(json!({ "class": 2, "of": "probability" }));
    assert!(relative(&probability, &((&weights[2] - &mean) * p(2))) < 1e-5);
    let two = of(json!({ "difference": [2, 1], "of": "probability" }));
    let expected = (&weights[2] - &mean) * p(2) - (&weights[1] - &mean) * p(1);
    assert!(relative(&two, &expected) < 1e-5);
}

/// Maps that are linear in the gradient or in the scores.
fn linear_methods() -> Vec<(&'static str, Value)> {
    [
        ("saliency", json!({})),
        ("input_x_gradient", json!({})),
        ("smooth_grad", json!({ "samples": 3 })),
        (
            "integrated_gradients",
            json!({ "steps": 4, "most_steps": 4 }),
        ),
        ("expected_gradients", json!({ "samples": 6 })),
        ("blur_ig", json!({ "steps": 3, "most_steps": 3 })),
        ("deep_lift", json!({})),
        ("cam", json!({})),
        ("grad_cam", json!({})),
        ("hires_cam", json!({})),
        ("ablation_cam", json!({})),
        ("occlusion", json!({ "window": 16 })),
        (
            "feature_ablation",
            json!({ "segmenter": "slic", "slic": { "n_segments": 9 } }),
        ),
        ("rise", json!({ "samples": 40 })),
    ]
    .into()
}

#[test]
fn the_map_of_a_sum_is_the_sum_of_the_maps() {
    let bench = bench_of_net1();
    for (method, keys) in linear_methods() {
        let of = |target: Value| map(&bench, method, explaining(target, &keys));
        let each: Vec<Tensor> = (0..3).map(|class| of(json!(class))).collect();
        let sum = of(json!({ "sum": [0, 1, 2] }));
        let expected = &each[0] + &each[1] + &each[2];
        let deviation = relative(&sum, &expected);
        assert!(deviation < TOLERANCE, "{method}: {deviation:e}");
        let difference = of(json!({ "difference": [2, 0] }));
        let deviation = relative(&difference, &(&each[2] - &each[0]));
        assert!(deviation < TOLERANCE, "{method}: {deviation:e}");
    }
}

/// The sum of the map is the number of the photo less that of the baseline, whatever it is made of.
#[test]
fn integrated_gradients_are_complete_for_every_number() {
    let bench = bench_of_net1();
    for target in [
        json!({ "difference": [1, 0] }),
        json!({ "sum": [0, 2] }),
        json!({ "difference": [1, 0], "of": "probability" }),
        json!({ "sum": [0, 2], "of": "probability" }),
        json!({ "class": "predicted", "of": "probability" }),
    ] {
        let keys = json!({ "class": target, "baseline": "mean", "steps": 64, "most_steps": 512, "tolerance": 1e-3 });
        let ran = bench.run(entry("integrated_gradients"), keys);
        let found = attributions(&ran)[0];
        let whole = found.sums_to.unwrap();
        let of_photo = super::target(found);
        let baseline = bench.model.scores(&input(&bench).zeros_like()).unwrap();
        let values = match of_photo.scalar.of {
            Explained::Score => baseline,
            Explained::Probability => baseline.softmax(1, Kind::Float),
        };
        let values: Vec<f64> = Vec::try_from(values.get(0).to_kind(Kind::Double)).unwrap();
        let difference = of_photo.value() - of_photo.scalar.combined(&values).unwrap();
        assert!((whole - difference).abs() < 1e-5, "{target}");
        let sum = volume(found).sum(Kind::Double).double_value(&[]);
        assert!(
            (sum - whole).abs() < 2e-3 * whole.abs(),
            "{target}: {sum} {whole}"
        );
    }
}

/// Shapley values share out the number, and are linear in it.
#[test]
fn segments_share_out_a_difference() {
    let bench = bench_of_net1();
    let slic = json!({ "n_segments": 5 });
    for output in ["score", "probability"] {
        for method in ["shapley", "kernel_shap"] {
            let of = |target: Value| {
                let keys =
                    json!({ "class": target, "output": output, "segmenter": "slic", "slic": slic });
                let ran = bench.run(entry(method), keys);
                strings::assert_said(&ran);
                match ran.results.into_iter().next() {
                    Some(Results::Superpixels(found)) => found,
                    other => panic!("superpixels expected, not {other:?}"),
                }
            };
            let (first, second) = (of(json!(2)), of(json!(0)));
            let both = of(json!({ "difference": [2, 0] }));
            for (segment, weight) in both.weights.iter().enumerate() {
                let expected = first.weights[segment] - second.weights[segment];
                assert!((weight - expected).abs() < 1e-6, "{method} {output}");
            }
            let sum: f64 = both.weights.iter().sum();
            assert!((both.intercept + sum - both.whole()).abs() < 1e-6);
        }
    }
}

/// Every method either explains what is made of several classes, and says so, or refuses it before it runs.
#[test]
fn every_map_method_takes_a_difference_or_says_why_not() {
    let bench = bench_of_net1();
    for (method, keys) in quick() {
        if !(entry(method).schema)().to_value()["properties"]["class"].is_object() {
            continue;
        }
        for target in [
            json!({ "difference": ["predicted", 1] }),
            json!({ "sum": [0, 1], "of": "probability" }),
        ] {
            let keys = explaining(target.clone(), &keys);
            match bench.faults(entry(method), keys.clone()).as_slice() {
                [] => {
                    let ran = bench.run(entry(method), keys);
                    strings::assert_said(&ran);
                    let scalar = super::target(attributions(&ran)[0]).scalar;
                    assert_eq!(scalar.class(), None, "{method}");
                }
                [fault] => assert!(fault.pointer.starts_with("/class"), "{method}: {fault:?}"),
                several => panic!("{method}: {several:?}"),
            }
        }
    }
}

/// s = w·x + b: what a set of places loses is what the map says of it, so that their ranks agree to the last one.
#[test]
fn checks_judge_the_number_that_is_explained() {
    use cnn_report::explain::checks::Check;
    use cnn_report::results::Fidelity;
    let (bench, _) = linear();
    let keys = json!({ "class": { "difference": [1, 0] } });
    let judged = |check| fidelity::judged(&bench, "input_x_gradient", keys.clone(), check);
    match judged(Check::MuFidelity) {
        Fidelity::MuFidelity { correlation, .. } => {
            assert!(correlation.unwrap() > 0.9999, "{correlation:?}");
        }
        other => panic!("{other:?}"),
    }
    let scores = |input: &Tensor| {
        let scores = bench.model.scores(input).unwrap();
        scores.double_value(&[0, 1]) - scores.double_value(&[0, 0])
    };
    match judged(Check::InsertionDeletion) {
        Fidelity::InsertionDeletion { deletion, .. } => {
            let ends = (deletion.map.0[0], *deletion.map.0.last().unwrap());
            let x = input(&bench);
            assert!((ends.0 - scores(&x)).abs() < 1e-5);
            assert!((ends.1 - scores(&x.zeros_like())).abs() < 1e-5);
        }
        other => panic!("{other:?}"),
    }
}
