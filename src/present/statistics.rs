//! Small statistics of what is shown.

use crate::results::Map;

/// The `percent` percentile, linear between ranks; 0 of nothing.
pub fn percentile(values: &[f32], percent: f64) -> f32 {
    let mut sorted = values.to_vec();
    sorted.sort_by(f32::total_cmp);
    let Some(last) = sorted.len().checked_sub(1) else {
        return 0.0;
    };
    let rank = last as f64 * (percent / 100.0).clamp(0.0, 1.0);
    let below = rank.floor() as usize;
    let above = (below + 1).min(last);
    let (low, high) = (f64::from(sorted[below]), f64::from(sorted[above]));
    (low + (high - low) * (rank - below as f64)) as f32
}

/// The share of a map's sum in each cell of a 3 × 3 grid over it, row by row; zeros for a map without sum.
pub fn grid_shares(map: &Map) -> [f64; 9] {
    let mut sums = [0.0; 9];
    for (at, &value) in map.values.iter().enumerate() {
        let (row, column) = (at / map.width, at % map.width);
        sums[row * 3 / map.height * 3 + column * 3 / map.width] += f64::from(value);
    }
    let total: f64 = sums.iter().sum();
    if total > 0.0 {
        sums.map(|sum| sum / total)
    } else {
        sums
    }
}

/// The index of the largest; of equals the lowest; 0 of nothing.
pub fn largest(values: &[f64]) -> usize {
    let larger = |best: usize, at: usize| match values[at] > values[best] {
        true => at,
        false => best,
    };
    (1..values.len()).fold(0, larger)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn percentile_is_linear_between_ranks() {
        let values = [4.0, 1.0, 3.0, 2.0];
        assert_eq!(percentile(&values, 0.0), 1.0);
        assert_eq!(percentile(&values, 50.0), 2.5);
        assert_eq!(percentile(&values, 99.0), 3.97);
        assert_eq!(percentile(&values, 100.0), 4.0);
        assert_eq!(percentile(&[], 99.0), 0.0);
    }

    #[test]
    fn shares_of_a_map_that_is_not_square() {
        let mut map = Map {
            height: 3,
            width: 6,
            values: vec![0.0; 18],
        };
        map.values[2] = 1.0; // upper middle
        map.values[17] = 3.0; // lower right
        let expected = [0.0, 0.25, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.75];
        assert_eq!(grid_shares(&map), expected);
        assert_eq!(largest(&expected), 8);
        map.values.fill(0.0);
        assert_eq!(grid_shares(&map), [0.0; 9]);
    }
}
