//! Files of every kind, whole and broken.

use std::io::Cursor;
use std::path::PathBuf;

use cnn_report::picture::{Filter, Picture, PictureError};
use image::{DynamicImage, GrayAlphaImage, ImageBuffer, ImageFormat, Luma, Rgba, RgbaImage};
use tempfile::TempDir;

use crate::encode::{jpeg, png};

use super::{data, largest_difference, photo};

/// A folder with one file in it.
struct OneFile {
    path: PathBuf,
    _folder: TempDir,
}

fn file(content: &[u8]) -> OneFile {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("picture.dat"); // the name says nothing
    std::fs::write(&path, content).unwrap();
    OneFile {
        path,
        _folder: folder,
    }
}

fn encoded(picture: impl Into<DynamicImage>, format: ImageFormat) -> Vec<u8> {
    let mut bytes = Cursor::new(Vec::new());
    picture.into().write_to(&mut bytes, format).unwrap();
    bytes.into_inner()
}

/// Opened, after the header said the same size.
fn opened(content: &[u8]) -> Result<Picture, PictureError> {
    let file = file(content);
    let dimensions = Picture::dimensions_of(&file.path);
    let picture = Picture::open(&file.path)?;
    assert_eq!(dimensions.unwrap(), (picture.width, picture.height));
    Ok(picture)
}

#[test]
fn transparency_lies_over_white() {
    let pixels = [[200, 100, 0, 255], [200, 100, 0, 0], [200, 100, 0, 51]];
    let picture = RgbaImage::from_fn(3, 1, |x, _| Rgba(pixels[x as usize]));
    for format in [ImageFormat::Png, ImageFormat::WebP] {
        let picture = opened(&encoded(picture.clone(), format)).unwrap();
        // a fifth of the colour, four fifths of 255
        assert_eq!(picture.pixels, [200, 100, 0, 255, 255, 255, 244, 224, 204]);
    }
    let grey = GrayAlphaImage::from_raw(2, 1, vec![80, 255, 80, 0]).unwrap();
    let picture = opened(&encoded(grey, ImageFormat::Png)).unwrap();
    assert_eq!(picture.pixels, [80, 80, 80, 255, 255, 255]);
}

#[test]
fn sixteen_bits_become_eight() {
    let deep: ImageBuffer<Luma<u16>, _> =
        ImageBuffer::from_raw(3, 1, vec![0, 257 * 77, u16::MAX]).unwrap();
    let picture = opened(&encoded(deep, ImageFormat::Png)).unwrap();
    assert_eq!(picture.pixels, [[0; 3], [77; 3], [255; 3]].concat());
}

#[test]
fn cmyk_becomes_rgb() {
    let picture = opened(&std::fs::read(data("cmyk.jpg")).unwrap()).unwrap();
    let expected = Picture::open(&data("cmyk_as_rgb.png")).unwrap();
    // Two decoders round their cosine transforms differently.
    assert!(largest_difference(&picture, &expected) <= 3);
}

/// `jpeg` with an EXIF block that holds nothing but the orientation, 1 to 8.
fn with_orientation(jpeg: &[u8], orientation: u8) -> Vec<u8> {
    let mut exif = b"Exif\0\0II*\0\x08\0\0\0\x01\0\x12\x01\x03\0\x01\0\0\0".to_vec();
    exif.extend([orientation, 0, 0, 0, 0, 0, 0, 0]);
    let length = (exif.len() as u16 + 2).to_be_bytes();
    [&jpeg[..2], &[0xFF, 0xE1], &length, &exif, &jpeg[2..]].concat()
}

#[test]
fn photos_are_turned_upright() {
    let lying = photo("coffee").resized(48, 32, Filter::Bicubic);
    let bytes = jpeg(&lying, 95);
    let lying = opened(&bytes).unwrap();
    // Where the pixel (x, y) of the upright picture lies in the file, by the table of the EXIF standard.
    type Source = fn(usize, usize) -> (usize, usize);
    let sources: [Source; 8] = [
        |x, y| (x, y),
        |x, y| (47 - x, y),
        |x, y| (47 - x, 31 - y),
        |x, y| (x, 31 - y),
        |x, y| (y, x),
        |x, y| (y, 31 - x),
        |x, y| (47 - y, 31 - x),
        |x, y| (47 - y, x),
    ];
    for (orientation, source) in (1..=8).zip(sources) {
        let upright = opened(&with_orientation(&bytes, orientation)).unwrap();
        let size = if orientation < 5 { (48, 32) } else { (32, 48) };
        assert_eq!((upright.width, upright.height), size, "{orientation}");
        for y in 0..upright.height {
            for x in 0..upright.width {
                let (from_x, from_y) = source(x, y);
                assert_eq!(
                    upright.pixel(x, y),
                    lying.pixel(from_x, from_y),
                    "{orientation}"
                );
            }
        }
    }
}

#[test]
fn unreadable_files_are_named_before_decoding() {
    let small = photo("coffee").resized(40, 30, Filter::Bilinear);
    let whole = [
        png(&small),
        jpeg(&small, 80),
        encoded(RgbaImage::new(30, 20), ImageFormat::WebP),
        with_orientation(&jpeg(&small, 80), 6),
    ];
    for bytes in &whole {
        assert!(opened(bytes).is_ok());
        for kept in [bytes.len() - 10, bytes.len() / 2, 40, 3, 0] {
            let file = file(&bytes[..kept]);
            for error in [
                Picture::dimensions_of(&file.path).unwrap_err(),
                Picture::open(&file.path).unwrap_err(),
            ] {
                let text = error.to_string();
                assert!(text.contains("picture.dat`"), "{text}");
                assert!(!text.ends_with('.'), "{text}");
            }
        }
    }
    let icon = file(b"\0\0\x01\0\x01\0\x01\x01");
    let text = Picture::dimensions_of(&icon.path).unwrap_err().to_string();
    assert!(
        text.contains("image/x-icon") && text.contains("PNG, JPEG, WebP, BMP"),
        "{text}"
    );
    let text = Picture::open(&icon.path.with_file_name("missing.png"))
        .unwrap_err()
        .to_string();
    assert!(text.contains("missing.png`"), "{text}");
}

/// 100 bytes that declare 60 000 × 60 000 px are refused before any memory is taken.
#[test]
fn bombs_are_refused() {
    let mut bytes = png(&Picture::filled(1, 1, [0; 3]));
    for at in [16, 20] {
        bytes[at..at + 4].copy_from_slice(&60_000_u32.to_be_bytes());
    }
    let checksum = {
        let mut register = flate2::Crc::new();
        register.update(&bytes[12..29]);
        register.sum()
    };
    bytes[29..33].copy_from_slice(&checksum.to_be_bytes());
    let file = file(&bytes);
    for error in [
        Picture::dimensions_of(&file.path).unwrap_err(),
        Picture::open(&file.path).unwrap_err(),
    ] {
        assert!(
            matches!(error, PictureError::TooLarge { width: 60_000, .. }),
            "{error}"
        );
    }
}

/// Whatever a file holds, the answer is a picture or an error.
#[test]
fn damaged_files_never_panic() {
    let small = photo("coffee").resized(24, 17, Filter::Bilinear);
    let kinds = [
        png(&small),
        with_orientation(&jpeg(&small, 60), 3),
        encoded(RgbaImage::new(9, 7), ImageFormat::WebP),
    ];
    let mut state = 1_u64;
    let mut random = |below: usize| {
        state = state
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        (state >> 33) as usize % below
    };
    let mut refused = 0;
    for bytes in &kinds {
        let file = file(bytes);
        for _ in 0..300 {
            let mut damaged = bytes.clone();
            for _ in 0..=random(4) {
                let at = random(damaged.len());
                damaged[at] = random(256) as u8;
            }
            std::fs::write(&file.path, &damaged).unwrap();
            let _ = Picture::dimensions_of(&file.path);
            refused += usize::from(Picture::open(&file.path).is_err());
        }
    }
    assert!(
        refused > 100,
        "the damage was too small to test anything: {refused}"
    );
}
