//! Pictures as bytes of a file, for tests of what reads them.

use cnn_report::picture::Picture;
use image::codecs::jpeg::JpegEncoder;
use image::codecs::png::PngEncoder;
use image::{ExtendedColorType, ImageEncoder};

/// Without loss.
pub fn png(picture: &Picture) -> Vec<u8> {
    let mut bytes = Vec::new();
    write(picture, PngEncoder::new(&mut bytes));
    bytes
}

/// `quality` from 1 (small) to 100 (nearly lossless).
pub fn jpeg(picture: &Picture, quality: u8) -> Vec<u8> {
    let mut bytes = Vec::new();
    write(picture, JpegEncoder::new_with_quality(&mut bytes, quality));
    bytes
}

fn write(picture: &Picture, encoder: impl ImageEncoder) {
    let (width, height) = (picture.width as u32, picture.height as u32);
    encoder
        .write_image(&picture.pixels, width, height, ExtendedColorType::Rgb8)
        .unwrap();
}
