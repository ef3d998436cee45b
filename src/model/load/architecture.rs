//! Networks without weights. An architecture is data, not code: the graph of an exported program, filled
//! by parameter name from any state dict.

use std::collections::BTreeMap;
use std::io::{BufRead, Read};

use serde::Deserialize;
use tch::Tensor;

use super::{Fault, families, program_json};
use crate::model::error::ModelError;
use crate::model::graph::Graph;

/// What weights are put into.
#[derive(Debug)]
pub struct Architecture {
    /// As a fault of the weights calls it: ``the architecture `vgg16` ``.
    pub title: String,
    /// As the provenance calls it: `vgg16`.
    pub name: String,
    pub graph: Graph,
    /// The version of PyTorch that exported it.
    pub torch_version: Option<String>,
    /// What the published weights were trained on.
    pub input: Option<TrainedInput>,
    /// What the graph reads and no state dict has, by name.
    pub constants: BTreeMap<String, Tensor>,
    /// Prefixes of weights that belong to the network and not to its graph: heads that only train.
    pub unused: Vec<String>,
    /// Parts of names in files of before a change of names, and what stands there now.
    pub renamed: Vec<(String, String)>,
    /// Whether the weights decide how many classes there are.
    pub classes_are_free: bool,
}

/// How photos became the input on which the published weights were trained.
#[derive(Debug, Clone, PartialEq, Deserialize)]
pub struct TrainedInput {
    /// Height and width, in px.
    pub size: [usize; 2],
    /// What the shorter side of the photo is brought to before its middle is cut out, in px.
    pub shorter: usize,
    /// Of each channel, of pixels in 0..1.
    pub mean: Vec<f64>,
    pub std: Vec<f64>,
    /// `bilinear` or `bicubic`.
    pub interpolation: String,
}

/// The first line of an architecture's file.
#[derive(Deserialize)]
pub struct Index {
    torch_version: Option<String>,
    input: Option<TrainedInput>,
    /// Shapes by state-dict name.
    pub weights: BTreeMap<String, Vec<i64>>,
    /// The weights whose first size is the number of classes.
    #[serde(default)]
    pub head: Vec<String>,
    #[serde(default)]
    pub unused: Vec<String>,
    #[serde(default)]
    pub renamed: Vec<(String, String)>,
    #[serde(default)]
    constants: BTreeMap<String, Constant>,
}

#[derive(Deserialize)]
struct Constant {
    sizes: Vec<i64>,
    floats: Option<Vec<f32>>,
    ints: Option<Vec<i64>>,
}

include!(concat!(env!("OUT_DIR"), "/architectures.rs")); // `BUILT_IN`, written by build.rs

/// Names of all built-in architectures.
pub fn names() -> impl Iterator<Item = &'static str> {
    BUILT_IN.iter().map(|(name, _)| *name)
}

/// What weights fit each built-in architecture; no graph is built.
pub fn indices() -> impl Iterator<Item = Result<(&'static str, Index), ModelError>> {
    BUILT_IN.iter().map(|(name, bytes)| {
        let index = first_line(bytes).map(|(index, _)| (*name, index));
        index.map_err(|fault| fault.in_file(std::path::Path::new(name)))
    })
}

impl Architecture {
    pub fn built_in(name: &str) -> Result<Self, ModelError> {
        let Some((_, bytes)) = BUILT_IN.iter().find(|(known, _)| *known == name) else {
            let near = crate::diagnostic::nearest(name, names());
            return Err(ModelError::ArchitectureUnknown {
                architecture: name.to_owned(),
                near: near.map_or(String::new(), |near| format!(", did you mean `{near}`")),
                known: families::known(),
            });
        };
        Self::from_bytes(name, bytes)
    }

    /// An architecture as `tools/export_architecture.py` writes it: two lines of JSON, packed with gzip.
    pub fn from_bytes(name: &str, bytes: &[u8]) -> Result<Self, ModelError> {
        Self::read(name, bytes).map_err(|fault| fault.in_file(std::path::Path::new(name)))
    }

    fn read(name: &str, bytes: &[u8]) -> Result<Self, Fault> {
        let (index, mut rest) = first_line(bytes)?;
        let mut json = Vec::new();
        rest.read_to_end(&mut json).map_err(unpacked)?;
        let mut graph = program_json::read(&json)?.graph;
        for stored in &mut graph.stored {
            if let Some(sizes) = index.weights.get(&stored.name) {
                stored.sizes = Some(sizes.iter().copied().map(Some).collect());
            }
        }
        let constants = index.constants.into_iter().map(|(name, constant)| {
            let tensor = constant.tensor().map_err(|fault| fault.of_tensor(&name))?;
            Ok((name, tensor))
        });
        Ok(Self {
            title: format!("the architecture `{name}`"),
            name: name.to_owned(),
            graph,
            torch_version: index.torch_version,
            input: index.input,
            constants: constants.collect::<Result<_, Fault>>()?,
            unused: index.unused,
            renamed: index.renamed,
            classes_are_free: true,
        })
    }
}

impl Constant {
    fn tensor(&self) -> Result<Tensor, Fault> {
        let tensor = match (&self.floats, &self.ints) {
            (Some(floats), None) => Tensor::f_from_slice(floats),
            (None, Some(ints)) => Tensor::f_from_slice(ints),
            _ => return Err(Fault::damaged("it holds no numbers of one kind")),
        };
        let shaped = tensor.and_then(|tensor| tensor.f_reshape(&self.sizes));
        shaped.map_err(|error| Fault::damaged(crate::model::error::first_line(&error)))
    }
}

/// What weights fit, and the reader of what follows.
fn first_line(bytes: &[u8]) -> Result<(Index, impl Read + use<'_>), Fault> {
    const LIMIT_BYTES: u64 = 64 << 20; // a graph of ours is below 2 MB
    let unpacking = flate2::read::GzDecoder::new(bytes).take(LIMIT_BYTES);
    let mut lines = std::io::BufReader::new(unpacking);
    let mut line = Vec::new();
    lines.read_until(b'\n', &mut line).map_err(unpacked)?;
    let index = serde_json::from_slice(&line)
        .map_err(|error| Fault::damaged(format!("its first line is not valid ({error})")))?;
    Ok((index, lines))
}

fn unpacked(error: std::io::Error) -> Fault {
    Fault::damaged(format!("it cannot be unpacked ({error})"))
}
