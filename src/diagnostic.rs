//! What went wrong, where it stands and what would be right.

use std::fmt;

/// A place in a text file, both numbers from 1; the column counts characters.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Position {
    pub line: usize,
    pub column: usize,
}

/// Whether a fault keeps the report from being made.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Severity {
    Error,
    /// Printed with `warning:` before the message.
    Warning,
}

/// One fault, ready to print as `report.yaml:6:14: what; what would be right`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Diagnostic {
    pub severity: Severity,
    /// The file as the user named it.
    pub file: String,
    /// `None` where the fault is of the whole file.
    pub position: Option<Position>,
    pub message: String,
    /// What would be right; empty where the message says it already.
    pub hint: String,
}

impl Diagnostic {
    pub fn error(file: &str, position: Option<Position>, message: String, hint: String) -> Self {
        Self {
            severity: Severity::Error,
            file: file.to_owned(),
            position,
            message,
            hint,
        }
    }

    /// The same, of what is not wrong and still should be known.
    pub fn as_warning(self) -> Self {
        Self {
            severity: Severity::Warning,
            ..self
        }
    }
}

impl fmt::Display for Diagnostic {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.file)?;
        if let Some(Position { line, column }) = self.position {
            write!(f, ":{line}:{column}")?;
        }
        if self.severity == Severity::Warning {
            write!(f, ": warning")?;
        }
        write!(f, ": {}", self.message)?;
        if !self.hint.is_empty() {
            write!(f, "; {}", self.hint)?;
        }
        Ok(())
    }
}

/// The candidate nearest to `wrong`, where one is near enough to be a slip of the pen.
pub fn nearest<'a>(wrong: &str, candidates: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    const NEAR: f64 = 0.7; // Jaro-Winkler; "satuation" is 0.9 from "saturation"
    candidates
        .into_iter()
        .map(|candidate| (strsim::jaro_winkler(wrong, candidate), candidate))
        .filter(|(similarity, _)| *similarity >= NEAR)
        .max_by(|a, b| a.0.total_cmp(&b.0))
        .map(|(_, candidate)| candidate)
}
