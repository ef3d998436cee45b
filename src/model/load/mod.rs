//! Reading a model file: which format it is, and from each the same thing: a graph and its weights.

pub mod architecture;
mod archive;
mod blueprint;
mod exported_program;
pub mod families;
mod fault;
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
mod weights_only;

use std::collections::BTreeMap;
use std::path::Path;

use sha2::Digest;
use tch::Tensor;

use super::Source;
use super::error::{EXPORT, ModelError};
use super::graph::Graph;
use crate::fs::Mapped;
use architecture::Architecture;
pub use fault::Fault;
use format::Format;
pub use format::{check_is_file, format_name, is_text};

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

/// What a file held, before its numbers are looked at.
struct Content {
    /// What the file's format is called.
    format: &'static str,
    graph: Graph,
    weights: BTreeMap<String, Tensor>,
    module: Option<torchscript::TorchScript>,
    architecture: Option<String>,
    torch_version: Option<String>,
    producer: Option<String>,
    /// Files beside it, in the order of their names.
    data_files: Vec<Mapped>,
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
    let loaded = checked(source, &file, read(source, given, &file)?)?;
    file.check_unchanged()?;
    Ok(loaded)
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
        Format::ExportedProgram => exported_program(file),
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
        Format::Unknown => return Err(not_a_model("of no format we know", export())),
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

fn exported_program(file: &Mapped) -> Result<Content, Fault> {
    let read = exported_program::read(file)?;
    Ok(Content {
        format: "PyTorch exported program",
        graph: read.graph,
        weights: read.weights,
        module: None,
        architecture: None,
        torch_version: read.torch_version,
        producer: None,
        data_files: Vec::new(),
    })
}

fn torchscript(source: &Source, file: &Mapped) -> Result<Content, Fault> {
    Ok(Content {
        format: "TorchScript",
        module: Some(torchscript::read(file)?),
        graph: torchscript::graph(source.input_shape),
        weights: BTreeMap::new(),
        architecture: None,
        torch_version: None,
        producer: None,
        data_files: Vec::new(),
    })
}

fn onnx(source: &Source, file: &Mapped) -> Result<Content, Fault> {
    let read = onnx::read(source, file)?;
    let torch = read.producer.strip_prefix("pytorch ");
    let version = torch.and_then(|rest| rest.split(',').next());
    Ok(Content {
        format: "ONNX",
        graph: read.graph,
        weights: read.weights,
        module: None,
        architecture: None,
        torch_version: version.map(str::to_owned),
        producer: Some(read.producer.clone()),
        data_files: read.files,
    })
}

/// The network, whose numbers are finite and whose data files are still what was read.
fn checked(source: &Source, file: &Mapped, content: Content) -> Result<Loaded, ModelError> {
    for (name, tensor) in &content.weights {
        check_finite(&source.file, name, tensor)?;
    }
    let mut parameters = parameters(&content.graph, &content.weights);
    if let Some(script) = &content.module {
        for (name, tensor) in script.module.named_parameters()? {
            check_finite(&source.file, &name, &tensor)?;
            parameters += tensor.numel();
        }
    }
    let files: Vec<&Mapped> = std::iter::once(file).chain(&content.data_files).collect();
    let sha256 = sha256(&files);
    for data in &content.data_files {
        data.check_unchanged()?;
    }
    Ok(Loaded {
        graph: content.graph,
        weights: content.weights,
        module: content.module,
        provenance: Provenance {
            format: content.format,
            sha256,
            architecture: content.architecture,
            torch_version: content.torch_version,
            producer: content.producer,
            parameters,
        },
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
