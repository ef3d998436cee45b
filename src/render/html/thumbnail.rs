//! A small copy of each figure, for a page that lists figures and does not have them: elsewhere the page's script makes it of the
//! figure itself.

use serde::Serialize;

use super::data_address;
use crate::figure::{self, Drawing, Image, Media, Tile};
use crate::render::{encoded, svg};
use crate::report::Figure;

/// Twice the size at which style.css shows them.
const LARGEST_PX: (u32, u32) = (240, 176);
/// More are not seen.
const ROWS_OF_TABLE: usize = 5;

#[derive(Serialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub(super) enum Thumbnail<'a> {
    Picture {
        source: String,
        width_px: usize,
        height_px: usize,
    },
    Chart {
        svg_html: String,
    },
    Table {
        header: &'a [String],
        rows: &'a [Vec<String>],
    },
}

/// Of the first picture with a map, or of the first of all; `None` where there is nothing to show.
pub(super) fn thumbnail(figure: &Figure) -> Option<Thumbnail<'_>> {
    match &figure.drawing {
        Drawing::Grid { tiles, .. } => {
            let telling = tiles.iter().find(|tile| has_map(tile)).or(tiles.first())?;
            of_image(&telling.image, &figure.id)
        }
        Drawing::Table { header, rows, .. } => Some(Thumbnail::Table {
            header,
            rows: &rows[..rows.len().min(ROWS_OF_TABLE)],
        }),
    }
}

fn has_map(tile: &Tile) -> bool {
    let layers = tile.layers.as_ref();
    layers.is_some_and(|layers| layers.map.is_some())
}

fn of_image(image: &Image, figure: &str) -> Option<Thumbnail<'static>> {
    if let Media::Svg(text) = &image.media {
        let svg_html = svg::inline(text, "", &format!("{figure}-thumbnail"));
        return Some(Thumbnail::Chart { svg_html });
    }
    let small = figure::reduced(image, LARGEST_PX)?;
    let (bytes, _, media_type) = encoded(&small.media);
    Some(Thumbnail::Picture {
        source: data_address(bytes, media_type),
        width_px: small.width_px,
        height_px: small.height_px,
    })
}
