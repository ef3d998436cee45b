//! Files beside `report.json`: arrays as numpy's `.npy`, and tables.

use std::collections::BTreeMap;

use crate::report::machine::{Array, Dtype};
use crate::report::number::{short_hash, slug};
use crate::write::File;

/// Longest name without digest and extension: file systems allow 255 bytes.
const LONGEST_STEM_BYTES: usize = 150;

/// The numbers of an array, row-major.
#[derive(Clone, Copy)]
pub(super) enum Numbers<'a> {
    Float32(&'a [f32]),
    Float64(&'a [f64]),
    Uint32(&'a [u32]),
}

/// What lies in the folder beside `report.json`.
pub(super) struct Beside<'a> {
    folder: &'a str,
    /// By name: arrays of the same name hold the same numbers.
    files: BTreeMap<String, Vec<u8>>,
}

impl<'a> Beside<'a> {
    pub fn new(folder: &'a str) -> Self {
        Self {
            folder,
            files: BTreeMap::new(),
        }
    }

    /// Keeps an array, named by `parts` and its content.
    pub fn array(&mut self, parts: &[&str], shape: &[usize], numbers: Numbers) -> Array {
        let file = self.file(parts, "npy", npy(shape, numbers));
        let (smallest, largest) = numbers.extremes();
        Array {
            file,
            shape: shape.to_vec(),
            dtype: numbers.dtype(),
            smallest,
            largest,
        }
    }

    /// Keeps a file and gives its path from `report.json`.
    pub fn file(&mut self, parts: &[&str], extension: &str, content: Vec<u8>) -> String {
        let parts: Vec<String> = parts.iter().map(|part| slug(part)).collect();
        let mut stem = parts.join("-");
        stem.truncate(LONGEST_STEM_BYTES); // slugs are ASCII
        let name = format!("{stem}.{}.{extension}", short_hash(&content));
        let path = format!("{}/{name}", self.folder);
        self.files.insert(name, content);
        path
    }

    /// The files, in the order of their names.
    pub fn into_files(self) -> Vec<File> {
        self.files.into_iter().collect()
    }
}

impl Numbers<'_> {
    fn dtype(self) -> Dtype {
        match self {
            Self::Float32(_) => Dtype::Float32,
            Self::Float64(_) => Dtype::Float64,
            Self::Uint32(_) => Dtype::Uint32,
        }
    }

    /// Of the finite numbers.
    fn extremes(self) -> (Option<f64>, Option<f64>) {
        match self {
            Self::Float32(numbers) => extremes(numbers.iter().map(|&number| f64::from(number))),
            Self::Float64(numbers) => extremes(numbers.iter().copied()),
            Self::Uint32(numbers) => extremes(numbers.iter().map(|&number| f64::from(number))),
        }
    }

    fn description(self) -> &'static str {
        match self {
            Self::Float32(_) => "<f4",
            Self::Float64(_) => "<f8",
            Self::Uint32(_) => "<u4",
        }
    }

    fn bytes(self) -> Vec<u8> {
        match self {
            Self::Float32(numbers) => numbers.iter().flat_map(|n| n.to_le_bytes()).collect(),
            Self::Float64(numbers) => numbers.iter().flat_map(|n| n.to_le_bytes()).collect(),
            Self::Uint32(numbers) => numbers.iter().flat_map(|n| n.to_le_bytes()).collect(),
        }
    }
}

fn extremes(numbers: impl Iterator<Item = f64> + Clone) -> (Option<f64>, Option<f64>) {
    let finite = numbers.filter(|number| number.is_finite());
    let smallest = finite.clone().reduce(f64::min);
    (smallest, finite.reduce(f64::max))
}

/// numpy's format, version 1.0: a header in Python, then the numbers. Written here, as it is read in
/// `picture::array`: ten lines are no reason for a crate.
fn npy(shape: &[usize], numbers: Numbers) -> Vec<u8> {
    const PREFIX: usize = 10; // magic, version, length of the header
    const ALIGNED: usize = 64; // numbers begin at a multiple of it
    let sides = match shape {
        [side] => format!("({side},)"),
        sides => {
            let sides: Vec<String> = sides.iter().map(usize::to_string).collect();
            format!("({})", sides.join(", "))
        }
    };
    let description = numbers.description();
    let header =
        format!("{{'descr': '{description}', 'fortran_order': False, 'shape': {sides}, }}");
    let length = (PREFIX + header.len() + 1).next_multiple_of(ALIGNED) - PREFIX;
    let padded = format!("{header:<width$}\n", width = length - 1);
    let mut bytes = b"\x93NUMPY\x01\x00".to_vec();
    bytes.extend((length as u16).to_le_bytes()); // shapes have three sides at most
    bytes.extend(padded.into_bytes());
    bytes.extend(numbers.bytes());
    bytes
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_array_is_what_numpy_writes() {
        let bytes = npy(&[2, 1], Numbers::Float32(&[1.0, -2.0]));
        assert_eq!(bytes.len(), 128 + 8);
        assert_eq!(&bytes[..10], b"\x93NUMPY\x01\x00\x76\x00");
        let header = b"{'descr': '<f4', 'fortran_order': False, 'shape': (2, 1), }   ";
        assert!(bytes[10..].starts_with(header));
        assert_eq!(bytes[127], b'\n');
        assert_eq!(bytes[128..], [0, 0, 128, 63, 0, 0, 0, 192]);
        let bytes = npy(&[1], Numbers::Uint32(&[258]));
        let header = b"{'descr': '<u4', 'fortran_order': False, 'shape': (1,), }   ";
        assert!(bytes[10..].starts_with(header));
        assert_eq!(bytes[128..], [2, 1, 0, 0]);
    }

    #[test]
    fn what_is_not_finite_has_no_part_in_the_range() {
        let numbers = [f32::NAN, 2.0, f32::NEG_INFINITY, -1.0];
        let range = Numbers::Float32(&numbers).extremes();
        assert_eq!(range, (Some(-1.0), Some(2.0)));
        assert_eq!(Numbers::Float64(&[f64::NAN]).extremes(), (None, None));
    }

    #[test]
    fn names_are_short_and_hold_the_digest() {
        let mut beside = Beside::new("report_data");
        let path = beside.file(&["lime", &"x".repeat(300), "segments"], "npy", vec![1]);
        assert_eq!(
            path.len(),
            "report_data/".len() + 150 + ".4bf5122f.npy".len()
        );
        assert!(path.ends_with(".4bf5122f.npy"), "{path}");
        let path = beside.file(&["saliency", "coffee, filter 7"], "npy", vec![1]);
        assert_eq!(path, "report_data/saliency-coffee-filter-7.4bf5122f.npy");
    }
}
