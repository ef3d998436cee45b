//! Pictures as bytes of a file; the same picture always gives the same bytes.

use image::codecs::jpeg::JpegEncoder;
use image::codecs::png::{CompressionType, FilterType, PngEncoder};
use image::{ExtendedColorType, ImageEncoder};

use super::Picture;

/// A PNG file, without loss.
///
/// # Panics
/// If the picture has no pixels, or not three bytes for each.
pub fn png(picture: &Picture) -> Vec<u8> {
    let mut bytes = Vec::new();
    let encoder =
        PngEncoder::new_with_quality(&mut bytes, CompressionType::Default, FilterType::Adaptive);
    write(picture, encoder);
    bytes
}

/// A baseline JPEG file; `quality` from 1 (small) to 100 (nearly lossless), others are brought into
/// that range.
///
/// # Panics
/// As [`png`], and above 65 535 px a side, which the format cannot hold.
pub fn jpeg(picture: &Picture, quality: u8) -> Vec<u8> {
    let mut bytes = Vec::new();
    write(
        picture,
        JpegEncoder::new_with_quality(&mut bytes, quality.clamp(1, 100)),
    );
    bytes
}

fn write(picture: &Picture, encoder: impl ImageEncoder) {
    let (width, height) = (picture.width as u32, picture.height as u32);
    encoder
        .write_image(&picture.pixels, width, height, ExtendedColorType::Rgb8)
        .expect("memory takes every byte, and the picture has pixels in a number the format holds");
}
