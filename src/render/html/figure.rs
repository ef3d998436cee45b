//! A figure as its template sees it: text, and HTML in the fields that end with `_html`.

use serde::Serialize;

use super::links::{Links, links};
use super::numbers::{self, Download, NumbersTable};
use super::stock::Stock;
use super::{data_address, picture_address};
use crate::figure::palette::Palette;
use crate::figure::{self, Drawing, Image, Media, Tile, View};
use crate::render::{alternative, svg};
use crate::report;
use crate::words::{Message, Strings};

#[derive(Serialize)]
pub(super) struct Figure<'a> {
    id: &'a str,
    name: &'a str,
    caption: &'a str,
    alt: &'a str,
    drawing: Drawn<'a>,
}

#[derive(Serialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
enum Drawn<'a> {
    Grid {
        columns: usize,
        pictures: Vec<Picture<'a>>,
        colour_bar: Option<Box<Picture<'a>>>,
        /// Whether the reader may change how it is shown.
        has_maps: bool,
        /// Whether the pictures are stages of one.
        is_sequence: bool,
        numbers: Vec<NumbersTable<'a>>,
    },
    Table {
        header: Vec<Cell<'a>>,
        rows: Vec<Vec<Cell<'a>>>,
        download: Download,
    },
}

#[derive(Serialize)]
struct Picture<'a> {
    label: &'a str,
    alt: String,
    width_px: usize,
    height_px: usize,
    /// Behind the label, where the map has a scale of its own.
    range: &'a str,
    /// A `data:` address; empty for a chart, whose elements are in `svg_html`.
    source: String,
    svg_html: String,
    layers: Option<Layers>,
    links: Links,
}

/// A picture of things in stock, by their ids; empty where there is none.
#[derive(Serialize)]
struct Layers {
    view: &'static str,
    photo: String,
    map: String,
    /// Whether the cells of the map are large enough to be drawn as squares.
    has_cells: bool,
    colour_map: &'static str,
    cover: Option<Cover>,
}

/// What lies over a photo.
#[derive(Serialize)]
struct Cover {
    /// By how much the photo is enlarged.
    scale: String,
    has_squares: bool,
    /// Id of the mask that lets its grey through, and the mask's picture; both empty where it stays as it is.
    mask: String,
    greyed: String,
    colours: String,
}

#[derive(Serialize)]
struct Cell<'a> {
    text: &'a str,
    numeric: bool,
}

pub(super) fn figure<'a>(
    figure: &'a report::Figure,
    stock: &Stock,
    strings: &Strings,
) -> Figure<'a> {
    let drawing = match &figure.drawing {
        Drawing::Grid {
            columns,
            tiles,
            colour_bar,
        } => {
            let pictures = tiles.iter().enumerate().map(|(index, tile)| {
                let alt = alternative(figure, tiles, index);
                let id = format!("{}-{}", figure.id, index + 1);
                match layered(tile, stock, &id) {
                    Some(layers) => Picture {
                        layers: Some(layers),
                        ..of_tile(tile, alt)
                    },
                    None => picture(of_tile(tile, alt), &tile.image, &id),
                }
            });
            let colour_bar = colour_bar.as_ref().map(|image| {
                let alt = Message::new("colour_scale").with("figure", figure.name.as_str());
                let blank = Picture::blank(strings.text(&alt), image);
                Box::new(picture(blank, image, &format!("{}-scale", figure.id)))
            });
            // A grid never has more columns than pictures, nor more than the style sheet knows.
            let columns = (*columns).clamp(1, tiles.len().clamp(1, MOST_COLUMNS));
            Drawn::Grid {
                columns,
                has_maps: tiles.iter().any(has_map),
                is_sequence: tiles.len() > 1 && tiles.iter().all(|tile| tile.links.is_stage),
                numbers: numbers::tables(&figure.id, tiles),
                pictures: pictures.collect(),
                colour_bar,
            }
        }
        Drawing::Table {
            header,
            rows,
            numeric,
        } => {
            let row = |cells: &'a [String]| -> Vec<Cell<'a>> {
                let numeric = |column| numeric.get(column).copied().unwrap_or(false);
                let cells = cells.iter().enumerate();
                cells
                    .map(|(column, text)| Cell {
                        text,
                        numeric: numeric(column),
                    })
                    .collect()
            };
            Drawn::Table {
                header: row(header),
                rows: rows.iter().map(|each| row(each)).collect(),
                download: numbers::download(&figure.id, header, rows),
            }
        }
    };
    Figure {
        id: &figure.id,
        name: &figure.name,
        caption: &figure.caption,
        alt: &figure.alt,
        drawing,
    }
}

fn has_map(tile: &Tile) -> bool {
    let layers = tile.layers.as_ref();
    layers.is_some_and(|layers| layers.map.is_some())
}

/// `.columns-12` is the last in style.css.
const MOST_COLUMNS: usize = 12;

/// Without its pixels.
fn of_tile(tile: &Tile, alt: String) -> Picture<'_> {
    let map = tile.layers.as_ref().and_then(|layers| layers.map.as_ref());
    let range = map.map_or("", |map| map.range.as_str());
    Picture {
        label: tile.label.strip_suffix(range).unwrap_or(&tile.label).trim(),
        range,
        links: links(&tile.links),
        ..Picture::blank(alt, &tile.image)
    }
}

impl Picture<'_> {
    fn blank(alt: String, image: &Image) -> Self {
        Self {
            label: "",
            range: "",
            alt,
            width_px: image.width_px,
            height_px: image.height_px,
            source: String::new(),
            svg_html: String::new(),
            layers: None,
            links: Links::default(),
        }
    }
}

/// Pixels of a photo are enlarged smoothly: as squares of one or two dots they would make a pattern of their own. As
/// `LEAST_CELL` of maps.js.
const LEAST_CELL_PX: usize = 3;

/// The tile from what the page has in stock.
fn layered(tile: &Tile, stock: &Stock, id: &str) -> Option<Layers> {
    let Some(layers) = &tile.layers else {
        // A photo that another figure has a map of.
        let photo = stock.photo(&tile.image)?;
        return Some(Layers {
            view: "photo",
            photo,
            map: String::new(),
            has_cells: false,
            colour_map: "",
            cover: None,
        });
    };
    let photo = layers.photo.as_ref().and_then(|photo| stock.photo(photo));
    let map = layers.map.as_ref();
    let map_id = map.and_then(|map| stock.map(map, &tile.image));
    let drawn_with = |sign| Palette::ALL.into_iter().find(|each| each.sign() == sign);
    let colours = map.and_then(|map| drawn_with(map.sign));
    Some(Layers {
        view: match layers.view {
            View::Photo => "photo",
            View::Map => "map",
            View::Overlay => "overlay",
            View::Covered => "covered",
        },
        photo: photo.unwrap_or_default(),
        map: map_id.unwrap_or_default(),
        has_cells: map.is_some_and(|map| map.width * LEAST_CELL_PX <= tile.image.width_px),
        colour_map: colours.map_or("", Palette::name),
        cover: layers.cover.as_ref().map(|cover| {
            let photo = layers.photo.as_ref();
            let width_px = photo.map_or(tile.image.width_px, |photo| photo.width_px);
            covered(cover, tile.image.width_px as f64 / width_px as f64, id)
        }),
    })
}

fn covered(cover: &figure::Cover, scale: f64, id: &str) -> Cover {
    let address = |bytes: &Vec<u8>| data_address(bytes, "image/png");
    let greyed = cover.greyed.as_ref();
    Cover {
        scale: scale.to_string(),
        has_squares: cover.has_squares,
        mask: greyed.map(|_| format!("{id}-mask")).unwrap_or_default(),
        greyed: greyed.map(address).unwrap_or_default(),
        colours: address(&cover.colours),
    }
}

/// With its pixels, or its elements in the case of a chart.
fn picture<'a>(blank: Picture<'a>, image: &Image, id: &str) -> Picture<'a> {
    match (picture_address(&image.media), &image.media) {
        (Some((_, address)), _) => Picture {
            source: address(),
            ..blank
        },
        (None, Media::Svg(text)) => Picture {
            svg_html: svg::inline(text, &blank.alt, id),
            ..blank
        },
        (None, Media::Png(_) | Media::Jpeg(_)) => blank,
    }
}
