//! The loop of ascent on functions that can be worked out by hand.

use super::super::seed::Numbers;
use super::adam::Adam;
use super::fourier::Fourier;
use super::sgd::Sgd;
use super::transforms::Transforms;
use super::*;
use crate::picture::Channels;
use tch::Device;

fn numbers_of(shape: &[i64], seed: usize) -> Tensor {
    let count = shape.iter().product::<i64>();
    (Tensor::arange(count, (Kind::Double, Device::Cpu)) * 0.7 + seed as f64)
        .sin()
        .view(shape)
}

/// A convolution without padding and a ReLU.
fn convolve(weight: &Tensor, bias: &Tensor, x: &Tensor) -> Tensor {
    x.conv2d(weight, Some(bias), [1, 1], [0, 0], [1, 1], 1)
}

/// x₁ = x₀ (1 − η·decay) + η · ∂mean/∂x, by hand on a 1 × 1 convolution of weight 3: ∂mean/∂x = 3/4.
#[test]
fn one_step_of_plain_descent_by_hand() {
    let start = Tensor::from_slice(&[1.0f64, 2.0, 3.0, 4.0]).view([1, 1, 2, 2]);
    let mut objective = |x: &Tensor| Ok(filter_means(&(x * 3.0), &[0])?);
    let mut descent = Sgd {
        learning_rate: 0.5,
        weight_decay: 0.1,
    };
    let found = ascend(&start, 1, &mut descent, &mut objective, &mut unwatched).unwrap();
    let expected: Vec<f64> = [1.0, 2.0, 3.0, 4.0]
        .iter()
        .map(|x| x * (1.0 - 0.05) + 0.5 * 0.75)
        .collect();
    let got = numbers::precise_values(&found.variable).unwrap();
    assert!(
        got.iter()
            .zip(&expected)
            .all(|(a, b)| (a - b).abs() < 1e-15),
        "{got:?}"
    );
    // mean(3x) = 7.5, then 3 · mean(x₁).
    assert_eq!(found.objectives[0][0], 7.5);
    assert!((found.objectives[0][1] - 3.0 * expected.iter().sum::<f64>() / 4.0).abs() < 1e-14);
    assert_eq!(found.zero_gradient_since, [None]);
}

#[test]
fn a_linear_objective_rises_at_every_step() {
    let (weight, bias) = (
        numbers_of(&[2, 3, 3, 3], 1),
        Tensor::zeros([2], (Kind::Double, Device::Cpu)),
    );
    let mut objective = |x: &Tensor| Ok(filter_means(&convolve(&weight, &bias, x), &[1])?);
    let mut descent = Sgd {
        learning_rate: 0.1,
        weight_decay: 0.0,
    };
    let found = ascend(
        &numbers_of(&[1, 3, 6, 8], 0),
        20,
        &mut descent,
        &mut objective,
        &mut unwatched,
    )
    .unwrap();
    assert_eq!(found.objectives[0].len(), 21);
    assert!(found.objectives[0].windows(2).all(|pair| pair[1] > pair[0]));
}

/// Three filters at once give what three runs give, to rounding (double precision).
#[test]
fn a_batch_gives_what_separate_runs_give() {
    let (weight, bias) = (numbers_of(&[4, 3, 3, 3], 3), numbers_of(&[4], 9));
    let start = numbers_of(&[3, 3, 6, 8], 5);
    let filters = [2, 0, 3];
    let run = |start: &Tensor, filters: &[usize]| {
        let mut objective =
            |x: &Tensor| Ok(filter_means(&convolve(&weight, &bias, x).relu(), filters)?);
        ascend(
            start,
            30,
            &mut Adam::new(0.1, 1e-6),
            &mut objective,
            &mut unwatched,
        )
        .unwrap()
    };
    let together = run(&start, &filters);
    for (at, &filter) in filters.iter().enumerate() {
        let alone = run(&start.narrow(0, at as i64, 1), &[filter]);
        let difference = (together.variable.get(at as i64) - alone.variable.get(0))
            .abs()
            .max();
        assert!(
            difference.double_value(&[]) < 1e-6,
            "filter {filter}: {difference:?}"
        );
        assert!((together.objectives[at][30] - alone.objectives[0][30]).abs() < 1e-6);
    }
}

/// The same over spectra with random moves, which are common to the batch.
#[test]
fn a_batch_of_spectra_gives_what_separate_runs_give() {
    let (weight, bias) = (numbers_of(&[4, 3, 3, 3], 3), numbers_of(&[4], 9));
    let fourier = Fourier::new(Channels::Rgb, (12, 16), Kind::Double, Device::Cpu).unwrap();
    let start = numbers_of(&[2, 3, 12, 9, 2], 5) * 0.01;
    let run = |start: &Tensor, filters: &[usize]| {
        let mut moves = Numbers::new(0, "test", "moves");
        let mut objective = |x: &Tensor| {
            let moved = Transforms::default().apply(&fourier.pixels(x)?, &mut moves)?;
            Ok(filter_means(
                &convolve(&weight, &bias, &moved).relu(),
                filters,
            )?)
        };
        ascend(
            start,
            30,
            &mut Adam::new(0.05, 0.0),
            &mut objective,
            &mut unwatched,
        )
        .unwrap()
    };
    let together = run(&start, &[2, 0]);
    for (at, filter) in [2, 0].into_iter().enumerate() {
        let alone = run(&start.narrow(0, at as i64, 1), &[filter]);
        let difference = fourier
            .pixels(&together.variable.narrow(0, at as i64, 1))
            .unwrap()
            - fourier.pixels(&alone.variable).unwrap();
        assert!(
            difference.abs().max().double_value(&[]) < 1e-6,
            "filter {filter}"
        );
    }
}

/// A bias of −100 before the ReLU: no gradient, and the ascent knows it.
#[test]
fn a_filter_behind_a_closed_relu_is_dead() {
    let weight = numbers_of(&[2, 3, 3, 3], 2);
    let bias = Tensor::from_slice(&[0.0f64, -100.0]);
    let start = numbers_of(&[2, 3, 6, 8], 5);
    let mut closed = |x: &Tensor| Ok(filter_means(&convolve(&weight, &bias, x).relu(), &[0, 1])?);
    let found = ascend(
        &start,
        5,
        &mut Adam::new(0.1, 0.0),
        &mut closed,
        &mut unwatched,
    )
    .unwrap();
    assert_eq!((found.is_dead(0), found.is_dead(1)), (false, true));
    assert_eq!(found.zero_gradient_since, [None, Some(0)]);
    assert_eq!(
        found.variable.get(1),
        start.get(1),
        "without a gradient nothing may move"
    );
    let mut open = |x: &Tensor| Ok(filter_means(&convolve(&weight, &bias, x), &[1])?);
    let found = ascend(
        &start.narrow(0, 1, 1),
        5,
        &mut Adam::new(0.1, 0.0),
        &mut open,
        &mut unwatched,
    )
    .unwrap();
    assert!(
        !found.is_dead(0)
            && found.objectives[0][5] > found.objectives[0][0]
            && found.objectives[0][0] < -50.0
    );
}

#[test]
fn a_watcher_stops_the_ascent() {
    let mut objective = |x: &Tensor| Ok(filter_means(x, &[0])?);
    let mut stop = |step: usize, _: &Tensor| {
        Ok(if step == 3 {
            ControlFlow::Break(())
        } else {
            ControlFlow::Continue(())
        })
    };
    let mut descent = Sgd {
        learning_rate: 1.0,
        weight_decay: 0.0,
    };
    let found = ascend(
        &numbers_of(&[1, 1, 2, 2], 0),
        9,
        &mut descent,
        &mut objective,
        &mut stop,
    )
    .unwrap();
    assert_eq!(found.objectives[0].len(), 4);
}
