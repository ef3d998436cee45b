//! A report.yaml as it is written: the place of every value, also of those that stand in other files.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use serde_json::Value;

use super::expand::{self, Additions};
use super::positions::{Mark, Positions};
use super::{MethodSchema, Spec, faults, yaml};
use crate::diagnostic::{Diagnostic, Place, Position};

/// A YAML file with the place of everything in it, and with what other files and the command line add to it.
#[derive(Debug)]
pub struct Document {
    /// As the user named it.
    pub path: PathBuf,
    /// The file itself first.
    sources: Vec<Source>,
    /// Values that do not stand where their JSON pointer says; what is below one came with it.
    origins: BTreeMap<String, Origin>,
}

/// A text in which values stand.
#[derive(Debug)]
pub(super) struct Source {
    /// As the user named it.
    pub name: String,
    pub text: String,
    pub positions: Positions,
}

/// Where a value stands: the index of a source, and the JSON pointer there.
#[derive(Debug, Clone)]
pub(super) struct Origin {
    pub source: usize,
    pub pointer: String,
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

    /// The YAML as JSON, `None` of an empty text; and the numbers in it that JSON does not have.
    pub fn read(&self) -> Result<(Option<Value>, Vec<Diagnostic>), Vec<Diagnostic>> {
        let refused = self.positions.refused.iter();
        let refused =
            refused.map(|it| self.error_in(Some(it.mark), it.message.as_str(), it.hint.as_str()));
        let refused: Vec<_> = refused.collect();
        match refused.is_empty() {
            true => yaml::read(self).map_err(|fault| vec![fault]),
            false => Err(refused),
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
    fn find_from(&self, start: Position, fragment: &str) -> Option<Mark> {
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

impl Document {
    pub fn new(path: &Path, text: String) -> Self {
        Self {
            path: path.to_owned(),
            sources: vec![Source::new(path.display().to_string(), text)],
            origins: BTreeMap::new(),
        }
    }

    /// The text of the file itself.
    pub fn text(&self) -> &str {
        &self.sources[0].text
    }

    /// Adds a text, and says by which index its values are known.
    pub(super) fn add(&mut self, source: Source) -> usize {
        self.sources.push(source);
        self.sources.len() - 1
    }

    /// The value at `pointer`, with all below it, now stands elsewhere.
    pub(super) fn moved(&mut self, pointer: &str, origin: Origin) {
        let below = format!("{pointer}/");
        self.origins
            .retain(|other, _| other != pointer && !other.starts_with(&below));
        self.origins.insert(pointer.to_owned(), origin);
    }

    /// Where the value at a JSON pointer stands.
    pub(super) fn origin(&self, pointer: &str) -> Origin {
        let mut above = pointer;
        loop {
            if let Some(found) = self.origins.get(above) {
                return Origin {
                    source: found.source,
                    pointer: format!("{}{}", found.pointer, &pointer[above.len()..]),
                };
            }
            match above.rfind('/') {
                Some(end) => above = &above[..end],
                None => {
                    return Origin {
                        source: 0,
                        pointer: pointer.to_owned(),
                    };
                }
            }
        }
    }

    fn source_of(&self, pointer: &str) -> (&Source, String) {
        let Origin { source, pointer } = self.origin(pointer);
        (&self.sources[source], pointer)
    }

    /// A fault of the value at a JSON pointer.
    pub fn error(
        &self,
        pointer: &str,
        message: impl Into<String>,
        hint: impl Into<String>,
    ) -> Diagnostic {
        let (source, pointer) = self.source_of(pointer);
        source.error_in(source.positions.value_at(&pointer), message, hint)
    }

    /// A fault of the key at a JSON pointer.
    pub fn key_error(
        &self,
        pointer: &str,
        message: impl Into<String>,
        hint: impl Into<String>,
    ) -> Diagnostic {
        let (source, pointer) = self.source_of(pointer);
        source.error_in(source.positions.key_at(&pointer), message, hint)
    }

    /// Where the key at a JSON pointer is.
    pub fn key_place(&self, pointer: &str) -> Place {
        self.key_error(pointer, "", "").place()
    }

    /// Whether something is written for this JSON pointer itself.
    pub fn has(&self, pointer: &str) -> bool {
        let (source, pointer) = self.source_of(pointer);
        source.positions.has(&pointer) || pointer.is_empty()
    }

    /// A fault of `fragment` in the text at a pointer. Exact for block texts (`|`), whose lines are in
    /// the file as they are; otherwise the place where the value starts.
    pub fn text_error(
        &self,
        pointer: &str,
        fragment: &str,
        message: impl Into<String>,
        hint: impl Into<String>,
    ) -> Diagnostic {
        let (source, pointer) = self.source_of(pointer);
        let start = source.positions.value_at(&pointer);
        let found = start.and_then(|start| source.find_from(start.position, fragment));
        source.error_in(found.or(start), message, hint)
    }

    /// As [`Self::text_error`], of the place `nth` of the fragment, from 0.
    pub fn nth_text_error(
        &self,
        pointer: &str,
        (fragment, nth): (&str, usize),
        message: impl Into<String>,
        hint: impl Into<String>,
    ) -> Diagnostic {
        let (source, pointer) = self.source_of(pointer);
        let start = source.positions.value_at(&pointer);
        let mut found = start.and_then(|start| source.find_from(start.position, fragment));
        for _ in 0..nth {
            found = found.and_then(|mark| {
                let behind = Position {
                    column: mark.position.column + mark.length,
                    ..mark.position
                };
                source.find_from(behind, fragment)
            });
        }
        source.error_in(found.or(start), message, hint)
    }

    /// The spec, or every fault that can be told from the texts alone.
    pub fn parse(
        &mut self,
        methods: &[MethodSchema],
        additions: &Additions,
    ) -> Result<Spec, Vec<Diagnostic>> {
        let (value, not_finite) = self.sources[0].read()?;
        let Some(value) = value else {
            return Err(vec![self.empty()]);
        };
        let expand::Expanded {
            value,
            has_sections,
            patterns,
            faults: more,
        } = expand::expand(self, value, additions)?;
        let mut found = faults::faults(self, methods, &value);
        // The schema sees no value where a number is not finite.
        let not_finite = || not_finite.iter().chain(&more);
        found.retain(|fault| not_finite().all(|other| other.position != fault.position));
        found.extend(not_finite().cloned());
        if !found.is_empty() {
            found.sort_by(|a, b| (&a.file, a.position).cmp(&(&b.file, b.position)));
            found.dedup();
            return Err(found);
        }
        let spec = serde_json::from_value(value);
        spec.map(|spec| Spec {
            has_sections,
            patterns,
            ..spec
        })
        .map_err(|error| vec![self.sources[0].error_at(None, 1, error.to_string(), "")])
    }

    fn empty(&self) -> Diagnostic {
        let start = Position { line: 1, column: 1 };
        let hint =
            "the smallest report has `title: …`, `model: {file: …}` and `questions: [{title: …}]`";
        self.sources[0].error_at(Some(start), 1, "the report is empty", hint)
    }
}
