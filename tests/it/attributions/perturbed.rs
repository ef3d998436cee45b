//! Scores of photos with hidden parts.

use cnn_report::explain::feature_ablation;
use cnn_report::explain::rise::Masked;
use cnn_report::explain::sampled_mean::Count;
use cnn_report::picture::segment::Segmentation;
use cnn_report::results::{Explained, Scalar, ScalarTarget};
use serde_json::json;
use tch::{Kind, Tensor};

use super::networks::{network, weights};
use super::*;

/// s = w·x + b over a photo of 4 × 6.
fn linear() -> (Bench, Tensor) {
    let weight = weights(&[2, 3 * 4 * 6], 0.3);
    let layers = json!([{ "type": "Flatten" }, { "type": "Linear", "out_features": 2 }]);
    let bias = Tensor::from_slice(&[0.5_f32, -1.0]);
    let model = network(
        &layers,
        &[("1.weight", weight.copy()), ("1.bias", bias)],
        [3, 4, 6],
    );
    let bench = Bench::new(model, imagenet(4, 6), vec![("a", patterned(4, 6, 1))]);
    (bench, weight.get(1).view([3, 4, 6]))
}

fn whole(bench: &Bench, class: usize, of: Explained) -> ScalarTarget {
    let scores = bench.model.scores(&input(bench)).unwrap();
    let class_index = class as i64;
    ScalarTarget {
        scalar: Scalar::of_class(class, of),
        score: scores.double_value(&[0, class_index]),
        probability: scores
            .softmax(1, Kind::Double)
            .double_value(&[0, class_index]),
    }
}

fn predicted(bench: &Bench) -> usize {
    let scores = bench.model.scores(&input(bench)).unwrap();
    scores.argmax(1, false).int64_value(&[0]) as usize
}

/// The defaults at 64 px: windows of 8 px every 4.
#[test]
fn occlusion_is_captums() {
    let bench = bench_of_net1();
    let found = map(&bench, "occlusion", json!({}));
    assert_close("occlusion", &found, &golden("occlusion"), TOLERANCE);
}

#[test]
fn feature_ablation_is_captums() {
    let bench = bench_of_net1();
    let marks: Vec<usize> = (0..64 * 64)
        .map(|at| at / 64 / 16 * 4 + at % 64 / 16)
        .collect();
    let segments = Segmentation::relabelled(64, 64, &marks);
    let target = whole(&bench, predicted(&bench), Explained::Score);
    let pair = (input(&bench), input(&bench).zeros_like());
    let found = with_passes(&bench, |passes| {
        feature_ablation::explain(passes, pair, &segments, target, &|_| Ok(())).unwrap()
    });
    assert_close(
        "feature_ablation",
        &volume(&found),
        &golden("feature_ablation"),
        TOLERANCE,
    );
}

/// A pixel that is hidden by the mean colour takes w·x with it.
#[test]
fn on_a_linear_network_what_is_lost_is_weight_times_pixel() {
    let (bench, weight) = linear();
    let x = input(&bench).get(0).to_device(tch::Device::Cpu);
    let product = (&weight * x).sum_dim_intlist(0, true, Kind::Float);
    let keys = json!({ "class": 1, "window": 1, "stride": 1 });
    let found = map(&bench, "occlusion", keys);
    assert!(relative(&found, &product) < 1e-5);
    let segments = Segmentation::relabelled(6, 4, &[[0; 12], [1; 12]].concat());
    let pair = (input(&bench), input(&bench).zeros_like());
    let found = with_passes(&bench, |passes| {
        let target = whole(&bench, 1, Explained::Score);
        feature_ablation::explain(passes, pair, &segments, target, &|_| Ok(())).unwrap()
    });
    let halves = product.view([2, 12]).sum_dim_intlist(1, true, Kind::Float);
    let expected = halves.expand([2, 12], false).reshape([1, 4, 6]);
    assert!(relative(&volume(&found), &expected) < 1e-5);
}

/// With each half hidden once, what is found is the probability with it less that without it.
#[test]
fn two_masks_of_rise_by_hand() {
    let (bench, _) = linear();
    let upper = Tensor::cat(
        &[
            Tensor::ones([2, 6], (Kind::Float, tch::Device::Cpu)),
            Tensor::zeros([2, 6], (Kind::Float, tch::Device::Cpu)),
        ],
        0,
    );
    let masks = [upper.copy(), 1.0 - &upper].map(|mask| mask.to_device(device().into()));
    let probability = |mask: &Tensor| {
        let scores = bench.model.scores(&(input(&bench) * mask)).unwrap();
        scores.softmax(1, Kind::Double).double_value(&[0, 1])
    };
    let difference = probability(&masks[0]) - probability(&masks[1]);
    let mut rows = masks.iter().map(Tensor::copy);
    let mut mask = || Ok(rows.next().unwrap());
    let masked = Masked {
        together: 1,
        count: Count::fixed(2),
        kept: 0.5,
        mask: &mut mask,
    };
    let pair = (input(&bench), input(&bench).zeros_like());
    let found = with_passes(&bench, |passes| {
        masked
            .explain(
                passes,
                pair,
                whole(&bench, 1, Explained::Probability),
                &|_| Ok(()),
            )
            .unwrap()
    });
    let expected = (upper * 2.0 - 1.0) * difference;
    assert!(relative(&volume(&found).get(0), &expected) < 1e-5);
}
