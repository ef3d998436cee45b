//! Small networks of unusual inputs, from a report to its pages: grey, 1 × 28 × 28, and blue first, 3 × 48 × 96
//! (`tests/data/input`, trained on shapes by `tools/make_input_fixtures.py`).

use std::path::Path;

use cnn_report::picture::Picture;
use cnn_report::plan::Overrides;
use cnn_report::plan_report;
use cnn_report::present::exhibit::Body;
use tch::Tensor;
use tempfile::TempDir;

use crate::bench::run_plan;

const SHAPES: [&str; 3] = ["disc", "square", "cross"];
const GREY: &str = "{size: 28, resize: stretch, mean: [0.25], std: [0.3]}";
const WIDE: &str =
    "{preset: caffe, size: [48, 96], resize: stretch, mean: [40, 45, 50], std: [60, 60, 60]}";

const EVERY_METHOD: &str = "
      - photos:
      - predictions: {top: 3}
      - saliency:
      - lime: {samples: 60}
      - activation_maps: {layer: conv2, filters: [0, 5]}
      - filters: {layer: conv3, filters: [5, 6], steps: 8}
      - filters: {layer: conv3, filters: [5], parameterisation: fourier, steps: 8}
      - deep_dream: {image: disc, layer: conv3, filter: 7, steps: 8, frame_every: 4}
      - deep_dream: {image: disc, layer: conv3, octaves: 2, steps: 4}
      - confusion_matrix: {data: labelled}
";

fn data(name: &str) -> std::path::PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("tests/data/input")
        .join(name)
}

/// A folder with the network, its photos as labelled ones, and a report of every method on one of each.
fn project(network: &str, input: &str, classes: &str) -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    let at = |name: &str| folder.path().join(name);
    std::fs::copy(data(&format!("{network}.pt2")), at("net.pt2")).unwrap();
    std::fs::write(at("classes.txt"), classes).unwrap();
    let mut images = String::new();
    for shape in SHAPES {
        std::fs::create_dir_all(at(&format!("labelled/{shape}"))).unwrap();
        for number in 0..2 {
            let photo = data(&format!("{network}/{shape}/{number}.png"));
            std::fs::copy(photo, at(&format!("labelled/{shape}/{number}.png"))).unwrap();
        }
        images += &format!("  - {{id: {shape}, file: labelled/{shape}/0.png}}\n");
    }
    let report = format!(
        "title: T\nmodel:\n  file: net.pt2\n  classes: classes.txt\n  input: {input}\nimages:\n{images}questions:\n  - title: Q\n    figures:{EVERY_METHOD}"
    );
    std::fs::write(at("report.yaml"), report).unwrap();
    folder
}

/// The scores of all photos, as PyTorch computed them, and the right classes, through the plan's own input.
fn assert_scores(network: &str, folder: &TempDir) {
    let path = folder.path().join("report.yaml");
    let Ok((plan, opened)) = plan_report(&path, &Overrides::default(), None) else {
        panic!("the spec has faults")
    };
    let mut pictures = Vec::new();
    for shape in SHAPES {
        for number in 0..2 {
            let photo = data(&format!("{network}/{shape}/{number}.png"));
            pictures.push(
                plan.model()
                    .preprocessing
                    .apply(&Picture::open(&photo).unwrap()),
            );
        }
    }
    let pictures: Vec<&Picture> = pictures.iter().collect();
    let input = plan
        .model()
        .preprocessing
        .tensor(&pictures, tch::Device::Cpu);
    let scores = opened.all()[0].open().unwrap().scores(&input).unwrap();
    let golden = Tensor::read_safetensors(data(&format!("{network}.safetensors"))).unwrap();
    let expected = &golden[0].1;
    let difference = (&scores - expected).abs().max() / expected.abs().max();
    // float32 sums in another order.
    assert!(difference.double_value(&[]) < 1e-5, "{difference:?}");
    let classes: Vec<i64> = Vec::try_from(scores.argmax(1, false)).unwrap();
    assert_eq!(classes, [0, 0, 1, 1, 2, 2]);

    for (task, presented) in plan.tasks.iter().zip(run_plan(&plan, &opened)) {
        for exhibit in &presented.exhibits {
            let Body::Pictures(pictures) = &exhibit.body else {
                continue;
            };
            for tile in &pictures.tiles {
                let Picture { width, height, .. } = tile.picture;
                let [channels, rows, columns] = plan.model().preprocessing.input_shape();
                assert_eq!((height, width), (rows, columns));
                let mut pixels = tile.picture.pixels.chunks_exact(3);
                let is_grey = pixels.all(|pixel| pixel[0] == pixel[1] && pixel[1] == pixel[2]);
                assert_eq!(is_grey, channels == 1, "{}", task.entry.name);
            }
        }
    }
}

fn built(folder: &TempDir) -> std::process::Output {
    assert_cmd::Command::new(env!("CARGO_BIN_EXE_cnn-report"))
        .current_dir(folder.path())
        .args(["build", "--quiet", "--format", "short"])
        .output()
        .unwrap()
}

#[test]
fn a_grey_network_is_explained_by_every_method() {
    let folder = project("grey", GREY, "disc\nsquare\ncross\n");
    assert_scores("grey", &folder);
    let output = built(&folder);
    let told = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(output.status.success(), "{told}");
    let page = std::fs::read_to_string(folder.path().join("build/report.md")).unwrap();
    assert!(page.contains("1 × 28 × 28"), "the input's shape is told");
}

#[test]
fn a_wide_network_that_gets_blue_first_is_explained_by_every_method() {
    let folder = project("wide", WIDE, "disc\nsquare\ncross\n");
    assert_scores("wide", &folder);
    let output = built(&folder);
    let told = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(output.status.success(), "{told}");
}

#[test]
fn a_list_of_another_number_of_classes_is_a_fault() {
    let folder = project("grey", GREY, "disc\nsquare\n");
    let output = built(&folder);
    assert_eq!(output.status.code(), Some(2));
    let told = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(told.contains("report.yaml:4:12: "), "{told}");
}
