//! Random numbers that depend on nothing but the spec: each task has a stream of its own, so that
//! adding a photo, a filter or a method changes no other result.

use rand_mt::Mt;
use sha2::{Digest, Sha256};

/// The generator of one task: MT19937 keyed by the SHA-256 of seed, method and item.
pub fn generator(seed: u64, method: &str, item: &str) -> Mt {
    let digest = Sha256::digest(format!("{seed}\n{method}\n{item}").as_bytes());
    let words = digest
        .chunks_exact(4)
        .map(|b| u32::from_le_bytes([b[0], b[1], b[2], b[3]]));
    Mt::new_with_key(words)
}

/// The distributions that the methods draw from.
pub struct Numbers(Mt);

impl Numbers {
    /// The stream of one task, see [`generator`].
    pub fn new(seed: u64, method: &str, item: &str) -> Self {
        Self(generator(seed, method, item))
    }

    /// 0 ≤ u < 1 with 53 random bits.
    pub fn uniform(&mut self) -> f64 {
        let high = u64::from(self.0.next_u32() >> 5);
        let low = u64::from(self.0.next_u32() >> 6);
        ((high << 26) | low) as f64 / (1u64 << 53) as f64
    }

    /// A whole number, `low` and `high` included.
    pub fn whole(&mut self, low: i64, high: i64) -> i64 {
        let values = (high - low + 1) as f64;
        low + (self.uniform() * values) as i64
    }

    /// Mean 0, variance 1 (Box and Muller, of whose pair the second is dropped).
    pub fn normal(&mut self) -> f64 {
        let radius = (-2.0 * (1.0 - self.uniform()).ln()).sqrt();
        radius * (2.0 * std::f64::consts::PI * self.uniform()).cos()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_task_has_its_own_stream() {
        let first = |seed, method, item| generator(seed, method, item).next_u32();
        assert_eq!(first(1, "filters", "7"), first(1, "filters", "7"));
        assert_ne!(first(1, "filters", "7"), first(2, "filters", "7"));
        assert_ne!(first(1, "filters", "7"), first(1, "filters", "8"));
        assert_ne!(first(1, "filters", "7"), first(1, "deep_dream", "7"));
    }

    #[test]
    fn moments_and_bounds() {
        let mut numbers = Numbers::new(0, "test", "moments");
        let draws: Vec<f64> = (0..20_000).map(|_| numbers.normal()).collect();
        let mean = draws.iter().sum::<f64>() / 20_000.0;
        let variance = draws.iter().map(|x| x * x).sum::<f64>() / 20_000.0;
        // Standard errors are 0.007 and 0.010.
        assert!(
            mean.abs() < 0.03 && (variance - 1.0).abs() < 0.04,
            "{mean} {variance}"
        );
        let wholes: Vec<i64> = (0..2_000).map(|_| numbers.whole(-2, 2)).collect();
        assert_eq!(
            (wholes.iter().min(), wholes.iter().max()),
            (Some(&-2), Some(&2))
        );
    }
}
