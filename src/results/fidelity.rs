//! How far to trust a map: numbers computed from the map and the network, beside those of orders that know nothing.

use serde::{Deserialize, Serialize};

/// A number that judges the map of one photo.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Check {
    InsertionDeletion,
    MuFidelity,
    Infidelity,
    MaxSensitivity,
    Randomisation,
    RandomisationCascade,
}

/// What a check found.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub enum Fidelity {
    InsertionDeletion {
        insertion: Curves,
        deletion: Curves,
    },
    MuFidelity {
        /// Rank correlation, −1 to 1; `None` where either side is the same throughout.
        correlation: Option<f64>,
        /// Sets of cells that were hidden.
        subsets: usize,
    },
    Infidelity {
        /// What the map misses of what squares lose, scaled as suits it best, over what zeros miss: 0..1; `None` where no
        /// square loses anything.
        scaled: Option<f64>,
        /// Mean square of what the map as it is misses, of maps in units of what they explain.
        unscaled: Option<f64>,
        /// Squares that were hidden.
        squares: usize,
    },
    MaxSensitivity {
        /// Length of the largest change over the length of the map; `None` of a map of zeros.
        largest_change: Option<f64>,
        /// Photos with noise for which the method ran again.
        copies: usize,
    },
    Randomisation {
        /// Rank correlation of the sizes with and without the learned weights; `None` where either map is the same
        /// throughout.
        correlation: Option<f64>,
        /// Name of the weights that were drawn anew.
        weights: String,
    },
    RandomisationCascade {
        /// From the last layer alone to all layers; at least one.
        steps: Vec<CascadeStep>,
    },
}

/// A network whose last layers have random weights.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct CascadeStep {
    /// Name of the weights of the foremost of these layers.
    pub weights: String,
    /// How many layers they are.
    pub layers: usize,
    /// Rank correlation of the sizes with those of the learned weights; `None` where either map is the same throughout.
    pub correlation: Option<f64>,
}

/// The probability of the class while a photo is shown or hidden step by step, in three orders.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Curves {
    /// The largest values of the map first.
    pub map: StepCurve,
    /// A random order, on average.
    pub random: StepCurve,
    /// From the middle outwards: the order of a Gaussian in the middle of the photo.
    pub centre: StepCurve,
}

/// Probabilities after 0, 1, … steps of equal size.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct StepCurve(pub Vec<f64>);

impl Check {
    pub const ALL: [Self; 6] = [
        Self::InsertionDeletion,
        Self::MuFidelity,
        Self::Infidelity,
        Self::MaxSensitivity,
        Self::Randomisation,
        Self::RandomisationCascade,
    ];

    /// As report.yaml names it.
    pub fn name(self) -> &'static str {
        match self {
            Self::InsertionDeletion => "insertion_deletion",
            Self::MuFidelity => "mu_fidelity",
            Self::Infidelity => "infidelity",
            Self::MaxSensitivity => "max_sensitivity",
            Self::Randomisation => "randomisation",
            Self::RandomisationCascade => "randomisation_cascade",
        }
    }
}

impl StepCurve {
    /// The area under the curve over the share of the photo, 0..1, by trapezoids: (Σ p − p₀/2 − pₙ/2) / n
    /// (Petsiuk et al. 2018). Not a number of fewer than two points.
    pub fn area(&self) -> f64 {
        let (Some(first), Some(last)) = (self.0.first(), self.0.last()) else {
            return f64::NAN;
        };
        let sum: f64 = self.0.iter().sum();
        (sum - first / 2.0 - last / 2.0) / (self.0.len() as f64 - 1.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// w⊙x = (4, 3, 2, 1): what is left after hiding them in this order, and what is there after showing them.
    #[test]
    fn the_area_is_that_of_rise() {
        assert_eq!(StepCurve(vec![10.0, 6.0, 3.0, 1.0, 0.0]).area(), 3.75);
        assert_eq!(StepCurve(vec![0.0, 4.0, 7.0, 9.0, 10.0]).area(), 6.25);
        assert_eq!(StepCurve(vec![0.5, 0.5]).area(), 0.5);
        assert!(StepCurve(vec![0.5]).area().is_nan() && StepCurve(Vec::new()).area().is_nan());
    }

    #[test]
    fn a_check_goes_by_its_name_in_yaml() {
        for check in Check::ALL {
            let named: Check = serde_json::from_value(check.name().into()).unwrap();
            assert_eq!(named, check);
        }
    }
}
