//! Photos brought to the network's size, against Pillow 13 and torchvision (`input.json`, written by
//! `tools/make_input_fixtures.py`).

use cnn_report::picture::{Channels, Filter, Picture, Preprocessing, Resize};
use serde_json::Value;

use super::{data, largest_difference};

/// Grey levels: turning 16 bits into 8 is rounded here and truncated there.
const TOLERANCE: u8 = 1;
fn reference() -> Value {
    serde_json::from_str(&std::fs::read_to_string(data("input.json")).unwrap()).unwrap()
}

fn bytes(hexadecimal: &Value) -> Vec<u8> {
    let digits = hexadecimal.as_str().unwrap();
    let byte = |at| u8::from_str_radix(&digits[at..at + 2], 16).unwrap();
    (0..digits.len()).step_by(2).map(byte).collect()
}

fn pair(value: &Value) -> (usize, usize) {
    let number = |at: usize| value[at].as_u64().unwrap() as usize;
    (number(0), number(1))
}

/// The waves and steps that the script draws.
fn photo(width: usize, height: usize) -> Picture {
    let pixel = |at: usize| {
        let (x, y) = (at % width, at / width);
        [7 * x + 3 * y, x * x + 5 * y, (x * 11) ^ (y * 13)].map(|level| (level % 256) as u8)
    };
    Picture {
        width,
        height,
        pixels: (0..width * height).flat_map(pixel).collect(),
    }
}

#[test]
fn every_way_to_the_networks_size_is_pillows() {
    let reference = reference();
    let cases = reference["cases"].as_array().unwrap();
    assert_eq!(cases.len(), 130);
    for case in cases {
        let (height, width) = pair(&case["size"]);
        let (from_width, from_height) = pair(&case["photo"]);
        let preprocessing = Preprocessing {
            resize: match case["resize"].as_str().unwrap() {
                "stretch" => Resize::Stretch { height, width },
                "pad" => Resize::Pad { height, width },
                _ => Resize::ShorterThenCrop {
                    shorter: 13,
                    height,
                    width,
                },
            },
            filter: match case["filter"].as_str().unwrap() {
                "bilinear" => Filter::Bilinear,
                "bicubic" => Filter::Bicubic,
                "lanczos" => Filter::Lanczos,
                "box" => Filter::Box,
                _ => Filter::Nearest,
            },
            ..Preprocessing::default()
        };
        let expected = Picture {
            width,
            height,
            pixels: bytes(&case["pixels"]),
        };
        let input = preprocessing.apply(&photo(from_width, from_height));
        let difference = largest_difference(&input, &expected);
        assert!(
            difference == 0,
            "{} {} {}: {difference}",
            case["photo"],
            case["filter"],
            case["resize"]
        );
    }
}

#[test]
fn files_of_every_mode_are_read_as_pillow_reads_them() {
    let reference = reference();
    for (name, expected) in reference["files"].as_object().unwrap() {
        let picture = Picture::open(&data(name)).unwrap();
        let expected = Picture {
            pixels: bytes(expected),
            ..picture.clone()
        };
        assert_eq!(expected.pixels.len(), picture.pixels.len(), "{name}");
        let difference = largest_difference(&picture, &expected);
        assert!(difference <= TOLERANCE, "{name}: {difference}");
    }
}

#[test]
fn a_padded_margin_is_zero_after_normalising_to_within_half_a_level() {
    for name in ["imagenet", "caffe", "tensorflow", "unit"] {
        let preprocessing = Preprocessing {
            resize: Resize::Pad {
                height: 6,
                width: 6,
            },
            ..Preprocessing::preset(name, (6, 6)).unwrap()
        };
        let input = preprocessing.apply(&photo(9, 3));
        let tensor = preprocessing.tensor(&[&input], tch::Device::Cpu);
        let smallest_std = preprocessing.std.iter().copied().fold(f32::MAX, f32::min);
        let half_a_level = 0.5 * preprocessing.scale / f64::from(smallest_std);
        for row in [0, 1, 4, 5] {
            let margin = tensor.narrow(2, row, 1).abs().max().double_value(&[]);
            assert!(margin <= half_a_level * 1.001, "{name}: {margin}");
        }
    }
}

/// Keras and Lucid feed Caffe networks so: `x[..., ::-1] - [103.939, 116.779, 123.68]`.
#[test]
fn caffe_gets_blue_first() {
    let caffe = Preprocessing::preset("caffe", (2, 2)).unwrap();
    assert_eq!((caffe.channels, caffe.scale), (Channels::Bgr, 1.0));
    assert_eq!(caffe.mean, [103.939, 116.779, 123.68]);
}
