//! Rank correlation.

/// Spearman's rank correlation, −1 to 1, equal values at the mean of their ranks; `None` where a side is the same
/// throughout or holds what is no number.
pub fn correlation(a: &[f64], b: &[f64]) -> Option<f64> {
    if a.len() != b.len() || a.iter().chain(b).any(|value| value.is_nan()) {
        return None;
    }
    let (a, b) = (ranks(a), ranks(b));
    let mean = (a.len() as f64 + 1.0) / 2.0;
    let covariance = |a: &[f64], b: &[f64]| -> f64 {
        let pairs = a.iter().zip(b);
        pairs.map(|(a, b)| (a - mean) * (b - mean)).sum()
    };
    let sizes = covariance(&a, &a) * covariance(&b, &b);
    (sizes > 0.0).then(|| covariance(&a, &b) / sizes.sqrt())
}

/// From 1; the mean of the places of equal values.
fn ranks(values: &[f64]) -> Vec<f64> {
    let mut order: Vec<usize> = (0..values.len()).collect();
    order.sort_by(|&a, &b| values[a].total_cmp(&values[b]));
    let mut ranks = vec![0.0; values.len()];
    let mut place = 0;
    for equal in order.chunk_by(|&a, &b| values[a] == values[b]) {
        let mean = place as f64 + (equal.len() as f64 + 1.0) / 2.0;
        equal.iter().for_each(|&index| ranks[index] = mean);
        place += equal.len();
    }
    ranks
}

#[cfg(test)]
mod tests {
    use super::*;

    /// By hand: ranks (2, 3.5, 3.5, 5, 1) and (3, 2, 4.5, 4.5, 1), of which Pearson's correlation is 7.25 / 9.5.
    #[test]
    fn ties_have_the_mean_of_their_ranks() {
        assert_eq!(
            ranks(&[1.0, 2.0, 2.0, 5.0, -1.0]),
            [2.0, 3.5, 3.5, 5.0, 1.0]
        );
        let found = correlation(&[1.0, 2.0, 2.0, 5.0, -1.0], &[3.0, 1.0, 4.0, 4.0, 0.0]);
        assert!((found.unwrap() - 0.763_157_894_736_842_1).abs() < 1e-12);
        assert_eq!(correlation(&[1.0, 2.0], &[5.0, 4.0]), Some(-1.0));
        assert_eq!(correlation(&[1.0, 1.0], &[5.0, 4.0]), None);
        assert_eq!(correlation(&[1.0, f64::NAN], &[5.0, 4.0]), None);
    }
}
