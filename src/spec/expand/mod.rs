//! What stands in other places than the value it becomes part of: included files, `--set`, `defaults`, patterns of
//! photos and sets of them. Every value keeps its place, so that a fault in it is told where it was written.

mod defaults;
mod include;
mod models;
mod photos;
mod sections;
mod set;
#[cfg(test)]
mod tests;

use std::path::{Path, PathBuf};

use serde_json::Value;

use super::document::{Document, Origin};
use super::escape;
use crate::diagnostic::Diagnostic;

/// What is added to a report.yaml.
pub struct Additions<'a> {
    /// `KEY=VALUE`, in this order.
    pub set: &'a [String],
    /// Where included files and photos are found.
    pub files: &'a dyn Files,
}

impl Additions<'_> {
    /// For a spec that stands alone.
    pub const NONE: Additions<'static> = Additions {
        set: &[],
        files: &NoFiles,
    };
}

/// No file is there.
struct NoFiles;

impl Files for NoFiles {
    fn read(&self, path: &Path) -> Result<String, String> {
        Err(format!("there is no file `{}`", path.display()))
    }

    fn matching(&self, _: &str) -> Result<Vec<PathBuf>, String> {
        Ok(Vec::new())
    }
}

/// Files round a report.yaml. Paths are relative to its folder; errors say what is wrong in a sentence.
pub trait Files {
    fn read(&self, path: &Path) -> Result<String, String>;

    /// Files whose path fits a pattern such as `photos/*.jpg`, in the order of their paths.
    fn matching(&self, pattern: &str) -> Result<Vec<PathBuf>, String>;
}

/// A report.yaml put together.
pub(super) struct Expanded {
    pub value: Value,
    /// Whether its questions were called sections.
    pub has_sections: bool,
    /// Those under `images`.
    pub patterns: Vec<String>,
    /// What is wrong with what was added.
    pub faults: Vec<Diagnostic>,
}

/// A report.yaml as one value, or why it cannot be put together.
pub(super) fn expand(
    document: &mut Document,
    mut value: Value,
    additions: &Additions,
) -> Result<Expanded, Vec<Diagnostic>> {
    let mut faults = include::included(document, &mut value, additions.files)?;
    let (has_sections, more) = sections::as_questions(document, &mut value);
    faults.extend(more);
    faults.extend(set::apply(document, &mut value, additions.set));
    defaults::fill(document, &mut value);
    models::inherit(document, &mut value);
    let (patterns, more) = photos::find(document, &mut value, additions.files);
    faults.extend(more);
    faults.extend(photos::of_sets(document, &mut value));
    Ok(Expanded {
        value,
        has_sections,
        patterns,
        faults,
    })
}

/// Adds to `above`, which stands at the JSON pointer `at`, what only `below` says. `origin` tells where a value of
/// `below` stands, by its pointer below `at`.
fn fill_in(
    document: &mut Document,
    (above, at): (&mut Value, &str),
    (below, inside): (&Value, &str),
    origin: &dyn Fn(&Document, &str) -> Origin,
) {
    let (Value::Object(above), Value::Object(below)) = (above, below) else {
        return; // said above
    };
    for (key, value) in below {
        let at = format!("{at}/{}", escape(key));
        let inside = format!("{inside}/{}", escape(key));
        match above.get_mut(key) {
            Some(said) => fill_in(document, (said, &at), (value, &inside), origin),
            None => {
                above.insert(key.clone(), value.clone());
                let origin = origin(document, &inside);
                document.moved(&at, origin);
            }
        }
    }
}

/// Every figure's parameters with their method and JSON pointer.
fn each_figure(value: &mut Value, then: &mut dyn FnMut(&str, &str, &mut Value)) {
    let questions = value.get_mut("questions").and_then(Value::as_array_mut);
    for (question, value) in questions.into_iter().flatten().enumerate() {
        let figures = value.get_mut("figures").and_then(Value::as_array_mut);
        for (figure, item) in figures.into_iter().flatten().enumerate() {
            for (method, parameters) in item.as_object_mut().into_iter().flatten() {
                let pointer = format!("/questions/{question}/figures/{figure}/{}", escape(method));
                then(&pointer, method, parameters);
            }
        }
    }
}
