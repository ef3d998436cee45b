//! A heat map apart from its photo and its colours, for pages that put them together when they are looked at: the
//! photo is then stored once, and the colours can be changed.

use super::overlay::{ColourScale, cover_of, pale_rows};
use super::{FigureError, Image, encode};
use crate::present::exhibit::{HeatMaps, HeatTile, HeatView, Scale, Sign};
use crate::results::{Map, Picture};

/// What a picture of a heat map is made of.
#[derive(Debug, Clone, PartialEq)]
pub struct Layers {
    pub view: View,
    /// Lies below, or may be laid there.
    pub photo: Option<Image>,
    pub map: Option<LevelMap>,
    pub cover: Option<Cover>,
}

/// Which of the layers are seen.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum View {
    Photo,
    /// The map alone, its cells as squares.
    Map,
    /// The map, enlarged smoothly, over the photo in pale grey.
    Overlay,
    /// The photo with a cover of superpixels.
    Covered,
}

/// What lies over a photo that is enlarged to the size of the picture. Both are PNG of that size.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cover {
    /// How far the photo turns grey below, in grey 0..=255; `None` where it does not.
    pub greyed: Option<Vec<u8>>,
    /// Colours with their opacity.
    pub colours: Vec<u8>,
    /// Whether the pixels of the photo are enlarged to squares.
    pub has_squares: bool,
}

/// A map without colours.
#[derive(Debug, Clone, PartialEq)]
pub struct LevelMap {
    /// Of the cells.
    pub width: usize,
    pub height: usize,
    /// PNG, one grey pixel a cell: its place on the colour scale, 0..=255.
    pub levels: Vec<u8>,
    /// Every cell in its own unit, row by row, 32-bit floats with the low byte first.
    pub values: Vec<u8>,
    pub sign: Sign,
    /// Ends of the colour scale in the map's unit.
    pub low: f32,
    pub high: f32,
    pub gamma: f32,
    pub is_shared: bool,
    /// The range as the label ends with it; empty where the colour bar says it.
    pub range: String,
}

/// The layers of a tile that is drawn as `drawn`; `None` for a map without a colour scale, which is drawn all the same.
pub(super) fn of(
    tile: &HeatTile,
    maps: &HeatMaps,
    drawn: &Image,
) -> Result<Option<Layers>, FigureError> {
    let photo = |photo: &Picture| encode::picture(photo);
    let scale = ColourScale::new(maps.sign, tile.range).with_gamma(maps.gamma);
    let (view, photo, map) = match &tile.view {
        HeatView::Photo(_) => (View::Photo, Some(drawn.clone()), None),
        _ if scale.is_empty() => return Ok(None),
        HeatView::Map { map, photo: of, .. } => {
            let photo = of.as_ref().map(photo).transpose()?;
            (View::Map, photo, Some(level_map(map, tile, maps, scale)?))
        }
        HeatView::Overlay { photo: of, map } => {
            let map = level_map(map, tile, maps, scale)?;
            (View::Overlay, Some(photo(of)?), Some(map))
        }
    };
    Ok(Some(Layers {
        view,
        photo,
        map,
        cover: None,
    }))
}

fn level_map(
    map: &Map,
    tile: &HeatTile,
    maps: &HeatMaps,
    scale: ColourScale,
) -> Result<LevelMap, FigureError> {
    let levels: Vec<u8> = map.values.iter().map(|&value| scale.index(value)).collect();
    let bytes = map.values.iter().flat_map(|value| value.to_le_bytes());
    Ok(LevelMap {
        width: map.width,
        height: map.height,
        levels: encode::grey(&levels, map.width, map.height)?,
        values: bytes.collect(),
        sign: maps.sign,
        low: tile.range.0,
        high: tile.range.1,
        gamma: maps.gamma,
        is_shared: maps.scale == Scale::Shared,
        range: String::new(),
    })
}

/// How much of a photo is covered by a colour at `share` (0..1) of the colour scale, 0..1.
pub fn cover(sign: Sign, share: f32) -> f32 {
    match sign {
        Sign::Unsigned => cover_of(share),
        Sign::Signed => cover_of(2.0 * (share - 0.5).abs()),
    }
}

/// The photo below a map: how each of red, green and blue follows from the three, and what is added; of 0..1.
pub fn pale() -> [[f32; 4]; 3] {
    pale_rows()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::words::Message;

    fn maps(view: HeatView, gamma: f32) -> (HeatTile, HeatMaps) {
        let tile = HeatTile {
            label: Message::literal(""),
            view,
            range: (0.0, 4.0),
        };
        let maps = HeatMaps {
            columns: 1,
            tiles: Vec::new(),
            sign: Sign::Unsigned,
            quantity: Message::literal("q"),
            scale: Scale::OwnPerTile,
            gamma,
        };
        (tile, maps)
    }

    /// Position 0, 0.25, 1 and clipped at 1; at gamma 0.5 the second is at 0.5.
    #[test]
    fn levels_are_places_on_the_scale_and_values_stay_whole() {
        let map = Map {
            width: 2,
            height: 2,
            values: vec![0.0, 1.0, 4.0, 9.0],
        };
        let photo = Picture::filled(2, 2, [9, 9, 9]);
        for (gamma, expected) in [(1.0, [0, 64, 255, 255]), (0.5, [0, 128, 255, 255])] {
            let (photo, map) = (photo.clone(), map.clone());
            let (tile, maps) = maps(HeatView::Overlay { photo, map }, gamma);
            let drawn = encode::picture(&Picture::filled(2, 2, [1, 2, 3])).unwrap();
            let layers = of(&tile, &maps, &drawn).unwrap().unwrap();
            assert_eq!(layers.view, View::Overlay);
            let map = layers.map.unwrap();
            let levels = image::load_from_memory(&map.levels).unwrap();
            assert_eq!(levels.color(), image::ColorType::L8);
            assert_eq!(levels.to_luma8().into_raw(), expected);
            assert_eq!(map.values[12..], 9.0_f32.to_le_bytes());
        }
    }

    /// As `overlay` mixes: a grey stays grey and moves a fifth towards white.
    #[test]
    fn a_pale_photo_is_grey_and_light() {
        for row in pale() {
            let of_grey: f32 = row[..3].iter().sum();
            assert!((of_grey - 0.8).abs() < 1e-6 && row[3] == 0.2, "{row:?}");
        }
        assert!((cover(Sign::Signed, 0.0) - 0.8).abs() < 1e-6);
        assert_eq!(cover(Sign::Signed, 0.5), 0.0);
    }
}
