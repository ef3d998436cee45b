//! Pictures against Pillow, torchvision and scikit-image; the reference data in `tests/data/picture`
//! is made by the `regenerate.py` there.

#![allow(clippy::unwrap_used)] // fixtures; clippy only exempts the test functions

mod files;
mod input;
mod segments;

use std::path::{Path, PathBuf};

use crate::encode::{jpeg, png};
use cnn_report::picture::{Filter, Picture, Preprocessing, Resize, lab};
use sha2::{Digest, Sha256};
use tch::{Kind, Tensor};

const PHOTOS: [&str; 2] = ["coffee", "chelsea"];
const FILTERS: [(&str, Filter); 3] = [
    ("bilinear", Filter::Bilinear),
    ("bicubic", Filter::Bicubic),
    ("lanczos", Filter::Lanczos),
];

fn data(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("tests/data/picture")
        .join(name)
}

fn photo(name: &str) -> Picture {
    Picture::open(&data(&format!("{name}.webp"))).unwrap()
}

fn numbers(name: &str) -> Vec<f64> {
    let tensor = Tensor::read_npy(data(name)).unwrap();
    Vec::try_from(tensor.flatten(0, -1).to_kind(Kind::Double)).unwrap()
}

/// Whether the pixels are those that the reference wrote down, byte for byte.
fn assert_same_bytes(picture: &Picture, name: &str) {
    let listed = std::fs::read_to_string(data("sha256.txt")).unwrap();
    let digest = Sha256::digest(&picture.pixels);
    let hash: String = digest.iter().map(|byte| format!("{byte:02x}")).collect();
    assert!(
        listed.contains(&format!("{hash}  {name}\n")),
        "`{name}` differs from the reference"
    );
}

fn evaluation(mean: [f32; 3], std: [f32; 3]) -> Preprocessing {
    let resize = Resize::ShorterThenCrop {
        shorter: 256,
        height: 224,
        width: 224,
    };
    Preprocessing {
        resize,
        mean: mean.to_vec(),
        std: std.to_vec(),
        ..Preprocessing::default()
    }
}

/// The largest difference of two pictures, in grey levels.
fn largest_difference(a: &Picture, b: &Picture) -> u8 {
    assert_eq!((a.width, a.height), (b.width, b.height));
    a.pixels
        .iter()
        .zip(&b.pixels)
        .map(|(a, b)| a.abs_diff(*b))
        .max()
        .unwrap_or(0)
}

#[test]
fn resizing_is_pillows_to_the_last_level() {
    for name in PHOTOS {
        let original = photo(name);
        assert_same_bytes(&original, &format!("{name}_original"));
        for size in [64, 224] {
            for (filter_name, filter) in FILTERS {
                let resized = original.resized(size, size, filter);
                assert_same_bytes(&resized, &format!("{name}_{size}_{filter_name}"));
            }
        }
    }
}

/// The same as above for one photo, but a failure says by how much.
#[test]
fn resizing_differs_by_no_level() {
    let original = photo("coffee");
    for (name, filter) in FILTERS {
        let reference = Picture::open(&data(&format!("coffee_64_{name}.png"))).unwrap();
        assert_eq!(
            largest_difference(&original.resized(64, 64, filter), &reference),
            0,
            "{name}"
        );
    }
}

#[test]
fn evaluation_is_torchvisions() {
    let preprocessing = evaluation([0.485, 0.456, 0.406], [0.229, 0.224, 0.225]);
    for name in PHOTOS {
        let input = preprocessing.apply(&photo(name));
        assert_same_bytes(&input, &format!("{name}_resize256_crop224"));
        let tensor = preprocessing.tensor(&[&input], tch::Device::Cpu);
        assert_eq!(tensor.size(), [1, 3, 224, 224]);
        // float32 of 8-bit levels: back exactly.
        assert_eq!(preprocessing.picture(&tensor.get(0)), input);
    }
}

#[test]
fn lab_is_scikit_images() {
    for name in PHOTOS {
        let small = photo(name).resized(64, 64, Filter::Bicubic);
        let expected = numbers(&format!("{name}_64_lab_rows.npy"));
        let all = lab::lab(&small);
        let rows = all.chunks_exact(64 * 3).step_by(16).flatten();
        assert_eq!(expected.len(), 4 * 64 * 3);
        for (value, expected) in rows.zip(expected) {
            // Powers and cube roots of two libraries, about 500 units of the last place of 100.
            assert!((value - expected).abs() < 1e-11, "{value} {expected}");
        }
    }
}

#[test]
fn files_keep_the_pixels() {
    let small = photo("coffee").resized(60, 41, Filter::Bicubic);
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("no_extension");
    std::fs::write(&path, png(&small)).unwrap();
    assert_eq!(Picture::open(&path).unwrap(), small);
    std::fs::write(&path, jpeg(&small, 98)).unwrap();
    let reopened = Picture::open(&path).unwrap();
    let mean = reopened
        .pixels
        .iter()
        .zip(&small.pixels)
        .map(|(a, b)| f64::from(a.abs_diff(*b)));
    // JPEG loses something, and at quality 98 little.
    assert!(mean.sum::<f64>() / (small.pixels.len() as f64) < 2.0);
}
