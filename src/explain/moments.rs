//! Mean and variance of maps that come one by one, in float64.

/// Mean and variance, number by number (Welford 1962): a constant has exactly itself and zero.
#[derive(Debug, Clone, PartialEq)]
pub struct Moments {
    count: f64,
    mean: Vec<f64>,
    /// Sum of squared deviations from the mean.
    deviations: Vec<f64>,
}

impl Moments {
    /// Of maps of so many numbers.
    pub fn new(length: usize) -> Self {
        Self {
            count: 0.0,
            mean: vec![0.0; length],
            deviations: vec![0.0; length],
        }
    }

    /// Takes one more map.
    pub fn add(&mut self, values: impl Iterator<Item = f64>) {
        self.count += 1.0;
        let cells = self.mean.iter_mut().zip(&mut self.deviations);
        for ((mean, deviations), value) in cells.zip(values) {
            let before = value - *mean;
            *mean += before / self.count;
            *deviations += before * (value - *mean);
        }
    }

    pub fn mean(&self) -> &[f64] {
        &self.mean
    }

    /// Divided by the number of maps.
    pub fn variance(&self) -> Vec<f64> {
        let divided = |sum: &f64| sum / self.count.max(1.0);
        self.deviations.iter().map(divided).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn mean_and_variance_of_three_maps() {
        let mut moments = Moments::new(2);
        for map in [[1.0, 0.1], [2.0, 0.1], [6.0, 0.1]] {
            moments.add(map.into_iter());
        }
        assert_eq!(moments.mean(), [3.0, 0.1]);
        let variance = moments.variance();
        assert!((variance[0] - 14.0 / 3.0).abs() < 1e-12); // (4 + 1 + 9) / 3
        assert_eq!(
            variance[1], 0.0,
            "a constant does not vary, not even by rounding"
        );
    }
}
