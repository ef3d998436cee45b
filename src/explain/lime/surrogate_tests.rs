use super::*;

fn fit_game(masks: &Masks, alpha: f64, game: impl Fn(&[bool]) -> f64) -> Surrogate {
    let targets: Vec<f64> = masks.rows().map(game).collect();
    let kernel: Vec<f64> = masks
        .rows()
        .map(|mask| kernel(distance(mask), 0.25))
        .collect();
    Surrogate::fit(
        Samples {
            masks,
            targets: &targets,
            kernel: &kernel,
        },
        alpha,
        0,
    )
    .unwrap()
}

const PLAYERS: [f64; 6] = [0.3, -0.1, 0.0, 0.05, 0.2, -0.02];

fn linear_game(mask: &[bool]) -> f64 {
    let on = PLAYERS.iter().zip(mask).filter(|(_, on)| **on);
    0.4 + on.map(|(weight, _)| weight).sum::<f64>()
}

#[test]
fn kernel_at_half_and_at_none_of_four() {
    let half = [true, true, false, false];
    assert!((distance(&half) - (1.0 - 0.5_f64.sqrt())).abs() < 1e-15);
    assert!((kernel(distance(&half), 0.25) - 0.50344).abs() < 5e-6);
    assert!((kernel(distance(&[false; 4]), 0.25) - (-8.0_f64).exp()).abs() < 1e-15);
    assert_eq!(kernel(distance(&[true; 4]), 0.25), 1.0);
}

#[test]
fn a_linear_game_is_found_exactly_without_penalty() {
    let masks = Masks::random(200, 6, 1);
    let found = fit_game(&masks, 0.0, linear_game);
    for (weight, player) in found.line.weights.iter().zip(PLAYERS) {
        assert!((weight - player).abs() < 1e-12, "{weight} {player}");
    }
    assert!((found.line.intercept - 0.4).abs() < 1e-12);
    assert!((found.local_prediction - linear_game(&[true; 6])).abs() < 1e-12);
    assert!((found.r_squared.unwrap() - 1.0).abs() < 1e-12);
    assert!((found.r_squared_held_out.unwrap() - 1.0).abs() < 1e-12);
    assert!(
        found
            .standard_errors
            .unwrap()
            .iter()
            .all(|error| *error < 1e-12)
    );
}

#[test]
fn the_penalty_shrinks_a_linear_game() {
    // All masks: on and off are independent, so each weight shrinks by 1/(1 + α/Σw·v) where v is
    // the weighted variance of its switch; the kernel makes those covary a little.
    let masks = Masks::random(1000, 40, 0);
    let found = fit_game(&masks, 1.0, |mask| if mask[0] { 1.0 } else { 0.0 });
    assert!(
        (found.line.weights[0] - 0.992).abs() < 0.001,
        "{}",
        found.line.weights[0]
    );
    assert!(
        found.line.weights[1..]
            .iter()
            .all(|weight| weight.abs() < 0.002)
    );
}

#[test]
fn permuted_labels_permute_the_weights() {
    let order = [3, 0, 5, 1, 4, 2];
    let masks = Masks::random(300, 6, 2);
    let moved: Vec<bool> = masks
        .rows()
        .flat_map(|mask| order.map(|segment| mask[segment]))
        .collect();
    let moved = Masks::from_rows(6, moved).unwrap();
    let game = |mask: &[bool]| (2.0 * linear_game(mask)).tanh();
    let unmoved_game = |mask: &[bool]| {
        let mut back = [false; 6];
        order
            .iter()
            .zip(mask)
            .for_each(|(segment, on)| back[*segment] = *on);
        game(&back)
    };
    let first = fit_game(&masks, 1.0, game);
    let second = fit_game(&moved, 1.0, unmoved_game);
    for (place, segment) in order.iter().enumerate() {
        let difference = first.line.weights[*segment] - second.line.weights[place];
        assert!(difference.abs() < 1e-12, "{difference}");
    }
}

#[test]
fn held_out_is_below_in_sample_where_noise_is_fitted() {
    // No segment matters: the probabilities are a hash of the mask. 40 weights fit 100 samples well.
    let masks = Masks::random(100, 40, 0);
    let noise = |mask: &[bool]| {
        let bits = mask
            .iter()
            .fold(0_u64, |bits, on| bits << 1 | u64::from(*on));
        (bits.wrapping_mul(0x9E37_79B9_7F4A_7C15) >> 40) as f64 / (1_u64 << 24) as f64
    };
    let found = fit_game(&masks, 1.0, noise);
    assert!(found.r_squared.unwrap() > 0.2, "{:?}", found.r_squared);
    assert!(
        found.r_squared_held_out.unwrap() < 0.0,
        "{:?}",
        found.r_squared_held_out
    );
}

#[test]
fn standard_errors_are_the_spread_over_seeds() {
    let game = |mask: &[bool]| 1.0 / (1.0 + (-6.0 * (linear_game(mask) - 0.6)).exp());
    let runs: Vec<_> = (0..200)
        .map(|s| fit_game(&Masks::random(300, 6, s), 1.0, game))
        .collect();
    let count = runs.len() as f64;
    for segment in 0..6 {
        let weight = |run: &Surrogate| run.line.weights[segment];
        let mean = runs.iter().map(weight).sum::<f64>() / count;
        let spread = runs
            .iter()
            .map(|run| (weight(run) - mean).powi(2))
            .sum::<f64>()
            / count;
        let stated = runs
            .iter()
            .map(|run| run.standard_errors.as_ref().unwrap()[segment]);
        let ratio = stated.sum::<f64>() / count / spread.sqrt();
        // 200 runs know a standard deviation to 5 %, so three of those and a little bias.
        assert!((0.8..1.2).contains(&ratio), "segment {segment}: {ratio}");
    }
}

#[test]
fn equal_probabilities_have_no_r_squared() {
    let found = fit_game(&Masks::random(100, 5, 0), 1.0, |_| 0.25);
    assert_eq!((found.r_squared, found.r_squared_held_out), (None, None));
    assert!(found.line.weights.iter().all(|weight| weight.abs() < 1e-15));
}

#[test]
fn too_few_samples_are_an_error_or_lack_a_width() {
    let masks = Masks::random(4, 6, 0);
    let (targets, kernel) = (vec![0.5; 4], vec![1.0; 4]);
    let samples = Samples {
        masks: &masks,
        targets: &targets,
        kernel: &kernel,
    };
    assert!(Surrogate::fit(samples, 0.0, 0).is_err());
    let found = Surrogate::fit(samples, 1.0, 0).unwrap();
    assert_eq!(
        (found.standard_errors, found.r_squared_held_out),
        (None, None)
    );
}
