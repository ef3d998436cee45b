//! Arrays in the place of photos: the golden input of net1, fed as it is, gives the golden numbers.

use std::path::Path;

use cnn_report::execute::Networks;
use cnn_report::picture::Preprocessing;
use cnn_report::plan::{Overrides, Plan};
use cnn_report::present::exhibit::{Body, HeatView};
use cnn_report::{Failure, plan_report};
use tch::{Kind, Tensor};
use tempfile::TempDir;

use crate::bench::{keys, run_plan};
use crate::encode::png;

/// float32 sums in another order differ by 1e-7 to 4e-7.
const TOLERANCE: f64 = 1e-5;

fn data(name: &str) -> std::path::PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("tests/data")
        .join(name)
}

fn golden(name: &str) -> Tensor {
    let tensors = Tensor::read_safetensors(data("model/net1_golden.safetensors")).unwrap();
    let found = tensors.into_iter().find(|(known, _)| known == name);
    found.unwrap().1
}

/// Largest difference over largest magnitude.
fn relative(got: &Tensor, expected: &Tensor) -> f64 {
    assert_eq!(got.size(), expected.size());
    (got - expected).abs().max().double_value(&[]) / expected.abs().max().double_value(&[])
}

/// A folder with net1, its two golden inputs as `coffee.npy`, `cat.npy` (Fortran order, big-endian
/// float64) and `coffee.safetensors`, and a report of these lines under `images` and `figures`.
fn project(images: &[&str], figures: &[&str]) -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    let at = |name: &str| folder.path().join(name);
    std::fs::copy(data("model/net1.pt2"), at("net1.pt2")).unwrap();
    let input = golden("input");
    input.get(0).write_npy(at("coffee.npy")).unwrap();
    std::fs::write(at("cat.npy"), big_endian_fortran(&input.get(1))).unwrap();
    let named = |name: &'static str, index| (name, input.get(index).contiguous());
    Tensor::write_safetensors(&[named("x", 0)], at("coffee.safetensors")).unwrap();
    Tensor::write_safetensors(&[named("x", 0), named("y", 1)], at("both.safetensors")).unwrap();
    std::fs::copy(data("picture/coffee.webp"), at("photo.webp")).unwrap();
    for (label, file) in [
        ("7", "coffee.npy"),
        ("8", "coffee.safetensors"),
        ("7", "photo.webp"),
    ] {
        std::fs::create_dir_all(at(&format!("labelled/{label}"))).unwrap();
        std::fs::copy(at(file), at(&format!("labelled/{label}/{file}"))).unwrap();
    }
    let lines = |lines: &[&str], indent: &str| -> String {
        lines
            .iter()
            .map(|line| format!("{indent}- {line}\n"))
            .collect()
    };
    let report = format!(
        "title: T\nmodel:\n  file: net1.pt2\n  input: {{resize: stretch, size: 64}}\nimages:\n{}questions:\n  - title: Q\n    figures:\n{}",
        lines(images, "  "),
        lines(figures, "      ")
    );
    std::fs::write(at("report.yaml"), report).unwrap();
    folder
}

fn big_endian_fortran(tensor: &Tensor) -> Vec<u8> {
    let header = "{'descr': '>f8', 'fortran_order': True, 'shape': (3, 64, 64), }\n";
    let mut bytes = b"\x93NUMPY\x02\x00".to_vec();
    bytes.extend((header.len() as u32).to_le_bytes());
    bytes.extend(header.as_bytes());
    // The first axis runs fastest: the transposed tensor, row by row.
    let turned = tensor.permute([2, 1, 0]).contiguous().flatten(0, -1);
    let values: Vec<f64> = Vec::try_from(turned.to_kind(Kind::Double)).unwrap();
    bytes.extend(values.iter().flat_map(|value| value.to_be_bytes()));
    bytes
}

const ARRAYS: [&str; 2] = ["{id: coffee, file: coffee.npy}", "{id: cat, file: cat.npy}"];

fn planned(folder: &TempDir) -> Result<(Plan, Networks), Vec<String>> {
    let path = folder.path().join("report.yaml");
    plan_report(&path, &Overrides::default(), None).map_err(|failure| match failure {
        Failure::Spec(faults) | Failure::Run(faults) => {
            let place = format!("{}/", folder.path().display());
            let text = |fault: &cnn_report::diagnostic::Diagnostic| fault.to_string();
            faults
                .iter()
                .map(|fault| text(fault).replace(&place, ""))
                .collect()
        }
        Failure::Cancelled => Vec::new(),
    })
}

/// The network's input of the first figure's photos.
fn input(plan: &Plan) -> Tensor {
    let photos = plan.tasks[0].photos.iter();
    let tensors = photos.map(|photo| photo.tensor(tch::Device::Cpu).unwrap());
    Tensor::cat(&tensors.collect::<Vec<_>>(), 0)
}

#[test]
fn the_golden_input_gives_the_golden_logits_and_saliency() {
    let folder = project(&ARRAYS, &["saliency:"]);
    let (plan, network) = planned(&folder).unwrap();
    let input = input(&plan);
    assert_eq!(input, golden("input"), "fed as it is, to the last bit");
    let scores = network.all()[0].open().unwrap().scores(&input).unwrap();
    assert!(relative(&scores, &golden("logits")) < TOLERANCE);

    let found = run_plan(&plan, &network);
    let Body::HeatMaps(maps) = &found[0].exhibits[0].body else {
        panic!("heat maps expected")
    };
    let HeatView::Map { map, .. } = &maps.tiles[1].view else {
        panic!("photo, map, overlay expected")
    };
    let got = Tensor::from_slice(&map.values).view([64, 64]);
    let expected = golden("gradient_top1")
        .get(0)
        .abs()
        .amax([0].as_slice(), false);
    assert!(relative(&got, &expected) < TOLERANCE);
}

#[test]
fn every_method_takes_arrays_and_the_report_says_so() {
    let figures = [
        "photos:",
        "predictions: {top: 3}",
        "lime: {samples: 40}",
        "lime: {samples: 20, hide: [0, 0, 0]}",
        "activation_maps: {layer: conv2, filters: [0, 5]}",
        "filters: {layer: conv2, filters: [5], steps: 2}",
        "deep_dream: {image: cat, layer: conv4, octaves: 2, steps: 2}",
        "confusion_matrix: {data: labelled}",
    ];
    let folder = project(&ARRAYS, &figures);
    let (plan, network) = planned(&folder).unwrap();
    let found = run_plan(&plan, &network);
    assert_eq!(keys(&found[0].notices), ["shown_photos.arrays"]);
    let of_matrix = keys(&found[7].notices);
    assert!(
        of_matrix.contains(&"outcomes.notice_arrays"),
        "{of_matrix:?}"
    );
    let Body::Pictures(pictures) = &found[0].exhibits[0].body else {
        panic!("pictures expected")
    };
    // The golden input is a photo of scikit-image, normalised: turned back it is that photo.
    let expected = plan.model().preprocessing.picture(&golden("input").get(0));
    assert_eq!(pictures.tiles[0].picture, expected);
}

/// The golden input is an 8-bit photo, so that array and photo are cut alike; the array hides segments by
/// their mean, the photo by the same in whole levels.
#[test]
fn lime_of_an_array_is_near_that_of_its_photo() {
    let images = [ARRAYS[0], "{id: photo, file: again.png}"];
    let folder = project(&images, &["lime: {samples: 200}"]);
    let picture = Preprocessing::default().picture(&golden("input").get(0));
    std::fs::write(folder.path().join("again.png"), png(&picture)).unwrap();
    let (plan, network) = planned(&folder).unwrap();
    let found = run_plan(&plan, &network);
    let Body::Segments(segments) = &found[0].exhibits[0].body else {
        panic!("segments expected")
    };
    let tiles = segments.tiles.len() / 2;
    let (array, photo) = (&segments.tiles[0].weights, &segments.tiles[tiles].weights);
    assert_eq!(segments.tiles[0].segments, segments.tiles[tiles].segments);
    let largest = photo
        .iter()
        .fold(0.0_f64, |most, weight| most.max(weight.abs()));
    assert!(largest > 0.0);
    for (a, b) in array.iter().zip(photo) {
        assert!((a - b).abs() < 0.05 * largest, "{array:?} {photo:?}");
    }
}

#[test]
fn a_tensor_is_chosen_by_name() {
    let images = [
        "{id: only, file: coffee.safetensors}",
        "{id: named, file: both.safetensors, tensor: y}",
    ];
    let folder = project(&images, &["predictions:"]);
    let (plan, _) = planned(&folder).unwrap();
    assert_eq!(input(&plan), golden("input"));
}

#[test]
fn every_fault_of_an_array_is_told_at_its_key() {
    let images = [
        "{id: a, file: small.npy}",
        "{id: b, file: both.safetensors}",
        "{id: c, file: both.safetensors, tensor: z}",
        "{id: d, file: photo.webp, tensor: x}",
        "{id: e, file: cut.npy}",
        "{id: f, file: endless.npy}",
    ];
    let folder = project(&images, &["predictions:"]);
    let at = |name: &str| folder.path().join(name);
    let small = Tensor::zeros([3, 32, 64], (Kind::Float, tch::Device::Cpu));
    small.write_npy(at("small.npy")).unwrap();
    let mut bytes = std::fs::read(at("coffee.npy")).unwrap();
    let last = bytes.len() - 4;
    std::fs::write(at("cut.npy"), &bytes[..last]).unwrap();
    bytes[last..].copy_from_slice(&f32::INFINITY.to_le_bytes());
    std::fs::write(at("endless.npy"), &bytes).unwrap();
    let told = planned(&folder).err().unwrap();
    let expected = [
        "report.yaml:6:19: error: the array `small.npy` is 3 × 32 × 64, but the network's input is 3 × 64 × 64; arrays are used as they are and never resized",
        "report.yaml:7:19: error: the array `both.safetensors` cannot be read: it has the tensors `x`, `y`: name one with `tensor`",
        "report.yaml:8:45: error: the array `both.safetensors` cannot be read: it has no tensor `z`, but `x`, `y`",
        "report.yaml:9:39: error: `photo.webp` has no tensors with names; `tensor` is for `.safetensors` files",
        "report.yaml:10:19: error: the array `cut.npy` cannot be read: the file is cut off: 3 × 64 × 64 numbers are declared",
        "report.yaml:11:19: error: the array `endless.npy` cannot be read: it holds `inf`, which is not a finite number",
    ];
    assert_eq!(told, expected);
}
