//! What changed between two reports: settings, numbers, maps and texts of their report.json.
//!
//! Both are read as JSON of any version: a key that one of them lacks is a difference, not a fault.

mod arrays;
mod settings;
#[cfg(test)]
mod tests;
mod values;

use std::path::{Path, PathBuf};

use serde::Serialize;
use serde_json::Value;

use crate::diagnostic::Diagnostic;

/// A report.json, and the folder that its arrays are relative to.
pub struct Report {
    folder: PathBuf,
    value: Value,
}

/// What differs. Everything is in the order of the new report, what only the old one has behind.
#[derive(Debug, Default, PartialEq, Serialize)]
pub struct Differences {
    /// Model, preprocessing, precision, seed, parameters of figures.
    pub settings: Vec<Change>,
    /// Figures that only one of them has.
    pub figures: Vec<Change>,
    /// Numbers that texts can quote.
    pub values: Vec<ValueChange>,
    pub arrays: Vec<ArrayChange>,
    /// Parts whose text differs.
    pub texts: Vec<String>,
}

/// A key with what it was and is; `None` where it was not there.
#[derive(Debug, PartialEq, Serialize)]
pub struct Change {
    pub key: String,
    pub old: Option<String>,
    pub new: Option<String>,
}

#[derive(Debug, PartialEq, Serialize)]
pub struct ValueChange {
    pub name: String,
    pub old: Value,
    pub new: Value,
}

#[derive(Debug, PartialEq, Serialize)]
pub struct ArrayChange {
    /// Figure, unit and key: `saliency/coffee map`.
    pub name: String,
    pub found: ArrayDifference,
}

/// How two arrays differ.
#[derive(Debug, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum ArrayDifference {
    /// Only the old or the new report has it.
    OnlyOld,
    OnlyNew,
    Shape {
        old: Vec<usize>,
        new: Vec<usize>,
    },
    /// Largest difference over the largest size of the old numbers, and the correlation of the two where both vary.
    Numbers {
        largest: f64,
        correlation: Option<f64>,
    },
    /// One of the two cannot be read.
    Unreadable {
        reason: String,
    },
}

impl Differences {
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }
}

impl Report {
    /// A report.json, or the one that lies in a folder.
    pub fn open(path: &Path) -> Result<Self, Diagnostic> {
        let file = match crate::fs::is_folder(path) {
            true => in_folder(path)?,
            false => path.to_owned(),
        };
        let name = file.display().to_string();
        let fault = |message: String| {
            let hint = "`output: {formats: [json]}` in report.yaml, or `--set 'output.formats=[json]'`, writes one";
            Diagnostic::error(&name, None, message, hint.to_owned())
        };
        let bytes = crate::fs::read(&file).map_err(|error| fault(error.to_string()))?;
        let value: Value = serde_json::from_slice(&bytes)
            .map_err(|error| fault(format!("this is not JSON: {error}")))?;
        if !value["figures"].is_array() || !value["provenance"].is_object() {
            return Err(fault("this is not the report.json of a report".to_owned()));
        }
        let folder = file.parent().map(Path::to_owned).unwrap_or_default();
        Ok(Self { folder, value })
    }
}

/// The only JSON file of a folder that is a report's, by its data folder beside it.
fn in_folder(folder: &Path) -> Result<PathBuf, Diagnostic> {
    let name = folder.display().to_string();
    let fault = |message: &str, hint: &str| {
        Diagnostic::error(&name, None, message.to_owned(), hint.to_owned())
    };
    let found = crate::fs::matching(folder, "*.json");
    let found = found.map_err(|error| fault(&error.to_string(), ""))?;
    match found.as_slice() {
        [one] => Ok(folder.join(one)),
        [] => Err(fault(
            "the folder holds no report.json",
            "`output: {formats: [json]}` in report.yaml, or `--set 'output.formats=[json]'`, writes one",
        )),
        _ => Err(fault(
            "the folder holds several JSON files",
            "name the report.json itself",
        )),
    }
}

/// What differs between two reports. Numbers and maps that differ by no more than `tolerance` of their size are the
/// same.
pub fn compare(old: &Report, new: &Report, tolerance: f64) -> Differences {
    Differences {
        settings: settings::of_report(&old.value, &new.value),
        figures: settings::figures(&old.value, &new.value),
        values: values::changed(&old.value, &new.value, tolerance),
        arrays: arrays::changed(old, new, tolerance),
        texts: settings::texts(&old.value, &new.value),
    }
}
