//! `build --check`: a written report against the one that would be written now.

use std::path::{Path, PathBuf};

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
    let names: Vec<String> = files.pages.iter().map(|(name, _)| name.clone()).collect();
    let expected: Vec<String> = names.iter().map(|name| format!("`{name}`")).collect();
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
    if made.plan.output.is_split {
        differences.extend(missing_sections(folder, &names));
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

/// Of a report in several HTML pages those that are not there, where the one with the overview is: it links to them.
fn missing_sections(folder: &Path, names: &[String]) -> Vec<Diagnostic> {
    let mut pages = names.iter().filter(|name| name.ends_with(".html"));
    let is_there = |name: &String| folder.join(name).is_file();
    if !pages.next().is_some_and(is_there) {
        return Vec::new();
    }
    let missing = pages.filter(|name| !is_there(name));
    let fault = |name: &String| {
        let file = folder.join(name).display().to_string();
        let message = "this page is missing: the report is to have one for each question";
        Diagnostic::error(&file, None, message.to_owned(), String::new())
    };
    missing.map(fault).collect()
}

fn out_of_date(difference: &write::Difference) -> Diagnostic {
    let position = difference.line.map(|line| Position { line, column: 1 });
    let file = difference.file.display().to_string();
    Diagnostic::error(&file, position, difference.what.clone(), String::new())
}
