//! Superpixels over their photo: outlined, coloured by their weight, or alone.

use std::collections::{BTreeMap, BTreeSet};

use rayon::prelude::*;

use super::colour_bar::{self, Stop};
use super::palette::{NEGATIVE, POSITIVE, UNDECIDED};
use super::raster::{blocks, check_picture, factor, grey, mix, smooth};
use super::svg::Stroke;
use super::{
    Cover, Drawing, FigureError, Image, Layers, Links, SegmentMap, Tile, View, Words, encode,
};
use crate::present::exhibit::{SegmentTile, SegmentView, Segments};
use crate::results::Picture;

/// Photos are enlarged to this, so that an outline of 2 px is a thin line, in px.
const LARGE_PX: usize = 400;
/// Photos smaller than this show their pixels as squares; larger ones are enlarged smoothly.
const SQUARES_BELOW_PX: usize = 160;
/// How much of the heaviest segment is its colour, 0..1; the others in proportion to their weight.
const STRONGEST_COVER: f32 = 0.7;
/// Segments whose sign is open are as grey as this, whatever their weight.
const UNDECIDED_STRENGTH: f32 = 0.6;
const OUTLINE: [u8; 3] = [255, 255, 255];
/// How much of a plain outline covers the photo, 0..1.
const OUTLINE_COVER: f32 = 0.75;
/// In place of hidden segments; neither a photo's nor a page's colour.
const HIDDEN: [u8; 3] = [128, 128, 128];
/// The grey that stands for the photo in the colour bar.
const BAR_PHOTO: u8 = 190;

pub(super) fn draw(segments: &Segments, words: &Words) -> Result<Drawing, FigureError> {
    for tile in &segments.tiles {
        check(tile)?;
    }
    let heaviest = segments.tiles.iter().map(heaviest).fold(0.0, f64::max);
    let drawn: Vec<_> = segments
        .tiles
        .par_iter()
        .map(|tile| encode_tile(tile, heaviest))
        .collect();
    let mut known = BTreeSet::new();
    let tiles = drawn.into_iter().zip(&segments.tiles).map(|(drawn, tile)| {
        let (image, layers) = drawn?;
        let mut links = Links {
            group: Some(tile.group),
            ..Links::default()
        };
        if known.insert(tile.group) {
            links.segments = Some(SegmentMap {
                width: tile.photo.width,
                height: tile.photo.height,
                labels: tile.segments.clone(),
            });
        }
        Ok(Tile {
            layers,
            links,
            ..Tile::new(words.message(&tile.label), image)
        })
    });
    let tiles = tiles.collect::<Result<_, FigureError>>()?;
    let colour_bar = bar(heaviest, words)?;
    Ok(Drawing::Grid {
        columns: segments.columns.max(1),
        tiles,
        colour_bar,
    })
}

fn check(tile: &SegmentTile) -> Result<(), FigureError> {
    check_picture(&tile.photo)?;
    let (pixels, found) = (tile.photo.width * tile.photo.height, tile.segments.len());
    if pixels != found {
        return Err(FigureError::SegmentCount { pixels, found });
    }
    let weights = tile.weights.len();
    let largest = tile.segments.iter().map(|&segment| segment as usize).max();
    let wrong = largest
        .into_iter()
        .chain(shown(tile).iter().copied())
        .chain(undecided(tile).iter().copied())
        .find(|&s| s >= weights);
    match wrong {
        Some(segment) => Err(FigureError::SegmentWeight { segment, weights }),
        None => Ok(()),
    }
}

fn shown(tile: &SegmentTile) -> &[usize] {
    match &tile.view {
        SegmentView::Outlines => &[],
        SegmentView::Evidence { shown, .. } | SegmentView::Only { shown } => shown,
    }
}

fn undecided(tile: &SegmentTile) -> &[usize] {
    match &tile.view {
        SegmentView::Evidence { undecided, .. } => undecided,
        SegmentView::Outlines | SegmentView::Only { .. } => &[],
    }
}

/// The largest |weight| that this tile colours; all tiles of a figure share the largest of these.
fn heaviest(tile: &SegmentTile) -> f64 {
    match &tile.view {
        SegmentView::Evidence { shown, .. } => shown
            .iter()
            .map(|&segment| tile.weights[segment].abs())
            .filter(|w| w.is_finite())
            .fold(0.0, f64::max),
        SegmentView::Outlines | SegmentView::Only { .. } => 0.0,
    }
}

/// What a segment looks like in one tile.
struct Look {
    is_shown: bool,
    colour: [u8; 3],
    /// |weight| over the largest in the figure, 0..1.
    strength: f32,
}

fn looks(tile: &SegmentTile, heaviest: f64) -> Vec<Look> {
    let look = |&weight: &f64| Look {
        is_shown: false,
        colour: match weight {
            weight if weight > 0.0 => POSITIVE,
            weight if weight < 0.0 => NEGATIVE,
            _ => OUTLINE,
        },
        strength: if heaviest > 0.0 && weight.is_finite() {
            (weight.abs() / heaviest).min(1.0) as f32
        } else {
            0.0
        },
    };
    let mut looks: Vec<Look> = tile.weights.iter().map(look).collect();
    for &segment in shown(tile) {
        looks[segment].is_shown = true;
    }
    for &segment in undecided(tile) {
        looks[segment].colour = UNDECIDED;
        looks[segment].strength = UNDECIDED_STRENGTH;
    }
    looks
}

fn encode_tile(tile: &SegmentTile, heaviest: f64) -> Result<(Image, Option<Layers>), FigureError> {
    let (width, height) = (tile.photo.width, tile.photo.height);
    let factor = factor(width, height, LARGE_PX);
    let has_squares = width.max(height) < SQUARES_BELOW_PX;
    let mut picture = if has_squares {
        let pixels = blocks(&tile.photo.pixels, width, 3, factor);
        Picture {
            width: width * factor,
            height: height * factor,
            pixels,
        }
    } else {
        smooth(&tile.photo, factor)
    };
    let looks = looks(tile, heaviest);
    let segment = |x: usize, y: usize| tile.segments[y / factor * width + x / factor] as usize;
    let (width, height) = (picture.width, picture.height);
    let mut changes = Vec::with_capacity(width * height);
    for (place, pixel) in picture.pixels.chunks_exact_mut(3).enumerate() {
        let (x, y) = (place % width, place / width);
        let own = segment(x, y);
        // Both sides of a border are drawn, 1 px each.
        let sides = [
            segment(x.saturating_sub(1), y),
            segment(x, y.saturating_sub(1)),
            segment((x + 1).min(width - 1), y),
            segment(x, (y + 1).min(height - 1)),
        ];
        let beside: Vec<&Look> = sides
            .iter()
            .filter(|&&side| side != own)
            .map(|&side| &looks[side])
            .collect();
        let change = change(&tile.view, &looks[own], &beside);
        pixel.copy_from_slice(&change.of([pixel[0], pixel[1], pixel[2]]));
        changes.push(change);
    }
    let image = match has_squares {
        true => encode::exact(&picture)?,
        false => encode::photograph(&picture)?,
    };
    let cover = cover(&changes, (width, height), has_squares)?;
    let layers = cover.map(|cover| {
        Ok::<_, FigureError>(Layers {
            view: View::Covered,
            photo: Some(encode::picture(&tile.photo)?),
            map: None,
            cover: Some(cover),
        })
    });
    Ok((image, layers.transpose()?))
}

/// What is done to one pixel of a photo: so much of its colour is taken out, then so much of a colour laid over.
#[derive(Clone, Copy, PartialEq)]
struct Change {
    greyed: f32,
    colour: [u8; 3],
    cover: f32,
}

impl Change {
    fn cover(colour: [u8; 3], cover: f32) -> Self {
        Self {
            greyed: 0.0,
            colour,
            cover,
        }
    }

    fn of(self, photo: [u8; 3]) -> [u8; 3] {
        let pale = match self.greyed > 0.0 {
            true => mix(photo, grey(photo), self.greyed),
            false => photo,
        };
        mix(pale, self.colour, self.cover)
    }
}

/// Of one pixel of a tile; `beside` are the other segments that it touches.
fn change(view: &SegmentView, own: &Look, beside: &[&Look]) -> Change {
    let untouched = Change::cover(OUTLINE, 0.0);
    let outline = Change::cover(OUTLINE, OUTLINE_COVER);
    match view {
        SegmentView::Outlines if beside.is_empty() => untouched,
        SegmentView::Outlines => outline,
        SegmentView::Evidence { .. } => {
            let touches_shown = beside.iter().any(|look| look.is_shown);
            match own.is_shown {
                true if !beside.is_empty() => Change::cover(own.colour, 1.0),
                // Greyed more than coloured: the photo's own colours do not shift the hue.
                true => Change {
                    greyed: own.strength.sqrt(),
                    colour: own.colour,
                    cover: STRONGEST_COVER * own.strength,
                },
                // White outside the colour: the outline is seen on a photo of any colour.
                false if touches_shown => outline,
                false => untouched,
            }
        }
        SegmentView::Only { .. } if own.is_shown => untouched,
        SegmentView::Only { .. } => Change::cover(HIDDEN, 1.0),
    }
}

/// The changes as pictures of their own; `None` with more colours than a palette holds.
fn cover(
    changes: &[Change],
    size: (usize, usize),
    has_squares: bool,
) -> Result<Option<Cover>, FigureError> {
    let byte = |share: f32| (share * 255.0).round() as u8;
    let key = |change: &Change| (byte(change.cover), change.colour);
    let mut palette: BTreeMap<(u8, [u8; 3]), u8> = BTreeMap::new();
    for change in changes {
        palette.insert(key(change), 0);
        if palette.len() > 256 {
            return Ok(None);
        }
    }
    for (number, entry) in (0..=255).zip(palette.values_mut()) {
        *entry = number;
    }
    let indices: Vec<u8> = changes.iter().map(|change| palette[&key(change)]).collect();
    let opacities: Vec<u8> = palette.keys().map(|(opacity, _)| *opacity).collect();
    let colours: Vec<u8> = palette.keys().flat_map(|(_, colour)| *colour).collect();
    let greyed: Vec<u8> = changes.iter().map(|change| byte(change.greyed)).collect();
    let is_greyed = greyed.iter().any(|level| *level > 0);
    Ok(Some(Cover {
        greyed: is_greyed
            .then(|| encode::grey(&greyed, size.0, size.1))
            .transpose()?,
        colours: encode::cover(&indices, size, &colours, &opacities)?,
        has_squares,
    }))
}

/// From the largest weight against to the largest for, as the segments are coloured; no bar where
/// none is.
fn bar(heaviest: f64, words: &Words) -> Result<Option<Image>, FigureError> {
    if heaviest <= 0.0 {
        return Ok(None);
    }
    let stops = [(0.0, -heaviest), (0.5, 0.0), (1.0, heaviest)];
    let text = |weight: f64| {
        let sign = if weight > 0.0 { "+" } else { "" };
        format!("{sign}{}", words.number(weight))
    };
    let stops = stops.map(|(position, weight)| Stop {
        position,
        text: text(weight),
    });
    let stroke = |position: f64| {
        let weight = 2.0 * position - 1.0;
        let colour = if weight < 0.0 { NEGATIVE } else { POSITIVE };
        Stroke::Solid(
            mix(
                [BAR_PHOTO; 3],
                colour,
                STRONGEST_COVER * weight.abs() as f32,
            ),
            1.0,
        )
    };
    colour_bar::draw(&stroke, &stops, "").map(Some)
}
