//! Files of weights, and the network that they go into.

use super::architecture::Architecture;
use super::content::Content;
use super::format::Format;
use super::{built_in, fitting, pickle, state_dict};
use crate::fs::Mapped;
use crate::model::error::ModelError;
use crate::model::source::Source;

/// The weights in the network that is given, or in the built-in one that the source names.
pub fn read(
    source: &Source,
    given: Option<&Architecture>,
    file: &Mapped,
    format: Format,
) -> Result<Content, ModelError> {
    let read = match format {
        Format::Pickle => pickle::read(file).map(|tensors| ("PyTorch state dict", tensors)),
        _ => state_dict::read(file).map(|tensors| ("safetensors", tensors)),
    };
    let (format, tensors) = read.map_err(|fault| fault.in_file(&source.file))?;
    let named;
    let architecture = match (given, &source.architecture) {
        (Some(given), _) => given,
        (None, Some(name)) => {
            named = Architecture::built_in(name)?;
            &named
        }
        (None, None) => {
            return Err(ModelError::ArchitectureMissing {
                file: source.file.clone(),
                fits: fitting::that_fit(&tensors)?,
                known: built_in::known(),
            });
        }
    };
    let weights = architecture.adapted(tensors);
    let faults = architecture.faults(&weights);
    if !faults.is_empty() {
        return Err(ModelError::WeightsDoNotFit {
            file: source.file.clone(),
            into: architecture.title.clone(),
            faults,
        });
    }
    Ok(Content {
        format,
        graph: architecture.graph.clone(),
        weights,
        module: None,
        architecture: Some(architecture.name.clone()),
        torch_version: architecture.torch_version.clone(),
        producer: None,
        companions: Vec::new(),
    })
}
