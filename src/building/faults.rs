//! What went wrong, in the form in which it is told.

use std::path::Path;

use crate::Failure;
use crate::diagnostic::{Diagnostic, Position};
use crate::execute::{ExecuteError, Executed};
use crate::explain::ExplainError;
use crate::fs::FileError;
use crate::plan::Plan;
use crate::render;
use crate::report::Look;
use crate::store::{Address, Store};

/// The tasks that failed, each with its place in the spec.
pub(super) fn failures(plan: &Plan, executed: &Executed) -> Vec<Diagnostic> {
    let failure = |(index, error): (&usize, &ExplainError)| {
        let task = &plan.tasks[*index];
        let method = task.entry.name;
        let message = format!("`{method}` failed: {error}");
        Diagnostic::at(&task.place, message, String::new())
    };
    executed.failures.iter().map(failure).collect()
}

pub(super) fn run_failure(spec: &Path, reason: String) -> Failure {
    Failure::Run(vec![run_fault(spec, reason)])
}

pub(super) fn run_fault(spec: &Path, reason: String) -> Diagnostic {
    let file = spec.display().to_string();
    Diagnostic::error(&file, None, reason, String::new())
}

pub(super) fn warning(spec: &Path, message: String) -> Diagnostic {
    let file = spec.display().to_string();
    Diagnostic::error(&file, None, message, String::new()).as_warning()
}

pub(super) fn not_executed(spec: &Path, store: Option<&Store>, error: ExecuteError) -> Failure {
    match error {
        ExecuteError::Cancelled => Failure::Cancelled,
        ExecuteError::File(error) => of_store(spec, store.and_then(Store::address), &error),
    }
}

/// The store that the user named by its URL cannot be used; or a file cannot, where there is no URL.
pub(super) fn of_store(spec: &Path, address: Option<&Address>, error: &FileError) -> Failure {
    let hint = address.map_or(String::new(), |address| address.hint().to_owned());
    Failure::Run(vec![Diagnostic {
        hint,
        ..run_fault(spec, error.to_string())
    }])
}

/// Behind a build: a folder that was not brought up to date costs the next build time and is a warning, a URL is a fault.
pub(super) fn not_up_to_date(
    spec: &Path,
    store: &Store,
    flushed: Result<(), FileError>,
) -> Result<Option<Diagnostic>, Failure> {
    match (flushed, store.address()) {
        (Ok(()), _) => Ok(None),
        (Err(error), Some(address)) => Err(of_store(spec, Some(address), &error)),
        (Err(error), None) => {
            let message = format!("the store could not be brought up to date: {error}");
            Ok(Some(warning(spec, message)))
        }
    }
}

pub(super) fn of_template(look: &Look, fault: &render::TemplateFault) -> Diagnostic {
    let Some(template) = fault.of(look) else {
        return Diagnostic::without_file(fault.message.clone(), String::new());
    };
    let file = template.file.display().to_string();
    let position = fault.place;
    let position = position.map(|(line, column, _)| Position { line, column });
    let length = fault.place.map_or(1, |(.., length)| length);
    Diagnostic::error(&file, position, fault.message.clone(), String::new())
        .marking(&template.text, length)
}

/// Why the pages could not be made: a template of the user's, with its place, or what else failed.
pub(super) fn unrendered(spec: &Path, look: &Look, error: &anyhow::Error) -> Failure {
    let fault = error
        .downcast_ref::<render::RenderError>()
        .and_then(|error| render::fault_of_template(look, error));
    match fault {
        Some(fault) => Failure::Run(vec![of_template(look, &fault)]),
        None => run_failure(spec, format!("{error:#}")),
    }
}
