//! What judges the maps of a figure: as it says itself, else as the report says, else by default.

use serde_json::Value;

use super::{Plan, Task};
use crate::diagnostic::Diagnostic;
use crate::explain::Entry;
use crate::explain::checks::{self, Check};
use crate::spec::{CheckName, Document};

/// The checks of a figure; none of one that gives no maps of a class.
pub(super) fn chosen(
    document: &Document,
    entry: &Entry,
    own: Option<Value>,
    of_report: Option<&[CheckName]>,
    pointer: &str,
) -> Result<Vec<Check>, Vec<Diagnostic>> {
    if !checks::apply_to(entry) {
        return Ok(Vec::new());
    }
    let (named, pointer) = match (own, of_report) {
        (Some(own), _) => {
            let pointer = format!("{pointer}/checks");
            let names: Result<Vec<CheckName>, _> = serde_json::from_value(own);
            let names =
                names.map_err(|error| vec![document.error(&pointer, error.to_string(), "")])?;
            (names, pointer)
        }
        (None, Some(names)) => (names.to_vec(), "/checks".to_owned()),
        (None, None) => return Ok(checks::DEFAULT.to_vec()),
    };
    let mut chosen: Vec<Check> = Vec::new();
    for (index, check) in named.into_iter().map(check).enumerate() {
        if chosen.contains(&check) {
            let message = format!("the check `{}` is listed twice", check.name());
            let place = format!("{pointer}/{index}");
            return Err(vec![document.error(&place, message, "list it once")]);
        }
        chosen.push(check);
    }
    Ok(chosen)
}

/// Checks that the network cannot be asked for.
pub(super) fn faults(document: &Document, plan: &Plan, task: &Task) -> Vec<Diagnostic> {
    let of_figure = format!("{}/checks", task.pointer);
    let faults = task.checks.iter().filter_map(|check| {
        let fault = checks::fault(*check, &plan.model_of(task).facts)?;
        // Where the figure does not say it, the report does.
        let pointer = match document.has(&of_figure) {
            true => of_figure.as_str(),
            false => "/checks",
        };
        Some(document.key_error(pointer, fault.message, fault.hint))
    });
    faults.collect()
}

fn check(name: CheckName) -> Check {
    match name {
        CheckName::InsertionDeletion => Check::InsertionDeletion,
        CheckName::MuFidelity => Check::MuFidelity,
        CheckName::MaxSensitivity => Check::MaxSensitivity,
        CheckName::Infidelity => Check::Infidelity,
        CheckName::Randomisation => Check::Randomisation,
        CheckName::RandomisationCascade => Check::RandomisationCascade,
    }
}
