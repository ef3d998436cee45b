//! Forms of a report that are larger than they may be.

use std::path::Path;

use super::faults::run_fault;
use crate::diagnostic::Diagnostic;
use crate::plan::Plan;
use crate::report::Report;
use crate::{assemble, write};

/// That a form of the report takes more than its budget, and which figures take most, each with its place.
pub(super) fn over_budget(
    spec: &Path,
    plan: &Plan,
    report: &Report,
    files: &write::Files,
) -> anyhow::Result<Vec<Diagnostic>> {
    let Some(budget) = &plan.output.budget else {
        return Ok(Vec::new());
    };
    let mut faults = Vec::new();
    for over in assemble::budget::over(plan, report, files, budget.bytes)? {
        let (found, most) = (size(over.bytes), size(budget.bytes));
        let found = match found == most {
            true => format!("{} bytes", over.bytes),
            false => found,
        };
        let message = format!("{} takes {found}; its budget is {most}", over.what);
        let hint =
            "show fewer photos or smaller pictures in the figures below, or raise the budget";
        faults.push(match &budget.place {
            Some(place) => Diagnostic::at(place, message, hint.to_owned()),
            None => Diagnostic {
                hint: hint.to_owned(),
                ..run_fault(spec, message)
            },
        });
        faults.extend(over.heaviest.into_iter().map(|(task, weight)| {
            let of_it = 100.0 * weight.bytes as f64 / over.bytes as f64;
            let (figure, bytes) = (&weight.figure, size(weight.bytes as u64));
            let message = format!("{figure} takes {bytes} of {}, {of_it:.0} %", over.what);
            Diagnostic::at(&plan.tasks[task].place, message, String::new()).as_warning()
        }));
    }
    Ok(faults)
}

/// `6.7 MB`
fn size(bytes: u64) -> String {
    bytesize::ByteSize(bytes).display().si().to_string()
}
