//! Pictures and heat maps in rows, with the colour bar of the figure.

use rayon::prelude::*;

use super::colour_bar::{self, Stop};
use super::overlay::{ColourScale, map_indices, overlay};
use super::raster::{check_map, check_picture, small_factor};
use super::svg::Stroke;
use super::{Drawing, FigureError, Image, Tile, Words, encode, layers};
use crate::present::exhibit::{HeatMaps, HeatTile, HeatView, Pictures, Scale, Sign};

/// Share of the bar within which zero is not written beside an end.
const NEAR_END: f64 = 0.15;

pub(super) fn pictures(pictures: &Pictures, words: &Words) -> Result<Drawing, FigureError> {
    let mut tiles = tiles(
        &pictures.tiles,
        |tile| {
            check_picture(&tile.picture)?;
            encode::picture(&tile.picture)
        },
        |tile| words.message(&tile.label),
    )?;
    for tile in &mut tiles {
        tile.links.is_stage = pictures.is_sequence;
    }
    Ok(Drawing::Grid {
        columns: pictures.columns.max(1),
        tiles,
        colour_bar: None,
    })
}

pub(super) fn heat_maps(maps: &HeatMaps, words: &Words) -> Result<Drawing, FigureError> {
    let mut tiles = tiles(
        &maps.tiles,
        |tile| heat_tile(tile, maps),
        |tile| label(tile, maps.scale, words),
    )?;
    let range = |tile: &HeatTile| range_text(tile, maps.scale, words);
    let layers: Vec<_> = maps
        .tiles
        .par_iter()
        .zip(&tiles)
        .map(|(tile, drawn)| layers::of(tile, maps, &drawn.image))
        .collect::<Result<_, _>>()?;
    for ((tile, exhibit), mut layers) in tiles.iter_mut().zip(&maps.tiles).zip(layers) {
        if let Some(map) = layers.as_mut().and_then(|layers| layers.map.as_mut()) {
            map.range = range(exhibit);
        }
        tile.layers = layers;
    }
    Ok(Drawing::Grid {
        columns: maps.columns.max(1),
        tiles,
        colour_bar: bar(maps, words)?,
    })
}

/// Each item as a labelled picture, in the order of the items. Compressing a picture takes milliseconds, so
/// all cores draw; of several faults the first item's is told, whichever core was first.
fn tiles<T: Sync>(
    items: &[T],
    image: impl Fn(&T) -> Result<Image, FigureError> + Sync + Send,
    label: impl Fn(&T) -> String,
) -> Result<Vec<Tile>, FigureError> {
    let images: Vec<_> = items.par_iter().map(image).collect();
    let labelled = images
        .into_iter()
        .zip(items)
        .map(|(image, item)| Ok(Tile::new(label(item), image?)));
    labelled.collect()
}

fn heat_tile(tile: &HeatTile, maps: &HeatMaps) -> Result<Image, FigureError> {
    let scale = ColourScale::new(maps.sign, tile.range).with_gamma(maps.gamma);
    match &tile.view {
        HeatView::Photo(photo) => {
            check_picture(photo)?;
            encode::picture(photo)
        }
        HeatView::Map { map, size, .. } => {
            check_map(map)?;
            if size.0 == 0 || size.1 == 0 {
                return Err(FigureError::EmptySize {
                    width: size.0,
                    height: size.1,
                });
            }
            let (indices, width, height) = map_indices(map, *size, scale);
            let factor = small_factor(width, height);
            encode::palette_image(&indices, width, height, &scale.palette().table(), factor)
        }
        HeatView::Overlay { photo, map } => {
            check_picture(photo)?;
            check_map(map)?;
            encode::picture(&overlay(photo, map, scale))
        }
    }
}

/// With a scale of its own, a map has its range after its name.
fn label(tile: &HeatTile, scale: Scale, words: &Words) -> String {
    let label = words.message(&tile.label);
    let range = range_text(tile, scale, words);
    format!("{label} {range}").trim().to_owned()
}

/// `[0, 0.134]`; empty where the bar of the figure says it.
fn range_text(tile: &HeatTile, scale: Scale, words: &Words) -> String {
    match (scale, &tile.view) {
        (Scale::Shared, _) | (Scale::OwnPerTile, HeatView::Photo(_)) => String::new(),
        (Scale::OwnPerTile, HeatView::Map { .. } | HeatView::Overlay { .. }) => {
            let [low, high] = [tile.range.0, tile.range.1].map(|end| words.number(f64::from(end)));
            format!("[{low}, {high}]")
        }
    }
}

/// The bar of the first map's scale; where every tile has its own, its ends are `min` and `max`
/// (of the ranges in the labels). No bar for a figure without maps.
fn bar(maps: &HeatMaps, words: &Words) -> Result<Option<Image>, FigureError> {
    let is_map = |tile: &&HeatTile| !matches!(tile.view, HeatView::Photo(_));
    let Some(first) = maps.tiles.iter().find(is_map) else {
        return Ok(None);
    };
    let range = match (maps.scale, maps.sign) {
        (Scale::Shared, _) => first.range,
        (Scale::OwnPerTile, Sign::Unsigned) => (0.0, 1.0),
        (Scale::OwnPerTile, Sign::Signed) => (-1.0, 1.0),
    };
    let scale = ColourScale::new(maps.sign, range).with_gamma(maps.gamma);
    let (low, high) = range;
    let ends = match maps.scale {
        Scale::Shared => [low, high].map(|end| words.number(f64::from(end))),
        Scale::OwnPerTile => ["min".to_owned(), "max".to_owned()],
    };
    let [low_text, high_text] = ends;
    let mut stops = vec![Stop {
        position: 0.0,
        text: low_text,
    }];
    if !scale.is_empty() {
        if maps.sign == Sign::Signed && low < 0.0 && high > 0.0 {
            let position = f64::from(-low) / (f64::from(high) - f64::from(low));
            // Too near an end, the two numbers would touch.
            if (NEAR_END..=1.0 - NEAR_END).contains(&position) {
                stops.push(Stop {
                    position,
                    text: "0".to_owned(),
                });
            }
        }
        stops.push(Stop {
            position: 1.0,
            text: high_text,
        });
    }
    let stroke = |position: f64| {
        let value = f64::from(low) + position * (f64::from(high) - f64::from(low));
        Stroke::Solid(scale.palette().colour(scale.index(value as f32)), 1.0)
    };
    colour_bar::draw(&stroke, &stops, &words.message(&maps.quantity)).map(Some)
}
