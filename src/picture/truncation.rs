//! Whether a picture file was cut off, seen without decoding it.
//!
//! A JPEG decoder that forgives fills what is missing with grey, and a header says nothing about the
//! end of the file: half a photo would be explained as if it were whole. Of a whole file the first and
//! the last bytes are read; only of a JPEG with something long behind its end, or without an end, the rest.

use image::ImageFormat;

use super::source::{START_BYTES, Source};
use crate::fs::FileError;

/// Bytes that are searched at once.
const BLOCK_BYTES: usize = START_BYTES;

/// A JPEG's header may hold large profiles and previews, in segments of 64 kB each; no more is read of it.
const LONGEST_HEADER_BYTES: usize = 16 << 20;

/// Whether the bytes end before the picture that their own structure announces.
pub(super) fn is_cut_off<S: Source + ?Sized>(
    format: ImageFormat,
    source: &S,
) -> Result<bool, FileError> {
    match format {
        ImageFormat::Png => Ok(!png_has_end(source)?),
        ImageFormat::Jpeg => Ok(!jpeg_has_end(source)?),
        ImageFormat::WebP => Ok(!webp_has_end(source)?),
        _ => Ok(false), // never decoded
    }
}

/// The bytes of a JPEG up to its first scan, whose own header is among them.
pub(super) fn jpeg_header<S: Source + ?Sized>(source: &S) -> Result<Vec<u8>, FileError> {
    const LONGEST_SCAN_HEADER_BYTES: usize = 64; // four colours at most, two bytes each
    match first_scan(source)? {
        Scan::At(at) => {
            let count = at as usize + LONGEST_SCAN_HEADER_BYTES;
            Ok(source.bytes_at(0, count)?.into_owned())
        }
        Scan::Missing | Scan::Malformed => Ok(source.bytes_at(0, BLOCK_BYTES)?.into_owned()),
    }
}

/// Walks the chunks (length, type, data, checksum) to `IEND`.
fn png_has_end<S: Source + ?Sized>(source: &S) -> Result<bool, FileError> {
    const SIGNATURE_BYTES: u64 = 8;
    const END: &[u8] = b"\0\0\0\0IEND\xAE\x42\x60\x82";
    let last = source.length().saturating_sub(END.len() as u64);
    if last > SIGNATURE_BYTES && *source.bytes_at(last, END.len())? == *END {
        return Ok(true);
    }
    let mut at = SIGNATURE_BYTES;
    while let [a, b, c, d, kind @ ..] = &*source.bytes_at(at, 8)? {
        if kind == b"IEND" {
            return Ok(true);
        }
        at += u64::from(u32::from_be_bytes([*a, *b, *c, *d])) + 12;
    }
    Ok(false)
}

/// Where a JPEG's compressed data begins.
enum Scan {
    /// Bytes from the start, behind the marker.
    At(u64),
    /// The file, or the part of it that is searched, ends before.
    Missing,
    /// Something else stands where a segment should: the decoder will say what is wrong.
    Malformed,
}

fn first_scan<S: Source + ?Sized>(source: &S) -> Result<Scan, FileError> {
    let mut count = BLOCK_BYTES;
    loop {
        let start = source.bytes_at(0, count)?;
        match scan_in(&start) {
            Scan::Missing if start.len() == count && count < LONGEST_HEADER_BYTES => count *= 16,
            found => return Ok(found),
        }
    }
}

/// Walks the segments to the first scan.
fn scan_in(start: &[u8]) -> Scan {
    const START_OF_SCAN: u8 = 0xDA;
    let mut rest = start.get(2..).unwrap_or_default();
    loop {
        match rest {
            [0xFF, 0xFF, ..] => rest = &rest[1..], // fill byte
            [0xFF, START_OF_SCAN, scan @ ..] => {
                return Scan::At((start.len() - scan.len()) as u64);
            }
            [0xFF, 0x01 | 0xD0..=0xD8, behind @ ..] => rest = behind, // no length of their own
            [0xFF, _, high, low, ..] => {
                let length = usize::from(u16::from_be_bytes([*high, *low]));
                rest = rest.get(2 + length..).unwrap_or_default();
            }
            [0xFF, ..] | [] => return Scan::Missing,
            [_, ..] => return Scan::Malformed,
        }
    }
}

/// Looks for the end marker behind the start of the first scan: before that a thumbnail has its own, in
/// the compressed data there is none. It is nearly always the last two bytes of the file.
fn jpeg_has_end<S: Source + ?Sized>(source: &S) -> Result<bool, FileError> {
    const END_OF_IMAGE: [u8; 2] = [0xFF, 0xD9];
    let scan = match first_scan(source)? {
        Scan::At(at) => at,
        Scan::Missing => return Ok(false),
        Scan::Malformed => return Ok(true),
    };
    let holds_end = |bytes: &[u8]| bytes.windows(2).any(|pair| pair == END_OF_IMAGE);
    if holds_end(&source.bytes_at(source.length().saturating_sub(2).max(scan), 2)?) {
        return Ok(true);
    }
    let last = source.length().saturating_sub(BLOCK_BYTES as u64).max(scan);
    if holds_end(&source.bytes_at(last, BLOCK_BYTES)?) {
        return Ok(true);
    }
    let mut at = scan;
    while at < last {
        if holds_end(&source.bytes_at(at, BLOCK_BYTES)?) {
            return Ok(true);
        }
        at += BLOCK_BYTES as u64 - 1; // the marker may lie across the border
    }
    Ok(false)
}

/// The RIFF header says how many bytes follow it.
fn webp_has_end<S: Source + ?Sized>(source: &S) -> Result<bool, FileError> {
    let start = source.bytes_at(0, 8)?;
    Ok(match *start {
        [b'R', b'I', b'F', b'F', a, b, c, d] => {
            source.length() - 8 >= u64::from(u32::from_le_bytes([a, b, c, d]))
        }
        _ => false,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const START: &[u8] = &[0xFF, 0xD8, 0xFF, 0xDA, 0, 2];

    #[test]
    fn the_end_of_a_jpeg_is_found_wherever_it_is() {
        let long = vec![7; 3 * BLOCK_BYTES];
        for behind in [0, 1, BLOCK_BYTES - 1, BLOCK_BYTES, 3 * BLOCK_BYTES] {
            for data in [0, BLOCK_BYTES - 1, BLOCK_BYTES - 2, 2 * BLOCK_BYTES] {
                let whole = [START, &long[..data], &[0xFF, 0xD9], &long[..behind]].concat();
                assert!(!is_cut_off(ImageFormat::Jpeg, &whole[..]).unwrap());
                let cut = [START, &long[..data], &long[..behind]].concat();
                assert!(is_cut_off(ImageFormat::Jpeg, &cut[..]).unwrap());
            }
        }
    }

    #[test]
    fn a_header_may_be_longer_than_a_block() {
        let segment = [&[0xFF, 0xE2, 0xFF, 0xFF][..], &[1; 0xFFFF - 2]].concat();
        let header = [&START[..2], &segment.repeat(5)].concat();
        let whole = [&header, &START[2..], &[0xFF, 0xD9]].concat();
        assert!(!is_cut_off(ImageFormat::Jpeg, &whole[..]).unwrap());
        assert_eq!(jpeg_header(&whole[..]).unwrap().len(), whole.len());
        assert!(is_cut_off(ImageFormat::Jpeg, &header[..]).unwrap());
    }
}
