//! Photos and maps that stand in the page once and are shown any number of times.

use std::collections::BTreeMap;
use std::io::Write;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use flate2::Compression;
use flate2::write::ZlibEncoder;
use serde::Serialize;

use super::{data_address, picture_address};
use crate::figure::{Drawing, Image, LevelMap, Sign, Tile};
use crate::report::Figure;

/// What pictures of the page are put together from. Two of equal content are one.
#[derive(Default)]
pub(super) struct Stock<'a> {
    photos: BTreeMap<&'a [u8], usize>,
    maps: BTreeMap<MapKey<'a>, usize>,
    photo_items: Vec<Photo>,
    map_items: Vec<Map>,
}

/// Levels, values, ends of the scale, size in the page.
type MapKey<'a> = (&'a [u8], &'a [u8], [u32; 2], [usize; 2]);

#[derive(Serialize)]
pub(super) struct Photo {
    id: String,
    width_px: usize,
    height_px: usize,
    source: String,
}

#[derive(Serialize)]
pub(super) struct Map {
    id: String,
    /// In the page.
    width_px: usize,
    height_px: usize,
    /// Of the map.
    columns: usize,
    rows: usize,
    source: String,
    sign: &'static str,
    low: String,
    high: String,
    gamma: String,
    is_shared: bool,
    /// The numbers of the cells, see [`packed`] and [`packed_digits`]; base64.
    values: String,
    /// Whether they are rounded to three significant digits.
    is_rounded: bool,
}

impl<'a> Stock<'a> {
    /// Everything that figures are put together from.
    pub(super) fn of(figures: impl Iterator<Item = &'a Figure>) -> Self {
        let mut stock = Self::default();
        for figure in figures {
            if let Drawing::Grid { tiles, .. } = &figure.drawing {
                tiles.iter().for_each(|tile| stock.take(tile));
            }
        }
        stock
    }

    fn take(&mut self, tile: &'a Tile) {
        let Some(layers) = &tile.layers else { return };
        if let Some(photo) = &layers.photo {
            self.take_photo(photo);
        }
        if let Some(map) = &layers.map {
            self.take_map(map, &tile.image);
        }
    }

    fn take_photo(&mut self, photo: &'a Image) {
        let Some((bytes, source)) = picture_address(&photo.media) else {
            return; // a chart is no photo
        };
        let number = self.photo_items.len();
        if *self.photos.entry(bytes).or_insert(number) == number {
            self.photo_items.push(Photo {
                id: photo_id(number),
                width_px: photo.width_px,
                height_px: photo.height_px,
                source: source(),
            });
        }
    }

    fn take_map(&mut self, map: &'a LevelMap, drawn: &Image) {
        let number = self.map_items.len();
        if *self.maps.entry(key(map, drawn)).or_insert(number) == number {
            self.map_items.push(Map {
                id: map_id(number),
                width_px: drawn.width_px,
                height_px: drawn.height_px,
                columns: map.width,
                rows: map.height,
                source: data_address(&map.levels, "image/png"),
                sign: sign(map.sign),
                low: map.low.to_string(),
                high: map.high.to_string(),
                gamma: map.gamma.to_string(),
                is_shared: map.is_shared,
                values: match is_rounded(map) {
                    true => packed_digits(&map.values),
                    false => packed(&map.values),
                },
                is_rounded: is_rounded(map),
            });
        }
    }

    /// The id of a photo, if it is one that maps are of.
    pub(super) fn photo(&self, image: &Image) -> Option<String> {
        let (bytes, _) = picture_address(&image.media)?;
        self.photos.get(bytes).map(|number| photo_id(*number))
    }

    pub(super) fn map(&self, map: &LevelMap, drawn: &Image) -> Option<String> {
        self.maps
            .get(&key(map, drawn))
            .map(|number| map_id(*number))
    }

    /// What a tile is put together from, by id, with the bytes that it takes in the page.
    pub(super) fn items_of(&self, tile: &Tile) -> Vec<(String, usize)> {
        let photo = match &tile.layers {
            Some(layers) => layers.photo.as_ref(),
            None => Some(&tile.image),
        };
        let photo = photo.and_then(|photo| self.photos.get(picture_address(&photo.media)?.0));
        let photo = photo.map(|&number| {
            let item = &self.photo_items[number];
            (item.id.clone(), item.source.len())
        });
        let map = tile.layers.as_ref().and_then(|layers| layers.map.as_ref());
        let map = map.and_then(|map| self.maps.get(&key(map, &tile.image)));
        let map = map.map(|&number| {
            let item = &self.map_items[number];
            (item.id.clone(), item.source.len() + item.values.len())
        });
        photo.into_iter().chain(map).collect()
    }

    pub(super) fn into_items(self) -> (Vec<Photo>, Vec<Map>) {
        (self.photo_items, self.map_items)
    }
}

fn key<'a>(map: &'a LevelMap, drawn: &Image) -> MapKey<'a> {
    let ends = [map.low.to_bits(), map.high.to_bits()];
    let size = [drawn.width_px, drawn.height_px];
    (&map.levels, &map.values, ends, size)
}

fn photo_id(number: usize) -> String {
    format!("photo-{}", number + 1)
}

fn map_id(number: usize) -> String {
    format!("map-{}", number + 1)
}

pub(super) fn sign(sign: Sign) -> &'static str {
    match sign {
        Sign::Unsigned => "unsigned",
        Sign::Signed => "signed",
    }
}

/// Maps of more cells hold what a reader sees of a number, three digits, and not all of it: the pixels of one photo are
/// 270 kB as they are and 100 kB so. `report.json` has every bit of them.
const EXACT_UP_TO_CELLS: usize = 128 * 128;

fn is_rounded(map: &LevelMap) -> bool {
    map.width * map.height > EXACT_UP_TO_CELLS
}

/// float32 as they are: the first bytes of all, then the second ones and so on, which compress better so.
fn packed(values: &[u8]) -> String {
    let planes: Vec<u8> = (0..4)
        .flat_map(|plane| values.iter().skip(plane).step_by(4).copied())
        .collect();
    deflated(&planes)
}

/// `m` · 10^`e` with 100 ≤ |m| ≤ 999, or m = 0: low bytes of all m (16 bits with sign), high bytes, then all e (8 bits).
/// What is not finite has e = 127, with m 0 for no number and ±1 for ±∞.
fn packed_digits(values: &[u8]) -> String {
    let digits = values.chunks_exact(4).map(|bytes| {
        let value = f32::from_le_bytes([bytes[0], bytes[1], bytes[2], bytes[3]]);
        three_digits(value)
    });
    let digits: Vec<(i16, i8)> = digits.collect();
    let low = digits.iter().map(|(m, _)| m.to_le_bytes()[0]);
    let high = digits.iter().map(|(m, _)| m.to_le_bytes()[1]);
    let exponents = digits.iter().map(|(_, e)| e.to_le_bytes()[0]);
    deflated(&low.chain(high).chain(exponents).collect::<Vec<u8>>())
}

fn three_digits(value: f32) -> (i16, i8) {
    if value == 0.0 {
        return (0, 0);
    }
    if !value.is_finite() {
        let sign = if value.is_nan() { 0.0 } else { value.signum() };
        return (sign as i16, i8::MAX);
    }
    // As figures write numbers: rounded in decimal, `-1.23e-4`.
    let text = format!("{value:.2e}");
    let (digits, exponent) = text.split_once('e').unwrap_or((&text, "0"));
    let digits: String = digits.chars().filter(|c| *c != '.').collect();
    let exponent: i8 = exponent.parse().unwrap_or(0); // float32 ends at 10^38 and 10^-45
    (digits.parse().unwrap_or(0), exponent - 2)
}

/// Bytes, compressed, as text.
pub(super) fn deflated(planes: &[u8]) -> String {
    let mut encoder = ZlibEncoder::new(Vec::new(), Compression::best());
    // Writing into a Vec cannot fail.
    let packed = encoder.write_all(planes).and_then(|()| encoder.finish());
    STANDARD.encode(packed.unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn three_digits_are_rounded_as_figures_write_them() {
        assert_eq!(three_digits(0.0), (0, 0));
        assert_eq!(three_digits(0.012_345), (123, -4));
        assert_eq!(three_digits(-9.996), (-100, -1)); // −10.0
        assert_eq!(three_digits(1e-45), (140, -47)); // the smallest there is, 1.4e-45
        assert_eq!(three_digits(f32::MAX), (340, 36));
        assert_eq!(three_digits(f32::NAN), (0, 127));
        assert_eq!(three_digits(f32::NEG_INFINITY), (-1, 127));
    }
}
