//! What a report is made of: the files and folders whose change calls for another build.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use serde_json::Value;

use crate::plan::{self, Overrides};
use crate::spec::{OneOrMore, Spec};
use crate::{Failure, read_spec};

/// Paths as seen from here.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub struct Watched {
    pub files: BTreeSet<PathBuf>,
    /// With everything below.
    pub folders: BTreeSet<PathBuf>,
    /// Patterns of photos, with the folder that they are relative to: a new file that fits one is a change.
    pub patterns: Vec<(PathBuf, String)>,
    /// The folder that the report is written to, and the name of its pages.
    pub output: Option<(PathBuf, String)>,
}

/// What the spec at `path` names; an error where the spec itself cannot be read.
pub fn watched(path: &Path, overrides: &Overrides) -> Result<Watched, Failure> {
    let (_, spec) = read_spec(path, &overrides.set)?;
    let base = plan::folder_of(path);
    let mut watched = Watched {
        output: Some(plan::output_place(path, &spec, overrides)),
        ..Watched::default()
    };
    watched.files.insert(path.to_owned());
    for pattern in &spec.patterns {
        watched.patterns.push((base.clone(), pattern.clone()));
    }
    for file in named(&spec, &base) {
        let file = base.join(file);
        match crate::fs::is_folder(&file) {
            true => watched.folders.insert(file),
            false => watched.files.insert(file),
        };
    }
    Ok(watched)
}

/// Every path in a spec; `base` is its folder.
fn named(spec: &Spec, base: &Path) -> Vec<PathBuf> {
    let mut paths = Vec::new();
    for model in std::iter::once(&spec.model).chain(spec.models.values()) {
        paths.push(model.file.clone());
        paths.extend(model.graph.clone());
        paths.extend(model.classes.clone());
    }
    paths.extend(spec.images.iter().map(|image| image.file.clone()));
    paths.extend(spec.strings.clone());
    paths.extend(spec.theme.css.clone());
    paths.extend(spec.templates.clone());
    match &spec.include {
        Some(OneOrMore::One(file)) => paths.push(file.into()),
        Some(OneOrMore::More(files)) => paths.extend(files.iter().map(PathBuf::from)),
        None => {}
    }
    let figures = spec.questions.iter().flat_map(|question| &question.figures);
    let mut texts = Vec::new();
    for (method, parameters) in figures.flatten() {
        if method != "text" {
            texts_in(parameters, &mut texts);
        }
    }
    // Labelled photos and their groups, a guide, a baseline, a direction: methods name files in keys of their own.
    paths.extend(
        texts
            .into_iter()
            .map(PathBuf::from)
            .filter(|path| base.join(path).exists()),
    );
    paths
}

/// Every text in a value.
fn texts_in<'a>(value: &'a Value, found: &mut Vec<&'a str>) {
    match value {
        Value::String(text) => found.push(text),
        Value::Array(items) => items.iter().for_each(|item| texts_in(item, found)),
        Value::Object(keys) => keys.values().for_each(|item| texts_in(item, found)),
        Value::Null | Value::Bool(_) | Value::Number(_) => {}
    }
}
