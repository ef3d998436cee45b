//! Reading a model file: which format it is, and from each the same thing: a graph and its weights.

pub mod architecture;
mod archive;
mod exported_program;
mod foreign;
mod format;
mod free_batch;
mod graph_builder;
mod onnx;
pub mod pickle;
mod program_json;
mod state_dict;
mod tensor;
pub mod torchscript;
mod view;

use std::collections::BTreeMap;
use std::path::Path;

use sha2::Digest;
use tch::Tensor;

use super::Source;
use super::error::{EXPORT, ModelError};
use super::graph::Graph;
use crate::fs::Mapped;
use architecture::Architecture;
use format::Format;

/// Where a network comes from, for the appendix of a report.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Provenance {
    /// `PyTorch exported program`, `safetensors`, `PyTorch state dict`, `ONNX` or `TorchScript`.
    pub format: &'static str,
    /// Of the whole file, in hexadecimal; of an ONNX file together with its data files.
    pub sha256: String,
    /// Name of the architecture that weights were put into.
    pub architecture: Option<String>,
    /// The version of PyTorch that wrote the graph.
    pub torch_version: Option<String>,
    /// What wrote an ONNX file: `pytorch 2.13.0, opset 18`.
    pub producer: Option<String>,
    /// Numbers in all parameters.
    pub parameters: usize,
}

/// A network as it comes out of a file.
pub struct Loaded {
    pub graph: Graph,
    /// By state-dict name.
    pub weights: BTreeMap<String, Tensor>,
    /// A network of TorchScript, for [`torchscript::MODULE`] in the graph.
    pub module: Option<torchscript::TorchScript>,
    pub provenance: Provenance,
}

/// What is wrong with a file, before its path is put to it.
#[derive(Debug)]
pub enum Fault {
    Damaged(String),
    NotSupported {
        fault: String,
        remedy: String,
    },
    /// What names its file itself.
    Other(Box<ModelError>),
}

impl Fault {
    fn damaged(fault: impl Into<String>) -> Self {
        Fault::Damaged(fault.into())
    }

    fn not_supported(fault: impl Into<String>, remedy: impl Into<String>) -> Self {
        Fault::NotSupported {
            fault: fault.into(),
            remedy: remedy.into(),
        }
    }

    /// The same, with the name of the tensor that it is about.
    fn of_tensor(self, name: &str) -> Self {
        match self {
            Fault::Damaged(fault) => Fault::Damaged(format!("tensor `{name}`: {fault}")),
            Fault::NotSupported { fault, remedy } => Fault::NotSupported {
                fault: format!("tensor `{name}`: {fault}"),
                remedy,
            },
            Fault::Other(error) => Fault::Other(error),
        }
    }

    fn in_file(self, file: &Path) -> ModelError {
        let file = file.to_owned();
        match self {
            Fault::Damaged(fault) => ModelError::Damaged { file, fault },
            Fault::NotSupported { fault, remedy } => ModelError::NotSupported {
                file,
                fault,
                remedy,
            },
            Fault::Other(error) => *error,
        }
    }
}

/// Reads a model file. Nothing in it is executed, and no size that it declares is trusted.
pub fn load(source: &Source) -> Result<Loaded, ModelError> {
    if source.file.is_dir() {
        return Err(foreign::folder(&source.file));
    }
    let file = crate::fs::map(&source.file)?;
    let loaded = read(source, &file)?;
    file.check_unchanged()?;
    Ok(loaded)
}

fn read(source: &Source, file: &Mapped) -> Result<Loaded, ModelError> {
    let not_a_model = |is, remedy: String| ModelError::NotAModel {
        file: source.file.clone(),
        is,
        remedy,
    };
    let export = || format!("export it with `{EXPORT}`");
    match format::of(file).map_err(|fault| fault.in_file(&source.file))? {
        Format::ExportedProgram => exported_program(source, file),
        Format::Safetensors | Format::Pickle => {
            let weights = state_dict(source, file)?;
            let architecture = architecture(source, &weights)?;
            fill(source, &architecture, weights)
        }
        Format::Empty => Err(not_a_model("empty", "fetch it again".to_owned())),
        Format::LfsPointer => Err(not_a_model(
            "a Git LFS pointer",
            "the model itself comes with `git lfs pull`".to_owned(),
        )),
        Format::Html => Err(not_a_model(
            "a web page",
            "fetch the file itself, not the page about it".to_owned(),
        )),
        Format::TorchScript => torchscript(source, file),
        Format::Onnx => onnx(source, file),
        Format::Hdf5 => Err(foreign::hdf5(&source.file)),
        Format::Keras => Err(foreign::keras(&source.file)),
        Format::TensorFlow => Err(foreign::tensorflow(&source.file)),
        Format::TensorFlowLite => Err(foreign::tensorflow_lite(&source.file)),
        Format::OpenVino => Err(foreign::open_vino(&source.file)),
        Format::OtherZip => Err(not_a_model("a zip archive without a model", export())),
        Format::Unknown => Err(not_a_model("of no format we know", export())),
    }
}

/// Puts the weights of a state dict into an architecture.
pub fn load_into(source: &Source, architecture: &Architecture) -> Result<Loaded, ModelError> {
    let file = crate::fs::map(&source.file)?;
    let weights = state_dict(source, &file)?;
    file.check_unchanged()?;
    fill(source, architecture, weights)
}

fn exported_program(source: &Source, file: &Mapped) -> Result<Loaded, ModelError> {
    if let Some(architecture) = &source.architecture {
        return Err(ModelError::ArchitectureNotNeeded {
            file: source.file.clone(),
            architecture: architecture.clone(),
        });
    }
    let read = exported_program::read(file).map_err(|fault| fault.in_file(&source.file))?;
    for (name, tensor) in &read.weights {
        check_finite(&source.file, name, tensor)?;
    }
    let provenance = Provenance {
        format: "PyTorch exported program",
        sha256: sha256(&[file]),
        architecture: None,
        torch_version: read.torch_version,
        producer: None,
        parameters: parameters(&read.graph, &read.weights),
    };
    Ok(Loaded {
        graph: read.graph,
        weights: read.weights,
        module: None,
        provenance,
    })
}

fn torchscript(source: &Source, file: &Mapped) -> Result<Loaded, ModelError> {
    if let Some(architecture) = &source.architecture {
        return Err(ModelError::ArchitectureNotNeeded {
            file: source.file.clone(),
            architecture: architecture.clone(),
        });
    }
    let read = torchscript::read(file);
    let read = read.map_err(|fault| fault.in_file(&source.file))?;
    let mut parameters = 0;
    for (name, tensor) in read.module.named_parameters()? {
        check_finite(&source.file, &name, &tensor)?;
        parameters += tensor.numel();
    }
    let provenance = Provenance {
        format: "TorchScript",
        sha256: sha256(&[file]),
        architecture: None,
        torch_version: None,
        producer: None,
        parameters,
    };
    Ok(Loaded {
        graph: torchscript::graph(source.input_shape),
        weights: BTreeMap::new(),
        module: Some(read),
        provenance,
    })
}

fn onnx(source: &Source, file: &Mapped) -> Result<Loaded, ModelError> {
    if let Some(architecture) = &source.architecture {
        return Err(ModelError::ArchitectureNotNeeded {
            file: source.file.clone(),
            architecture: architecture.clone(),
        });
    }
    let read = onnx::read(source, file).map_err(|fault| fault.in_file(&source.file))?;
    for (name, tensor) in &read.weights {
        check_finite(&source.file, name, tensor)?;
    }
    let files: Vec<&Mapped> = std::iter::once(file).chain(&read.files).collect();
    let sha256 = sha256(&files);
    for data in &read.files {
        data.check_unchanged()?;
    }
    let torch = read.producer.strip_prefix("pytorch ");
    let version = torch.and_then(|rest| rest.split(',').next());
    let provenance = Provenance {
        format: "ONNX",
        sha256,
        architecture: None,
        torch_version: version.map(str::to_owned),
        producer: Some(read.producer.clone()),
        parameters: parameters(&read.graph, &read.weights),
    };
    Ok(Loaded {
        graph: read.graph,
        weights: read.weights,
        module: None,
        provenance,
    })
}

fn architecture(source: &Source, weights: &StateDict) -> Result<Architecture, ModelError> {
    match &source.architecture {
        Some(name) => Architecture::built_in(name),
        None => Err(ModelError::ArchitectureMissing {
            file: source.file.clone(),
            fits: architecture::that_fit(&weights.tensors)?,
            known: architecture::known(),
        }),
    }
}

/// The weights of a file that holds nothing else.
struct StateDict {
    /// What the file's format is called.
    format: &'static str,
    tensors: BTreeMap<String, Tensor>,
    sha256: String,
}

fn state_dict(source: &Source, file: &Mapped) -> Result<StateDict, ModelError> {
    let read = || match format::of(file)? {
        Format::Pickle => Ok(("PyTorch state dict", pickle::read(file)?)),
        _ => Ok(("safetensors", state_dict::read(file)?)),
    };
    let (format, tensors) = read().map_err(|fault: Fault| fault.in_file(&source.file))?;
    let sha256 = sha256(&[file]);
    Ok(StateDict {
        format,
        tensors,
        sha256,
    })
}

fn fill(
    source: &Source,
    architecture: &Architecture,
    weights: StateDict,
) -> Result<Loaded, ModelError> {
    let StateDict {
        format,
        tensors: weights,
        sha256,
    } = weights;
    let faults = architecture.faults(&weights);
    if !faults.is_empty() {
        return Err(ModelError::WeightsDoNotFit {
            file: source.file.clone(),
            architecture: architecture.name.clone(),
            faults: architecture::list(&faults),
        });
    }
    for (name, tensor) in &weights {
        check_finite(&source.file, name, tensor)?;
    }
    let provenance = Provenance {
        format,
        sha256,
        architecture: Some(architecture.name.clone()),
        torch_version: architecture.torch_version.clone(),
        producer: None,
        parameters: parameters(&architecture.graph, &weights),
    };
    Ok(Loaded {
        graph: architecture.graph.clone(),
        weights,
        module: None,
        provenance,
    })
}

fn parameters(graph: &Graph, weights: &BTreeMap<String, Tensor>) -> usize {
    use super::graph::StoredKind::Parameter;
    let parameters = graph
        .stored
        .iter()
        .filter(|stored| stored.kind == Parameter);
    parameters
        .filter_map(|stored| weights.get(&stored.name))
        .map(Tensor::numel)
        .sum()
}

fn check_finite(file: &Path, name: &str, tensor: &Tensor) -> Result<(), ModelError> {
    if tensor.f_kind()? != tch::Kind::Float {
        return Ok(());
    }
    /// Numbers that are looked at together: `isfinite` makes tensors as long as its input.
    const PART: i64 = 1 << 18;
    let flat = tensor.f_reshape([-1])?;
    let numbers = flat.numel() as i64;
    let mut count = 0;
    for start in (0..numbers).step_by(PART as usize) {
        let part = flat.f_narrow(0, start, PART.min(numbers - start))?;
        let finite = part.f_isfinite()?.f_sum(tch::Kind::Int64)?;
        count += part.numel() as i64 - finite.f_int64_value(&[])?;
    }
    if count == 0 {
        return Ok(());
    }
    Err(ModelError::NotFinite {
        file: file.to_owned(),
        tensor: name.to_owned(),
        count,
    })
}

/// Of the files one behind the other.
fn sha256(files: &[&Mapped]) -> String {
    let mut digest = sha2::Sha256::new();
    for file in files {
        digest.update(&file[..]);
    }
    digest
        .finalize()
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect()
}
