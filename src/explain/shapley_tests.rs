//! Tests of `shapley`.

use super::*;

fn of_game(players: usize, game: impl Fn(&[bool]) -> f64) -> Vec<f64> {
    let worth: Vec<f64> = Masks::every(players).rows().map(game).collect();
    values(players, &worth)
}

fn assert_close(found: &[f64], expected: &[f64]) {
    let mut pairs = found.iter().zip(expected);
    let near = |(a, b): (&f64, &f64)| (a - b).abs() < 1e-12;
    assert!(
        found.len() == expected.len() && pairs.all(near),
        "{found:?}"
    );
}

#[test]
fn of_an_additive_game_each_player_gets_its_own() {
    let own = [0.3, -0.1, 0.0, 2.0];
    let game = |mask: &[bool]| {
        let on = own.iter().zip(mask).filter(|(_, on)| **on);
        5.0 + on.map(|(own, _)| own).sum::<f64>()
    };
    assert_close(&of_game(4, game), &own);
}

#[test]
fn and_and_or_are_shared_equally_and_a_dummy_gets_nothing() {
    let and = |mask: &[bool]| f64::from(mask[0] && mask[1] && mask[2]);
    assert_close(&of_game(4, and), &[1.0 / 3.0, 1.0 / 3.0, 1.0 / 3.0, 0.0]);
    let or = |mask: &[bool]| f64::from(mask[0] || mask[1]);
    assert_close(&of_game(3, or), &[0.5, 0.5, 0.0]);
}

/// The left glove with either of two right ones: 2/3, 1/6, 1/6.
#[test]
fn the_glove_game_of_the_textbooks() {
    let gloves = |mask: &[bool]| f64::from(mask[0] && (mask[1] || mask[2]));
    assert_close(&of_game(3, gloves), &[2.0 / 3.0, 1.0 / 6.0, 1.0 / 6.0]);
}

/// Of any game they sum to what all have less what none have; symmetric players get the same.
#[test]
fn values_are_complete_and_symmetric() {
    let game = |mask: &[bool]| {
        let bits = mask
            .iter()
            .fold(1_u64, |bits, on| bits << 1 | u64::from(*on));
        (bits.wrapping_mul(0x9E37_79B9_7F4A_7C15) >> 40) as f64 / (1_u64 << 24) as f64
    };
    let sum: f64 = of_game(7, game).iter().sum();
    assert!((sum - (game(&[true; 7]) - game(&[false; 7]))).abs() < 1e-12);
    let alike = |mask: &[bool]| game(&[mask[0] && mask[3], mask[0] || mask[3], mask[1], mask[2]]);
    let found = of_game(4, alike);
    assert!((found[0] - found[3]).abs() < 1e-12 && (found[0] - found[1]).abs() > 1e-3);
}

#[test]
fn the_kernel_of_four_players() {
    // 3 / (4 · 1 · 3) and 3 / (6 · 2 · 2).
    assert_eq!([1, 2, 3].map(|size| kernel(4, size)), [0.25, 0.125, 0.25]);
}
