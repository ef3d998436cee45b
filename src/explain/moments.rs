//! Mean and variance of maps that come one by one, and how far these are from what endless maps would give; in float64.

/// Mean and variance, number by number (Welford 1962): a constant has exactly itself and zero.
#[derive(Debug, Clone, PartialEq)]
pub struct Moments {
    count: f64,
    mean: Vec<f64>,
    /// Sum of squared deviations from the mean.
    deviations: Vec<f64>,
    /// Sums of the third and of the fourth power of deviations, where they are asked for.
    higher: Option<(Vec<f64>, Vec<f64>)>,
}

impl Moments {
    /// Of maps of so many numbers.
    pub fn new(length: usize) -> Self {
        Self {
            count: 0.0,
            mean: vec![0.0; length],
            deviations: vec![0.0; length],
            higher: None,
        }
    }

    /// The same with what the error of the variance takes.
    pub fn with_error_of_variance(length: usize) -> Self {
        Self {
            higher: Some((vec![0.0; length], vec![0.0; length])),
            ..Self::new(length)
        }
    }

    /// Takes one more map.
    pub fn add(&mut self, values: impl Iterator<Item = f64>) {
        self.count += 1.0;
        let count = self.count;
        let (third, fourth) = match &mut self.higher {
            Some((third, fourth)) => (third.as_mut_slice(), fourth.as_mut_slice()),
            None => (&mut [][..], &mut [][..]),
        };
        let mut higher = third.iter_mut().zip(fourth);
        let cells = self.mean.iter_mut().zip(&mut self.deviations);
        for ((mean, deviations), value) in cells.zip(values) {
            let before = value - *mean;
            let share = before / count;
            if let Some((third, fourth)) = higher.next() {
                // Pébay 2008, equations 2.1 and 3.1 for one more value.
                let second = before * share * (count - 1.0);
                *fourth += second * share * share * (count * count - 3.0 * count + 3.0)
                    + 6.0 * share * share * *deviations
                    - 4.0 * share * *third;
                *third += second * share * (count - 2.0) - 3.0 * share * *deviations;
            }
            *mean += share;
            *deviations += before * (value - *mean);
        }
    }

    /// How many maps there were.
    pub fn count(&self) -> usize {
        self.count as usize
    }

    pub fn mean(&self) -> &[f64] {
        &self.mean
    }

    /// Divided by the number of maps.
    pub fn variance(&self) -> Vec<f64> {
        let divided = |sum: &f64| sum / self.count.max(1.0);
        self.deviations.iter().map(divided).collect()
    }

    /// Of the mean, by number: √(Σ (x − x̄)² / (n (n − 1))); `None` of fewer than two maps.
    pub fn standard_errors_of_mean(&self) -> Option<Vec<f64>> {
        let pairs = self.count * (self.count - 1.0);
        let error = |sum: &f64| (sum / pairs).sqrt();
        (self.count > 1.0).then(|| self.deviations.iter().map(error).collect())
    }

    /// Of the variance, by number: √((m₄ − m₂²) / n), which needs no normal distribution; `None` of fewer than two
    /// maps, or where fourth powers were not summed.
    pub fn standard_errors_of_variance(&self) -> Option<Vec<f64>> {
        let (_, fourth) = self.higher.as_ref()?;
        let count = self.count;
        let error = |(second, fourth): (&f64, &f64)| {
            let variance = second / count;
            ((fourth / count - variance * variance).max(0.0) / count).sqrt()
        };
        let pairs = self.deviations.iter().zip(fourth);
        (count > 1.0).then(|| pairs.map(error).collect())
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
        // √(14 / (3 · 2)).
        let errors = moments.standard_errors_of_mean().unwrap();
        assert!((errors[0] - (14.0_f64 / 6.0).sqrt()).abs() < 1e-12 && errors[1] == 0.0);
    }

    /// Deviations −2, −1 and 3: m₂ = 14/3, m₄ = (16 + 1 + 81) / 3 = 98/3.
    #[test]
    fn the_error_of_a_variance_comes_from_fourth_powers() {
        let mut moments = Moments::with_error_of_variance(1);
        for value in [1.0, 2.0, 6.0] {
            moments.add([value].into_iter());
        }
        let (second, fourth) = (14.0_f64 / 3.0, 98.0 / 3.0);
        let expected = ((fourth - second * second) / 3.0).sqrt();
        let errors = moments.standard_errors_of_variance().unwrap();
        assert!(
            (errors[0] - expected).abs() < 1e-12,
            "{errors:?} {expected}"
        );
        assert_eq!(Moments::new(1).standard_errors_of_mean(), None);
    }
}
