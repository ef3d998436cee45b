//! Adds replicates of a design until the leading segments are settled.

use super::linear::Singular;
use super::masks::Masks;
use super::replicates::{LEADING, Watch, open, standard_errors};
use super::sample_count::Ending;
use super::sums::Sums;
use super::surrogate::Samples;
use crate::explain::ExplainError;
use crate::results::Stopping;

/// Gives replicates of masks.
pub trait Design {
    /// Masks of a replicate.
    fn rows(&self) -> usize;
    /// The switches of the next one, row-major.
    fn next_on(&mut self) -> Vec<bool>;
}

/// What is found of samples, by segment.
pub type Fit<'a> = &'a dyn Fn(&Sums) -> Result<Vec<f64>, Singular>;

/// The weight of a mask.
pub type Kernel<'a> = &'a dyn Fn(&[bool]) -> f64;

/// A number for each mask; told how many masks there were before.
pub type Values<'a> = &'a dyn Fn(&Masks, usize) -> Result<Vec<f64>, ExplainError>;

/// What the masks of a design gave.
pub struct Sampled {
    pub masks: Masks,
    /// By mask.
    pub values: Vec<f64>,
    /// By segment; `None` where there are too few replicates.
    pub standard_errors: Option<Vec<f64>>,
    pub stopping: Stopping,
}

/// Samples of masks of `segments` switches, at least one replicate and then as long as `ending` says. `values` gives a number a
/// mask, `kernel` its weight.
pub fn until_settled(
    segments: usize,
    design: &mut dyn Design,
    ending: Ending,
    (values, kernel): (Values, Kernel),
    fit: Fit,
) -> Result<Sampled, ExplainError> {
    let most = ending.most_samples;
    let (mut on, mut found) = (Vec::new(), Vec::new());
    let (mut total, mut replicates) = (Sums::empty(segments), Vec::new());
    let mut watch = Watch::default();
    let mut stopping = Stopping {
        is_settled: false,
        leading: LEADING.min(segments),
        most_samples: most,
        tolerance: ending.tolerance,
        open: Vec::new(),
    };
    let mut errors = None;
    while found.is_empty() || found.len() + design.rows() <= most {
        let replicate = design.next_on();
        let masks = masks_of(segments, replicate.clone());
        let targets = values(&masks, found.len())?;
        let kernel: Vec<f64> = masks.rows().map(kernel).collect();
        let sums = Sums::of(Samples {
            masks: &masks,
            targets: &targets,
            kernel: &kernel,
        });
        on.extend(replicate);
        found.extend(targets);
        total = total.plus(&sums);
        replicates.push(sums);
        if is_constant(&found) {
            stopping.is_settled = true;
            break;
        }
        errors = between(&total, &replicates, fit);
        // Fewer samples than segments may not tell these apart yet.
        let Ok(weights) = fit(&total) else { continue };
        stopping.is_settled = watch.is_settled(&weights, errors.as_deref(), ending.tolerance);
        stopping.open = errors
            .as_deref()
            .map_or_else(Vec::new, |errors| open(&weights, errors));
        if stopping.is_settled {
            break;
        }
    }
    Ok(Sampled {
        masks: masks_of(segments, on),
        values: found,
        standard_errors: errors,
        stopping,
    })
}

/// Standard errors between replicates; `None` where without one of them the segments are not told apart, or of one
/// replicate.
pub fn between(total: &Sums, replicates: &[Sums], fit: Fit) -> Option<Vec<f64>> {
    let without = replicates.iter().map(|one| fit(&total.minus(one)));
    let without = match replicates.len() {
        0 | 1 => return None,
        _ => without.collect::<Result<Vec<_>, _>>().ok()?,
    };
    standard_errors(&without)
}

fn masks_of(segments: usize, on: Vec<bool>) -> Masks {
    Masks::from_rows(segments, on).expect("a design gives whole rows of 1 or more segments")
}

/// Whether numbers differ by what float32 leaves of them at most: then no segment changes anything.
fn is_constant(values: &[f64]) -> bool {
    let fold = |pick: fn(f64, f64) -> f64| values.iter().copied().reduce(pick).unwrap_or(0.0);
    let (low, high) = (fold(f64::min), fold(f64::max));
    high - low <= f64::from(f32::EPSILON) * low.abs().max(high.abs())
}

#[cfg(test)]
mod tests {
    use super::super::designs::Replicates;
    use super::*;
    use crate::explain::seed::Numbers;

    fn sampled(most_samples: usize, game: &dyn Fn(&[bool]) -> f64) -> Sampled {
        within(0.0, most_samples, game)
    }

    fn within(tolerance: f64, most_samples: usize, game: &dyn Fn(&[bool]) -> f64) -> Sampled {
        let mut design = Replicates::new(12, Numbers::new(0, "test", "settled"));
        let values = |masks: &Masks, _: usize| Ok(masks.rows().map(game).collect());
        let fit = |sums: &Sums| sums.line(1e-9).map(|line| line.weights);
        let ending = Ending {
            most_samples,
            tolerance,
        };
        until_settled(12, &mut design, ending, (&values, &|_| 1.0), &fit).unwrap()
    }

    fn linear(mask: &[bool], weights: &[f64]) -> f64 {
        let on = weights.iter().zip(mask).filter(|(_, on)| **on);
        on.map(|(weight, _)| weight).sum()
    }

    const APART: [f64; 12] = [
        0.1, 0.2, -0.3, 0.4, 0.5, 0.0, 0.0, 0.6, 0.01, 0.0, 0.0, 0.02,
    ];

    #[test]
    fn a_linear_game_is_settled_after_three_replicates() {
        let found = sampled(4000, &|mask| linear(mask, &APART));
        assert!(found.stopping.is_settled && found.stopping.open.is_empty());
        assert_eq!((found.masks.len(), found.values.len()), (3 * 128, 3 * 128));
        assert!(
            found
                .standard_errors
                .unwrap()
                .iter()
                .all(|error| *error < 1e-6)
        );
    }

    /// The fifth and the sixth are equal, and three segments do something together only.
    #[test]
    fn a_tie_is_not_settled_at_the_cap_and_has_its_names() {
        let mut weights = APART;
        weights[0] = 0.2;
        let game = |mask: &[bool]| {
            let together = mask[5] && mask[6] && mask[9];
            linear(mask, &weights) + if together { 0.3 } else { 0.0 }
        };
        let found = sampled(1000, &game);
        assert!(!found.stopping.is_settled);
        assert_eq!(found.masks.len(), 7 * 128, "what fits below 1000");
        let mut open = found.stopping.open;
        open.sort_unstable();
        assert_eq!(open, [0, 1]);
        // Equal within a tenth of the largest weight: which of the two is the fifth does not matter.
        let tied = within(0.1, 4000, &game);
        assert!(tied.stopping.is_settled, "{:?}", tied.stopping);
        assert!(tied.masks.len() < 1000 && tied.stopping.open.contains(&0));
    }

    #[test]
    fn what_never_changes_is_settled_at_once() {
        let found = sampled(4000, &|_| 0.25);
        assert!(found.stopping.is_settled);
        assert_eq!((found.masks.len(), found.standard_errors), (128, None));
    }
}
