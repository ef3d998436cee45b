//! The files that a spec names: photos, model, class names, the folder to write to.

use std::path::{Path, PathBuf};

use super::{Budget, Output, Overrides, keep};
use crate::diagnostic::Diagnostic;
use crate::fs::{self, Written};
use crate::labels::Labels;
use crate::model::{ModelFacts, OutputActivation};
use crate::spec::{Document, Format, Spec};

/// A path of the spec, seen from the folder of report.yaml.
pub(super) fn resolve(base: &Path, path: &Path) -> PathBuf {
    if base == Path::new(".") {
        path.to_owned()
    } else {
        base.join(path)
    }
}

/// The folder that a report is written to, and the name of its pages, whether they can be written or not.
pub fn output_place(report: &Path, spec: &Spec, overrides: &Overrides) -> (PathBuf, String) {
    let base = super::folder_of(report);
    let folder = match (&overrides.output, &spec.output.folder) {
        (Some(folder), _) => folder.clone(),
        // `a/./b` is `a/b`.
        (None, Some(folder)) => resolve(&base, folder).components().collect(),
        (None, None) => resolve(&base, Path::new("build")),
    };
    let stem = report.file_stem();
    let stem = stem.map(|stem| stem.to_string_lossy().into_owned());
    let name = spec.output.name.clone().or(stem);
    (folder, name.unwrap_or_else(|| "report".to_owned()))
}

/// Where the report goes; the folder must be one that can be written to.
pub fn output(
    document: &Document,
    spec: &Spec,
    overrides: &Overrides,
    faults: &mut Vec<Diagnostic>,
) -> Option<Output> {
    let (folder, name) = output_place(&document.path, spec, overrides);
    let mut formats = overrides
        .formats
        .clone()
        .or(spec.output.formats.clone())
        .unwrap_or(vec![Format::Html, Format::Markdown]);
    formats.sort();
    formats.dedup();
    if formats.is_empty() {
        faults.push(document.error(
            "/output/formats",
            "the list is empty",
            "some of `html`, `markdown`, `markdown-embedded` and `json`",
        ));
    }
    if let Some(obstacle) = fs::obstacle(&folder, Written::Folder) {
        let hint = "name another folder with `output: {folder: …}` or `--output`";
        faults.push(document.error("/output/folder", obstacle, hint));
        return None;
    }
    let is_writable = match overrides.writes_nothing {
        true => Ok(()),
        false => fs::check_writable(&folder),
    };
    keep(is_writable, faults, |error| {
        document.error(
            "/output/folder",
            error.to_string(),
            "name another folder with `output: {folder: …}` or `--output`",
        )
    })?;
    let written: Vec<(String, Written)> = formats
        .iter()
        .flat_map(|format| match format {
            Format::Html => vec![(format!("{name}.html"), Written::File)],
            Format::Markdown => vec![
                (format!("{name}.md"), Written::File),
                (format!("{name}_files"), Written::Folder),
            ],
            Format::MarkdownEmbedded => vec![(embedded_name(&name), Written::File)],
            Format::Json => vec![
                (format!("{name}.json"), Written::File),
                (format!("{name}_data"), Written::Folder),
            ],
        })
        .collect();
    for (file, as_a) in written {
        if let Some(obstacle) = fs::obstacle(&folder.join(file), as_a) {
            let hint = "name the report otherwise with `output: {name: …}`, or move what is there";
            faults.push(document.error("/output/name", obstacle, hint));
        }
    }
    Some(Output {
        folder,
        name,
        is_split: is_split(document, spec, overrides, &formats, faults),
        formats,
        budget: budget(document, spec, overrides, faults),
    })
}

/// Whether the HTML page is to be split; a fault where there is none. Formats of the command line stand above the spec's wish.
fn is_split(
    document: &Document,
    spec: &Spec,
    overrides: &Overrides,
    formats: &[Format],
    faults: &mut Vec<Diagnostic>,
) -> bool {
    let has_page = formats.contains(&Format::Html);
    let hint = "add `html` to the formats, or leave out `split`";
    let message = "there is no page to split: `html` is not among the formats";
    let is_wanted = overrides.split || spec.output.split;
    if is_wanted && !has_page && (overrides.split || overrides.formats.is_none()) {
        let place = match spec.output.split {
            true => "/output/split",
            false => "/output/formats",
        };
        faults.push(document.error(place, message, hint));
    }
    is_wanted && has_page
}

fn budget(
    document: &Document,
    spec: &Spec,
    overrides: &Overrides,
    faults: &mut Vec<Diagnostic>,
) -> Option<Budget> {
    if let Some(bytes) = overrides.budget {
        return Some(Budget { bytes, place: None });
    }
    let written = spec.output.budget.as_deref()?;
    let bytes = keep(size_in_bytes(written), faults, |error| {
        document.error("/output/budget", error, "")
    })?;
    let place = Some(document.key_place("/output/budget"));
    Some(Budget { bytes, place })
}

/// `5MB` is 5,000,000, `5MiB` 5,242,880.
pub fn size_in_bytes(text: &str) -> Result<u64, String> {
    let expected = || format!("expected a size such as `5MB` or `800kB`, found `{text}`");
    // A number alone might be meant in any unit.
    let size: bytesize::ByteSize = match text.trim().ends_with(['B', 'b']) {
        true => text.trim().parse().map_err(|_| expected())?,
        false => return Err(expected()),
    };
    match size.as_u64() {
        0 => Err(expected()),
        bytes => Ok(bytes),
    }
}

/// The page of `markdown-embedded`, beside that of `markdown`.
pub fn embedded_name(name: &str) -> String {
    format!("{name}.embedded.md")
}

/// The names of the classes.
pub fn labels(
    document: &Document,
    spec: &Spec,
    base: &Path,
    facts: &ModelFacts,
    faults: &mut Vec<Diagnostic>,
) -> Option<Labels> {
    let Some(path) = &spec.model.classes else {
        return Some(Labels::numbers(facts.classes));
    };
    let labels = Labels::read(&resolve(base, path));
    let labels = labels.and_then(|labels| {
        let labels = match facts.scores.activation {
            OutputActivation::SigmoidOfOne => labels.of_one_number(),
            OutputActivation::Softmax | OutputActivation::Sigmoid => labels,
        };
        labels.check(facts.classes).map(|()| labels)
    });
    keep(labels, faults, |error| {
        document.error("/model/classes", error.to_string(), "")
    })
}
