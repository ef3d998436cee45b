//! Models of other frameworks: what each is, and the line that exports it to something we read. The
//! commands are those of tf2onnx's own documentation.

use std::path::Path;

use crate::model::error::ModelError;
use crate::model::export::EXPORT;

const KERAS: &str = "`model = keras.models.load_model(FILE)` and \
     `tf2onnx.convert.from_keras(model, output_path=\"model.onnx\")`";

fn not_supported(file: &Path, fault: &str, hint: String) -> ModelError {
    ModelError::NotSupported {
        file: file.to_owned(),
        fault: fault.to_owned(),
        hint,
    }
}

fn converted(option: &str) -> String {
    format!("convert it with `python -m tf2onnx.convert {option} --output model.onnx`")
}

/// Keras, or weights that somebody keeps in HDF5.
pub fn hdf5(file: &Path) -> ModelError {
    let hint =
        format!("a model of Keras is converted with {KERAS}, one of PyTorch with `{EXPORT}`");
    not_supported(file, "it is HDF5, which Keras writes (`.h5`)", hint)
}

pub fn keras(file: &Path) -> ModelError {
    not_supported(
        file,
        "it is a model of Keras",
        format!("convert it with {KERAS}"),
    )
}

pub fn tensorflow(file: &Path) -> ModelError {
    not_supported(
        file,
        "it is a `saved_model` of TensorFlow",
        converted("--saved-model FOLDER"),
    )
}

pub fn tensorflow_lite(file: &Path) -> ModelError {
    not_supported(
        file,
        "it is a model of TensorFlow Lite",
        converted("--tflite FILE"),
    )
}

pub fn open_vino(file: &Path) -> ModelError {
    let hint =
        format!("export the network as ONNX from where it came, or from PyTorch with `{EXPORT}`");
    not_supported(file, "it is a network of OpenVINO", hint)
}

/// A folder, which only TensorFlow takes for a model.
pub fn folder(path: &Path) -> ModelError {
    if path.join("saved_model.pb").is_file() {
        return tensorflow(path);
    }
    ModelError::NotAModel {
        file: path.to_owned(),
        is: "a folder",
        hint: "name the model file in it".to_owned(),
    }
}
