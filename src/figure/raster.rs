//! Pixels: checking, enlarging, mixing.

use super::FigureError;
use crate::results::Map;
use crate::results::Picture;

/// Pictures whose longer side is below this are enlarged, in px: a browser would blur them.
const SMALL_PX: usize = 160;

pub(super) fn check_picture(picture: &Picture) -> Result<(), FigureError> {
    let Picture {
        width,
        height,
        ref pixels,
    } = *picture;
    if width == 0 || height == 0 || pixels.len() != width * height * 3 {
        return Err(FigureError::PictureSize {
            width,
            height,
            found: pixels.len(),
        });
    }
    Ok(())
}

pub(super) fn check_map(map: &Map) -> Result<(), FigureError> {
    let Map {
        height,
        width,
        ref values,
    } = *map;
    if width == 0 || height == 0 || values.len() != width * height {
        return Err(FigureError::MapSize {
            height,
            width,
            found: values.len(),
        });
    }
    Ok(())
}

/// The whole number by which a picture is enlarged so that its longer side is `at_least_px`.
pub(super) fn factor(width: usize, height: usize, at_least_px: usize) -> usize {
    at_least_px.div_ceil(width.max(height).max(1)).max(1)
}

/// By how much a picture of this size is enlarged to be seen at all; 1 where it is large enough.
pub(super) fn small_factor(width: usize, height: usize) -> usize {
    factor(width, height, SMALL_PX)
}

/// Every pixel as a `factor` × `factor` block; `channels` bytes a pixel.
pub(super) fn blocks(pixels: &[u8], width: usize, channels: usize, factor: usize) -> Vec<u8> {
    let mut enlarged = Vec::with_capacity(pixels.len() * factor * factor);
    for row in pixels.chunks_exact(width * channels) {
        let start = enlarged.len();
        for pixel in row.chunks_exact(channels) {
            for _ in 0..factor {
                enlarged.extend_from_slice(pixel);
            }
        }
        let end = enlarged.len();
        for _ in 1..factor {
            enlarged.extend_from_within(start..end);
        }
    }
    enlarged
}

/// `values` (row-major, `width` × `height`) at `to_width` × `to_height` points, bilinearly, with
/// half-pixel centres and the border repeated: `interpolate(mode="bilinear", align_corners=False)`.
pub(super) fn bilinear(
    values: &[f32],
    (width, height): (usize, usize),
    (to_width, to_height): (usize, usize),
) -> Vec<f32> {
    let columns: Vec<_> = (0..to_width)
        .map(|x| neighbours(x, width, to_width))
        .collect();
    let mut enlarged = Vec::with_capacity(to_width * to_height);
    for y in 0..to_height {
        let (top, bottom, down) = neighbours(y, height, to_height);
        for &(left, right, across) in &columns {
            let along = |row: usize| {
                let (from, to) = (values[row * width + left], values[row * width + right]);
                from * (1.0 - across) + to * across
            };
            enlarged.push(along(top) * (1.0 - down) + along(bottom) * down);
        }
    }
    enlarged
}

/// The two source points of target point `index` and the share of the second.
fn neighbours(index: usize, length: usize, to_length: usize) -> (usize, usize, f32) {
    let source = (index as f64 + 0.5) * length as f64 / to_length as f64 - 0.5;
    let source = source.max(0.0);
    let first = (source.floor() as usize).min(length - 1);
    let second = (first + 1).min(length - 1);
    (first, second, (source - first as f64) as f32)
}

/// A photo enlarged bilinearly.
pub(super) fn smooth(photo: &Picture, factor: usize) -> Picture {
    let (width, height) = (photo.width * factor, photo.height * factor);
    let mut pixels = vec![0; width * height * 3];
    for channel in 0..3 {
        let plane: Vec<f32> = photo
            .pixels
            .iter()
            .skip(channel)
            .step_by(3)
            .map(|&byte| f32::from(byte))
            .collect();
        let plane = bilinear(&plane, (photo.width, photo.height), (width, height));
        for (pixel, value) in pixels.chunks_exact_mut(3).zip(plane) {
            pixel[channel] = value.round() as u8;
        }
    }
    Picture {
        width,
        height,
        pixels,
    }
}

/// Luma of Rec. 601, as for JPEG.
pub(super) fn grey([red, green, blue]: [u8; 3]) -> [u8; 3] {
    let luma = 0.299 * f32::from(red) + 0.587 * f32::from(green) + 0.114 * f32::from(blue);
    [luma.round() as u8; 3]
}

/// `share` (0..1) of `over`, the rest of `under`.
pub(super) fn mix(under: [u8; 3], over: [u8; 3], share: f32) -> [u8; 3] {
    std::array::from_fn(|channel| {
        let (under, over) = (f32::from(under[channel]), f32::from(over[channel]));
        (under + (over - under) * share).round() as u8
    })
}
