//! The graph of one file for the weights of another: checkpoints of a training run share one export.

use std::path::Path;

use super::architecture::Architecture;
use super::digest::sha256;
use super::exported_program;
use super::format::{self, Format};
use crate::model::error::ModelError;
use crate::model::export::EXPORT;
use crate::model::graph::StoredKind;

impl Architecture {
    /// The network of an exported program without its weights; what no state dict holds stays.
    pub fn of_exported_program(file: &Path) -> Result<Self, ModelError> {
        let bytes = crate::fs::map(file)?;
        let format = format::of(&bytes).map_err(|fault| fault.in_file(file))?;
        if format != Format::ExportedProgram {
            let fault = match format {
                Format::Onnx => "weights go by the names of a state dict, which ONNX need not keep",
                Format::Safetensors | Format::Pickle => "it holds weights and no graph",
                _ => "it is not an exported program",
            };
            return Err(ModelError::NotSupported {
                file: file.to_owned(),
                fault: fault.to_owned(),
                hint: format!("export the network with `{EXPORT}`"),
            });
        }
        let read = exported_program::read(&bytes, None).map_err(|fault| fault.in_file(file))?;
        let mut constants = read.weights;
        let of_code = |name: &str| {
            let mut stored = read.graph.stored.iter();
            stored.any(|stored| stored.name == name && stored.kind == StoredKind::Constant)
        };
        constants.retain(|name, _| of_code(name));
        let name = file.file_name().unwrap_or(file.as_os_str());
        let name = name.to_string_lossy();
        Ok(Self {
            title: format!("the graph of `{name}`"),
            name: format!("graph of {name}, sha256 {}", sha256(&[&bytes])),
            graph: read.graph,
            torch_version: read.torch_version,
            input: None,
            constants,
            unused: Vec::new(),
            renamed: Vec::new(),
            classes_are_free: true,
        })
    }
}
