//! Reading a model file: which format it is, and from each the same thing: a graph and its weights.

pub mod architecture;
mod archive;
mod blueprint;
mod exported_program;
pub mod families;
pub mod fit;
mod foreign;
mod format;
mod free_batch;
mod graph_builder;
mod onnx;
pub mod pickle;
mod program_json;
pub mod sequential;
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

impl Loaded {
    /// Channels, height and width that the network was exported for, of which `open` gives those that the
    /// file leaves open.
    pub fn input_shape(&self, open: [i64; 3]) -> [i64; 3] {
        let known = |axis: usize| self.graph.input_sizes.get(axis + 1).copied().flatten();
        [0, 1, 2].map(|axis| known(axis).unwrap_or(open[axis]))
    }
}

/// What the content of a file is, in the field's words.
pub fn format_name(bytes: &[u8]) -> &'static str {
    match format::of(bytes) {
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
        Ok(Format::Unknown) => "of no format we know",
        Err(_) => "zip archive that cannot be opened",
    }
}

/// A folder is no model; what it may be is said.
pub fn check_is_file(path: &Path) -> Result<(), ModelError> {
    match path.is_dir() {
        true => Err(foreign::folder(path)),
        false => Ok(()),
    }
}

/// Whether a file is text that may be a report, and none of what stands in a model's place: a Git LFS
/// pointer, a web page, nothing at all.
pub fn is_text(file: &Path) -> Result<bool, crate::fs::FileError> {
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
    let stands_in = format::of(&start)
        .is_ok_and(|format| matches!(format, Format::LfsPointer | Format::Html | Format::Empty));
    let printed = |c: char| !c.is_control() || matches!(c, '\t' | '\n' | '\r');
    Ok(!stands_in && text.is_some_and(|text| text.chars().all(printed)))
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
    opened(source, None)
}

/// Puts the weights of a state dict into an architecture.
pub fn load_into(source: &Source, architecture: &Architecture) -> Result<Loaded, ModelError> {
    opened(source, Some(architecture))
}

fn opened(source: &Source, given: Option<&Architecture>) -> Result<Loaded, ModelError> {
    check_is_file(&source.file)?;
    let file = crate::fs::map(&source.file)?;
    let loaded = read(source, given, &file)?;
    file.check_unchanged()?;
    Ok(loaded)
}

fn read(
    source: &Source,
    given: Option<&Architecture>,
    file: &Mapped,
) -> Result<Loaded, ModelError> {
    let not_a_model = |is, remedy: String| ModelError::NotAModel {
        file: source.file.clone(),
        is,
        remedy,
    };
    let export = || format!("export it with `{EXPORT}`");
    let format = format::of(file).map_err(|fault| fault.in_file(&source.file))?;
    if let (Some(given), Format::ExportedProgram | Format::Onnx | Format::TorchScript) =
        (given, format)
    {
        return Err(ModelError::GraphNotNeeded {
            file: source.file.clone(),
            into: given.title.clone(),
        });
    }
    match format {
        Format::ExportedProgram => exported_program(source, file),
        Format::Safetensors | Format::Pickle => {
            let weights = state_dict(source, file, format)?;
            let named;
            let architecture = match given {
                Some(given) => given,
                None => {
                    named = architecture(source, &weights)?;
                    &named
                }
            };
            fill(source, architecture, weights)
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
            fits: families::that_fit(&weights.tensors)?,
            known: families::known(),
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

fn state_dict(source: &Source, file: &Mapped, format: Format) -> Result<StateDict, ModelError> {
    let read = match format {
        Format::Pickle => pickle::read(file).map(|tensors| ("PyTorch state dict", tensors)),
        _ => state_dict::read(file).map(|tensors| ("safetensors", tensors)),
    };
    let (format, tensors) = read.map_err(|fault: Fault| fault.in_file(&source.file))?;
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
        tensors,
        sha256,
    } = weights;
    let weights = architecture.adapted(tensors);
    let faults = architecture.faults(&weights);
    if !faults.is_empty() {
        return Err(ModelError::WeightsDoNotFit {
            file: source.file.clone(),
            into: architecture.title.clone(),
            faults,
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

/// Of the files one behind the other, in hexadecimal.
pub fn sha256(files: &[&Mapped]) -> String {
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
