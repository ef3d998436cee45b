//! Networks as their owners export them: one operator each, plain and after `run_decompositions()`, and the files of
//! public bug reports. `tests/data/outside/README.md` says how they were made.

use std::collections::BTreeMap;
use std::io::Read;
use std::path::{Path, PathBuf};

use cnn_report::model::{self, Model, ModelError, Source};
use tch::Tensor;

fn data(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("tests/data/outside")
        .join(name)
}

fn tensors(name: &str) -> BTreeMap<String, Tensor> {
    let read = Tensor::read_safetensors(data(name)).unwrap();
    read.into_iter().collect()
}

fn source(file: &Path, input: &Tensor) -> Source {
    let sizes = input.size();
    Source::new(file.to_owned(), [sizes[1], sizes[2], sizes[3]])
}

fn scores(source: &Source, input: &Tensor) -> Result<Tensor, ModelError> {
    Model::load(source, model::Device::Cpu)?.scores(input)
}

/// Largest difference over largest magnitude.
fn relative(got: &Tensor, expected: &Tensor) -> f64 {
    assert_eq!(got.size(), expected.size());
    let difference = (got - expected).abs().max().double_value(&[]);
    difference / expected.abs().max().double_value(&[])
}

// float32 sums in another order differ by 1e-7 to 1e-6; 2e-5 leaves room for other processors.
const TOLERANCE: f64 = 2e-5;

#[test]
fn every_operator_gives_the_scores_of_pytorch_plain_and_decomposed() {
    let golden = tensors("operators.safetensors");
    // Packed as a whole: the graphs have much in common.
    let mut networks = Vec::new();
    let packed = std::fs::File::open(data("operators.zip.gz")).unwrap();
    flate2::read::GzDecoder::new(packed)
        .read_to_end(&mut networks)
        .unwrap();
    let mut archive = zip::ZipArchive::new(std::io::Cursor::new(networks)).unwrap();
    let folder = tempfile::tempdir().unwrap();
    let mut wrong = Vec::new();
    assert!(archive.len() >= 170);
    for index in 0..archive.len() {
        let mut entry = archive.by_index(index).unwrap();
        let name = entry.name().unwrap().into_owned();
        let mut content = Vec::new();
        entry.read_to_end(&mut content).unwrap();
        let file = folder.path().join("network.pt2");
        std::fs::write(&file, content).unwrap();
        let expected = &golden[name.split('.').next().unwrap()];
        let input = golden["x"].narrow(0, 0, expected.size()[0]);
        match scores(&source(&file, &input), &input) {
            Ok(scores) => match relative(&scores, expected) {
                difference if difference < TOLERANCE => {}
                difference => wrong.push(format!("{name}: differs by {difference:.1e}")),
            },
            // These take a mean over all pictures, which no classifier may.
            Err(error)
                if OVER_THE_BATCH.iter().any(|start| name.starts_with(start))
                    && error.to_string().contains("depend on the other photos") => {}
            Err(error) => wrong.push(format!("{name}: {error}")),
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// Networks whose scores depend on the other pictures of a batch.
const OVER_THE_BATCH: [&str; 3] = ["where_tensor.", "clampt.", "minmax."];

/// The files of `cases.zip` in a folder.
pub fn cases() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    let file = std::fs::File::open(data("cases.zip")).unwrap();
    let mut archive = zip::ZipArchive::new(file).unwrap();
    for index in 0..archive.len() {
        let mut entry = archive.by_index(index).unwrap();
        let mut content = Vec::new();
        entry.read_to_end(&mut content).unwrap();
        let name = entry.name().unwrap().into_owned();
        std::fs::write(folder.path().join(name), content).unwrap();
    }
    folder
}

fn noise(sizes: [i64; 4]) -> Tensor {
    tch::manual_seed(3);
    Tensor::randn(sizes, (tch::Kind::Float, tch::Device::Cpu))
}

#[test]
fn the_one_row_of_scores_is_taken_and_another_by_its_name_in_every_format() {
    let cases = cases();
    let input = noise([2, 3, 64, 64]);
    let of = |file: &str, output: Option<&str>| {
        let source = source(&cases.path().join(file), &input);
        scores(&source.with_output(output), &input)
    };
    let expected = of("lf.pt2", None).unwrap();
    assert_eq!(expected.size(), [2, 4]);
    for (file, name) in [("lf.pt2", "linear"), ("lf.onnx", "10"), ("lf.pt", "0")] {
        let taken = of(file, None).unwrap();
        assert!(relative(&taken, &expected) < TOLERANCE, "{file}");
        let named = of(file, Some(name)).unwrap();
        assert!(relative(&named, &expected) < TOLERANCE, "{file}");
        let unknown = of(file, Some("logits")).unwrap_err().to_string();
        assert!(unknown.contains("no output `logits`"), "{unknown}");
        assert!(unknown.contains(&format!("`{name}` [N, 4]")), "{unknown}");
    }
    for [first, second] in [["tuple1.pt", "tuple1.pt2"], ["none.pt2", "none.onnx"]] {
        let (first, second) = (of(first, None).unwrap(), of(second, None).unwrap());
        assert!(relative(&first, &second) < TOLERANCE);
    }
}

#[test]
fn two_rows_of_scores_are_not_chosen_between_by_chance() {
    let cases = cases();
    let input = noise([2, 1, 8, 8]);
    let source = || source(&cases.path().join("two.onnx"), &input);
    let error = scores(&source(), &input).unwrap_err().to_string();
    assert!(error.contains("`scores` [N, 3], `features`"), "{error}");
    assert!(error.contains("`model: output:`"), "{error}");
    let named = scores(&source().with_output(Some("scores")), &input).unwrap();
    assert_eq!(named.size(), [2, 3]);
    // And on the command line, for the file by itself.
    std::fs::copy(data("red.png"), cases.path().join("red.png")).unwrap();
    let run = |arguments: &[&str]| {
        let output = std::process::Command::new(env!("CARGO_BIN_EXE_cnn-report"))
            .args(arguments)
            .current_dir(cases.path())
            .env("XDG_CACHE_HOME", cases.path())
            .output()
            .unwrap();
        let printed = [output.stdout, output.stderr].concat();
        (output.status.code(), String::from_utf8(printed).unwrap())
    };
    let (code, printed) = run(&["layers", "two.onnx"]);
    assert_eq!(code, Some(2));
    assert!(printed.contains("`--model-output`"), "{printed}");
    let said = ["two.onnx", "--model-output", "scores"];
    for command in ["layers", "inspect"] {
        let (code, printed) = run(&[&[command], &said[..]].concat());
        assert_eq!(code, Some(0), "{printed}");
    }
    let said = [
        "--model",
        "two.onnx",
        "--model-output",
        "scores",
        "--no-build",
    ];
    let (code, printed) = run(&[&["init", "--images", "red.png"], &said[..]].concat());
    assert_eq!(code, Some(0), "{printed}");
    let spec = std::fs::read_to_string(cases.path().join("report.yaml")).unwrap();
    assert!(spec.contains("\n  output: scores\n"), "{spec}");
}

#[test]
fn nodes_of_an_onnx_file_may_stand_in_any_order() {
    let cases = cases();
    let golden = tensors("cases.safetensors");
    for file in ["fp16_keep_io.onnx", "fp16_reversed.onnx"] {
        let source = source(&cases.path().join(file), &golden["fp16.x"]);
        let scores = scores(&source, &golden["fp16.x"]).unwrap();
        // The expected scores are float32's, the weights float16.
        let expected = &golden[&format!("{file}.y")];
        assert!(relative(&scores, expected) < 1e-3, "{file}");
    }
}

#[test]
fn opsets_seven_to_nine_give_the_same() {
    let cases = cases();
    let input = noise([1, 1, 8, 8]);
    let of = |file: &str| scores(&source(&cases.path().join(file), &input), &input).unwrap();
    assert_eq!(of("opset7.onnx"), of("opset9.onnx"));
    assert_eq!(of("opset8.onnx"), of("opset9.onnx"));
}

#[test]
fn torchscript_gets_its_pictures_contiguous() {
    let cases = cases();
    let golden = tensors("cases.safetensors");
    for file in ["view_scripted.pt", "view_traced.pt"] {
        let source = source(&cases.path().join(file), &golden["view.x"]);
        let scores = scores(&source, &golden["view.x"]).unwrap();
        assert!(relative(&scores, &golden["view.y"]) < TOLERANCE, "{file}");
    }
}

#[test]
fn the_reason_of_libtorch_is_passed_on() {
    let cases = cases();
    let input = noise([1, 3, 20, 20]); // the dense layer is of 30 × 30
    let source = source(&cases.path().join("view_scripted.pt"), &input);
    let error = scores(&source, &input).unwrap_err().to_string();
    assert!(error.contains("is invalid for input of size"), "{error}");
}

#[test]
fn a_constant_that_doubles_itself_is_refused_by_the_name_of_its_node() {
    let cases = cases();
    let source = Source::new(cases.path().join("int_concat.onnx"), [3, 8, 8]).as_exported();
    let error = Model::load(&source, model::Device::Cpu)
        .err()
        .unwrap()
        .to_string();
    assert!(error.contains("`Concat` (node"), "{error}");
    assert!(error.contains("256 MB"), "{error}");
}

#[test]
fn regions_of_a_network_are_part_of_it() {
    let cases = cases();
    for file in ["nograd.pt2", "autocast.pt2"] {
        let source = Source::new(cases.path().join(file), [3, 32, 32]).as_exported();
        let model = Model::load(&source, model::Device::Cpu).unwrap();
        assert!(
            model.layers().iter().any(|layer| layer.kind == "Conv2d"),
            "{file}"
        );
        let [channels, height, width] = model.input_shape();
        let input = noise([2, channels, height, width]);
        let (two, one) = (
            model.scores(&input).unwrap(),
            model.scores(&input.narrow(0, 1, 1)).unwrap(),
        );
        assert!(relative(&two.narrow(0, 1, 1), &one) < TOLERANCE, "{file}");
    }
}

/// Activations are not rounded to whole numbers, which the reference evaluator does: 0.020 was measured.
#[test]
fn newer_operators_of_onnx_give_the_scores_of_its_reference_evaluator() {
    compare_archive("onnx", &|name| match name.starts_with('q') {
        true => 5e-2,
        false => TOLERANCE,
    });
}

/// Against what they are without rounding, which `tools/make_microsoft_onnx_fixtures.py` holds against ONNX Runtime.
#[test]
fn operators_of_onnx_runtime_give_its_scores() {
    compare_archive("microsoft", &|_| TOLERANCE);
}

fn compare_archive(archive: &str, tolerance: &dyn Fn(&str) -> f64) {
    let golden = tensors(&format!("{archive}.safetensors"));
    let file = std::fs::File::open(data(&format!("{archive}.zip"))).unwrap();
    let mut archive = zip::ZipArchive::new(file).unwrap();
    let folder = tempfile::tempdir().unwrap();
    let mut wrong = Vec::new();
    for index in 0..archive.len() {
        let mut entry = archive.by_index(index).unwrap();
        let name = entry.name().unwrap().replace(".onnx", "");
        let mut content = Vec::new();
        entry.read_to_end(&mut content).unwrap();
        let file = folder.path().join("network.onnx");
        std::fs::write(&file, content).unwrap();
        match scores(&source(&file, &golden["x"]), &golden["x"]) {
            Ok(scores) => match relative(&scores, &golden[&name]) {
                difference if difference < tolerance(&name) => {}
                difference => wrong.push(format!("{name}: differs by {difference:.1e}")),
            },
            Err(error) => wrong.push(format!("{name}: {error}")),
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
