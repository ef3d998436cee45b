//! Shapley values of segments, exact and from samples.

use cnn_report::explain::kernel_shap::KernelShap;
use cnn_report::explain::output::Output;
use cnn_report::explain::seed::Numbers;
use cnn_report::explain::segment_game::Game;
use cnn_report::explain::target_name::Wanted;
use cnn_report::explain::{kernel_shap, shapley};
use cnn_report::labels::Class;
use cnn_report::model::BatchSize;
use cnn_report::picture::segment::Segmentation;
use cnn_report::results::{Explained, SegmentWeight, Superpixels};
use serde_json::{Value, json};
use tch::{Kind, Tensor};

use super::networks::{network, weights};
use super::*;

/// Rows × columns of equal blocks.
fn blocks((height, width): (usize, usize), (rows, columns): (usize, usize)) -> Segmentation {
    let block = |at: usize| at / width * rows / height * columns + at % width * columns / width;
    let marks: Vec<usize> = (0..height * width).map(block).collect();
    Segmentation::relabelled(width, height, &marks)
}

/// `find` on the game of the first photo, hidden segments at zero after normalising.
fn with_game(
    bench: &Bench,
    segments: &Segmentation,
    (class, output): (Class, Output),
    find: impl FnOnce(&Game) -> Superpixels,
) -> Superpixels {
    with_passes(bench, |passes| {
        let photo = passes.photo(Some(0)).unwrap();
        let hidden = input(bench).zeros_like();
        let of = Wanted::one(class, output.explained());
        let game = Game::new(passes, photo, (segments, hidden), &of, BatchSize::AUTO).unwrap();
        find(&game)
    })
}

fn exact(bench: &Bench, segments: &Segmentation, class: Class, output: Output) -> Superpixels {
    with_game(bench, segments, (class, output), |game| {
        shapley::exact(game, segments, &|_| Ok(())).unwrap()
    })
}

fn sampled(
    bench: &Bench,
    segments: &Segmentation,
    (class, output): (Class, Output),
    mut keys: Value,
) -> Superpixels {
    keys["output"] = json!(output);
    let method: KernelShap = serde_json::from_value(keys).unwrap();
    let numbers = Numbers::new(3, "test", "kernel_shap");
    with_game(bench, segments, (class, output), |game| {
        method
            .of_game(game, segments, numbers, &|_| Ok(()))
            .unwrap()
    })
}

fn sum(of: &Superpixels) -> f64 {
    of.weights.iter().sum()
}

/// `golden/net1/shapley_blocks2x4_*`: numpy in double precision over all 256 sets of 2 × 4 blocks.
#[test]
fn exact_values_are_those_of_numpy() {
    let bench = bench_of_net1();
    let segments = blocks((64, 64), (2, 4));
    let score = [
        0.417420322,
        0.598740785,
        0.586951771,
        0.245081589,
        0.307392738,
        0.550923809,
        0.576737014,
        0.217276254,
    ];
    let probability = [
        0.053824788,
        0.087770721,
        0.088275200,
        0.041709662,
        0.026685776,
        0.037042603,
        0.054247287,
        0.027716231,
    ];
    for (output, expected) in [(Output::Score, score), (Output::Probability, probability)] {
        let found = exact(&bench, &segments, Class::Predicted, output);
        let name = format!("shapley, {output:?}");
        let tensor = |values: &[f64]| Tensor::from_slice(values);
        assert_close(&name, &tensor(&found.weights), &tensor(&expected), 1e-5);
        assert!((sum(&found) - (found.whole() - found.intercept)).abs() < 1e-5);
        assert_eq!(found.weight, SegmentWeight::Shapley);
        assert_eq!(
            (found.fit.samples, found.standard_errors.is_none()),
            (256, true)
        );
        // From as many samples as there are sets: the same numbers, for all sets are run.
        let of = (Class::Predicted, output);
        let same = sampled(&bench, &segments, of, json!({ "samples": 256 }));
        assert_eq!(same.weights, found.weights);
    }
}

/// Of a linear network each segment gets its part of w·x, from few samples too.
#[test]
fn on_a_linear_network_values_are_weight_times_pixel() {
    let weight = weights(&[2, 3 * 6 * 8], 0.3);
    let layers = json!([{ "type": "Flatten" }, { "type": "Linear", "out_features": 2 }]);
    let bias = Tensor::from_slice(&[0.5_f32, -1.0]);
    let named = [("1.weight", weight.copy()), ("1.bias", bias)];
    let model = network(&layers, &named, [3, 6, 8]);
    let bench = Bench::new(model, imagenet(6, 8), vec![("a", patterned(6, 8, 1))]);
    let photo = input(&bench).get(0).to_device(tch::Device::Cpu);
    let product = weight.get(1).view([3, 6, 8]) * photo;
    let product = product.sum_dim_intlist(0, false, Kind::Double);
    // 12 blocks of 2 × 2.
    let expected =
        product
            .view([3, 2, 4, 2])
            .sum_dim_intlist([1, 3].as_slice(), false, Kind::Double);
    let segments = blocks((6, 8), (3, 4));
    let of = (Class::Index(1), Output::Score);
    for design in ["balanced", "random"] {
        let keys = json!({ "samples": 64, "design": design });
        let found = sampled(&bench, &segments, of, keys);
        let got = Tensor::from_slice(&found.weights).view([3, 4]);
        assert_close(&format!("kernel_shap, {design}"), &got, &expected, 1e-4);
        assert!(
            (found.intercept + 1.0).abs() < 1e-5,
            "the bias: {}",
            found.intercept
        );
        assert!(found.fit.r_squared.unwrap() > 1.0 - 1e-6);
        assert_eq!(found.explained(), Explained::Score);
    }
}

/// 12 blocks of net1: all 4096 sets against some of them, in stated errors, and complete whatever is drawn.
#[test]
fn samples_come_near_the_exact_values_within_their_errors() {
    let bench = bench_of_net1();
    let segments = blocks((64, 64), (3, 4));
    let of = (Class::Predicted, Output::Probability);
    let truth = with_game(&bench, &segments, of, |game| {
        shapley::exact(game, &segments, &|_| Ok(())).unwrap()
    });
    let mut mean_squares = Vec::new();
    for design in ["balanced", "random"] {
        let keys = json!({ "samples": 1024, "design": design });
        let found = sampled(&bench, &segments, of, keys);
        assert!((sum(&found) - (found.whole() - found.intercept)).abs() < 1e-6);
        let errors = found.standard_errors.unwrap();
        let pairs = found.weights.iter().zip(&truth.weights);
        let squares = |scale: &dyn Fn(usize) -> f64| {
            let terms = pairs.clone().enumerate();
            terms
                .map(|(at, (a, b))| ((a - b) / scale(at)).powi(2))
                .sum::<f64>()
                / 12.0
        };
        let in_errors = squares(&|at| errors[at]);
        // 12 values of a distribution near a normal one: between 0.2 and 2.8 nearly always.
        assert!((0.1..3.5).contains(&in_errors), "{design}: {in_errors}");
        mean_squares.push(squares(&|_| 1.0));
    }
    println!("mean squared errors, balanced and random: {mean_squares:?}");
    assert!(mean_squares[0] < mean_squares[1], "{mean_squares:?}");
    let auto = sampled(
        &bench,
        &segments,
        of,
        json!({ "samples": "auto", "most_samples": 2048 }),
    );
    let stopping = auto.stopping.as_ref().unwrap();
    if stopping.is_settled {
        let leading = |of: &Superpixels| -> std::collections::BTreeSet<usize> {
            of.by_size_of_weight().into_iter().take(5).collect()
        };
        assert_eq!(leading(&auto), leading(&truth));
    } else {
        assert!(!stopping.open.is_empty());
    }
}

#[test]
fn too_many_segments_are_refused_with_their_number() {
    let bench = bench_of_net1();
    let keys = json!({ "slic": { "n_segments": 50 } });
    let faults = bench.faults(&shapley::ENTRY, keys);
    assert_eq!(faults[0].pointer, "/segmenter");
    assert!(
        faults[0]
            .message
            .contains("`shapley` takes at most 10 segments")
    );
    assert!(faults[0].hint.contains("n_segments: 9"));
    assert_eq!(bench.faults(&shapley::ENTRY, json!({})), []);
    let keys = json!({ "samples": 100, "most_samples": 300 });
    assert_eq!(
        bench.faults(&kernel_shap::ENTRY, keys)[0].pointer,
        "/most_samples"
    );
}

/// What is shown, and that chance has no part in exact values.
#[test]
fn both_methods_run_as_a_report_runs_them() {
    let mut bench = bench_of_net1();
    let ran = |bench: &Bench, method: &str, keys: Value| bench.run(entry(method), keys);
    let few = json!({ "samples": 400, "slic": { "n_segments": 30 } });
    let [shapley, kernel] = [("shapley", json!({})), ("kernel_shap", few)].map(|(method, keys)| {
        let first = ran(&bench, method, keys.clone());
        strings::assert_said(&first);
        bench.seed += 1;
        let second = ran(&bench, method, keys);
        first.results == second.results
    });
    assert!(shapley && !kernel, "only samples depend on the seed");
}
