//! What judges a map, as `report.json` has it.

use crate::execute::Checked;
use crate::report::machine::{self, finite};
use crate::results::{CascadeStep, Curves, Fidelity, StepCurve};

/// The checks of a unit.
pub(super) fn of_unit(checks: &[Checked], unit: usize) -> Vec<machine::Check> {
    let of_unit = checks.iter().filter(|one| one.unit == unit);
    of_unit.map(check).collect()
}

fn check(one: &Checked) -> machine::Check {
    match &one.found {
        Err(reason) => machine::Check::Failed {
            name: one.check.name().to_owned(),
            reason: reason.clone(),
        },
        Ok(Fidelity::InsertionDeletion {
            insertion,
            deletion,
        }) => machine::Check::InsertionDeletion {
            insertion: curves(insertion),
            deletion: curves(deletion),
        },
        Ok(Fidelity::MuFidelity {
            correlation,
            subsets,
        }) => machine::Check::MuFidelity {
            correlation: correlation.and_then(finite),
            subsets: *subsets,
        },
        Ok(Fidelity::MaxSensitivity {
            largest_change,
            copies,
        }) => machine::Check::MaxSensitivity {
            largest_change: largest_change.and_then(finite),
            copies: *copies,
        },
        Ok(Fidelity::Infidelity {
            scaled,
            unscaled,
            squares,
        }) => machine::Check::Infidelity {
            scaled: scaled.and_then(finite),
            unscaled: unscaled.and_then(finite),
            squares: *squares,
        },
        Ok(Fidelity::RandomisationCascade { steps }) => machine::Check::RandomisationCascade {
            steps: steps.iter().map(step).collect(),
        },
        Ok(Fidelity::Randomisation {
            correlation,
            weights,
        }) => machine::Check::Randomisation {
            correlation: correlation.and_then(finite),
            weights: weights.clone(),
        },
    }
}

fn step(step: &CascadeStep) -> machine::CascadeStep {
    machine::CascadeStep {
        weights: step.weights.clone(),
        layers: step.layers,
        correlation: step.correlation.and_then(finite),
    }
}

fn curves(curves: &Curves) -> machine::Curves {
    let curve = |curve: &StepCurve| machine::StepCurve {
        area: finite(curve.area()),
        probabilities: curve.0.iter().copied().map(finite).collect(),
    };
    machine::Curves {
        map: curve(&curves.map),
        random: curve(&curves.random),
        centre: curve(&curves.centre),
    }
}
