//! `images:` resolved: every photo or array of the report, brought to the network's size.

use std::path::Path;

use super::files::resolve;
use super::keep;
use crate::diagnostic::Diagnostic;
use crate::explain::Photo;
use crate::picture::{Input, InputError, Picture, Prepared, Preprocessing};
use crate::spec::{Document, ImageSpec};

/// The photos as the network sees them, each with its id; an unreadable one leaves a fault. Without
/// preprocessing, which is at fault itself then, they are only read.
pub fn photos(
    document: &Document,
    images: &[ImageSpec],
    base: &Path,
    preprocessing: Option<&Preprocessing>,
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
        let path = resolve(base, &image.file);
        let prepared = Input::open(&path, image.tensor.as_deref()).and_then(|input| {
            preprocessing
                .map(|how| input.prepared(&path, how))
                .transpose()
        });
        let prepared = keep(prepared, faults, |error| {
            document.error(
                &format!("{pointer}/{}", key_of(&error)),
                error.to_string(),
                "",
            )
        });
        // A photo that cannot be read still has its id, or every figure would be at fault too.
        let prepared = prepared.flatten().unwrap_or_else(|| Prepared {
            picture: Picture::filled(1, 1, [0; 3]),
            array: None,
        });
        let name = image.name.clone().unwrap_or_else(|| image.id.clone());
        photos.push((image.id.clone(), Photo::new(name, prepared)));
    }
    photos
}

/// The key of an image that an error is about.
fn key_of(error: &InputError) -> &'static str {
    match error {
        InputError::NoTensors { .. } | InputError::NoSuchTensor { .. } => "tensor",
        InputError::File(_)
        | InputError::Picture(_)
        | InputError::Array { .. }
        | InputError::Shape { .. } => "file",
    }
}
