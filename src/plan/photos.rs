//! `images:` resolved: every photo or array of the report, known by its content.

use std::path::Path;
use std::sync::Arc;

use serde_json::json;

use super::files::resolve;
use super::memory::Memory;
use crate::diagnostic::Diagnostic;
use crate::explain::Photo;
use crate::picture::{
    Changes, DECODING_VERSION, Input, InputError, Picture, PictureError, Prepared, Preprocessing,
};
use crate::spec::{Document, ImageSpec};

/// The photos, and what decoding changed of each; an unreadable one leaves a fault. One that was prepared
/// before is not decoded. Without preprocessing, which is at fault itself then, they are only read.
pub fn photos(
    document: &Document,
    images: &[ImageSpec],
    base: &Path,
    preprocessing: Option<&Arc<Preprocessing>>,
    memory: &dyn Memory,
    faults: &mut Vec<Diagnostic>,
) -> Vec<(Arc<Photo>, Changes)> {
    let mut photos = Vec::new();
    let mut unreadable = Unreadable::default();
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
        let (photo, changes) = photo(image, &path, preprocessing, memory).unwrap_or_else(|error| {
            let place = format!("{pointer}/{}", key_of(&error));
            unreadable.add(place, &error);
            (stand_in(image), Changes::default())
        });
        photos.push((Arc::new(photo), changes));
    }
    unreadable.report(document, faults);
    photos
}

/// Images that cannot be read: those in a format that is not read are one fault a format, however many.
#[derive(Default)]
struct Unreadable {
    /// Kind, place and message of the first, and how many more there are.
    found: Vec<(Option<String>, String, String, usize)>,
}

impl Unreadable {
    fn add(&mut self, place: String, error: &InputError) {
        let kind = match error {
            InputError::Picture(PictureError::Format { found, .. }) => Some(found.clone()),
            _ => None,
        };
        let same = self
            .found
            .iter_mut()
            .find(|(known, ..)| kind.is_some() && *known == kind);
        match same {
            Some((.., more)) => *more += 1,
            None => self.found.push((kind, place, error.to_string(), 0)),
        }
    }

    fn report(self, document: &Document, faults: &mut Vec<Diagnostic>) {
        for (_, place, mut message, more) in self.found {
            if more > 0 {
                let noun = if more == 1 { "image is" } else { "images are" };
                message = format!("{message}; {more} more {noun} of this kind");
            }
            faults.push(document.error(&place, message, ""));
        }
    }
}

/// What decoding changed, a warning for each kind of change.
pub fn warnings(document: &Document, photos: &[(Arc<Photo>, Changes)]) -> Vec<Diagnostic> {
    let mut warnings = Vec::new();
    for (name, is_changed) in Changes::KINDS {
        let changed: Vec<usize> = (0..photos.len())
            .filter(|index| is_changed(&photos[*index].1))
            .collect();
        let Some(first) = changed.first() else {
            continue;
        };
        let photo = match changed.len() {
            1 => format!("`{}` is a photo", photos[*first].0.id),
            count => format!(
                "`{}` and {} more are photos",
                photos[*first].0.id,
                count - 1
            ),
        };
        let (message, hint) = match name {
            "turned" => (
                format!("{photo} with an EXIF orientation and turned upright"),
                "a program that does not read EXIF sees it lying; save it upright to be sure",
            ),
            "flattened" => (
                format!("{photo} with transparent pixels, which are laid over white"),
                "other programs lay them over black or show hidden colours; save it without transparency",
            ),
            _ => (
                format!("{photo} of 16 bits a channel, which become 8"),
                "other programs clip such values; save it with 8 bits a channel",
            ),
        };
        warnings.push(document.error(&format!("/images/{first}/file"), message, hint));
    }
    warnings
}

fn photo(
    image: &ImageSpec,
    path: &Path,
    preprocessing: Option<&Arc<Preprocessing>>,
    memory: &dyn Memory,
) -> Result<(Photo, Changes), InputError> {
    let digest = memory.digest(path)?;
    let Some(preprocessing) = preprocessing else {
        Input::open(path, image.tensor.as_deref())?;
        return Ok((stand_in(image), Changes::default()));
    };
    let key = |change: Option<&str>| {
        json!({
            "photo": digest,
            "tensor": image.tensor,
            "preprocessing": preprocessing.as_ref(),
            "decoding": DECODING_VERSION,
            "change": change,
        })
    };
    let name = image.name.clone().unwrap_or_else(|| image.id.clone());
    let photo = Photo::of_file(
        (image.id.clone(), name),
        path.to_owned(),
        image.tensor.clone(),
        digest.clone(),
        preprocessing.clone(),
    );
    if memory.is_known(&key(None)) {
        let changes = Changes::of_names(|change| memory.is_known(&key(Some(change))));
        return Ok((photo, changes));
    }
    let changes = photo.prepared()?.changes;
    for (name, is_changed) in Changes::KINDS {
        if is_changed(&changes) {
            memory.remember(&key(Some(name)));
        }
    }
    memory.remember(&key(None));
    Ok((photo, changes))
}

/// A photo that cannot be read still has its id, or every figure would be at fault too.
fn stand_in(image: &ImageSpec) -> Photo {
    let prepared = Prepared {
        picture: Picture::filled(1, 1, [0; 3]),
        array: None,
        changes: Changes::default(),
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
