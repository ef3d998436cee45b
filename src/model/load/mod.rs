//! Reading a model file: which format it is, and from each the same thing: a graph and its weights.

pub mod architecture;
pub(super) mod architecture_file;
mod archive;
mod blueprint;
pub mod built_in;
mod canonical;
mod channels_last;
mod check;
mod content;
mod digest;
mod exported_program;
mod fault;
pub mod fit;
pub mod fitting;
mod foreign;
pub(super) mod format;
mod free_batch;
mod graph_builder;
pub(super) mod loaded;
mod onnx;
pub mod pickle;
mod program;
mod program_json;
pub mod sequential;
mod state_dict;
mod tensor;
pub mod torchscript;
mod view;
pub(super) mod weight_fault;
mod weight_names;
mod weights_only;

use std::collections::BTreeMap;

use super::error::ModelError;
use super::export::EXPORT;
use super::provenance::Provenance;
use super::source::Source;
use crate::fs::Mapped;
use architecture::Architecture;
use content::Content;
pub use digest::sha256;
pub use fault::Fault;
use format::Format;
pub use format::{check_is_file, format_name};
pub use loaded::Loaded;
pub use state_dict::StateDict;
pub use weight_fault::WeightFault;

/// Reads a model file. Nothing in it is executed, and no size that it declares is trusted.
pub fn load(source: &Source) -> Result<Loaded, ModelError> {
    opened(source, None, None)
}

/// Puts the weights of a state dict into an architecture.
pub fn load_into(source: &Source, architecture: &Architecture) -> Result<Loaded, ModelError> {
    opened(source, Some(architecture), None)
}

/// The weights of a file that holds nothing else; `None` for every other format.
pub fn weights_of(source: &Source) -> Result<Option<StateDict>, ModelError> {
    check_is_file(&source.file)?;
    let file = crate::fs::map(&source.file)?;
    let format = format::of(&file).map_err(|fault| fault.in_file(&source.file))?;
    match format {
        Format::Safetensors | Format::Pickle => {
            weights_only::state_dict_of(source, &file, format).map(|(_, found)| Some(found))
        }
        _ => Ok(None),
    }
}

/// Reads a file that was read before and has not changed since: its weights are known to be finite, and
/// `known` is what [`load`] or [`load_into`] found. Neither touches the pages of the weights.
pub fn load_known(
    source: &Source,
    architecture: Option<&Architecture>,
    known: &Provenance,
) -> Result<Loaded, ModelError> {
    opened(source, architecture, Some(known))
}

fn opened(
    source: &Source,
    given: Option<&Architecture>,
    known: Option<&Provenance>,
) -> Result<Loaded, ModelError> {
    check_is_file(&source.file)?;
    let file = crate::fs::map(&source.file)?;
    let content = read(source, given, &file)?;
    let provenance = match known {
        Some(known) => known.clone(),
        None => check::provenance(source, &file, &content)?,
    };
    for (_, companion) in &content.companions {
        companion.check_unchanged()?;
    }
    file.check_unchanged()?;
    Ok(Loaded {
        graph: content.graph,
        weights: content.weights,
        module: content.module,
        exported_size: content.exported_size,
        provenance,
    })
}

fn read(
    source: &Source,
    given: Option<&Architecture>,
    file: &Mapped,
) -> Result<Content, ModelError> {
    let not_a_model = |is, hint: String| ModelError::NotAModel {
        file: source.file.clone(),
        is,
        hint,
    };
    let export = || format!("export it with `{EXPORT}`");
    let format = format::of(file).map_err(|fault| fault.in_file(&source.file))?;
    if format.holds_a_graph() {
        graph_of_its_own(source, given)?;
    }
    let content = match format {
        Format::ExportedProgram => exported_program(source, file),
        Format::TorchScript => torchscript(source, file),
        Format::Onnx => onnx(source, file),
        Format::Safetensors | Format::Pickle => {
            return weights_only::read(source, given, file, format);
        }
        Format::Empty => return Err(not_a_model("empty", "fetch it again".to_owned())),
        Format::LfsPointer => {
            return Err(not_a_model(
                "a Git LFS pointer",
                "the model itself comes with `git lfs pull`".to_owned(),
            ));
        }
        Format::Html => {
            return Err(not_a_model(
                "a web page",
                "fetch the file itself, not the page about it".to_owned(),
            ));
        }
        Format::Hdf5 => return Err(foreign::hdf5(&source.file)),
        Format::Keras => return Err(foreign::keras(&source.file)),
        Format::TensorFlow => return Err(foreign::tensorflow(&source.file)),
        Format::TensorFlowLite => return Err(foreign::tensorflow_lite(&source.file)),
        Format::OpenVino => return Err(foreign::open_vino(&source.file)),
        Format::OtherZip => return Err(not_a_model("a zip archive without a model", export())),
        Format::Unknown => return Err(not_a_model("of an unknown format", export())),
    };
    content.map_err(|fault| fault.in_file(&source.file))
}

/// A network of its own goes into no other.
fn graph_of_its_own(source: &Source, given: Option<&Architecture>) -> Result<(), ModelError> {
    let file = source.file.clone();
    match (given, &source.architecture) {
        (Some(given), _) => Err(ModelError::GraphNotNeeded {
            file,
            into: given.title.clone(),
        }),
        (None, Some(architecture)) => Err(ModelError::ArchitectureNotNeeded {
            file,
            architecture: architecture.clone(),
        }),
        (None, None) => Ok(()),
    }
}

fn exported_program(source: &Source, file: &Mapped) -> Result<Content, Fault> {
    let read = exported_program::read(file, source.output.as_deref())?;
    Ok(Content {
        format: "PyTorch exported program",
        exported_size: read.graph.exported_size(),
        graph: read.graph,
        weights: read.weights,
        module: None,
        weights_key: String::new(),
        other_weights: Vec::new(),
        architecture: None,
        torch_version: read.torch_version,
        producer: None,
        companions: Vec::new(),
    })
}

fn torchscript(source: &Source, file: &Mapped) -> Result<Content, Fault> {
    Ok(Content {
        format: "TorchScript",
        exported_size: None,
        module: Some(torchscript::read(file)?),
        graph: torchscript::graph(source.output.as_deref()),
        weights: BTreeMap::new(),
        weights_key: String::new(),
        other_weights: Vec::new(),
        architecture: None,
        torch_version: None,
        producer: None,
        companions: Vec::new(),
    })
}

fn onnx(source: &Source, file: &Mapped) -> Result<Content, Fault> {
    let read = onnx::read(source, file)?;
    let torch = read.producer.strip_prefix("pytorch ");
    let version = torch.and_then(|rest| rest.split(',').next());
    Ok(Content {
        format: "ONNX",
        exported_size: read.exported_size,
        graph: read.graph,
        weights: read.weights,
        module: None,
        weights_key: String::new(),
        other_weights: Vec::new(),
        architecture: None,
        torch_version: version.map(str::to_owned),
        producer: Some(read.producer.clone()),
        companions: read.files,
    })
}
