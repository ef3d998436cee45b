//! What a picture's parts stand for, as its template sees it: text for attributes, empty where there is nothing.

use serde::Serialize;

use super::picture_address;
use super::stock::deflated;
use crate::figure::{self, Part, SegmentMap, Thumbnails};

#[derive(Default, Serialize)]
pub(super) struct Links {
    group: String,
    segments: Option<Segments>,
    /// `key,x,y,width,height` of each, with semicolons between them.
    parts: String,
    thumbnails: Option<Sheet>,
}

#[derive(Serialize)]
struct Segments {
    width_px: usize,
    height_px: usize,
    /// Low bytes of all pixels, then high bytes, deflated; base64.
    labels: String,
}

#[derive(Serialize)]
struct Sheet {
    source: String,
    /// Of the whole.
    width_px: usize,
    height_px: usize,
    /// Of each photo.
    photo_width_px: usize,
    photo_height_px: usize,
    /// JSON: part and name of each photo.
    names: String,
}

pub(super) fn links(links: &figure::Links) -> Links {
    let parts: Vec<String> = links.parts.iter().map(part).collect();
    Links {
        group: links
            .group
            .map(|group| group.to_string())
            .unwrap_or_default(),
        segments: links.segments.as_ref().map(segments),
        parts: parts.join(";"),
        thumbnails: links.thumbnails.as_ref().and_then(sheet),
    }
}

fn part(part: &Part) -> String {
    let Part {
        key,
        x_px,
        y_px,
        width_px,
        height_px,
    } = part;
    format!("{key},{x_px},{y_px},{width_px},{height_px}")
}

fn segments(map: &SegmentMap) -> Segments {
    let byte = |plane: u32| {
        map.labels
            .iter()
            .map(move |label| (label >> (8 * plane)) as u8)
    };
    Segments {
        width_px: map.width,
        height_px: map.height,
        labels: deflated(&byte(0).chain(byte(1)).collect::<Vec<u8>>()),
    }
}

fn sheet(thumbnails: &Thumbnails) -> Option<Sheet> {
    let (_, source) = picture_address(&thumbnails.sheet.media)?;
    Some(Sheet {
        source: source(),
        width_px: thumbnails.sheet.width_px,
        height_px: thumbnails.sheet.height_px,
        photo_width_px: thumbnails.width_px,
        photo_height_px: thumbnails.height_px,
        // Numbers and text always have a form in JSON.
        names: serde_json::to_string(&thumbnails.names).unwrap_or_default(),
    })
}
