//! `build --check`: a written report against the one that would be written now.

use std::path::PathBuf;

use super::budget::over_budget;
use super::faults::{run_failure, run_fault, unrendered};
use super::{Request, made};
use crate::diagnostic::{Diagnostic, Position};
use crate::progress::Progress;
use crate::write::Tolerance;
use crate::{Failure, assemble, write};

/// What a check of a written report found.
#[derive(Debug)]
pub struct UpToDate {
    /// The pages that were compared.
    pub pages: Vec<PathBuf>,
    /// Each file that is out of date, with what differs.
    pub differences: Vec<Diagnostic>,
    pub warnings: Vec<Diagnostic>,
}

/// Compares the report in the folder with the one that would be written now; of its pages those that are there.
/// Nothing is written but results into the store.
pub fn check_written(
    request: &Request,
    tolerance: Tolerance,
    progress: &dyn Progress,
) -> Result<UpToDate, Failure> {
    let made = made(request, progress)?;
    let failed = |error: anyhow::Error| run_failure(&request.spec, format!("{error:#}"));
    let files = assemble::pages(&made.plan, &made.executed, &made.report);
    let files = files.map_err(|error| unrendered(&request.spec, &made.plan.look, &error))?;
    let folder = &made.plan.output.folder;
    let over = over_budget(&request.spec, &made.plan, &made.report, &files).map_err(failed)?;
    let expected: Vec<String> = files
        .pages
        .iter()
        .map(|(name, _)| format!("`{name}`"))
        .collect();
    let found = write::check(folder, files, tolerance);
    let found = found.map_err(|error| run_failure(&request.spec, error.to_string()))?;
    if let Some(store) = &made.store {
        let _ = store.flush(); // what is not remembered is computed again
    }
    let mut warnings = made.warnings;
    warnings.extend(made.plan.warnings);
    let remedy = "run `cnn-report build` and commit what it writes";
    let mut differences: Vec<Diagnostic> = found.differences.iter().map(out_of_date).collect();
    if found.pages.is_empty() {
        let message = format!(
            "`{}` holds none of {}",
            folder.display(),
            expected.join(", ")
        );
        differences.push(run_fault(&request.spec, message));
    }
    if let Some(first) = differences.first_mut() {
        first.hint = remedy.to_owned();
    }
    differences.extend(over);
    Ok(UpToDate {
        pages: found.pages,
        differences,
        warnings,
    })
}

fn out_of_date(difference: &write::Difference) -> Diagnostic {
    let position = difference.line.map(|line| Position { line, column: 1 });
    let file = difference.file.display().to_string();
    Diagnostic::error(&file, position, difference.what.clone(), String::new())
}
