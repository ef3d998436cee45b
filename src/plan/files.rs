//! The files that a spec names: photos, model, class names, the folder to write to.

use std::path::{Path, PathBuf};

use super::{Output, Overrides, keep, weights};
use crate::diagnostic::Diagnostic;
use crate::fs;
use crate::model::{self, Labels, Model, Precision, Source};
use crate::picture::Preprocessing;
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
            "`html`, `markdown` or both",
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

/// The network on its device, and the names of its classes.
pub fn network(
    document: &Document,
    spec: &Spec,
    overrides: &Overrides,
    base: &Path,
    preprocessing: &Preprocessing,
    faults: &mut Vec<Diagnostic>,
) -> Option<(Model, Labels)> {
    let run_on = device_and_precision(document, spec, overrides, faults);
    let (device, precision) = run_on.unwrap_or((tch::Device::Cpu, Precision::default()));
    let source = Source::new(
        resolve(base, &spec.model.file),
        preprocessing.input_shape().map(|size| size as i64),
    )
    .with_precision(precision);
    let model = weights::model(document, &spec.model, base, source, device, faults)?;
    let labels = match &spec.model.classes {
        None => Labels::numbers(model.classes()),
        Some(path) => {
            let labels = Labels::read(&resolve(base, path));
            let labels = labels.and_then(|labels| labels.check(model.classes()).map(|()| labels));
            keep(labels, faults, |error| {
                document.error("/model/classes", error.to_string(), "")
            })?
        }
    };
    run_on.map(|_| (model, labels))
}

/// Where the network runs and in which numbers.
pub fn device_and_precision(
    document: &Document,
    spec: &Spec,
    overrides: &Overrides,
    faults: &mut Vec<Diagnostic>,
) -> Option<(tch::Device, Precision)> {
    let wish = overrides.device.as_deref().unwrap_or(&spec.device);
    let device = keep(model::device(wish), faults, |error| {
        document.error("/device", error.to_string(), "")
    });
    let wish = overrides.precision.as_deref().unwrap_or(&spec.precision);
    let precision = model::precision(wish, device.unwrap_or(tch::Device::Cpu));
    let precision = keep(precision, faults, |error| {
        document.error("/precision", error.to_string(), "")
    });
    device.zip(precision)
}
