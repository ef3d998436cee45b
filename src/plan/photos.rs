//! `images:` resolved: every photo or array of the report, known by its content.

use std::path::Path;
use std::sync::Arc;

use serde_json::json;

use super::files::resolve;
use super::memory::Memory;
use crate::diagnostic::Diagnostic;
use crate::explain::Photo;
use crate::picture::{Input, InputError, Picture, Prepared, Preprocessing};
use crate::spec::{Document, ImageSpec};

/// The photos; an unreadable one leaves a fault. One that was prepared before is not decoded. Without
/// preprocessing, which is at fault itself then, they are only read.
pub fn photos(
    document: &Document,
    images: &[ImageSpec],
    base: &Path,
    preprocessing: Option<&Arc<Preprocessing>>,
    memory: &dyn Memory,
    faults: &mut Vec<Diagnostic>,
) -> Vec<Arc<Photo>> {
    let mut photos: Vec<Arc<Photo>> = Vec::new();
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
        let read = photo(image, &path, preprocessing, memory);
        let read = read.unwrap_or_else(|error| {
            let place = format!("{pointer}/{}", key_of(&error));
            faults.push(document.error(&place, error.to_string(), ""));
            stand_in(image)
        });
        photos.push(Arc::new(read));
    }
    photos
}

fn photo(
    image: &ImageSpec,
    path: &Path,
    preprocessing: Option<&Arc<Preprocessing>>,
    memory: &dyn Memory,
) -> Result<Photo, InputError> {
    let digest = memory.digest(path)?;
    let Some(preprocessing) = preprocessing else {
        Input::open(path, image.tensor.as_deref())?;
        return Ok(stand_in(image));
    };
    let key = json!({
        "photo": digest,
        "tensor": image.tensor,
        "preprocessing": preprocessing.as_ref(),
    });
    let name = image.name.clone().unwrap_or_else(|| image.id.clone());
    let photo = Photo::of_file(
        (image.id.clone(), name),
        path.to_owned(),
        image.tensor.clone(),
        digest,
        preprocessing.clone(),
    );
    if !memory.is_known(&key) {
        photo.prepared()?;
        memory.remember(&key);
    }
    Ok(photo)
}

/// A photo that cannot be read still has its id, or every figure would be at fault too.
fn stand_in(image: &ImageSpec) -> Photo {
    let prepared = Prepared {
        picture: Picture::filled(1, 1, [0; 3]),
        array: None,
    };
    Photo::of_prepared(&image.id, prepared, &Preprocessing::default())
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
