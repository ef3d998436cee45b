//! The files that a spec names: photos, model, class names, the folder to write to.

use std::path::{Path, PathBuf};

use super::{Output, Overrides, keep, weights};
use crate::diagnostic::Diagnostic;
use crate::explain::Photo;
use crate::fs;
use crate::model::{self, Labels, Model, Source};
use crate::picture::{Picture, Preprocessing, Resize};
use crate::spec::{Document, Format, ImageSpec, InputSpec, Spec};

/// A path of the spec, seen from the folder of report.yaml.
pub fn resolve(base: &Path, path: &Path) -> PathBuf {
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

/// The photos as they were taken, each with its id; an unreadable one leaves a fault.
pub fn photos(
    document: &Document,
    images: &[ImageSpec],
    base: &Path,
    faults: &mut Vec<Diagnostic>,
) -> Vec<(String, Photo)> {
    let mut photos: Vec<(String, Photo)> = Vec::new();
    for (index, image) in images.iter().enumerate() {
        let pointer = format!("/images/{index}");
        if images[..index].iter().any(|earlier| earlier.id == image.id) {
            let message = format!("the id `{}` is taken by an image above", image.id);
            faults.push(document.error(
                &format!("{pointer}/id"),
                message,
                "give each image an id of its own",
            ));
        }
        let picture = keep(
            Picture::open(&resolve(base, &image.file)),
            faults,
            |error| document.error(&format!("{pointer}/file"), error.to_string(), ""),
        );
        // A photo that cannot be read still has its id, or every figure would be at fault too.
        let picture = picture.unwrap_or(Picture::filled(1, 1, [0; 3]));
        let name = image.name.clone().unwrap_or_else(|| image.id.clone());
        photos.push((image.id.clone(), Photo { id: name, picture }));
    }
    photos
}

pub fn preprocessing(
    document: &Document,
    input: &InputSpec,
    faults: &mut Vec<Diagnostic>,
) -> Option<Preprocessing> {
    let [height, width] = input.size;
    let resize = match input.shorter {
        Some(shorter) => Resize::ShorterThenCrop {
            shorter,
            height,
            width,
        },
        None => Resize::Stretch { height, width },
    };
    let preprocessing = Preprocessing {
        resize,
        mean: input.mean.clone(),
        std: input.std.clone(),
    };
    match preprocessing.fault() {
        None => Some(preprocessing),
        Some(fault) => {
            faults.push(document.error("/model/input", fault, ""));
            None
        }
    }
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
    let wish = overrides.device.as_deref().unwrap_or(&spec.device);
    let device = keep(model::device(wish), faults, |error| {
        document.error("/device", error.to_string(), "")
    });
    let (height, width) = preprocessing.resize.output_px();
    let source = Source::new(
        resolve(base, &spec.model.file),
        [preprocessing.mean.len() as i64, height as i64, width as i64],
    );
    let target = device.unwrap_or(tch::Device::Cpu);
    let model = weights::model(document, &spec.model, base, source, target, faults)?;
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
    device.map(|_| (model, labels))
}
