//! numpy's `.npy`, versions 1 to 3.
//!
//! Read here and not by a crate: `npyz` 0.9 takes the header's declared length and size as given, and
//! parses any Python literal by recursion. A header of this file says three things and nothing else.

use super::Stored;
use super::element::{ByteOrder, Element, Width, bytes_of, read_all};

const MAGIC: &[u8] = b"\x93NUMPY";
/// numpy's own limit is 10 000 bytes.
const LONGEST_HEADER_BYTES: usize = 10_000;
const MOST_DIMENSIONS: usize = 8;

pub(super) fn is_npy(bytes: &[u8]) -> bool {
    bytes.starts_with(MAGIC)
}

struct Header {
    element: Element,
    byte_order: ByteOrder,
    is_fortran: bool,
    shape: Vec<usize>,
}

/// What the header says and where the numbers begin, of a file of `file_bytes`; `start` is its beginning.
fn read_header(start: &[u8], file_bytes: u64) -> Result<(Header, usize), String> {
    let cut_off = || "the file is cut off".to_owned();
    let rest = start.get(MAGIC.len()..).unwrap_or_default();
    let (length, rest) = match rest {
        [1, _, low, high, rest @ ..] => (usize::from(u16::from_le_bytes([*low, *high])), rest),
        [2 | 3, _, a, b, c, d, rest @ ..] => (u32::from_le_bytes([*a, *b, *c, *d]) as usize, rest),
        [version, ..] if !(1..=3).contains(version) => {
            return Err(format!("version {version} is not known; 1 to 3 are read"));
        }
        _ => return Err(cut_off()),
    };
    if length > LONGEST_HEADER_BYTES {
        return Err(format!("its header of {length} bytes is too long"));
    }
    let text = rest.get(..length).ok_or_else(cut_off)?;
    let data_at = start.len() - rest.len() + length;
    let text = std::str::from_utf8(text).map_err(|_| "its header is not text".to_owned())?;
    let header = header(text)?;
    let needed = bytes_of(&header.shape, header.element);
    if needed.is_none_or(|needed| needed as u64 > file_bytes - data_at as u64) {
        let shape = super::in_words(&header.shape);
        return Err(format!("the file is cut off: {shape} numbers are declared"));
    }
    Ok((header, data_at))
}

/// The shape of the array in a file that begins with `start` and has `file_bytes`.
pub(super) fn shape(start: &[u8], file_bytes: u64) -> Result<Vec<usize>, String> {
    Ok(read_header(start, file_bytes)?.0.shape)
}

/// The array, or why there is none.
pub(super) fn read(bytes: &[u8]) -> Result<Stored, String> {
    let (header, data_at) = read_header(bytes, bytes.len() as u64)?;
    // The header's check says that there are so many bytes.
    let needed = bytes_of(&header.shape, header.element).unwrap_or(0);
    let data = bytes.get(data_at..data_at + needed).unwrap_or_default();
    let values = read_all(data, header.element, header.byte_order);
    Ok(Stored {
        values: if header.is_fortran {
            row_major(&values, &header.shape)
        } else {
            values
        },
        shape: header.shape,
    })
}

/// Numbers whose first axis runs fastest, with the last one fastest.
fn row_major(values: &[f32], shape: &[usize]) -> Vec<f32> {
    let mut index = vec![0; shape.len()];
    let mut ordered = Vec::with_capacity(values.len());
    for _ in 0..values.len() {
        let axes = shape.iter().zip(&index).rev();
        ordered.push(values[axes.fold(0, |at, (side, place)| at * side + place)]);
        for (place, side) in index.iter_mut().zip(shape).rev() {
            *place += 1;
            if *place < *side {
                break;
            }
            *place = 0;
        }
    }
    ordered
}

/// `{'descr': '<f4', 'fortran_order': False, 'shape': (3, 64, 64), }`
fn header(text: &str) -> Result<Header, String> {
    let wrong = || "its header is not numpy's".to_owned();
    let inside = text.trim().strip_prefix('{').ok_or_else(wrong)?;
    let mut rest = inside.strip_suffix('}').ok_or_else(wrong)?.trim();
    let (mut kind, mut is_fortran, mut shape) = (None, None, None);
    while !rest.is_empty() {
        let (key, after) = quoted(rest).ok_or_else(wrong)?;
        let after = after.trim_start().strip_prefix(':').ok_or_else(wrong)?;
        let after = after.trim_start();
        let after = match key {
            "descr" if kind.is_none() => {
                let (text, after) = quoted(after).ok_or_else(|| {
                    "its items are records; one number a place is read".to_owned()
                })?;
                kind = Some(element(text)?);
                after
            }
            "fortran_order" if is_fortran.is_none() => {
                let is_true = after.starts_with("True");
                is_fortran = Some(is_true);
                let word = if is_true { "True" } else { "False" };
                after.strip_prefix(word).ok_or_else(wrong)?
            }
            "shape" if shape.is_none() => {
                let (sides, after) = after
                    .strip_prefix('(')
                    .and_then(|after| after.split_once(')'))
                    .ok_or_else(wrong)?;
                shape = Some(sides_of(sides).ok_or_else(wrong)?);
                after
            }
            _ => return Err(wrong()),
        };
        let after = after.trim_start();
        rest = match after.strip_prefix(',') {
            Some(more) => more.trim_start(),
            None if after.is_empty() => after,
            None => return Err(wrong()),
        };
    }
    let ((element, byte_order), is_fortran) = kind.zip(is_fortran).ok_or_else(wrong)?;
    Ok(Header {
        element,
        byte_order,
        is_fortran,
        shape: shape.ok_or_else(wrong)?,
    })
}

/// A quoted word without escapes, and what follows it.
fn quoted(text: &str) -> Option<(&str, &str)> {
    let quote = text.chars().next().filter(|&c| c == '\'' || c == '"')?;
    text[1..].split_once(quote)
}

fn sides_of(text: &str) -> Option<Vec<usize>> {
    let text = text.trim();
    let text = text.strip_suffix(',').unwrap_or(text);
    if text.is_empty() {
        return Some(Vec::new());
    }
    // Python 2 wrote long numbers as 3L.
    let side = |side: &str| side.trim().trim_end_matches('L').parse().ok();
    let sides: Vec<usize> = text.split(',').map(side).collect::<Option<_>>()?;
    (sides.len() <= MOST_DIMENSIONS).then_some(sides)
}

/// `<f4`: byte order, kind, bytes.
fn element(text: &str) -> Result<(Element, ByteOrder), String> {
    let wrong = || format!("its numbers are `{text}`; floats and integers are read");
    let mut letters = text.chars();
    let (order, kind) = (letters.next(), letters.next());
    let order = match order {
        Some('<' | '|' | '=') => ByteOrder::Little,
        Some('>') => ByteOrder::Big,
        _ => return Err(wrong()),
    };
    let bytes: usize = letters.as_str().parse().map_err(|_| wrong())?;
    let width = Width::of_bytes(bytes);
    let element = match (kind, bytes, width) {
        (Some('f'), 2, _) => Element::Float16,
        (Some('f'), 4, _) => Element::Float32,
        (Some('f'), 8, _) => Element::Float64,
        (Some('b'), 1, _) => Element::Bool,
        (Some('i'), _, Some(width)) => Element::Signed(width),
        (Some('u'), _, Some(width)) => Element::Unsigned(width),
        _ => return Err(wrong()),
    };
    Ok((element, order))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A file as numpy writes it.
    fn file(version: u8, header: &str, data: &[u8]) -> Vec<u8> {
        let header = format!("{header}\n");
        let mut bytes = [MAGIC, &[version, 0]].concat();
        match version {
            1 => bytes.extend((header.len() as u16).to_le_bytes()),
            _ => bytes.extend((header.len() as u32).to_le_bytes()),
        }
        [&bytes, header.as_bytes(), data].concat()
    }

    fn described(kind: &str, order: &str, shape: &str) -> String {
        format!("{{'descr': '{kind}', 'fortran_order': {order}, 'shape': {shape}, }}")
    }

    fn values(version: u8, header: &str, data: &[u8]) -> Result<(Vec<usize>, Vec<f32>), String> {
        read(&file(version, header, data)).map(|stored| (stored.shape, stored.values))
    }

    #[test]
    fn every_kind_of_number_is_read() {
        let one = |kind: &str, data: &[u8]| {
            let (shape, values) = values(1, &described(kind, "False", "(1,)"), data).unwrap();
            assert_eq!(shape, [1]);
            values[0]
        };
        assert_eq!(one("<f4", &(-1.5f32).to_le_bytes()), -1.5);
        assert_eq!(one(">f4", &(-1.5f32).to_be_bytes()), -1.5);
        assert_eq!(one(">f8", &0.1f64.to_be_bytes()), 0.1);
        assert_eq!(one("<f2", &[0x00, 0x3e]), 1.5);
        assert_eq!(one("|b1", &[1]), 1.0);
        assert_eq!(one("|i1", &[0xff]), -1.0);
        assert_eq!(one("|u1", &[0xff]), 255.0);
        assert_eq!(one(">i2", &(-300i16).to_be_bytes()), -300.0);
        assert_eq!(one("<u2", &40_000u16.to_le_bytes()), 40_000.0);
        assert_eq!(one("<i4", &(-7i32).to_le_bytes()), -7.0);
        assert_eq!(one(">u8", &9u64.to_be_bytes()), 9.0);
    }

    #[test]
    fn every_version_and_both_orders_are_read() {
        for version in [1, 2, 3] {
            let data = [1, 2, 3, 4, 5, 6];
            let rows = values(version, &described("|u1", "False", "(2, 3)"), &data).unwrap();
            assert_eq!(rows, (vec![2, 3], vec![1.0, 2.0, 3.0, 4.0, 5.0, 6.0]));
            // The first axis runs fastest: columns 1 2, 3 4, 5 6.
            let columns = values(version, &described("|u1", "True", "(2, 3)"), &data).unwrap();
            assert_eq!(columns, (vec![2, 3], vec![1.0, 3.0, 5.0, 2.0, 4.0, 6.0]));
        }
    }

    #[test]
    fn hostile_headers_are_refused_without_taking_memory() {
        let huge = described("<f8", "False", "(4000000000, 4000000000, 4000000000)");
        let large = described("<f4", "True", "(1000000, 1000000)");
        for header in [huge, large] {
            let told = values(2, &header, &[0; 64]).unwrap_err();
            assert!(told.contains("cut off"), "{told}");
        }
        let mut long = file(3, &described("<f4", "False", "(1,)"), &[0; 4]);
        long[8..12].copy_from_slice(&u32::MAX.to_le_bytes());
        assert!(read(&long).is_err());
        let wrong = [
            "",
            "{",
            "}",
            "{}",
            "[1]",
            &"(".repeat(5000),
            &described("<c8", "False", "(1,)"),
            &described("|O", "False", "(1,)"),
            &described("<f4", "Maybe", "(1,)"),
            &described("<f4", "False", "(-1,)"),
            &described("<f4", "False", "1"),
            &described("<f4", "False", "(1, 1, 1, 1, 1, 1, 1, 1, 1)"),
            "{'descr': [('a', '<f4')], 'fortran_order': False, 'shape': (1,)}",
            "{'descr': '<f4', 'fortran_order': False}",
            "{'descr': '<f4', 'descr': '<f4', 'fortran_order': False, 'shape': (1,)}",
        ];
        for header in wrong {
            assert!(values(1, header, &[0; 64]).is_err(), "{header}");
        }
        assert!(values(4, &described("<f4", "False", "(1,)"), &[0; 4]).is_err());
        let whole = file(1, &described("<f4", "False", "(2,)"), &[0; 8]);
        for kept in 0..whole.len() {
            assert!(read(&whole[..kept]).is_err(), "{kept}");
        }
    }
}
