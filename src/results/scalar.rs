//! The number of the network's scores that a map explains.

use serde::{Deserialize, Serialize};

use super::Explained;

/// Σ over `plus` − Σ over `minus` of the scores, or of the probabilities, of classes: one class by itself, a group of
/// them, or the difference of two.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Scalar {
    /// Indices of classes, at least one.
    pub plus: Vec<usize>,
    pub minus: Vec<usize>,
    pub of: Explained,
}

/// That number for one photo.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ScalarTarget {
    pub scalar: Scalar,
    /// Made of scores, before the softmax or sigmoid that makes the probabilities.
    pub score: f64,
    /// Made of probabilities: of one class 0..1, of a difference −1..1, of a sum 0..1 where probabilities sum to 1.
    pub probability: f64,
}

impl Scalar {
    /// Of one class.
    pub fn of_class(class: usize, of: Explained) -> Self {
        Self {
            plus: vec![class],
            minus: Vec::new(),
            of,
        }
    }

    /// The class, where it is one by itself.
    pub fn class(&self) -> Option<usize> {
        match (self.plus.as_slice(), self.minus.as_slice()) {
            ([class], []) => Some(*class),
            _ => None,
        }
    }

    /// Whether it is zero for every photo: the difference of a class to itself.
    pub fn is_nothing(&self) -> bool {
        self.plus == self.minus
    }

    /// The number made of one number a class; `None` where one of the classes has none.
    pub fn combined(&self, by_class: &[f64]) -> Option<f64> {
        let sum = |classes: &[usize]| {
            let each = classes.iter().map(|class| by_class.get(*class).copied());
            each.sum::<Option<f64>>()
        };
        let plus = sum(&self.plus)?;
        Some(match self.minus.is_empty() {
            true => plus,
            false => plus - sum(&self.minus)?,
        })
    }
}

impl ScalarTarget {
    /// Of one score and one probability a class; `None` where a class has none.
    pub fn new(scalar: Scalar, scores: &[f64], probabilities: &[f64]) -> Option<Self> {
        let (score, probability) = (scalar.combined(scores)?, scalar.combined(probabilities)?);
        Some(Self {
            scalar,
            score,
            probability,
        })
    }

    /// The number that is explained.
    pub fn value(&self) -> f64 {
        match self.scalar.of {
            Explained::Score => self.score,
            Explained::Probability => self.probability,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_of_several_classes_is_added_and_subtracted() {
        let scalar = |plus: &[usize], minus: &[usize]| Scalar {
            plus: plus.to_vec(),
            minus: minus.to_vec(),
            of: Explained::Score,
        };
        let scores = [1.0, 2.5, -4.0];
        assert_eq!(scalar(&[1], &[]).combined(&scores), Some(2.5));
        assert_eq!(scalar(&[0, 1, 2], &[]).combined(&scores), Some(-0.5));
        assert_eq!(scalar(&[1], &[2]).combined(&scores), Some(6.5));
        assert_eq!(scalar(&[3], &[]).combined(&scores), None);
        assert_eq!(scalar(&[1], &[3]).combined(&scores), None);
        assert!(scalar(&[1], &[1]).is_nothing() && !scalar(&[1], &[2]).is_nothing());
        assert_eq!(scalar(&[1], &[]).class(), Some(1));
        assert_eq!(scalar(&[1], &[2]).class(), None);
        let of = ScalarTarget::new(scalar(&[0], &[1]), &scores, &[0.2, 0.7, 0.1]).unwrap();
        assert!((of.value() + 1.5).abs() < 1e-12 && (of.probability + 0.5).abs() < 1e-12);
    }
}
