//! From which size on a number is evidence, and not rounding.

use crate::results::{Superpixels, Target};

/// A gradient this much smaller than its score is none: float32 keeps 24 bits of the score (6e-8), and even where
/// every one of 50,000 pixels changed by a whole deviation, the score would not change by the last of them.
const OF_SCORE: f64 = 1e-12;
/// What float32 keeps of a probability: the scores that it is made of are float32.
const OF_PROBABILITY: f64 = f32::EPSILON as f64;

/// Whether a map whose largest size is `largest` is nothing but rounding; only maps of a class have a score to be
/// compared with.
pub fn is_rounding(largest: f32, target: &Target) -> bool {
    let Target::Class(class) = target else {
        return false;
    };
    let size = class.value().abs();
    let scale = if size > 0.0 && size.is_finite() {
        size
    } else {
        1.0
    };
    f64::from(largest) < OF_SCORE * scale
}

/// The weights of segments, zeros where all of them are rounding: hiding segments does not change what is explained.
pub fn weights(result: &Superpixels) -> Vec<f64> {
    let largest = result
        .weights
        .iter()
        .fold(0.0, |most: f64, w| most.max(w.abs()));
    let is_constant = result.fit.r_squared.is_none();
    match is_constant || largest < OF_PROBABILITY * result.whole().abs() {
        true => vec![0.0; result.weights.len()],
        false => result.weights.clone(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::results::{Explained, Fit, Scalar, ScalarTarget, SegmentWeight};

    fn class(score: f64, of: Explained) -> ScalarTarget {
        ScalarTarget {
            scalar: Scalar::of_class(0, of),
            score,
            probability: 0.38,
        }
    }

    #[test]
    fn a_gradient_is_measured_by_its_score() {
        let is_rounding =
            |largest, score| is_rounding(largest, &Target::Class(class(score, Explained::Score)));
        assert!(is_rounding(1.4e-35, 0.4) && is_rounding(0.0, 0.0) && is_rounding(1e-13, 0.0));
        // A network of tiny numbers throughout has a gradient.
        assert!(!is_rounding(1e-20, 1e-19) && !is_rounding(1e-6, 30.0));
        assert!(is_rounding(1e-10, -300.0));
    }

    #[test]
    fn weights_of_a_constant_probability_are_zero() {
        let result = |weights: &[f64], r_squared| Superpixels {
            target: class(1.0, Explained::Probability),
            weight: SegmentWeight::Linear,
            width: 2,
            height: 1,
            labels: vec![0, 1],
            weights: weights.to_vec(),
            standard_errors: None,
            intercept: 0.38,
            fit: Fit {
                samples: 4,
                is_exhaustive: true,
                r_squared,
                r_squared_held_out: None,
                local_prediction: 0.38,
            },
            stopping: None,
        };
        assert_eq!(weights(&result(&[1e-11, -3e-12], Some(0.9))), [0.0, 0.0]);
        assert_eq!(weights(&result(&[1e-3, 2e-4], None)), [0.0, 0.0]);
        assert_eq!(weights(&result(&[1e-6, 0.0], Some(0.9))), [1e-6, 0.0]);
    }
}
