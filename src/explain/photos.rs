//! What does the network see of each photo?
//!
//! **Output** the photos after orientation, resizing and cropping, before normalisation, 8-bit; arrays
//! turned back into pixels, and a notice that says which.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::finding::{Argument, Body, Exhibit, Finding, Message, PictureTile, Pictures};
use super::{Context, Entry, ExplainError, Fault, Method, Photos, chosen, parameters};

pub const ENTRY: Entry = Entry {
    name: "photos",
    photos: Photos::Any,
    schema: parameters::schema::<Shown>,
    parse: parameters::parse::<Shown>,
    citations: &[],
};

/// Tiles in a row on a wide page.
const COLUMNS: usize = 4;

/// The photos as the network sees them. Takes no parameters of its own.
#[derive(Debug, Clone, Default, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Shown {}

impl Method for Shown {
    fn check(&self, context: &Context) -> Vec<Fault> {
        chosen::photo_faults(context)
    }

    fn run(
        &self,
        context: &Context,
        progress: &dyn Fn(usize, usize),
    ) -> Result<Finding, ExplainError> {
        let tile = |photo: &super::Photo| PictureTile {
            label: Message::literal(&photo.id),
            picture: photo.picture.clone(),
        };
        let size = context
            .photos
            .first()
            .map_or((0, 0), |photo| (photo.picture.width, photo.picture.height));
        let names = context
            .photos
            .iter()
            .map(|photo| Message::literal(&photo.id))
            .collect::<Vec<_>>();
        let exhibit = Exhibit {
            caption: Message::new("photos.caption")
                .with("width", Argument::Text(size.0.to_string()))
                .with("height", Argument::Text(size.1.to_string())),
            alt: Message::new("photos.alt")
                .with("count", context.photos.len())
                .with("photos", names),
            body: Body::Pictures(Pictures {
                columns: context.photos.len().clamp(1, COLUMNS),
                tiles: context.photos.iter().map(tile).collect(),
            }),
        };
        progress(1, 1);
        Ok(Finding {
            exhibits: vec![exhibit],
            parameters: parameters::used(self),
            notices: notices_of(context),
        })
    }
}

/// Which photos are arrays.
fn notices_of(context: &Context) -> Vec<Message> {
    let arrays = context.photos.iter().filter(|photo| photo.array.is_some());
    let names: Vec<Message> = arrays.map(|photo| Message::literal(&photo.id)).collect();
    if names.is_empty() {
        return Vec::new();
    }
    vec![Message::new("photos.arrays").with("photos", names)]
}
