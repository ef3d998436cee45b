//! Telling formats apart by what is in the file; the extension says nothing.

use std::path::Path;

use super::archive::Archive;
use super::exported_program::OLD_GRAPH;
use super::fault::Fault;
use crate::fs::FileError;
use crate::model::error::ModelError;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Format {
    ExportedProgram,
    Safetensors,
    Empty,
    LfsPointer,
    Html,
    TorchScript,
    Pickle,
    Onnx,
    Hdf5,
    Keras,
    TensorFlow,
    TensorFlowLite,
    OpenVino,
    OtherZip,
    Unknown,
}

impl Format {
    /// Whether files of it hold a whole network, not weights alone.
    pub fn holds_a_graph(self) -> bool {
        matches!(self, Self::ExportedProgram | Self::Onnx | Self::TorchScript)
    }
}

/// The format of a file; an error for a zip archive that cannot be opened.
pub fn of(bytes: &[u8]) -> Result<Format, Fault> {
    if bytes.is_empty() {
        return Ok(Format::Empty);
    }
    if bytes.starts_with(b"version https://git-lfs.github.com/") {
        return Ok(Format::LfsPointer);
    }
    if bytes.starts_with(b"PK\x03\x04") {
        return of_zip(bytes);
    }
    if bytes.starts_with(b"\x89HDF") {
        return Ok(Format::Hdf5);
    }
    if bytes.get(4..8) == Some(b"TFL3") {
        return Ok(Format::TensorFlowLite);
    }
    // Version 1 of the format and a graph. ONNX begins alike, but left its version 1 in 2017.
    if bytes.starts_with(&[0x08, 1, 0x12]) {
        return Ok(Format::TensorFlow);
    }
    let text: Vec<u8> = bytes.iter().take(512).map(u8::to_ascii_lowercase).collect();
    let page = text.trim_ascii_start();
    if page.starts_with(b"<!doctype html") || page.starts_with(b"<html") {
        return Ok(Format::Html);
    }
    let net = |window: &[u8]| window == b"<net ";
    if page.starts_with(b"<net ") || page.starts_with(b"<?xml") && page.windows(5).any(net) {
        return Ok(Format::OpenVino);
    }
    // Eight bytes of length, of which a header never fills the upper three, then a JSON object.
    if bytes.get(8) == Some(&b'{') && !(is_onnx(bytes) && bytes[5..8] != [0; 3]) {
        return Ok(Format::Safetensors);
    }
    // Protocols 2 to 5; `torch.save` of before PyTorch 1.6 writes pickles without a zip around.
    if matches!(bytes, [0x80, 2..=5, ..]) {
        return Ok(Format::Pickle);
    }
    if is_onnx(bytes) {
        return Ok(Format::Onnx);
    }
    Ok(Format::Unknown)
}

/// A protocol buffer whose first field is the version of the format, followed by who wrote it, the
/// version of the model, a text about it, the graph or the version of the operators.
fn is_onnx(bytes: &[u8]) -> bool {
    matches!(
        bytes,
        [
            0x08,
            1..=30,
            0x12 | 0x1a | 0x22 | 0x28 | 0x32 | 0x3a | 0x42,
            ..
        ]
    )
}

fn of_zip(bytes: &[u8]) -> Result<Format, Fault> {
    let archive = Archive::open(bytes)?;
    let holds = |end: &str| archive.names().any(|name| name.ends_with(end));
    let holds_graph = archive.names().any(|name| {
        let parts: Vec<_> = name.split('/').collect();
        matches!(parts.as_slice(), [.., "models", file] if file.ends_with(".json"))
    });
    Ok(if holds_graph || holds(OLD_GRAPH) {
        Format::ExportedProgram
    } else if holds("constants.pkl") {
        Format::TorchScript
    } else if holds("data.pkl") {
        Format::Pickle
    } else if holds("model.weights.h5") {
        Format::Keras
    } else {
        Format::OtherZip
    })
}

/// What the content of a file is, in the field's words.
pub fn format_name(bytes: &[u8]) -> &'static str {
    match of(bytes) {
        Ok(Format::ExportedProgram) => "PyTorch exported program (.pt2)",
        Ok(Format::Safetensors) => "safetensors (weights only)",
        Ok(Format::Pickle) => "pickle of torch.save",
        Ok(Format::Onnx) => "ONNX",
        Ok(Format::TorchScript) => "TorchScript",
        Ok(Format::Hdf5) => "HDF5 (Keras)",
        Ok(Format::Keras) => "Keras archive (.keras)",
        Ok(Format::TensorFlow) => "TensorFlow SavedModel",
        Ok(Format::TensorFlowLite) => "TensorFlow Lite",
        Ok(Format::OpenVino) => "OpenVINO",
        Ok(Format::LfsPointer) => "Git LFS pointer, not the file itself",
        Ok(Format::Html) => "web page",
        Ok(Format::Empty) => "empty file",
        Ok(Format::OtherZip) => "zip archive without a model",
        Ok(Format::Unknown) => "of an unknown format",
        Err(_) => "zip archive that cannot be opened",
    }
}

/// An error for a folder, which names the model that it may hold.
pub fn check_is_file(path: &Path) -> Result<(), ModelError> {
    match path.is_dir() {
        true => Err(super::foreign::folder(path)),
        false => Ok(()),
    }
}

/// Whether a file is text that may be a report, and not a Git LFS
/// pointer, a web page, nothing at all.
pub fn is_text(file: &Path) -> Result<bool, FileError> {
    const START_BYTES: u64 = 4096;
    let start = crate::fs::read_start(file, START_BYTES)?;
    let text = match std::str::from_utf8(&start) {
        Ok(text) => Some(text),
        // Cut within a character.
        Err(error) if error.error_len().is_none() => {
            std::str::from_utf8(&start[..error.valid_up_to()]).ok()
        }
        Err(_) => None,
    };
    let stands_in = of(&start)
        .is_ok_and(|format| matches!(format, Format::LfsPointer | Format::Html | Format::Empty));
    let printed = |c: char| !c.is_control() || matches!(c, '\t' | '\n' | '\r');
    Ok(!stands_in && text.is_some_and(|text| text.chars().all(printed)))
}
