//! The linear model that stands in for the network near one photo.

use rand_mt::Mt;

use super::linear::{Cholesky, Singular};
use super::masks::Masks;

/// Cosine distance of a mask to the all-on one: 1 − √(m/K) with m of K segments on, 0..1.
pub fn distance(mask: &[bool]) -> f64 {
    let on = mask.iter().filter(|on| **on).count();
    1.0 - (on as f64 / mask.len() as f64).sqrt()
}

/// Weight of a sample at `distance`: √exp(−distance² / width²), 0..1.
pub fn kernel(distance: f64, width: f64) -> f64 {
    (-distance * distance / (width * width)).exp().sqrt()
}

/// What the linear model is fitted to: one probability and one weight a mask.
#[derive(Debug, Clone, Copy)]
pub struct Samples<'a> {
    pub masks: &'a Masks,
    /// Probability of the class, by mask.
    pub targets: &'a [f64],
    /// Kernel weight, by mask, above 0.
    pub kernel: &'a [f64],
}

/// probability ≈ intercept + Σ weight·on over the segments.
#[derive(Debug, Clone, PartialEq)]
pub struct Line {
    pub intercept: f64,
    /// By segment.
    pub weights: Vec<f64>,
}

impl Line {
    pub fn predict(&self, mask: &[bool]) -> f64 {
        let on = self.weights.iter().zip(mask).filter(|(_, on)| **on);
        self.intercept + on.map(|(weight, _)| weight).sum::<f64>()
    }
}

/// A fitted line with what is known of its quality.
#[derive(Debug, Clone, PartialEq)]
pub struct Surrogate {
    pub line: Line,
    /// Standard error of each weight; `None` with no more samples than unknowns.
    pub standard_errors: Option<Vec<f64>>,
    /// Weighted R² on the samples that were fitted, the package's `score`; `None` where all
    /// probabilities are equal.
    pub r_squared: Option<f64>,
    /// Weighted R² of 5-fold cross-validation: each sample is predicted by a line fitted without
    /// its fold. Below 0 where the mean would do better. `None` as above or with too few samples.
    pub r_squared_held_out: Option<f64>,
    /// What the line says of the photo itself.
    pub local_prediction: f64,
}

impl Surrogate {
    /// Ridge regression with penalty `alpha` ≥ 0 on the weights, not on the intercept. `seed`
    /// shuffles the samples into the folds of the cross-validation.
    pub fn fit(samples: Samples, alpha: f64, seed: u32) -> Result<Self, Singular> {
        let all: Vec<usize> = (0..samples.masks.len()).collect();
        let design = Design::new(samples, &all, alpha)?;
        let line = design.solve();
        Ok(Self {
            standard_errors: design.standard_errors(&line),
            r_squared: r_squared(samples, |row| line.predict(samples.masks.row(row))),
            r_squared_held_out: cross_validate(samples, alpha, seed)?,
            local_prediction: line.predict(&vec![true; samples.masks.segments()]),
            line,
        })
    }
}

/// 1 − Σw(y−ŷ)² / Σw(y−ȳ)², ȳ the weighted mean, of the numbers that are `predicted` by row; `None` where all are equal.
pub fn r_squared(samples: Samples, predicted: impl Fn(usize) -> f64) -> Option<f64> {
    let Samples {
        targets, kernel, ..
    } = samples;
    let total: f64 = kernel.iter().sum();
    let mean = kernel.iter().zip(targets).map(|(w, y)| w * y).sum::<f64>() / total;
    let squares = |other: &dyn Fn(usize) -> f64| -> f64 {
        let terms = kernel.iter().zip(targets).enumerate();
        terms
            .map(|(row, (w, y))| w * (y - other(row)).powi(2))
            .sum()
    };
    let spread = squares(&|_| mean);
    // Below the rounding of float32 probabilities there is nothing to explain.
    const NO_SPREAD: f64 = 1e-14;
    (spread > NO_SPREAD * total).then(|| 1.0 - squares(&predicted) / spread)
}

fn cross_validate(samples: Samples, alpha: f64, seed: u32) -> Result<Option<f64>, Singular> {
    const FOLDS: usize = 5;
    let rows = samples.masks.len();
    if rows < 2 * FOLDS {
        return Ok(None);
    }
    let mut order: Vec<usize> = (0..rows).collect();
    // Seeded by array, which numpy's scalar seeding never gives: independent of the masks.
    let mut generator = Mt::new_with_key([seed, FOLDS as u32]);
    for last in (1..rows).rev() {
        let other = generator.next_u64() % (last as u64 + 1);
        order.swap(last, other as usize);
    }
    let mut predicted = vec![0.0; rows];
    for fold in 0..FOLDS {
        let part = |inside: bool| {
            let ranks = order.iter().enumerate();
            ranks
                .filter(move |(rank, _)| (rank % FOLDS == fold) == inside)
                .map(|(_, row)| *row)
        };
        let line = Design::new(samples, &part(false).collect::<Vec<_>>(), alpha)?.solve();
        for row in part(true) {
            predicted[row] = line.predict(samples.masks.row(row));
        }
    }
    Ok(r_squared(samples, |row| predicted[row]))
}

/// The normal equations of some of the samples, factorised. x̃ = x − weighted mean of x, so that
/// the intercept needs no column of its own.
struct Design<'a> {
    samples: Samples<'a>,
    rows: &'a [usize],
    mean_mask: Vec<f64>,
    mean_target: f64,
    /// X̃ᵀWX̃ + αI.
    factor: Cholesky,
    /// X̃ᵀWỹ.
    moment: Vec<f64>,
}

impl<'a> Design<'a> {
    fn new(samples: Samples<'a>, rows: &'a [usize], alpha: f64) -> Result<Self, Singular> {
        let Samples {
            masks,
            targets,
            kernel,
        } = samples;
        let segments = masks.segments();
        let total: f64 = rows.iter().map(|row| kernel[*row]).sum();
        let mut mean_mask = vec![0.0; segments];
        let mut mean_target = 0.0;
        for row in rows {
            mean_target += kernel[*row] / total * targets[*row];
            for (mean, on) in mean_mask.iter_mut().zip(masks.row(*row)) {
                *mean += kernel[*row] / total * f64::from(*on);
            }
        }
        let mut gram = vec![0.0; segments * segments];
        let mut moment = vec![0.0; segments];
        for row in rows {
            let mask = centred(masks.row(*row), &mean_mask);
            add_outer_product(&mut gram, &mask, kernel[*row]);
            let residual = kernel[*row] * (targets[*row] - mean_target);
            moment
                .iter_mut()
                .zip(&mask)
                .for_each(|(m, x)| *m += residual * x);
        }
        for segment in 0..segments {
            gram[segment * segments + segment] += alpha;
        }
        let factor = Cholesky::new(gram, segments)?;
        Ok(Self {
            samples,
            rows,
            mean_mask,
            mean_target,
            factor,
            moment,
        })
    }

    fn solve(&self) -> Line {
        let weights = self.factor.solve(&self.moment);
        let at_mean: f64 = weights
            .iter()
            .zip(&self.mean_mask)
            .map(|(w, x)| w * x)
            .sum();
        Line {
            intercept: self.mean_target - at_mean,
            weights,
        }
    }

    /// Roots of the diagonal of the sandwich B·(Σ w²e² x̃x̃ᵀ)·B with B = (X̃ᵀWX̃ + αI)⁻¹, which asks
    /// for no equal variances, times n/(n−K−1) for the K weights and the intercept (HC1).
    fn standard_errors(&self, line: &Line) -> Option<Vec<f64>> {
        let Samples {
            masks,
            targets,
            kernel,
        } = self.samples;
        let segments = masks.segments();
        let freedom = self
            .rows
            .len()
            .checked_sub(segments + 1)
            .filter(|left| *left > 0)?;
        let mut variances = vec![0.0; segments];
        for row in self.rows {
            let mask = masks.row(*row);
            let influence = self.factor.solve(&centred(mask, &self.mean_mask));
            let residual = kernel[*row] * (targets[*row] - line.predict(mask));
            let terms = variances.iter_mut().zip(influence);
            terms.for_each(|(variance, part)| *variance += (residual * part).powi(2));
        }
        let correction = self.rows.len() as f64 / freedom as f64;
        Some(
            variances
                .into_iter()
                .map(|variance| (variance * correction).sqrt())
                .collect(),
        )
    }
}

fn centred(mask: &[bool], mean: &[f64]) -> Vec<f64> {
    mask.iter()
        .zip(mean)
        .map(|(on, mean)| f64::from(*on) - mean)
        .collect()
}

/// gram += weight · x xᵀ, the lower triangle only.
fn add_outer_product(gram: &mut [f64], x: &[f64], weight: f64) {
    for (row, line) in gram.chunks_exact_mut(x.len()).enumerate() {
        let scaled = weight * x[row];
        line.iter_mut()
            .zip(&x[..=row])
            .for_each(|(cell, x)| *cell += scaled * x);
    }
}

#[cfg(test)]
#[path = "surrogate_tests.rs"]
mod tests;
