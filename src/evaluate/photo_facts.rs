//! What can be said of a photo without a network: size, brightness, contrast, sharpness, and hashes that tell the same
//! photo again.
//!
//! Grey levels are those of Pillow's `convert("L")`, (19595 R + 38470 G + 7471 B + 32768) / 65536 rounded down.
//! **Sharpness** is the variance of the Laplacian (0 1 0 / 1 −4 1 / 0 1 0) over all pixels that have four neighbours; photos are
//! first reduced to a shorter side of 256 px, so that a large photo is not taken for a blurred one.
//! **Hash**: grey levels reduced to 9 × 8 by Lanczos' filter, a bit for each pair of neighbours in a row (difference hash, the
//! same as imagehash's `dhash`). It stays the same when a photo is saved anew, resized or made a little brighter, and
//! changes when it is cropped, turned or mirrored.

use crate::picture::{Filter, Input, Picture};
use crate::results::{PhotoFact, PictureFacts};

/// Larger photos are reduced to this before their sharpness is measured, px.
const SHORTER_SIDE: usize = 256;
/// Sides of the grey levels that are hashed.
const HASHED: (usize, usize) = (9, 8);

pub(super) fn of_input(input: &Input) -> PhotoFact {
    match input {
        Input::Picture(picture, _) => PhotoFact::Picture(of_picture(picture)),
        Input::Array(_) => PhotoFact::Array,
    }
}

fn of_picture(picture: &Picture) -> PictureFacts {
    let grey = grey(picture);
    let (brightness, contrast) = mean_and_deviation(
        grey.pixels
            .iter()
            .step_by(3)
            .map(|level| f64::from(*level) / 255.0),
    );
    let (width, height) = (picture.width, picture.height);
    let shorter = width.min(height);
    let reduced = match shorter > SHORTER_SIDE {
        true => {
            let side = |side: usize| (side * SHORTER_SIDE + shorter / 2) / shorter;
            &grey.resized(side(width), side(height), Filter::Bilinear)
        }
        false => &grey,
    };
    PictureFacts {
        width,
        height,
        pixels: digest(picture),
        brightness,
        contrast,
        sharpness: variance_of_laplacian(reduced),
        hash: difference_hash(&grey),
    }
}

/// FNV-1a of 128 bits over the width and the pixels: no two photos of a data set share it by chance, though somebody who
/// wants to could make two that do.
fn digest(picture: &Picture) -> [u8; 16] {
    const OFFSET: u128 = 0x6c62_272e_07bb_0142_62b8_2175_6295_c58d;
    const PRIME: u128 = 0x0000_0000_0100_0000_0000_0000_0000_013b;
    let width = (picture.width as u64).to_le_bytes();
    let bytes = width.iter().chain(&picture.pixels);
    let digest = bytes.fold(OFFSET, |digest, byte| {
        (digest ^ u128::from(*byte)).wrapping_mul(PRIME)
    });
    digest.to_be_bytes()
}

/// Grey levels in all three channels.
fn grey(picture: &Picture) -> Picture {
    const HALF: u32 = 1 << 15;
    let level = |pixel: &[u8]| {
        let [red, green, blue] = [pixel[0], pixel[1], pixel[2]].map(u32::from);
        ((19595 * red + 38470 * green + 7471 * blue + HALF) >> 16) as u8
    };
    let levels = picture.pixels.chunks_exact(3).map(level);
    Picture {
        width: picture.width,
        height: picture.height,
        pixels: levels.flat_map(|level| [level; 3]).collect(),
    }
}

/// Zeros of nothing. Deviations from the mean are summed up, so that what is flat has none.
fn mean_and_deviation(values: impl Iterator<Item = f64> + Clone) -> (f64, f64) {
    let (count, sum) = values.clone().fold((0.0_f64, 0.0), |(count, sum), value| {
        (count + 1.0, sum + value)
    });
    let count = count.max(1.0);
    let mean = sum / count;
    let squares: f64 = values.map(|value| (value - mean).powi(2)).sum();
    (mean, (squares / count).sqrt())
}

fn variance_of_laplacian(grey: &Picture) -> f64 {
    let level = |x: usize, y: usize| f64::from(grey.pixel(x, y)[0]);
    let rows = 1..grey.height.saturating_sub(1);
    let values = rows.flat_map(|y| {
        let columns = 1..grey.width.saturating_sub(1);
        columns.map(move |x| {
            let around = level(x - 1, y) + level(x + 1, y) + level(x, y - 1) + level(x, y + 1);
            around - 4.0 * level(x, y)
        })
    });
    mean_and_deviation(values).1.powi(2)
}

fn difference_hash(grey: &Picture) -> u64 {
    let small = grey.resized(HASHED.0, HASHED.1, Filter::Lanczos);
    let rows = 0..HASHED.1;
    let bits = rows.flat_map(|y| {
        let small = &small;
        (1..HASHED.0).map(move |x| small.pixel(x, y)[0] > small.pixel(x - 1, y)[0])
    });
    bits.fold(0, |hash, bit| hash << 1 | u64::from(bit))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A photo whose level is 10 · column, with one white pixel.
    fn ramp(white: Option<usize>) -> Picture {
        let mut picture = Picture::filled(9, 8, [0; 3]);
        for at in 0..72 {
            let level = (at % 9 * 10) as u8;
            picture.pixels[at * 3..at * 3 + 3].fill(level);
        }
        if let Some(at) = white {
            picture.pixels[at * 3..at * 3 + 3].fill(255);
        }
        picture
    }

    #[test]
    fn facts_of_a_ramp_by_hand() {
        let facts = of_picture(&ramp(None));
        assert_eq!((facts.width, facts.height), (9, 8));
        assert_eq!(facts.hash, u64::MAX); // every step goes up
        assert!((facts.brightness - 40.0 / 255.0).abs() < 1e-12);
        // Of 0, 10, … 80 the variance is 100 · 60 / 9.
        assert!((facts.contrast * 255.0 - (6000.0_f64 / 9.0).sqrt()).abs() < 1e-6);
        assert!(facts.sharpness.abs() < 1e-9); // a plane has no curvature
        let flat = of_picture(&Picture::filled(9, 8, [40; 3]));
        assert!(flat.hash == 0 && flat.contrast < 1e-12, "{}", flat.contrast);
    }

    #[test]
    fn one_pixel_more_changes_pixels_and_sharpness() {
        let (plain, dotted) = (of_picture(&ramp(None)), of_picture(&ramp(Some(40))));
        assert_ne!(plain.pixels, dotted.pixels);
        assert_eq!(plain.pixels, of_picture(&ramp(None)).pixels);
        // Level 40 became 255: 215 too high. Of 42 inner pixels it is one with −4 · 215 and four with 215.
        let (mean, squares) = (0.0, 215.0_f64.powi(2) * 20.0 / 42.0);
        assert!((dotted.sharpness - (squares - mean)).abs() < 1e-6);
        // The same pixels in another shape are another picture.
        let turned = Picture {
            width: 8,
            height: 9,
            ..ramp(None)
        };
        assert_ne!(of_picture(&turned).pixels, plain.pixels);
    }
}
