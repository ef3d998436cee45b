//! The photos themselves.

use super::exhibit::{Body, Exhibit, PictureTile, Pictures};
use super::{Photo, Presented, Task};
use crate::words::Message;

/// Tiles in a row on a wide page.
const COLUMNS: usize = 4;

pub fn present(task: &Task) -> Presented {
    let tile = |photo: &Photo| PictureTile {
        label: Message::literal(photo.name),
        picture: photo.picture.clone(),
    };
    let size = task.photos.first();
    let size = size.map_or((0, 0), |photo| (photo.picture.width, photo.picture.height));
    let named = |test: &dyn Fn(&Photo) -> bool| -> Vec<Message> {
        let photos = task.photos.iter().filter(|photo| test(photo));
        photos.map(|photo| Message::literal(photo.name)).collect()
    };
    let exhibit = Exhibit {
        caption: task
            .own_text("caption", &[])
            .saying("width", size.0.to_string())
            .saying("height", size.1.to_string()),
        alt: Message::new("shown_photos.alt")
            .with("count", task.photos.len())
            .with("photos", named(&|_| true)),
        body: Body::Pictures(Pictures {
            is_sequence: false,
            columns: task.photos.len().clamp(1, COLUMNS),
            tiles: task.photos.iter().map(tile).collect(),
        }),
    };
    let notice = |key: &'static str, test: &dyn Fn(&Photo) -> bool| {
        let photos = named(test);
        (!photos.is_empty()).then(|| {
            Message::new(key)
                .with("count", photos.len())
                .with("photos", photos)
        })
    };
    let notices = [
        notice("shown_photos.arrays", &|photo| photo.is_array),
        notice("shown_photos.turned", &|photo| photo.changes.turned),
        notice("shown_photos.flattened", &|photo| photo.changes.flattened),
        notice("shown_photos.reduced", &|photo| photo.changes.reduced),
    ];
    Presented {
        exhibits: vec![exhibit],
        notices: notices.into_iter().flatten().collect(),
    }
}
