//! A fault of a file: where it is, why it is wrong, and a hint at the right way.

mod drawing;
mod visible;

use std::fmt;

use serde_json::json;

pub use drawing::Colours;
pub use visible::visible;

/// A place in a text file, both numbers from 1; the column counts characters.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Position {
    pub line: usize,
    pub column: usize,
}

/// Whether a fault stops the command.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Severity {
    Error,
    Warning,
}

impl Severity {
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Error => "error",
            Self::Warning => "warning",
        }
    }
}

/// The line of the file in which a fault is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Excerpt {
    pub line: String,
    /// How many characters are marked from the fault's position on.
    pub length: usize,
}

/// One fault. `Display` is its short form, one line: `report.yaml:6:14: error: message; hint: …`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Diagnostic {
    pub severity: Severity,
    /// The file as the user named it; empty where the fault is in no file.
    pub file: String,
    /// `None` where the whole file is at fault.
    pub position: Option<Position>,
    /// For drawing; `None` where the text is not at hand. Boxed: an error should be small to return.
    pub excerpt: Option<Box<Excerpt>>,
    pub message: String,
    /// How to repair it; empty where the message says so already.
    pub hint: String,
}

/// Where a fault will be told, when there is one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Place {
    pub file: String,
    pub position: Option<Position>,
    excerpt: Option<Box<Excerpt>>,
}

impl Diagnostic {
    /// An error at a place that was noted before.
    pub fn at(place: &Place, message: String, hint: String) -> Self {
        Self {
            excerpt: place.excerpt.clone(),
            ..Self::error(&place.file, place.position, message, hint)
        }
    }

    pub fn place(self) -> Place {
        Place {
            file: self.file,
            position: self.position,
            excerpt: self.excerpt,
        }
    }

    pub fn error(file: &str, position: Option<Position>, message: String, hint: String) -> Self {
        Self {
            severity: Severity::Error,
            file: file.to_owned(),
            position,
            excerpt: None,
            message,
            hint,
        }
    }

    /// An error that is in no text file: an option, a model file that its message names.
    pub fn without_file(message: String, hint: String) -> Self {
        Self::error("", None, message, hint)
    }

    /// The same fault as a warning.
    pub fn as_warning(self) -> Self {
        Self {
            severity: Severity::Warning,
            ..self
        }
    }

    /// The same fault with its line of the file's `text` and the number of characters to mark in it.
    pub fn marking(self, text: &str, length: usize) -> Self {
        // Unlike `lines`, this has the empty line after the last line break, and one in an empty file.
        let mut lines = text.split('\n');
        let line = self
            .position
            .and_then(|at| lines.nth(at.line.saturating_sub(1)));
        let excerpt = line.map(|line| {
            Box::new(Excerpt {
                line: line.trim_end_matches('\r').to_owned(),
                length: length.max(1),
            })
        });
        Self { excerpt, ..self }
    }

    /// Several lines: the message, the line of the file with a caret below, the hint.
    pub fn drawn(&self, colours: Colours) -> String {
        drawing::draw(self, colours)
    }

    /// One JSON object on one line: `severity`, `file`, `line`, `column`, `end_column` (of the first
    /// character after the marked ones), `message`, `hint`; null where there is none.
    pub fn to_json(&self) -> String {
        let length = self.excerpt.as_ref().map_or(1, |excerpt| excerpt.length);
        let given = |text: &str| (!text.is_empty()).then(|| text.to_owned());
        let object = json!({
            "severity": self.severity.as_str(),
            "file": given(&self.file),
            "line": self.position.map(|at| at.line),
            "column": self.position.map(|at| at.column),
            "end_column": self.position.map(|at| at.column + length),
            "message": self.message,
            "hint": given(&self.hint),
        });
        visible::in_json(&object.to_string()).into_owned()
    }
}

impl fmt::Display for Diagnostic {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let file = if self.file.is_empty() {
            "cnn-report"
        } else {
            &self.file
        };
        write!(f, "{}", visible(file))?;
        if let Some(Position { line, column }) = self.position {
            write!(f, ":{line}:{column}")?;
        }
        write!(
            f,
            ": {}: {}",
            self.severity.as_str(),
            visible(&self.message)
        )?;
        if !self.hint.is_empty() {
            write!(f, "; hint: {}", visible(&self.hint))?;
        }
        Ok(())
    }
}

/// The candidate most like `wrong`, where one is near enough to be a slip of the pen.
pub fn nearest<'a>(wrong: &str, candidates: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    const NEAR: f64 = 0.7; // Jaro-Winkler; "satuation" is 0.9 from "saturation"
    candidates
        .into_iter()
        .map(|candidate| (strsim::jaro_winkler(wrong, candidate), candidate))
        .filter(|(similarity, _)| *similarity >= NEAR)
        .max_by(|a, b| a.0.total_cmp(&b.0))
        .map(|(_, candidate)| candidate)
}
