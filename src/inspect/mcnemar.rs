//! Whether two ways of answering the same questions differ by more than chance (McNemar 1947, exact).

/// Probability that a fair coin thrown `one` + `other` times falls as unevenly as this, or more.
pub fn mcnemar(one: usize, other: usize) -> f64 {
    let (thrown, fewer) = (one + other, one.min(other));
    let mut logarithm = -(thrown as f64) * std::f64::consts::LN_2; // of the k-th term
    let mut tail = 0.0;
    for k in 0..=fewer {
        tail += logarithm.exp();
        logarithm += ((thrown - k) as f64 / (k + 1) as f64).ln();
    }
    f64::min(1.0, 2.0 * tail)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn coins_by_hand() {
        assert_eq!(mcnemar(0, 0), 1.0);
        assert_eq!(mcnemar(3, 3), 1.0);
        // 2 · (1 + 6) / 64
        assert!((mcnemar(5, 1) - 0.21875).abs() < 1e-12);
        assert!((mcnemar(0, 6) - 0.03125).abs() < 1e-12);
        assert!(mcnemar(0, 5000) < 1e-300);
    }
}
