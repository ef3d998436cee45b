//! How far weights change from replicate to replicate of a design, and whether the leading segments are settled.

/// The leading segments: as many as a figure colours where it is not told otherwise.
pub const LEADING: usize = 5;
/// So many checks in a row must find the same leading segments.
const EQUAL_CHECKS: usize = 3;
/// A gap of so many standard errors is one.
const GAP_STANDARD_ERRORS: f64 = 2.0;
/// A gap this much smaller than the weight is none: probabilities are float32.
const ROUNDING: f64 = f32::EPSILON as f64;
/// The variance between a few replicates is itself uncertain. It is averaged with the mean variance of all segments,
/// which counts as much as this many replicates: in a balanced design all segments are known about equally well.
const REPLICATES_OF_ALL: f64 = 4.0;

/// Standard errors of values that were found of all replicates, by the jackknife: `without[r]` is what is found of
/// all but replicate r. `None` of fewer than two.
pub fn standard_errors(without: &[Vec<f64>]) -> Option<Vec<f64>> {
    let count = without.len() as f64;
    let values = without.first()?.len();
    if without.len() < 2 {
        return None;
    }
    // Tukey's: (R − 1) / R times the sum of squared deviations.
    let variance = |value: usize| {
        let mean = without.iter().map(|found| found[value]).sum::<f64>() / count;
        let squares = without.iter().map(|found| (found[value] - mean).powi(2));
        squares.sum::<f64>() * (count - 1.0) / count
    };
    let variances: Vec<f64> = (0..values).map(variance).collect();
    let of_all = variances.iter().sum::<f64>() / values.max(1) as f64;
    let freedom = count - 1.0;
    let shrunk =
        |own: &f64| (freedom * own + REPLICATES_OF_ALL * of_all) / (freedom + REPLICATES_OF_ALL);
    Some(variances.iter().map(|own| shrunk(own).sqrt()).collect())
}

/// Looks at the weights after each replicate.
#[derive(Debug, Default)]
pub struct Watch {
    leading: Vec<usize>,
    equal: usize,
    checks: usize,
}

impl Watch {
    /// Whether the leading segments are settled: the same in three checks, with a gap to the next one of more than
    /// two standard errors; or those of which it is open are equal within `tolerance` of the largest weight, in three
    /// checks. Must be told of every replicate, also where errors are not known yet.
    pub fn is_settled(&mut self, weights: &[f64], errors: Option<&[f64]>, tolerance: f64) -> bool {
        let order = by_size(weights);
        let mut leading = order[..LEADING.min(order.len())].to_vec();
        leading.sort_unstable();
        if leading == self.leading {
            self.equal += 1;
        } else {
            (self.leading, self.equal) = (leading, 1);
        }
        self.checks += 1;
        let Some(errors) = errors else { return false };
        match open(weights, errors).as_slice() {
            [] => self.equal >= EQUAL_CHECKS,
            // Which of them lead may change from check to check, and does not matter.
            tied => self.checks >= EQUAL_CHECKS && are_equal(tied, weights, errors, tolerance),
        }
    }
}

/// Those segments of which it is open whether they are among the leading ones, the largest |weight| first: none
/// where the last of the leading ones is more than two standard errors above the next.
pub fn open(weights: &[f64], errors: &[f64]) -> Vec<usize> {
    let order = by_size(weights);
    let (Some(&last), Some(&next)) = (order.get(LEADING - 1), order.get(LEADING)) else {
        return Vec::new();
    };
    let is_apart = |larger: usize, smaller: usize| {
        let gap = weights[larger].abs() - weights[smaller].abs();
        let error = errors[larger].hypot(errors[smaller]);
        gap > GAP_STANDARD_ERRORS * error && gap > ROUNDING * weights[larger].abs()
    };
    let is_open = |rank: usize| match rank < LEADING {
        true => !is_apart(order[rank], next),
        false => !is_apart(last, order[rank]),
    };
    let open = (0..order.len()).filter(|rank| is_open(*rank));
    open.map(|rank| order[rank]).collect()
}

/// Whether the sizes of some weights, the largest first, lie within `tolerance` of the largest weight of all, two standard
/// errors included.
fn are_equal(tied: &[usize], weights: &[f64], errors: &[f64], tolerance: f64) -> bool {
    let largest = weights
        .iter()
        .fold(0.0, |most: f64, weight| most.max(weight.abs()));
    let (Some(&first), Some(&last)) = (tied.first(), tied.last()) else {
        return true;
    };
    let gap = weights[first].abs() - weights[last].abs();
    let error = errors[first].hypot(errors[last]);
    gap + GAP_STANDARD_ERRORS * error <= tolerance * largest
}

fn by_size(weights: &[f64]) -> Vec<usize> {
    let mut order: Vec<usize> = (0..weights.len()).collect();
    order.sort_by(|&a, &b| weights[b].abs().total_cmp(&weights[a].abs())); // stable
    order
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Of a mean of three replicates: the jackknife gives the deviation of the three over √3.
    #[test]
    fn the_jackknife_of_a_mean_is_its_standard_error() {
        let values = [1.0, 2.0, 6.0]; // variance 7
        let mean_without = |left_out: usize| {
            let kept = (0..3).filter(|at| *at != left_out);
            kept.map(|at| values[at]).sum::<f64>() / 2.0
        };
        let without: Vec<Vec<f64>> = (0..3).map(|at| vec![mean_without(at)]).collect();
        let found = standard_errors(&without).unwrap();
        assert!(
            (found[0] - (7.0_f64 / 3.0).sqrt()).abs() < 1e-12,
            "{found:?}"
        );
        assert_eq!(standard_errors(&without[..1]), None);
    }

    #[test]
    fn variances_of_few_replicates_lean_to_their_mean() {
        let found = standard_errors(&[vec![1.0, 5.0], vec![-1.0, 5.0]]).unwrap();
        // Of 2 replicates: own 1 and 0, mean 0.5 counts four times.
        let expected = [(1.0 + 2.0) / 5.0, 2.0 / 5.0].map(f64::sqrt);
        assert!((found[0] - expected[0]).abs() < 1e-12, "{found:?}");
        assert!((found[1] - expected[1]).abs() < 1e-12, "{found:?}");
    }

    #[test]
    fn settled_after_three_equal_checks_with_a_gap() {
        let weights = [0.1, -0.9, 0.8, 0.7, 0.6, 0.5, 0.2];
        let errors = [0.05; 7]; // gap 0.3, two errors 0.141
        let mut watch = Watch::default();
        assert!(!watch.is_settled(&weights, None, 0.0));
        assert!(!watch.is_settled(&weights, Some(&errors), 0.0));
        assert!(watch.is_settled(&weights, Some(&errors), 0.0));
        let other = [0.1, -0.9, 0.8, 0.7, 0.6, 0.1, 0.4];
        assert!(
            !watch.is_settled(&other, Some(&[0.0; 7]), 0.0),
            "another set"
        );
    }

    /// The fifth and the sixth differ by 0.02, with two errors of the difference 0.057: 0.077 of 0.9.
    #[test]
    fn a_tie_within_the_tolerance_is_settled() {
        let weights = [0.9, -0.8, 0.7, 0.6, 0.3, 0.28, 0.1];
        let settled = |tolerance: f64| {
            let mut watch = Watch::default();
            let errors = Some(&[0.02; 7][..]);
            (0..3)
                .map(|_| watch.is_settled(&weights, errors, tolerance))
                .collect::<Vec<_>>()
        };
        assert_eq!(settled(0.084), [false; 3]);
        assert_eq!(settled(0.086), [false, false, true]);
    }

    #[test]
    fn segments_that_cannot_be_ordered_are_named() {
        let weights = [0.9, 0.8, 0.7, 0.52, -0.5, 0.48, 0.45, 0.1];
        assert_eq!(open(&weights, &[0.001; 8]), [] as [usize; 0]);
        // Two errors of a difference: 0.057.
        assert_eq!(open(&weights, &[0.02; 8]), [3, 4, 5, 6]);
        assert_eq!(open(&weights[..5], &[1.0; 5]), [] as [usize; 0]);
    }
}
