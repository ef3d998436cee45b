//! Files that are no model, or not the right one: each is refused with what would be right.

use std::io::Write;

use cnn_report::model::{self, Model, Source};
use safetensors::tensor::{Dtype, TensorView};
use tch::{Device, Kind, Tensor};

use super::{NET1_SHAPE, data, source, squeezenet};

/// What loading a file of this content says.
fn refusal(content: &[u8], architecture: Option<&str>) -> String {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("model");
    std::fs::write(&file, content).unwrap();
    let model = Model::load(
        &source(file.clone(), architecture, NET1_SHAPE),
        model::Device::Cpu,
    );
    let error = model.err().expect("the file should be refused").to_string();
    error.replace(&file.display().to_string(), "FILE")
}

fn zip(entries: &[(&str, &[u8])]) -> Vec<u8> {
    let mut zip = zip::ZipWriter::new(std::io::Cursor::new(Vec::new()));
    let stored =
        zip::write::SimpleFileOptions::default().compression_method(zip::CompressionMethod::Stored);
    for (name, content) in entries {
        zip.start_file(*name, stored).unwrap();
        zip.write_all(content).unwrap();
    }
    zip.finish().unwrap().into_inner()
}

#[test]
fn other_formats_are_told_apart_by_content() {
    assert_eq!(refusal(b"", None), "`FILE` is empty; fetch it again");
    assert_eq!(
        refusal(
            b"version https://git-lfs.github.com/spec/v1\noid sha256:00\nsize 1\n",
            None
        ),
        "`FILE` is a Git LFS pointer; the model itself comes with `git lfs pull`"
    );
    assert_eq!(
        refusal(b"\n<!DOCTYPE html>\n<html>", None),
        "`FILE` is a web page; fetch the file itself, not the page about it"
    );
    let onnx = refusal(b"\x08\x08\x12\x07pytorch", None);
    assert!(onnx.contains("version of the ONNX operators"), "{onnx}");
    for (content, word) in [
        (zip(&[("readme.txt", b"")]), "a zip archive without a model"),
        (b"no model at all".to_vec(), "of an unknown format"),
    ] {
        let error = refusal(&content, None);
        assert!(
            error.contains(word) && error.contains("torch.export.save("),
            "{error}"
        );
    }
}

#[test]
fn formats_of_other_frameworks_are_answered_with_their_export() {
    let keras = "tf2onnx.convert.from_keras(model, output_path=\"model.onnx\")";
    let command =
        |option: &str| format!("`python -m tf2onnx.convert {option} --output model.onnx`");
    for (content, is, hint) in [
        (b"\x89HDF\r\n\x1a\n".to_vec(), "HDF5", keras.to_owned()),
        (
            zip(&[("config.json", b"{}"), ("model.weights.h5", b"")]),
            "Keras",
            keras.to_owned(),
        ),
        (
            b"\x08\x01\x12\xf3\x10\x0a".to_vec(),
            "TensorFlow",
            command("--saved-model FOLDER"),
        ),
        (
            b"\x1c\0\0\0TFL3".to_vec(),
            "TensorFlow Lite",
            command("--tflite FILE"),
        ),
        (
            b"<?xml version=\"1.0\"?>\n<net name=\"a\" version=\"11\">".to_vec(),
            "OpenVINO",
            "from where it came".to_owned(),
        ),
    ] {
        let error = refusal(&content, None);
        assert!(error.contains(is) && error.contains(&hint), "{error}");
    }
}

#[test]
fn a_folder_is_answered_too() {
    let folder = tempfile::tempdir().unwrap();
    let error = || {
        let source = source(folder.path().to_owned(), None, NET1_SHAPE);
        Model::load(&source, model::Device::Cpu)
            .err()
            .unwrap()
            .to_string()
    };
    assert!(
        error().contains("is a folder; name the model file in it"),
        "{}",
        error()
    );
    std::fs::write(folder.path().join("saved_model.pb"), b"").unwrap();
    assert!(error().contains("--saved-model"), "{}", error());
}

#[test]
fn a_file_that_was_cut_short_says_so() {
    let whole = std::fs::read(data("net1.pt2")).unwrap();
    let error = refusal(&whole[..whole.len() / 2], None);
    assert!(
        error.starts_with("`FILE` is damaged: the zip archive cannot be read"),
        "{error}"
    );
    let whole = std::fs::read(data("net1.safetensors")).unwrap();
    let error = refusal(&whole[..whole.len() / 2], Some("alexnet"));
    assert!(
        error.starts_with("`FILE` is damaged: it is not a complete safetensors file"),
        "{error}"
    );
}

#[test]
fn another_schema_is_refused() {
    let graph = br#"{"schema_version": {"major": 9, "minor": 0}}"#;
    assert_eq!(
        refusal(&zip(&[("m/models/model.json", graph)]), None),
        "`FILE`: its graph is written in a schema of version 9, we read versions 7 and 8; \
         export it with a PyTorch from 2.5 to 2.13"
    );
}

#[test]
fn architectures_are_asked_for_named_and_checked() {
    let weights = std::fs::read(data("net1.safetensors")).unwrap();
    let error = refusal(&weights, None);
    assert!(
        error.starts_with("`FILE` holds weights only; name the network that they belong to: `architecture:`, one of `alexnet`,"),
        "{error}"
    );
    let error = refusal(&weights, Some("squeezenet1-1"));
    assert!(
        error.contains("unknown architecture `squeezenet1-1`, did you mean `squeezenet1_1`"),
        "{error}"
    );
    let error = refusal(&weights, Some("vgg11"));
    assert_eq!(
        error,
        "the weights in `FILE` do not fit the architecture `vgg11`: `features.0.weight` is missing; \
         `features.0.bias` is missing; `features.3.weight` is missing; `features.3.bias` is missing; \
         `features.6.weight` is missing; `features.6.bias` is missing; `features.8.weight` is missing; \
         `features.8.bias` is missing; and 24 more"
    );
    let error = refusal(&std::fs::read(data("net1.pt2")).unwrap(), Some("vgg11"));
    assert_eq!(
        error,
        "`FILE` holds its own network; leave out `architecture: vgg11`"
    );
}

#[test]
fn weights_alone_say_which_architecture_they_fit() {
    let file =
        std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("models/squeezenet1_1.safetensors");
    let error = refusal(&std::fs::read(file).unwrap(), None);
    assert!(
        error.contains(
            "holds weights only that fit `squeezenet1_1`; name the network that they belong to"
        ),
        "{error}"
    );
}

/// SqueezeNet's own weights but for some tensors.
fn squeezenet_with(changes: &[(&str, Tensor)]) -> Vec<u8> {
    let model = squeezenet();
    let mut tensors: Vec<(String, Tensor)> = model
        .weights()
        .map(|(n, t)| (n.to_owned(), t.shallow_clone()))
        .collect();
    for (name, tensor) in changes {
        tensors.retain(|(known, _)| known != name);
        tensors.push((name.to_string(), tensor.shallow_clone()));
    }
    let raw: Vec<(String, Vec<usize>, Vec<u8>)> = tensors
        .into_iter()
        .map(|(name, tensor)| {
            let shape = tensor.size().iter().map(|size| *size as usize).collect();
            let mut bytes = vec![0; tensor.numel() * 4];
            tensor.copy_data_u8(&mut bytes, tensor.numel());
            (format!("module.{name}"), shape, bytes)
        })
        .collect();
    let views = raw.iter().map(|(name, shape, bytes)| {
        (
            name.clone(),
            TensorView::new(Dtype::F32, shape.clone(), bytes).unwrap(),
        )
    });
    safetensors::serialize(views, None).unwrap()
}

fn load(content: &[u8]) -> Result<Model, String> {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("weights");
    std::fs::write(&file, content).unwrap();
    let source = Source::new(file, [3, 64, 64]).with_architecture(Some("squeezenet1_1"));
    Model::load(&source, model::Device::Cpu).map_err(|error| error.to_string())
}

fn zeros(shape: &[i64]) -> Tensor {
    Tensor::zeros(shape, (Kind::Float, Device::Cpu))
}

/// The names carry the prefix of `DataParallel`, too.
#[test]
fn the_number_of_classes_is_up_to_the_weights() {
    let head = [
        ("classifier.1.weight", zeros(&[7, 512, 1, 1])),
        ("classifier.1.bias", zeros(&[7])),
    ];
    assert_eq!(load(&squeezenet_with(&head)).unwrap().classes(), 7);
    let error = load(&squeezenet_with(&head[..1])).err().unwrap();
    assert!(
        error.contains("`classifier.1.weight` and `classifier.1.bias` have different numbers"),
        "{error}"
    );
}

#[test]
fn shapes_names_and_numbers_of_weights_are_checked() {
    let changes = [("features.0.bias", zeros(&[63])), ("extra", zeros(&[1]))];
    let error = load(&squeezenet_with(&changes)).err().unwrap();
    assert!(
        error.ends_with("`features.0.bias` is [63] instead of [64]; `extra` is unexpected"),
        "{error}"
    );
    let nan = zeros(&[64]) * f64::NAN;
    let error = load(&squeezenet_with(&[("features.0.bias", nan)]))
        .err()
        .unwrap();
    assert!(
        error.starts_with("the tensor `features.0.bias` in") && error.contains("holds 64 values"),
        "{error}"
    );
}
