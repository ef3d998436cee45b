//! `model: input:` from YAML to the network's input, and every fault at its own key.

use std::path::Path;

use cnn_report::picture::{Channels, Filter, PRESETS, Preprocessing, Resize};
use cnn_report::plan::Overrides;
use cnn_report::{Failure, plan_report};
use tempfile::TempDir;

/// A folder with net1 (3 × 64 × 64) and a report with `input` on its fourth line.
fn project(input: &str) -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    let net1 = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/model/net1.pt2");
    std::fs::copy(net1, folder.path().join("net1.pt2")).unwrap();
    let report =
        format!("title: T\nmodel:\n  file: net1.pt2\n  input: {input}\nquestions:\n  - title: Q\n");
    std::fs::write(folder.path().join("report.yaml"), report).unwrap();
    folder
}

fn checked(input: &str) -> Result<Preprocessing, Vec<String>> {
    let folder = project(input);
    let path = folder.path().join("report.yaml");
    match plan_report(&path, &Overrides::default(), None) {
        Ok((plan, _)) => Ok(plan.model().preprocessing.as_ref().clone()),
        Err(Failure::Cancelled) => Err(Vec::new()),
        Err(Failure::Spec(faults) | Failure::Run(faults)) => {
            let text = |fault: &dyn std::fmt::Display| fault.to_string();
            let place = format!("{}/", folder.path().display());
            let faults = faults.iter().map(|fault| text(fault).replace(&place, ""));
            Err(faults.collect())
        }
    }
}

fn faults(input: &str) -> Vec<String> {
    checked(input).unwrap_err()
}

#[test]
fn what_is_not_given_comes_from_the_preset() {
    for preset in PRESETS {
        let given = checked(&format!("{{preset: {}, size: 64}}", preset.name)).unwrap();
        let expected = Preprocessing::preset(preset.name, (64, 64)).unwrap();
        assert_eq!(given, expected);
    }
    let given = checked("{preset: caffe, size: [64, 64], channels: rgb}").unwrap();
    assert_eq!(given.mean, [123.68, 116.779, 103.939]);
    let lite = "{size: 64, scale: 1, mean: [127, 127, 127], std: [128, 128, 128], interpolation: bicubic, resize: pad}";
    let lite = checked(lite).unwrap();
    assert_eq!((lite.scale, lite.filter), (1.0, Filter::Bicubic));
    let pad = Resize::Pad {
        height: 64,
        width: 64,
    };
    assert_eq!(lite.resize, pad);
}

#[test]
fn the_first_versions_keys_mean_what_they_meant() {
    let crop = |shorter| Resize::ShorterThenCrop {
        shorter,
        height: 64,
        width: 64,
    };
    let expected = Preprocessing {
        resize: crop(256),
        ..Preprocessing::default()
    };
    assert_eq!(checked("{size: [64, 64]}").unwrap(), expected);
    let given = checked("{shorter: 70, size: [64, 64], mean: [0.5, 0.5, 0.5], std: [1, 1, 1]}");
    let expected = Preprocessing {
        resize: crop(70),
        mean: vec![0.5; 3],
        std: vec![1.0; 3],
        ..expected
    };
    assert_eq!(given.unwrap(), expected);
    let stretch = Resize::Stretch {
        height: 64,
        width: 64,
    };
    for same in [
        "{shorter: null, size: [64, 64]}",
        "{resize: stretch, size: 64}",
    ] {
        assert_eq!(checked(same).unwrap().resize, stretch, "{same}");
    }
}

#[test]
fn a_scale_is_a_number_or_a_fraction() {
    for (scale, value) in [
        ("1/255", 1.0 / 255.0),
        ("\"1/127.5\"", 1.0 / 127.5),
        ("0.25", 0.25),
    ] {
        let given = checked(&format!("{{size: 64, scale: {scale}}}")).unwrap();
        assert_eq!(given.scale, value);
    }
}

#[test]
fn a_crop_says_the_size() {
    let given = checked("{resize: {shorter: 80, crop: 64}}").unwrap();
    let expected = Resize::ShorterThenCrop {
        shorter: 80,
        height: 64,
        width: 64,
    };
    assert_eq!(given.resize, expected);
    let given = checked("{resize: {crop: [64, 64]}}").unwrap();
    assert_eq!(given.resize.output_px(), (64, 64));
}

#[test]
fn kinds_and_ranges_are_faults_at_the_key() {
    let told = faults(
        "{preset: imgnet, size: [0, 64], resize: {shorter: 256, crp: 64}, scale: [1], channels: gbr, mean: [a, 1, 1], interpolation: cubic}",
    );
    assert_eq!(
        told,
        [
            "report.yaml:4:19: error: expected one of `imagenet`, `caffe`, `tensorflow`, `unit`; found `imgnet`; hint: did you mean `imagenet`?",
            "report.yaml:4:34: error: expected a whole number from 1 to 8192, found `0`",
            "report.yaml:4:65: error: unknown key `crp`; hint: did you mean `crop`?",
            "report.yaml:4:82: error: expected a number or a string, found a list",
            "report.yaml:4:97: error: expected one of `rgb`, `bgr`, `grey`, `grey3`; found `gbr`; hint: did you mean `grey`?",
            "report.yaml:4:109: error: expected a number, found `a`",
            "report.yaml:4:134: error: expected one of `bilinear`, `bicubic`, `lanczos`, `nearest`, `box`, `bilinear_aliased`; found `cubic`; hint: did you mean `bicubic`?",
        ]
    );
}

#[test]
fn numbers_that_do_not_go_together_are_faults_at_the_key() {
    let told =
        faults("{size: 64, shorter: 32, scale: 1/x, mean: [1, 2], std: [0, 1, 1], channels: bgr}");
    assert_eq!(
        told,
        [
            "report.yaml:4:30: error: the crop of 64 × 64 px does not fit: the shorter side is resized to 32 px; hint: at least 64 px is needed",
            "report.yaml:4:41: error: this is neither a number nor a fraction of two numbers; hint: such as 1/255",
            "report.yaml:4:52: error: `mean` has 2 numbers; hint: a network of 3 (blue, green, red) needs 3, in this order",
            "report.yaml:4:65: error: the standard deviation `0` is not above 0; hint: it divides every pixel; 1 leaves them as they are",
        ]
    );
    let told = faults("{shorter: 256, size: 64, resize: {shorter: 8193, crop: 63}, scale: 0}");
    assert_eq!(told.len(), 1, "the schema's alone: {told:?}");
    let told = faults("{shorter: 256, size: 64, resize: {shorter: 60, crop: 63}, scale: 0}");
    assert_eq!(
        told,
        [
            "report.yaml:4:11: error: `shorter` and `resize` say the same thing; hint: leave it out, or write it as `resize: {shorter: …}`",
            "report.yaml:4:53: error: the crop of 64 × 64 px does not fit: the shorter side is resized to 60 px; hint: at least 64 px is needed",
            "report.yaml:4:57: error: `crop` is 63 × 63 px and `size` 64 × 64; hint: leave one of them out: they are the same thing",
            "report.yaml:4:75: error: the scale `0` is out of range; hint: such as 1/255; from 0.000001 to 1000000",
        ]
    );
}

#[test]
fn a_grey_network_of_a_colour_preset_needs_its_numbers() {
    let told = faults("{size: 64, channels: grey}");
    assert_eq!(
        told,
        [
            "report.yaml:4:21: error: `mean` is missing: the preset `imagenet` has none for a grey network; hint: give one number, such as `mean: [0.5]`, or `preset: unit`",
            "report.yaml:4:21: error: `std` is missing: the preset `imagenet` has none for a grey network; hint: give one number, such as `std: [0.5]`, or `preset: unit`",
        ]
    );
    let told = faults("{size: 64, mean: [0.5]}");
    assert_eq!(told.len(), 1);
    assert!(
        told[0].contains(":4:21: error: `std` is missing"),
        "{told:?}"
    );
    // What remains is that net1 wants three channels.
    let told = faults("{preset: tensorflow, size: 64, channels: grey}");
    assert!(told.len() == 1 && told[0].contains("1"), "{told:?}");
    assert_eq!(Channels::Grey.count(), 1);
}
