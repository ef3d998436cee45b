//! Pixels to bytes: JPEG for photographs, PNG where every colour must stay as it is.

use std::collections::BTreeMap;

use mozjpeg::{ColorSpace, Compress};
use png::{BitDepth, ColorType, Compression, Filter};

use super::raster::{blocks, small_factor};
use super::{FigureError, Image, Media};
use crate::results::Picture;

/// With the chroma planes at full size no block edge shows on a heat map at this quality.
const JPEG_QUALITY: f32 = 85.0;

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
    let bytes = png(pixels, (width, height), Colours::Rgb, Filter::Adaptive)?;
    Ok(Image {
        media: Media::Png(bytes),
        width_px: width,
        height_px: height,
    })
}

/// JPEG at the picture's own size.
pub(super) fn photograph(picture: &Picture) -> Result<Image, FigureError> {
    jpeg(picture, JPEG_QUALITY, Chroma::Whole)
}

/// JPEG of `quality` (0..=100), colours at half the size.
pub(super) fn rough_photograph(picture: &Picture, quality: f32) -> Result<Image, FigureError> {
    jpeg(picture, quality, Chroma::Halved)
}

#[derive(Clone, Copy)]
enum Chroma {
    Whole,
    Halved,
}

fn jpeg(picture: &Picture, quality: f32, chroma: Chroma) -> Result<Image, FigureError> {
    let Picture {
        width,
        height,
        ref pixels,
    } = *picture;
    let encode = || -> std::io::Result<Vec<u8>> {
        let mut encoder = Compress::new(ColorSpace::JCS_RGB);
        // MozJPEG's own search for smaller files takes 4 % off the report's pictures, and more time than all the rest of a
        // build that finds its results in the store: 1.5 s in place of 0.7.
        encoder.set_fastest_defaults();
        encoder.set_optimize_coding(true);
        encoder.set_size(width, height);
        encoder.set_quality(quality);
        let pixels_a_sample = match chroma {
            Chroma::Whole => (1, 1),
            Chroma::Halved => (2, 2),
        };
        encoder.set_chroma_sampling_pixel_sizes(pixels_a_sample, pixels_a_sample);
        let mut started = encoder.start_compress(Vec::new())?;
        started.write_scanlines(pixels)?;
        started.finish()
    };
    // MozJPEG tells of a fault by a panic.
    let bytes = match std::panic::catch_unwind(encode) {
        Ok(encoded) => encoded.map_err(|error| FigureError::Jpeg {
            reason: error.to_string(),
        })?,
        Err(_) => {
            let reason = format!("MozJPEG refuses {width} × {height} px");
            return Err(FigureError::Jpeg { reason });
        }
    };
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
    // Neighbouring numbers of a palette need not be alike, so differences would not compress better.
    let bytes = png(
        &pixels,
        (width, height),
        Colours::Palette(palette),
        Filter::NoFilter,
    )?;
    Ok(Image {
        media: Media::Png(bytes),
        width_px: width,
        height_px: height,
    })
}

/// PNG of one byte a pixel.
pub(super) fn grey(levels: &[u8], width: usize, height: usize) -> Result<Vec<u8>, FigureError> {
    png(levels, (width, height), Colours::Grey, Filter::Adaptive)
}

/// PNG of a palette with opacities, both by number.
pub(super) fn cover(
    indices: &[u8],
    (width, height): (usize, usize),
    palette: &[u8],
    opacities: &[u8],
) -> Result<Vec<u8>, FigureError> {
    let colours = Colours::Cover(palette, opacities);
    png(indices, (width, height), colours, Filter::NoFilter)
}

/// How one pixel is stored.
enum Colours<'a> {
    /// One byte, its lightness.
    Grey,
    /// Three bytes.
    Rgb,
    /// One byte, the number of a colour among these (three bytes each).
    Palette(&'a [u8]),
    /// The same, with an opacity for each colour.
    Cover(&'a [u8], &'a [u8]),
}

fn png(
    pixels: &[u8],
    (width, height): (usize, usize),
    colours: Colours,
    filter: Filter,
) -> Result<Vec<u8>, FigureError> {
    let mut bytes = Vec::new();
    let mut encoder = png::Encoder::new(&mut bytes, pixel_count(width), pixel_count(height));
    match colours {
        Colours::Grey => encoder.set_color(ColorType::Grayscale),
        Colours::Rgb => encoder.set_color(ColorType::Rgb),
        Colours::Palette(palette) => {
            encoder.set_color(ColorType::Indexed);
            encoder.set_palette(palette);
        }
        Colours::Cover(palette, opacities) => {
            encoder.set_color(ColorType::Indexed);
            encoder.set_palette(palette);
            encoder.set_trns(opacities);
        }
    }
    encoder.set_depth(BitDepth::Eight);
    encoder.set_compression(Compression::High);
    encoder.set_filter(filter); // `set_compression` chooses a filter as well, so this comes after it
    let mut writer = encoder.write_header()?;
    writer.write_image_data(pixels)?;
    writer.finish()?;
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

#[cfg(test)]
mod tests {
    use super::*;

    /// The decoder checks every checksum.
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
