//! The values of what judges a map: `saliency.coffee.insertion_random`.

use super::Quantity;
use crate::results::{Check, Fidelity};

/// The names of a check's values, without figure and photo.
pub fn names(check: Check) -> &'static [&'static str] {
    match check {
        Check::InsertionDeletion => &[
            "insertion",
            "insertion_random",
            "insertion_centre",
            "deletion",
            "deletion_random",
            "deletion_centre",
        ],
        Check::MuFidelity => &["mu_fidelity"],
        Check::MaxSensitivity => &["max_sensitivity"],
        Check::Infidelity => &["infidelity"],
        Check::Randomisation => &["randomisation"],
        Check::RandomisationCascade => &["randomisation_cascade"],
    }
}

/// Its values, in the order of their names; a dash in place of those that are not defined.
pub fn values(check: Check, found: Option<&Fidelity>) -> Vec<(&'static str, Quantity)> {
    let numbers = match found {
        None => vec![None; names(check).len()],
        Some(Fidelity::InsertionDeletion {
            insertion,
            deletion,
        }) => [insertion, deletion]
            .into_iter()
            .flat_map(|curves| [&curves.map, &curves.random, &curves.centre])
            .map(|curve| Some(curve.area()))
            .collect(),
        Some(
            Fidelity::MuFidelity { correlation, .. } | Fidelity::Randomisation { correlation, .. },
        ) => vec![*correlation],
        Some(Fidelity::Infidelity { scaled, .. }) => vec![*scaled],
        Some(Fidelity::MaxSensitivity { largest_change, .. }) => vec![*largest_change],
        // With the weights of all layers random.
        Some(Fidelity::RandomisationCascade { steps }) => {
            vec![steps.last().and_then(|step| step.correlation)]
        }
    };
    let quantity =
        |number: Option<f64>| number.map_or(Quantity::Text("–".to_owned()), Quantity::Number);
    let named = names(check).iter().copied().zip(numbers);
    named
        .map(|(name, number)| (name, quantity(number)))
        .collect()
}
