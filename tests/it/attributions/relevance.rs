//! What is handed back from layer to layer: DeepLIFT and layer-wise relevance propagation.

use cnn_report::explain::deep_lift;
use cnn_report::explain::target_name::Wanted;
use cnn_report::labels::Class;
use cnn_report::model::{Composite, FirstRule, Gammas, ThroughAttention, WeightRule};
use cnn_report::results::Explained;
use serde_json::{Value, json};
use tch::{Kind, Tensor};

use super::gradients::linear;
use super::networks::{network, weights};
use super::propagated::{incompleteness, photos, reference, sum};
use super::*;

const COMPOSITES: [&str; 5] = [
    "epsilon",
    "epsilon_plus",
    "epsilon_plus_flat",
    "epsilon_gamma_box",
    "epsilon_alpha_beta",
];

fn model(file: &str, shape: [i64; 3]) -> Model {
    Model::load(&Source::new(data(file), shape), device()).unwrap()
}

#[test]
fn deep_lift_is_captums() {
    let bench = bench_of_net1();
    let found = map(&bench, "deep_lift", json!({ "baseline": "mean" }));
    assert_close("deep_lift", &found, &reference("deep_lift"), TOLERANCE);
    let photos = photos();
    let pair = (photos.narrow(0, 0, 1), photos.narrow(0, 1, 1));
    let found = with_passes(&bench, |passes| {
        deep_lift::explain(passes, &pair.0, &pair.1, &Wanted::predicted()).unwrap()
    });
    let expected = reference("deep_lift_photo");
    assert_close("deep_lift, photo", &volume(&found), &expected, TOLERANCE);
}

/// Batch norms, a residual sum, channel attention, a concatenation, overlapping windows of max pooling: every node has
/// a rule.
#[test]
fn deep_lift_is_complete_wherever_nodes_have_rules() {
    for (file, shape) in [
        ("model/branches.pt2", [3, 12, 10]),
        ("explain/residual.pt2", [3, 16, 20]),
        ("model/net1.pt2", [3, 64, 64]),
    ] {
        let [height, width] = [shape[1] as usize, shape[2] as usize];
        let photo = patterned(height, width, 3);
        let bench = Bench::new(
            model(file, shape),
            imagenet(height, width),
            vec![("a", photo)],
        );
        for baseline in [
            json!("black"),
            json!("white"),
            json!("blur"),
            json!([200, 30, 90]),
        ] {
            let ran = bench.run(entry("deep_lift"), json!({ "baseline": baseline }));
            let error = incompleteness(attributions(&ran)[0]);
            println!("{file}, {baseline}: {error:.1e}");
            assert!(error < 1e-4, "{file}, {baseline}: {error}");
            assert_eq!(keys(&ran.notices), [""; 0]);
        }
    }
}

#[test]
fn on_a_linear_network_what_is_handed_back_is_known() {
    let (bench, weight) = linear();
    let x = input(&bench).get(0).to_device(tch::Device::Cpu);
    let found = map(
        &bench,
        "deep_lift",
        json!({ "class": 1, "baseline": "mean" }),
    );
    assert!(relative(&found, &(&weight * &x)) < 1e-5);
    // The score is w·x − 1: the bias keeps its own share, and what is left is w·x.
    let found = map(&bench, "lrp", json!({ "class": 1, "composite": "epsilon" }));
    assert!(relative(&found, &(&weight * &x)) < 1e-4);
}

/// One number z = x₀ − 2 x₁ behind a ReLU, from baseline z' = −1 to z = 3: Δy / Δz is 3/4.
#[test]
fn the_rescale_rule_by_hand() {
    let layers = json!([
        { "type": "Conv2d", "out_channels": 1, "kernel_size": 1 },
        { "type": "ReLU" },
        { "type": "Flatten" },
        { "type": "Linear", "out_features": 2, "bias": false },
    ]);
    let named = [
        (
            "0.weight",
            Tensor::from_slice(&[1.0_f32, -2.0, 0.0]).view([1, 3, 1, 1]),
        ),
        ("0.bias", Tensor::from_slice(&[0.0_f32])),
        ("3.weight", Tensor::from_slice(&[2.0_f32, 1.0]).view([2, 1])),
    ];
    let model = network(&layers, &named, [3, 1, 1]);
    let bench = Bench::new(model, imagenet(1, 1), vec![("a", patterned(1, 1, 1))]);
    let on_device = |values: [f32; 3]| {
        let values = Tensor::from_slice(&values).view([1, 3, 1, 1]);
        values.to_device(device().into())
    };
    let (input, baseline) = (on_device([5.0, 1.0, 7.0]), on_device([1.0, 1.0, 0.0]));
    let of = Wanted::one(Class::Index(0), Explained::Score);
    let found = with_passes(&bench, |passes| {
        deep_lift::explain(passes, &input, &baseline, &of).unwrap()
    });
    assert_eq!(found.values.values, [2.0 * 0.75 * 4.0, 0.0, 0.0]);
    assert_eq!(found.sums_to, Some(6.0));
}

#[test]
fn relevance_is_zennits() {
    let bench = bench_of_net1();
    for composite in &COMPOSITES[1..] {
        let ran = bench.run(entry("lrp"), json!({ "composite": composite }));
        let found = attributions(&ran)[0];
        // zennit begins with 1, not with the score.
        let found = volume(found) / target(found).score;
        let expected = reference(&format!("lrp_{composite}"));
        assert_close(&format!("lrp, {composite}"), &found, &expected, TOLERANCE);
    }
    let keys = json!({ "composite": "epsilon", "epsilon": 1e-9 });
    let expected = reference("lrp_captum");
    assert_close(
        "lrp, captum",
        &map(&bench, "lrp", keys),
        &expected,
        TOLERANCE,
    );
}

/// Folded batch norms, a residual sum, a first layer that is folded.
#[test]
fn relevance_of_a_residual_network_is_zennits() {
    let model = model("explain/residual.pt2", [3, 16, 20]);
    let input = reference("residual_input").unsqueeze(0);
    let input = input.to_device(device().into());
    let node = model.scores_node();
    let score = |outputs: &Tensor| outputs.select(1, 2).sum(Kind::Float);
    let scores = model.scores(&input).unwrap().double_value(&[0, 2]);
    let epsilon = WeightRule::Epsilon(1e-6);
    for (name, first, convolution) in [
        ("epsilon", FirstRule::None, epsilon),
        ("epsilon_plus", FirstRule::None, WeightRule::ZPlus),
        ("epsilon_plus_flat", FirstRule::Flat, WeightRule::ZPlus),
    ] {
        let composite = Composite {
            first,
            convolution,
            linear: epsilon,
        };
        let found = model.relevance(&input, node, &score, &composite).unwrap();
        let expected = reference(&format!("residual_{name}"));
        let found = found.get(0) / scores;
        assert_close(&format!("lrp, residual, {name}"), &found, &expected, 1e-3);
    }
}

/// Nothing but weights: nobody keeps a share.
#[test]
fn without_biases_relevance_is_conserved() {
    let layers = json!([
        { "type": "Conv2d", "out_channels": 5, "kernel_size": 3, "padding": 1, "bias": false },
        { "type": "ReLU" },
        { "type": "AvgPool2d", "kernel_size": 2 },
        { "type": "Conv2d", "out_channels": 4, "kernel_size": 3, "bias": false },
        { "type": "ReLU" },
        { "type": "MaxPool2d", "kernel_size": 2, "stride": 1 },
        { "type": "Flatten" },
        { "type": "Linear", "out_features": 3, "bias": false },
    ]);
    let named = [
        ("0.weight", weights(&[5, 3, 3, 3], 0.4)),
        ("3.weight", weights(&[4, 5, 3, 3], 0.4)),
        ("7.weight", weights(&[3, 4 * 2 * 4], 0.3)),
    ];
    let model = network(&layers, &named, [3, 10, 14]);
    let bench = Bench::new(model, imagenet(10, 14), vec![("a", patterned(10, 14, 1))]);
    for composite in COMPOSITES {
        let ran = bench.run(entry("lrp"), json!({ "composite": composite }));
        let found = attributions(&ran)[0];
        let error = incompleteness(found);
        println!("{composite}: {error:.1e}");
        assert!(error < 1e-3, "{composite}: {error}");
        assert_eq!(keys(&ran.notices), [""; 0]);
    }
    // With ε alone the network is homogeneous: relevance is pixel times gradient.
    let product = map(&bench, "input_x_gradient", json!({}));
    let found = map(
        &bench,
        "lrp",
        json!({ "composite": "epsilon", "epsilon": 1e-9 }),
    );
    assert!(relative(&found, &product) < 1e-4);
    // Positive products only, α − β with β = 0, and γ without end are the same.
    let plus = map(&bench, "lrp", json!({ "composite": "epsilon_plus" }));
    let keys = json!({ "composite": "epsilon_alpha_beta", "alpha": 1 });
    assert!(relative(&map(&bench, "lrp", keys), &plus) < 1e-5);
}

/// z = 3·2 − 1·4 = 2 from the inputs 2 and 4 with weights 3 and −1, R = 2, by every rule.
#[test]
fn rules_by_hand() {
    let layers = json!([
        { "type": "Conv2d", "out_channels": 1, "kernel_size": 1, "bias": false },
        { "type": "Flatten" },
    ]);
    let two = |values: [f32; 3]| Tensor::from_slice(&values).view([1, 3, 1, 1]);
    let layers =
        json!([layers[0], layers[1], { "type": "Linear", "out_features": 2, "bias": false }]);
    let named = [
        ("0.weight", two([3.0, -1.0, 0.0])),
        ("2.weight", Tensor::from_slice(&[1.0_f32, 0.0]).view([2, 1])),
    ];
    let model = network(&layers, &named, [3, 1, 1]);
    let on_device = |values: [f32; 3]| two(values).to_device(device().into());
    let input = on_device([2.0, 4.0, 0.0]);
    let score = |outputs: &Tensor| outputs.select(1, 0).sum(Kind::Float);
    let epsilon = WeightRule::Epsilon(1e-9);
    let relevance = |first: FirstRule, convolution: WeightRule| -> Vec<f32> {
        let composite = Composite {
            first,
            convolution,
            linear: epsilon,
        };
        let found = model.relevance(&input, model.scores_node(), &score, &composite);
        Vec::try_from(found.unwrap().to_device(tch::Device::Cpu).view(-1)).unwrap()
    };
    let check = |found: Vec<f32>, expected: [f32; 3]| {
        for (found, expected) in found.iter().zip(expected) {
            assert!((found - expected).abs() < 1e-4, "{found} {expected}");
        }
    };
    check(relevance(FirstRule::None, epsilon), [6.0, -4.0, 0.0]);
    check(
        relevance(FirstRule::None, WeightRule::Epsilon(2.0)),
        [3.0, -2.0, 0.0],
    );
    check(
        relevance(FirstRule::None, WeightRule::ZPlus),
        [2.0, 0.0, 0.0],
    );
    // 2 · 2 − 1 · 2, each by its own sum.
    check(
        relevance(FirstRule::None, WeightRule::AlphaBeta(2.0)),
        [4.0, -2.0, 0.0],
    );
    // Weights 6 and −1: z = 12 − 4.
    check(
        relevance(FirstRule::None, WeightRule::Gamma(1.0)),
        [3.0, -1.0, 0.0],
    );
    check(relevance(FirstRule::Flat, epsilon), [2.0 / 3.0; 3]);
    // Bounds −1 and 5: 3 (2 + 1) = 9 and −1 (4 − 5) = 1.
    let bounds = FirstRule::Box {
        low: on_device([-1.0; 3]),
        high: on_device([5.0; 3]),
    };
    check(relevance(bounds, epsilon), [1.8, 0.2, 0.0]);
}

/// What cannot be shared is named before anything runs.
#[test]
fn a_node_without_a_rule_is_named() {
    let model = model("onnx/transformer.onnx", [3, 64, 64]);
    let bench = Bench::new(model, imagenet(64, 64), vec![("a", patterned(64, 64, 1))]);
    let faults = bench.faults(entry("lrp"), json!({}));
    assert_eq!(faults.len(), 1);
    let Fault { message, hint, .. } = &faults[0];
    println!("{message}");
    assert!(message.starts_with("there is no rule by which relevance gets through `aten."));
    assert!(message.contains("(node `"), "{message}");
    assert!(hint.contains("`grad_cam`"), "{hint}");
    // DeepLIFT hands gradients through there, and says how much is lost.
    let ran = bench.run(entry("deep_lift"), json!({}));
    assert_eq!(keys(&ran.notices), ["deep_lift.incomplete"]);
}

/// A gate gets nothing, and the bias of one layer all that is missing.
#[test]
fn networks_with_gates_have_relevance() {
    let model = model("model/branches.pt2", [3, 12, 10]);
    assert_eq!(model.facts().limits.no_relevance, [""; 0]);
    let bench = Bench::new(model, imagenet(12, 10), vec![("a", patterned(12, 10, 3))]);
    for composite in COMPOSITES {
        let found = map(&bench, "lrp", json!({ "composite": composite }));
        assert!(sum(&found).is_finite() && sum(&found.abs()) > 0.0);
    }
}

fn used(composite: &str) -> Value {
    let keys = json!({ "composite": composite });
    let bench = bench_of_net1();
    let (parsed, _) = crate::bench::parsed(entry("lrp"), keys);
    Value::Object(parsed.computing(&bench.inputs()))
}

#[test]
fn numbers_of_other_rules_are_in_no_key() {
    let plain = json!({ "class": "predicted", "composite": "epsilon_plus", "epsilon": 1e-6 });
    assert_eq!(used("epsilon_plus"), plain);
    assert_eq!(used("epsilon_gamma_box")["gamma"], 0.25);
    assert_eq!(used("epsilon_alpha_beta")["alpha"], 2.0);
}

/// γ as AttnLRP carries it: z = 3 · 1 + 1 · (−2) = 1 is above zero, so that with γ = 1 the first product counts twice:
/// R = (6, −2) / (6 − 2) · z. Where z is below zero, as of the second score, −1 · 1 + 1 · (−2) = −3, both products are negative.
#[test]
fn gamma_of_attn_lrp_by_hand() {
    let layers =
        json!([{ "type": "Flatten" }, { "type": "Linear", "out_features": 2, "bias": false }]);
    let weight = Tensor::from_slice(&[3.0_f32, 1.0, -1.0, 1.0]).view([2, 2]);
    let model = network(&layers, &[("1.weight", weight)], [1, 1, 2]);
    let input = Tensor::from_slice(&[1.0_f32, -2.0])
        .view([1, 1, 1, 2])
        .to(model.device());
    for (class, linear, expected) in [
        (0, 0.0, [3.0, -2.0]),
        (0, 1.0, [1.5, -0.5]),
        (1, 1.0, [-1.0, -2.0]),
    ] {
        let gammas = Gammas {
            convolution: 9.0,
            linear,
        };
        let rules = (ThroughAttention::QueriesKeysAndValues, gammas);
        let score = |outputs: &Tensor| outputs.select(1, class).sum(Kind::Float);
        let found = model.relevance_by_gradient(&input, model.scores_node(), &score, rules);
        let found = Vec::<f32>::try_from(found.unwrap().view(-1)).unwrap();
        let near = found
            .iter()
            .zip(expected)
            .all(|(a, b): (&f32, f32)| (a - b).abs() < 1e-5);
        assert!(near, "{class}, {linear}: {found:?}, not {expected:?}");
    }
}

/// On a network of convolutions, ReLUs and linear layers the gradient times the input is the relevance that `lrp` carries
/// itself, whose γ rule is zennit's.
#[test]
fn gamma_of_attn_lrp_is_that_of_lrp() {
    let layers = json!([
        { "type": "Conv2d", "out_channels": 4, "kernel_size": 3 },
        { "type": "ReLU" },
        { "type": "Conv2d", "out_channels": 3, "kernel_size": 3 },
        { "type": "ReLU" },
        { "type": "Flatten" },
        { "type": "Linear", "out_features": 5 },
        { "type": "ReLU" },
        { "type": "Linear", "out_features": 2 },
    ]);
    let named = [
        ("0.weight", weights(&[4, 3, 3, 3], 0.4)),
        ("0.bias", weights(&[4], 0.2)),
        ("2.weight", weights(&[3, 4, 3, 3], 0.3)),
        ("2.bias", weights(&[3], 0.2)),
        ("5.weight", weights(&[5, 3 * 6 * 8], 0.2)),
        ("5.bias", weights(&[5], 0.3)),
        ("7.weight", weights(&[2, 5], 1.0)),
        ("7.bias", weights(&[2], 0.1)),
    ];
    let model = network(&layers, &named, [3, 10, 12]);
    let input = weights(&[1, 3, 10, 12], 1.5).to(model.device());
    let score = |outputs: &Tensor| outputs.select(1, 1).sum(Kind::Float);
    let (convolution, linear) = (0.25, 0.05);
    let composite = Composite {
        first: FirstRule::None,
        convolution: WeightRule::Gamma(convolution),
        linear: WeightRule::Gamma(linear),
    };
    let node = model.scores_node();
    let expected = model.relevance(&input, node, &score, &composite).unwrap();
    let rules = (
        ThroughAttention::Values,
        Gammas {
            convolution,
            linear,
        },
    );
    let found = model
        .relevance_by_gradient(&input, node, &score, rules)
        .unwrap();
    let largest = |of: Tensor| of.abs().max().double_value(&[]);
    let relative = largest(&found - &expected) / largest(expected);
    println!("γ as a gradient, against γ as relevance: {relative:.1e}");
    assert!(relative < 1e-4, "{relative}");
}
