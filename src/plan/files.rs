//! The files that a spec names: photos, model, class names, the folder to write to.

use std::path::{Path, PathBuf};

use super::{Output, Overrides, keep};
use crate::diagnostic::Diagnostic;
use crate::fs;
use crate::labels::Labels;
use crate::spec::{Document, Format, Spec};

/// A path of the spec, seen from the folder of report.yaml.
pub(super) fn resolve(base: &Path, path: &Path) -> PathBuf {
    if base == Path::new(".") {
        path.to_owned()
    } else {
        base.join(path)
    }
}

/// Where the report goes; the folder must be one that can be written to.
pub fn output(
    document: &Document,
    spec: &Spec,
    overrides: &Overrides,
    base: &Path,
    faults: &mut Vec<Diagnostic>,
) -> Option<Output> {
    let stem = document
        .path
        .file_stem()
        .map(|stem| stem.to_string_lossy().into_owned());
    let folder = match (&overrides.output, &spec.output.folder) {
        (Some(folder), _) => folder.clone(),
        (None, Some(folder)) => resolve(base, folder),
        (None, None) => resolve(base, Path::new("build")),
    };
    let mut formats = spec
        .output
        .formats
        .clone()
        .unwrap_or(vec![Format::Html, Format::Markdown]);
    formats.sort();
    formats.dedup();
    if formats.is_empty() {
        faults.push(document.error(
            "/output/formats",
            "the list is empty",
            "some of `html`, `markdown` and `json`",
        ));
    }
    keep(fs::check_writable(&folder), faults, |error| {
        document.error(
            "/output/folder",
            error.to_string(),
            "name another folder with `output: {folder: …}` or `--output`",
        )
    })?;
    let name = spec
        .output
        .name
        .clone()
        .or(stem)
        .unwrap_or_else(|| "report".to_owned());
    Some(Output {
        folder,
        name,
        formats,
    })
}

/// The names of the classes.
pub fn labels(
    document: &Document,
    spec: &Spec,
    base: &Path,
    classes: usize,
    faults: &mut Vec<Diagnostic>,
) -> Option<Labels> {
    let Some(path) = &spec.model.classes else {
        return Some(Labels::numbers(classes));
    };
    let labels = Labels::read(&resolve(base, path));
    let labels = labels.and_then(|labels| labels.check(classes).map(|()| labels));
    keep(labels, faults, |error| {
        document.error("/model/classes", error.to_string(), "")
    })
}
