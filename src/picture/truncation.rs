//! Whether a picture file was cut off, seen without decoding it.
//!
//! A JPEG decoder that forgives fills what is missing with grey, and a header says nothing about the
//! end of the file: half a photo would be explained as if it were whole.

use image::ImageFormat;

/// Whether `bytes` end before the picture that their own structure announces.
pub(super) fn is_cut_off(format: ImageFormat, bytes: &[u8]) -> bool {
    match format {
        ImageFormat::Png => !png_has_end(bytes),
        ImageFormat::Jpeg => !jpeg_has_end(bytes),
        ImageFormat::WebP => !webp_has_end(bytes),
        _ => false, // never decoded
    }
}

/// Walks the chunks (length, type, data, checksum) to `IEND`.
fn png_has_end(bytes: &[u8]) -> bool {
    const SIGNATURE_BYTES: usize = 8;
    let mut rest = bytes.get(SIGNATURE_BYTES..).unwrap_or_default();
    while let [a, b, c, d, kind @ ..] = rest {
        if kind.starts_with(b"IEND") {
            return true;
        }
        let length = u32::from_be_bytes([*a, *b, *c, *d]) as usize;
        rest = rest.get(length.saturating_add(12)..).unwrap_or_default();
    }
    false
}

/// Walks the segments to the first scan, then looks for the end marker: before that a thumbnail has
/// its own, behind it the compressed data never contains one.
fn jpeg_has_end(bytes: &[u8]) -> bool {
    const END_OF_IMAGE: u8 = 0xD9;
    const START_OF_SCAN: u8 = 0xDA;
    let mut rest = bytes.get(2..).unwrap_or_default();
    loop {
        match rest {
            [0xFF, 0xFF, ..] => rest = &rest[1..], // fill byte
            [0xFF, START_OF_SCAN, scan @ ..] => {
                return scan.windows(2).any(|pair| pair == [0xFF, END_OF_IMAGE]);
            }
            [0xFF, 0x01 | 0xD0..=0xD8, behind @ ..] => rest = behind, // no length of their own
            [0xFF, _, high, low, ..] => {
                let length = usize::from(u16::from_be_bytes([*high, *low]));
                rest = rest.get(2 + length..).unwrap_or_default();
            }
            // Between segments nothing else is allowed: the decoder will say what is wrong.
            [_, _, ..] => return true,
            _ => return false,
        }
    }
}

/// The RIFF header says how many bytes follow it.
fn webp_has_end(bytes: &[u8]) -> bool {
    match bytes {
        [b'R', b'I', b'F', b'F', a, b, c, d, rest @ ..] => {
            rest.len() >= u32::from_le_bytes([*a, *b, *c, *d]) as usize
        }
        _ => false,
    }
}
