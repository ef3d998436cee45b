//! A map of numbers as colours, alone or over its photo.

use super::palette::Palette;
use super::raster::{bilinear, grey, mix};
use crate::present::exhibit::Sign;
use crate::results::Map;
use crate::results::Picture;

/// How much of the photo's colour is taken out below a map, 0..1: a red apple must not look like
/// evidence against.
const GREYED: f32 = 0.9;
/// How far the photo is then moved towards white, 0..1: dark red and dark blue are no shadows.
const LIGHTENED: f32 = 0.2;
/// How much of the strongest evidence covers the photo, 0..1; the rest lets its shapes through.
const STRONGEST_COVER: f32 = 0.8;
/// Below 1, so that the thin lines of pixel maps are seen over dark parts of a photo.
const COVER_EXPONENT: f32 = 0.7;

/// From numbers to colours: the range, clipped, onto the palette.
///
/// Unsigned: `low` has the first colour and `high` the last. Signed: zero has the middle colour and
/// the larger of |low| and |high| an end, so equal strengths for and against look equally strong.
/// What is not a number (NaN, infinite) and everything in an empty range is drawn as no evidence:
/// the first colour, or the middle one where the scale is signed.
#[derive(Debug, Clone, Copy)]
pub(super) struct ColourScale {
    sign: Sign,
    low: f32,
    high: f32,
    gamma: f32,
}

impl ColourScale {
    pub(super) fn new(sign: Sign, (low, high): (f32, f32)) -> Self {
        Self {
            sign,
            low,
            high,
            gamma: 1.0,
        }
    }

    /// Below 1 weak values are drawn stronger than they are: at the power `gamma` of their share of the range.
    pub(super) fn with_gamma(self, gamma: f32) -> Self {
        Self { gamma, ..self }
    }

    pub(super) fn palette(self) -> Palette {
        match self.sign {
            Sign::Unsigned => Palette::Inferno,
            Sign::Signed => Palette::Diverging,
        }
    }

    /// Without a range no number can be placed.
    pub(super) fn is_empty(self) -> bool {
        !(self.low.is_finite() && self.high.is_finite() && self.low < self.high)
    }

    /// Where a number lies on the palette, 0..1.
    fn position(self, value: f32) -> f32 {
        if self.is_empty() || !value.is_finite() {
            return self.rest();
        }
        let value = value.clamp(self.low, self.high);
        match self.sign {
            Sign::Unsigned => self.bent((value - self.low) / (self.high - self.low)),
            Sign::Signed => {
                let share = value / self.low.abs().max(self.high.abs());
                0.5 + 0.5 * self.bent(share.abs()).copysign(share)
            }
        }
    }

    fn bent(self, share: f32) -> f32 {
        if self.gamma == 1.0 {
            share
        } else {
            share.powf(self.gamma)
        }
    }

    /// The position of no evidence.
    fn rest(self) -> f32 {
        match self.sign {
            Sign::Unsigned => 0.0,
            Sign::Signed => 0.5,
        }
    }

    /// The number of a value's colour in the palette.
    pub(super) fn index(self, value: f32) -> u8 {
        (self.position(value) * 255.0).round() as u8
    }

    /// How much evidence a value is, 0..1: its distance from no evidence.
    fn strength(self, value: f32) -> f32 {
        match self.sign {
            Sign::Unsigned => self.position(value),
            Sign::Signed => 2.0 * (self.position(value) - 0.5).abs(),
        }
    }

    /// How much of a colour covers the photo: 0.8 · strength^0.7, with the strength 0..1. It rises with
    /// the evidence; where there is none, the pale photo is seen and nothing else.
    pub(super) fn cover(self, value: f32) -> f32 {
        cover_of(self.strength(value))
    }

    /// What stands for a missing number when numbers are mixed.
    fn rest_value(self) -> f32 {
        match self.sign {
            Sign::Unsigned if self.low.is_finite() => self.low,
            Sign::Unsigned | Sign::Signed => 0.0,
        }
    }
}

/// See [`ColourScale::cover`].
pub(super) fn cover_of(strength: f32) -> f32 {
    STRONGEST_COVER * strength.powf(COVER_EXPONENT)
}

/// How each of red, green and blue of a photo below a map follows from the three, and what is added; of 0..1.
pub(super) fn pale_rows() -> [[f32; 4]; 3] {
    const LUMA: [f32; 3] = [0.299, 0.587, 0.114]; // Rec. 601, as in `grey`
    let kept = 1.0 - LIGHTENED;
    std::array::from_fn(|row| {
        std::array::from_fn(|column| match column {
            3 => LIGHTENED,
            _ if column == row => kept * (GREYED * LUMA[column] + 1.0 - GREYED),
            _ => kept * GREYED * LUMA[column],
        })
    })
}

/// The map's palette numbers at `size` (width, height), each cell a block; a map with more cells
/// than that keeps its own size. Gives the numbers and their width and height.
pub(super) fn map_indices(
    map: &Map,
    size: (usize, usize),
    scale: ColourScale,
) -> (Vec<u8>, usize, usize) {
    let (width, height) = (size.0.max(map.width), size.1.max(map.height));
    let cells: Vec<u8> = map.values.iter().map(|&value| scale.index(value)).collect();
    let mut indices = Vec::with_capacity(width * height);
    for y in 0..height {
        let row = y * map.height / height * map.width;
        indices.extend((0..width).map(|x| cells[row + x * map.width / width]));
    }
    (indices, width, height)
}

/// The photo, paler by `GREYED` and `LIGHTENED`, with the map over it: enlarged bilinearly in its own
/// numbers, then clipped and coloured, then mixed in by `ColourScale::cover`.
pub(super) fn overlay(photo: &Picture, map: &Map, scale: ColourScale) -> Picture {
    let finite = |&value: &f32| {
        if value.is_finite() {
            value
        } else {
            scale.rest_value()
        }
    };
    let cells: Vec<f32> = map.values.iter().map(finite).collect();
    let (width, height) = (photo.width, photo.height);
    let values = bilinear(&cells, (map.width, map.height), (width, height));
    let palette = scale.palette();
    let mut pixels = Vec::with_capacity(photo.pixels.len());
    for (pixel, value) in photo.pixels.chunks_exact(3).zip(values) {
        let pixel = [pixel[0], pixel[1], pixel[2]];
        let colour = palette.colour(scale.index(value));
        pixels.extend(mix(pale(pixel), colour, scale.cover(value)));
    }
    Picture {
        width,
        height,
        pixels,
    }
}

fn pale(pixel: [u8; 3]) -> [u8; 3] {
    mix(mix(pixel, grey(pixel), GREYED), [255; 3], LIGHTENED)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn map(values: &[f32]) -> Map {
        Map {
            height: 2,
            width: 2,
            values: values.to_vec(),
        }
    }

    #[test]
    fn two_by_two_over_a_grey_photo() {
        // Half-pixel centres: a row 0, 1 becomes 0, 0.25, 0.75, 1; downwards nothing changes.
        // Grey 100 is lightened to 100 + 0.2 · 155 = 131.
        let scale = ColourScale::new(Sign::Unsigned, (0.0, 1.0));
        let photo = Picture::filled(4, 4, [100, 100, 100]);
        let drawn = overlay(&photo, &map(&[0.0, 1.0, 0.0, 1.0]), scale);
        for y in 0..4 {
            for (x, (share, index)) in [(0.0, 0), (0.25, 64), (0.75, 191), (1.0, 255)]
                .into_iter()
                .enumerate()
            {
                let colour = Palette::Inferno.colour(index);
                let expected = colour.map(|c| {
                    (131.0 + (f32::from(c) - 131.0) * 0.8 * f32::powf(share, 0.7)).round() as u8
                });
                assert_eq!(drawn.pixel(x, y), expected, "at {x}, {y}");
            }
        }
    }

    #[test]
    fn cover_grows_with_the_evidence_and_leaves_the_photo_where_there_is_none() {
        let unsigned = ColourScale::new(Sign::Unsigned, (1.0, 3.0));
        assert_eq!(unsigned.cover(0.0), 0.0);
        assert_eq!(unsigned.cover(1.0), 0.0);
        assert!((unsigned.cover(2.0) - 0.492_46).abs() < 1e-4); // 0.8 · 0.5^0.7
        assert!((unsigned.cover(9.0) - 0.8).abs() < 1e-6);
        let signed = ColourScale::new(Sign::Signed, (-2.0, 2.0));
        assert_eq!(signed.cover(0.0), 0.0);
        assert!((signed.cover(-1.0) - 0.492_46).abs() < 1e-4);
        assert!((signed.cover(1.0) - signed.cover(-1.0)).abs() < 1e-6);
        assert!((signed.cover(2.0) - 0.8).abs() < 1e-6);
    }

    #[test]
    fn an_uneven_signed_range_keeps_zero_in_the_middle() {
        let scale = ColourScale::new(Sign::Signed, (-1.0, 4.0));
        assert_eq!(scale.index(4.0), 255);
        assert_eq!(scale.index(0.0), 128);
        assert_eq!(scale.index(-1.0), 96); // 0.5 - 0.5 / 4 = 0.375 of 255
        assert_eq!(scale.index(-4.0), 96); // clipped to -1
    }

    #[test]
    fn no_evidence_where_there_is_no_number_or_no_range() {
        let flat = ColourScale::new(Sign::Unsigned, (0.0, 0.0));
        let (indices, ..) = map_indices(&map(&[0.0, 5.0, f32::NAN, -1.0]), (2, 2), flat);
        assert_eq!(indices, [0; 4]);
        let flat = ColourScale::new(Sign::Signed, (f32::NAN, 1.0));
        let (indices, ..) = map_indices(&map(&[0.0, 5.0, f32::NAN, -1.0]), (2, 2), flat);
        assert_eq!(indices, [128; 4]);
        let scale = ColourScale::new(Sign::Unsigned, (0.0, 1.0));
        let broken = map(&[f32::NAN, f32::INFINITY, f32::NEG_INFINITY, f32::NAN]);
        let photo = Picture::filled(4, 4, [5, 5, 5]);
        assert_eq!(
            overlay(&photo, &broken, scale),
            Picture::filled(4, 4, [55, 55, 55])
        );
    }

    #[test]
    fn cells_become_blocks_and_large_maps_keep_their_size() {
        let scale = ColourScale::new(Sign::Unsigned, (0.0, 3.0));
        let cells = map(&[0.0, 1.0, 2.0, 3.0]);
        let (indices, width, height) = map_indices(&cells, (4, 2), scale);
        assert_eq!((width, height), (4, 2));
        assert_eq!(indices, [0, 0, 85, 85, 170, 170, 255, 255]);
        let (indices, width, height) = map_indices(&cells, (1, 1), scale);
        assert_eq!((width, height), (2, 2));
        assert_eq!(indices, [0, 85, 170, 255]);
    }
}
