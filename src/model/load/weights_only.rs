//! Files of weights, and the network that they go into.

use super::architecture::Architecture;
use super::content::Content;
use super::format::Format;
use super::state_dict::{self, StateDict};
use super::{built_in, fitting, pickle};
use crate::fs::Mapped;
use crate::model::error::ModelError;
use crate::model::source::Source;

/// The weights, and what the format is called.
pub fn state_dict_of(
    source: &Source,
    file: &Mapped,
    format: Format,
) -> Result<(&'static str, StateDict), ModelError> {
    let key = source.weights.as_deref();
    let read = match format {
        Format::Pickle => pickle::read(file, key).map(|found| ("PyTorch state dict", found)),
        _ => state_dict::read(file, key).map(|found| ("safetensors", found)),
    };
    read.map_err(|fault| fault.in_file(&source.file))
}

/// The weights in the network that is given, or in the built-in one that the source names.
pub fn read(
    source: &Source,
    given: Option<&Architecture>,
    file: &Mapped,
    format: Format,
) -> Result<Content, ModelError> {
    let (format, found) = state_dict_of(source, file, format)?;
    let tensors = found.weights;
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
        weights_key: found.key,
        other_weights: found.others,
        // A built-in graph runs on many sizes; how its weights were trained is another matter.
        exported_size: given.and_then(|given| given.graph.exported_size()),
        graph: architecture.graph.clone(),
        weights,
        module: None,
        architecture: Some(architecture.name.clone()),
        torch_version: architecture.torch_version.clone(),
        producer: None,
        companions: Vec::new(),
    })
}
