//! What a fitted line needs of its samples, as sums: a replicate of a design can be added, or left out to see how
//! much the line depends on it.

use super::linear::{Cholesky, Singular};
use super::surrogate::{Line, Samples};

/// Weighted sums over samples.
#[derive(Debug, Clone, PartialEq)]
pub struct Sums {
    samples: usize,
    weight: f64,
    /// Of each switch.
    mask: Vec<f64>,
    target: f64,
    /// Of the product of two switches, row-major.
    both: Vec<f64>,
    /// Of each switch times the target.
    moment: Vec<f64>,
}

impl Sums {
    /// Of no samples.
    pub fn empty(segments: usize) -> Self {
        Self {
            samples: 0,
            weight: 0.0,
            mask: vec![0.0; segments],
            target: 0.0,
            both: vec![0.0; segments * segments],
            moment: vec![0.0; segments],
        }
    }

    pub fn of(samples: Samples) -> Self {
        let segments = samples.masks.segments();
        let mut sums = Self::empty(segments);
        let rows = samples
            .masks
            .rows()
            .zip(samples.targets)
            .zip(samples.kernel);
        for ((mask, target), weight) in rows {
            sums.samples += 1;
            sums.weight += weight;
            sums.target += weight * target;
            let on: Vec<usize> = (0..segments).filter(|at| mask[*at]).collect();
            for &row in &on {
                sums.mask[row] += weight;
                sums.moment[row] += weight * target;
                for &column in &on {
                    sums.both[row * segments + column] += weight;
                }
            }
        }
        sums
    }

    pub fn samples(&self) -> usize {
        self.samples
    }

    /// These samples and those.
    pub fn plus(&self, other: &Self) -> Self {
        self.joined(other, self.samples + other.samples, |a, b| a + b)
    }

    /// These samples without those, which must be among them.
    pub fn minus(&self, other: &Self) -> Self {
        self.joined(other, self.samples - other.samples, |a, b| a - b)
    }

    fn joined(&self, other: &Self, samples: usize, join: fn(f64, f64) -> f64) -> Self {
        let all = |a: &[f64], b: &[f64]| a.iter().zip(b).map(|(a, b)| join(*a, *b)).collect();
        Self {
            samples,
            weight: join(self.weight, other.weight),
            mask: all(&self.mask, &other.mask),
            target: join(self.target, other.target),
            both: all(&self.both, &other.both),
            moment: all(&self.moment, &other.moment),
        }
    }

    /// The ridge regression that [`super::surrogate::Surrogate::fit`] finds of the same samples.
    pub fn line(&self, alpha: f64) -> Result<Line, Singular> {
        let segments = self.mask.len();
        let mean_target = self.target / self.weight;
        let mean = |segment: usize| self.mask[segment] / self.weight;
        let mut gram = self.both.clone();
        for row in 0..segments {
            for column in 0..=row {
                gram[row * segments + column] -= self.mask[row] * mean(column);
            }
            gram[row * segments + row] += alpha;
        }
        let centred = self.moment.iter().zip(&self.mask);
        let centred: Vec<f64> = centred.map(|(both, on)| both - on * mean_target).collect();
        let weights = Cholesky::new(gram, segments)?.solve(&centred);
        let at_mean: f64 = (0..segments).map(|at| weights[at] * mean(at)).sum();
        Ok(Line {
            intercept: mean_target - at_mean,
            weights,
        })
    }
}

impl Sums {
    /// The least squares line with this intercept whose weights sum to `total`.
    pub fn line_through(&self, intercept: f64, total: f64) -> Result<Line, Singular> {
        let segments = self.mask.len();
        let factor = Cholesky::new(self.both.clone(), segments)?;
        let right = self.moment.iter().zip(&self.mask);
        let right: Vec<f64> = right.map(|(both, on)| both - intercept * on).collect();
        // Lagrange: the free solution less the multiplier's part.
        let (free, ones) = (factor.solve(&right), factor.solve(&vec![1.0; segments]));
        let excess = (free.iter().sum::<f64>() - total) / ones.iter().sum::<f64>();
        let weights = free.iter().zip(&ones);
        Ok(Line {
            intercept,
            weights: weights.map(|(free, one)| free - excess * one).collect(),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::super::masks::Masks;
    use super::super::surrogate::{Surrogate, distance, kernel};
    use super::*;

    /// Under Shapley's kernel over all masks it is the line of Shapley values.
    #[test]
    fn the_line_through_both_ends_is_that_of_shapley_values() {
        use crate::explain::shapley;
        let masks = Masks::every(6);
        let game = |mask: &[bool]| {
            let together = f64::from(mask[0] && mask[2] && !mask[5]);
            (0.3 * f64::from(mask[1]) + 2.0 * together + 0.1 * f64::from(mask[3])).tanh() + 0.4
        };
        let worth: Vec<f64> = masks.rows().map(game).collect();
        let inner = masks.part(1, 62);
        let kernel: Vec<f64> = inner
            .rows()
            .map(|mask| shapley::kernel(6, mask.iter().filter(|on| **on).count()))
            .collect();
        let sums = Sums::of(Samples {
            masks: &inner,
            targets: &worth[1..63],
            kernel: &kernel,
        });
        let line = sums.line_through(worth[63], worth[0] - worth[63]).unwrap();
        let expected = shapley::values(6, &worth);
        let pairs = line.weights.iter().zip(&expected);
        assert!(pairs.into_iter().all(|(a, b)| (a - b).abs() < 1e-12));
        let sum: f64 = line.weights.iter().sum();
        assert!((sum - (worth[0] - worth[63])).abs() < 1e-12);
    }

    /// The line of two parts of the samples is that of all, and one part can be taken away again.
    #[test]
    fn parts_add_up_to_the_line_of_all() {
        let masks = Masks::random(200, 6, 4);
        let targets: Vec<f64> = masks
            .rows()
            .map(|row| if row[1] && row[4] || row[2] { 0.9 } else { 0.2 })
            .collect();
        let kernel: Vec<f64> = masks
            .rows()
            .map(|row| kernel(distance(row), 0.25))
            .collect();
        let part = |from: usize, to: usize| {
            let on = masks.rows().skip(from).take(to - from);
            let on = on.flat_map(<[bool]>::to_vec).collect();
            let masks = Masks::from_rows(6, on).unwrap();
            Sums::of(Samples {
                masks: &masks,
                targets: &targets[from..to],
                kernel: &kernel[from..to],
            })
        };
        let samples = Samples {
            masks: &masks,
            targets: &targets,
            kernel: &kernel,
        };
        let expected = Surrogate::fit(samples, 1.0, 0).unwrap().line;
        let (first, second) = (part(0, 70), part(70, 200));
        let all = first.plus(&second);
        assert_eq!(all.samples(), 200);
        let close = |a: &Line, b: &Line| {
            let pairs = a.weights.iter().zip(&b.weights);
            assert!(pairs.into_iter().all(|(a, b)| (a - b).abs() < 1e-12));
            assert!((a.intercept - b.intercept).abs() < 1e-12);
        };
        close(&all.line(1.0).unwrap(), &expected);
        close(
            &all.minus(&second).line(1.0).unwrap(),
            &first.line(1.0).unwrap(),
        );
    }
}
