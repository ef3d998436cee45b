//! Networks without weights. An architecture is data, not code: the graph of an exported program, filled
//! by parameter name from any state dict.

use std::collections::BTreeMap;
use std::io::Read;

use tch::Tensor;

use super::architecture_file::{TrainedInput, first_line, unpacked};
use super::fault::Fault;
use super::{built_in, program};
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

impl Architecture {
    pub fn built_in(name: &str) -> Result<Self, ModelError> {
        let Some(bytes) = built_in::file(name) else {
            let near = crate::diagnostic::nearest(name, built_in::names());
            return Err(ModelError::ArchitectureUnknown {
                architecture: name.to_owned(),
                near: near.map_or(String::new(), |near| format!(", did you mean `{near}`")),
                known: built_in::known(),
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
        let mut graph = program::read(&json, None)?.graph;
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
