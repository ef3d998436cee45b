//! A YAML text, and the place of everything in it.

use super::positions::{Mark, Positions};
use crate::diagnostic::{Diagnostic, Position};

/// A text in which values stand.
#[derive(Debug, Clone)]
pub(super) struct Source {
    /// As the user named it.
    pub name: String,
    pub text: String,
    pub positions: Positions,
}

impl Source {
    pub fn new(name: String, text: String) -> Self {
        // Editors on Windows begin a file with a byte order mark; YAML's columns do not count it.
        let text = match text.strip_prefix('\u{feff}') {
            Some(text) => text.to_owned(),
            None => text,
        };
        let positions = Positions::of(&text);
        Self {
            name,
            text,
            positions,
        }
    }

    /// A fault of the value at a JSON pointer of this text.
    pub fn error(&self, pointer: &str, message: impl Into<String>) -> Diagnostic {
        self.error_in(self.positions.value_at(pointer), message, "")
    }

    pub fn error_in(
        &self,
        mark: Option<Mark>,
        message: impl Into<String>,
        hint: impl Into<String>,
    ) -> Diagnostic {
        let length = mark.map_or(1, |mark| mark.length);
        self.error_at(mark.map(|mark| mark.position), length, message, hint)
    }

    pub fn error_at(
        &self,
        position: Option<Position>,
        length: usize,
        message: impl Into<String>,
        hint: impl Into<String>,
    ) -> Diagnostic {
        Diagnostic::error(&self.name, position, message.into(), hint.into())
            .marking(&self.text, length)
    }

    /// The first place of `fragment` at or after `start`.
    pub fn find_from(&self, start: Position, fragment: &str) -> Option<Mark> {
        self.text
            .lines()
            .enumerate()
            .skip(start.line - 1)
            .find_map(|(index, line)| {
                let skip = if index + 1 == start.line {
                    start.column - 1
                } else {
                    0
                };
                let from = line
                    .char_indices()
                    .nth(skip)
                    .map_or(line.len(), |(byte, _)| byte);
                let byte = from + line[from..].find(fragment)?;
                let position = Position {
                    line: index + 1,
                    column: line[..byte].chars().count() + 1,
                };
                let length = fragment.chars().count();
                Some(Mark { position, length })
            })
    }
}
