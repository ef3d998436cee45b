//! Pixels to bytes: JPEG for photographs, PNG where every colour must stay as it is.

use std::collections::BTreeMap;

use image::codecs::jpeg::JpegEncoder;
use image::codecs::png::{CompressionType, FilterType, PngEncoder};
use image::{ExtendedColorType, ImageEncoder};

use super::raster::{blocks, small_factor};
use super::{FigureError, Image, Media};
use crate::picture::Picture;

/// `image` never halves the chroma planes; at this quality no block edge shows on a heat map.
const JPEG_QUALITY: u8 = 90;

/// A photo or a picture like one. Small ones are enlarged by a whole number, every pixel a square.
///
/// PNG where JPEG would blur hard edges: at most 256 colours, or pixels enlarged to squares.
pub(super) fn picture(picture: &Picture) -> Result<Image, FigureError> {
    let factor = small_factor(picture.width, picture.height);
    if let Some((indices, palette)) = indexed(picture) {
        return palette_image(&indices, picture.width, picture.height, &palette, factor);
    }
    if factor == 1 {
        return photograph(picture);
    }
    exact(&Picture {
        width: picture.width * factor,
        height: picture.height * factor,
        pixels: blocks(&picture.pixels, picture.width, 3, factor),
    })
}

/// PNG at the picture's own size: for pixels enlarged to squares, where it is the smaller file too.
pub(super) fn exact(picture: &Picture) -> Result<Image, FigureError> {
    let Picture {
        width,
        height,
        ref pixels,
    } = *picture;
    let bytes = png(
        pixels,
        width,
        height,
        ExtendedColorType::Rgb8,
        FilterType::Adaptive,
    )?;
    Ok(Image {
        media: Media::Png(bytes),
        width_px: width,
        height_px: height,
    })
}

/// JPEG at the picture's own size.
pub(super) fn photograph(picture: &Picture) -> Result<Image, FigureError> {
    let Picture {
        width,
        height,
        ref pixels,
    } = *picture;
    let mut bytes = Vec::new();
    let encoder = JpegEncoder::new_with_quality(&mut bytes, JPEG_QUALITY);
    encoder.write_image(
        pixels,
        pixel_count(width),
        pixel_count(height),
        ExtendedColorType::Rgb8,
    )?;
    Ok(Image {
        media: Media::Jpeg(bytes),
        width_px: width,
        height_px: height,
    })
}

/// One byte a pixel and its palette (three bytes a colour, at most 256 colours), each pixel a
/// block of `factor` × `factor`. A third of the size of the same picture in RGB.
pub(super) fn palette_image(
    indices: &[u8],
    width: usize,
    height: usize,
    palette: &[u8],
    factor: usize,
) -> Result<Image, FigureError> {
    let pixels = blocks(indices, width, 1, factor);
    let (width, height) = (width * factor, height * factor);
    let grey = png(
        &pixels,
        width,
        height,
        ExtendedColorType::L8,
        FilterType::NoFilter,
    )?;
    Ok(Image {
        media: Media::Png(with_palette(&grey, palette)),
        width_px: width,
        height_px: height,
    })
}

fn png(
    pixels: &[u8],
    width: usize,
    height: usize,
    kind: ExtendedColorType,
    filter: FilterType,
) -> Result<Vec<u8>, FigureError> {
    let mut bytes = Vec::new();
    let encoder = PngEncoder::new_with_quality(&mut bytes, CompressionType::Best, filter);
    encoder.write_image(pixels, pixel_count(width), pixel_count(height), kind)?;
    Ok(bytes)
}

/// The encoders refuse what does not fit 32 bits, and so does this clamp: the lengths then differ.
fn pixel_count(side: usize) -> u32 {
    u32::try_from(side).unwrap_or(u32::MAX)
}

/// The pixels as numbers of a palette, in the order of the colours; `None` above 256 colours.
fn indexed(picture: &Picture) -> Option<(Vec<u8>, Vec<u8>)> {
    let mut numbers: BTreeMap<[u8; 3], u8> = BTreeMap::new();
    let colours = || {
        picture
            .pixels
            .chunks_exact(3)
            .map(|pixel| [pixel[0], pixel[1], pixel[2]])
    };
    for colour in colours() {
        numbers.insert(colour, 0);
        if numbers.len() > 256 {
            return None;
        }
    }
    for (number, entry) in (0..=255).zip(numbers.values_mut()) {
        *entry = number;
    }
    let indices = colours().map(|colour| numbers[&colour]).collect();
    Some((indices, numbers.keys().flatten().copied().collect()))
}

/// Turns an 8-bit grey PNG into one of palette colours. Both kinds store one byte a pixel, so only
/// the colour type in IHDR changes and a PLTE chunk follows it (PNG specification, 11.2).
fn with_palette(grey: &[u8], palette: &[u8]) -> Vec<u8> {
    const SIGNATURE: usize = 8;
    const IHDR: usize = 4 + 4 + 13 + 4; // length, name, content, checksum
    const COLOUR_TYPE: usize = 4 + 9; // in name and content
    const PALETTE_COLOUR: u8 = 3;
    let (head, rest) = grey.split_at(SIGNATURE + IHDR);
    let mut header = head[SIGNATURE + 4..SIGNATURE + IHDR - 4].to_vec();
    header[COLOUR_TYPE] = PALETTE_COLOUR;
    let mut bytes = head[..SIGNATURE].to_vec();
    chunk(&mut bytes, &header);
    chunk(&mut bytes, &[b"PLTE", palette].concat());
    bytes.extend_from_slice(rest);
    bytes
}

fn chunk(bytes: &mut Vec<u8>, name_and_content: &[u8]) {
    let length = pixel_count(name_and_content.len() - 4);
    bytes.extend_from_slice(&length.to_be_bytes());
    bytes.extend_from_slice(name_and_content);
    bytes.extend_from_slice(&checksum(name_and_content).to_be_bytes());
}

/// CRC-32 of ISO 3309, as PNG asks.
fn checksum(bytes: &[u8]) -> u32 {
    const POLYNOMIAL: u32 = 0xedb8_8320;
    let mut crc = u32::MAX;
    for &byte in bytes {
        crc ^= u32::from(byte);
        for _ in 0..8 {
            crc = if crc & 1 == 1 {
                (crc >> 1) ^ POLYNOMIAL
            } else {
                crc >> 1
            };
        }
    }
    !crc
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The image crate checks every checksum while it decodes.
    #[test]
    fn palette_png_decodes_to_its_colours() {
        let colours = [[10, 20, 30], [200, 100, 0], [255, 255, 255]];
        let palette: Vec<u8> = colours.concat();
        let image = palette_image(&[0, 1, 2, 1, 0, 2], 3, 2, &palette, 2).unwrap();
        assert_eq!((image.width_px, image.height_px), (6, 4));
        let Media::Png(bytes) = image.media else {
            panic!("not a PNG")
        };
        let decoded = image::load_from_memory(&bytes).unwrap().to_rgb8();
        for (x, y, pixel) in decoded.enumerate_pixels() {
            let index = [0, 1, 2, 1, 0, 2][(y / 2 * 3 + x / 2) as usize];
            assert_eq!(pixel.0, colours[index], "at {x}, {y}");
        }
    }

    #[test]
    fn known_checksum() {
        assert_eq!(checksum(b"123456789"), 0xcbf4_3926);
    }

    #[test]
    fn small_pictures_become_squares_and_photographs_jpeg() {
        let few = Picture::filled(10, 5, [1, 2, 3]);
        let image = picture(&few).unwrap();
        assert!(matches!(image.media, Media::Png(_)));
        assert_eq!((image.width_px, image.height_px), (160, 80));
        let pixels = (0..200 * 200 * 3)
            .map(|i: usize| (i * i / 7) as u8)
            .collect();
        let many = Picture {
            width: 200,
            height: 200,
            pixels,
        };
        let image = picture(&many).unwrap();
        assert!(matches!(image.media, Media::Jpeg(_)));
        assert_eq!((image.width_px, image.height_px), (200, 200));
    }
}
