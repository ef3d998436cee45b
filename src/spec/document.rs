//! A report.yaml as it is written: the place of every value, also of those that stand in other files.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use serde_json::Value;

use super::source::Source;
use crate::diagnostic::{Diagnostic, Place, Position};

/// A YAML file with the place of everything in it, and with what other files and the command line add to it.
#[derive(Debug, Clone)]
pub struct Document {
    /// As the user named it.
    pub path: PathBuf,
    /// The file itself first.
    pub(super) sources: Vec<Source>,
    /// Values that do not stand where their JSON pointer says; what is below one came with it.
    origins: BTreeMap<String, Origin>,
}

/// Where a value stands: the index of a source, and the JSON pointer there.
#[derive(Debug, Clone)]
pub(super) struct Origin {
    pub source: usize,
    pub pointer: String,
}

impl Document {
    pub fn new(path: &Path, text: String) -> Self {
        Self {
            path: path.to_owned(),
            sources: vec![Source::new(path.display().to_string(), text)],
            origins: BTreeMap::new(),
        }
    }

    /// A YAML file that is no report, as JSON; `null` where it is empty.
    pub fn content(&self) -> Result<Value, Vec<Diagnostic>> {
        let (value, not_finite) = self.sources[0].read()?;
        match not_finite.is_empty() {
            true => Ok(value.unwrap_or_default()),
            false => Err(not_finite),
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

    /// The same with the entry `name` of `models` in the place of `model`, for those who look at one network.
    pub fn of_model(&self, name: &str) -> Self {
        let from = format!("/models/{}", super::escape(name));
        let below = |pointer: &str| {
            let rest = pointer.strip_prefix(&from)?;
            (rest.is_empty() || rest.starts_with('/')).then(|| format!("/model{rest}"))
        };
        let is_main = |pointer: &str| pointer == "/model" || pointer.starts_with("/model/");
        let kept = self.origins.iter().filter(|(pointer, _)| !is_main(pointer));
        let mut origins: BTreeMap<String, Origin> = kept
            .map(|(pointer, origin)| (pointer.clone(), origin.clone()))
            .collect();
        origins.insert("/model".to_owned(), self.origin(&from));
        let moved = self.origins.iter();
        origins
            .extend(moved.filter_map(|(pointer, origin)| Some((below(pointer)?, origin.clone()))));
        Self {
            path: self.path.clone(),
            sources: self.sources.clone(),
            origins,
        }
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
}
