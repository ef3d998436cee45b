//! Networks without weights. An architecture is data, not code: the graph of an exported program, filled
//! by parameter name from any state dict.

use std::collections::BTreeMap;
use std::io::Read;

use tch::Tensor;

use super::{Fault, program_json};
use crate::model::error::ModelError;
use crate::model::graph::{Graph, StoredKind};

pub struct Architecture {
    pub name: String,
    pub graph: Graph,
    /// The version of PyTorch that exported it.
    pub torch_version: Option<String>,
}

macro_rules! built_in {
    ($($name:literal),* $(,)?) => {
        /// Name and content of the files in `models/architectures/`.
        const BUILT_IN: &[(&str, &[u8])] = &[$((
            $name,
            include_bytes!(concat!(
                env!("CARGO_MANIFEST_DIR"), "/models/architectures/", $name, ".json.gz"
            )),
        )),*];
    };
}

built_in!(
    "alexnet",
    "resnet18",
    "resnet34",
    "resnet50",
    "squeezenet1_0",
    "squeezenet1_1",
    "vgg11",
    "vgg11_bn",
    "vgg13",
    "vgg13_bn",
    "vgg16",
    "vgg16_bn",
    "vgg19",
    "vgg19_bn",
);

/// Names of all built-in architectures.
pub fn names() -> impl Iterator<Item = &'static str> {
    BUILT_IN.iter().map(|(name, _)| *name)
}

/// The same for an error text.
pub fn known() -> String {
    names()
        .map(|name| format!("`{name}`"))
        .collect::<Vec<_>>()
        .join(", ")
}

/// `` that fit `…` or `…` ``, or nothing, for weights that come without an architecture.
pub fn that_fit(weights: &BTreeMap<String, Tensor>) -> Result<String, ModelError> {
    let mut fitting = Vec::new();
    for name in names() {
        if Architecture::built_in(name)?.faults(weights).is_empty() {
            fitting.push(format!("`{name}`"));
        }
    }
    Ok(if fitting.is_empty() {
        String::new()
    } else {
        format!(" that fit {}", fitting.join(" or "))
    })
}

/// The first eight of them and how many more there are.
pub fn list(faults: &[String]) -> String {
    const LISTED: usize = 8;
    let mut text = faults
        .iter()
        .take(LISTED)
        .cloned()
        .collect::<Vec<_>>()
        .join("; ");
    if faults.len() > LISTED {
        text.push_str(&format!("; and {} more", faults.len() - LISTED));
    }
    text
}

impl Architecture {
    pub fn built_in(name: &str) -> Result<Self, ModelError> {
        let Some((_, bytes)) = BUILT_IN.iter().find(|(known, _)| *known == name) else {
            let near = crate::diagnostic::nearest(name, names());
            return Err(ModelError::ArchitectureUnknown {
                architecture: name.to_owned(),
                near: near.map_or(String::new(), |near| format!(", did you mean `{near}`")),
                known: known(),
            });
        };
        Self::from_bytes(name, bytes)
    }

    /// An architecture as `tools/export_architecture.py` writes it: JSON, compressed with gzip.
    pub fn from_bytes(name: &str, bytes: &[u8]) -> Result<Self, ModelError> {
        const LIMIT_BYTES: u64 = 64 << 20; // a graph of ours is below 1 MB
        let mut json = Vec::new();
        let read = flate2::read::GzDecoder::new(bytes)
            .take(LIMIT_BYTES)
            .read_to_end(&mut json);
        let program = read
            .map_err(|error| Fault::damaged(format!("it cannot be unpacked ({error})")))
            .and_then(|_| program_json::read(&json))
            .map_err(|fault| fault.in_file(std::path::Path::new(name)))?;
        let (graph, torch_version) = (program.graph, program.torch_version);
        Ok(Self {
            name: name.to_owned(),
            graph,
            torch_version,
        })
    }

    /// Everything that keeps these weights from being the ones of this architecture: names that are
    /// missing or too many and shapes that differ. The number of classes is up to the weights.
    pub fn faults(&self, weights: &BTreeMap<String, Tensor>) -> Vec<String> {
        let head = self.head();
        let mut faults = Vec::new();
        for stored in &self.graph.stored {
            let Some(tensor) = weights.get(&stored.name) else {
                if !counts_batches(&stored.name) && stored.kind != StoredKind::Constant {
                    faults.push(format!("`{}` is missing", stored.name));
                }
                continue;
            };
            let Some(expected) = &stored.sizes else {
                continue;
            };
            let got = tensor.size();
            let free = usize::from(head.contains(&stored.name.as_str()));
            let same = expected.len() == got.len()
                && expected
                    .iter()
                    .zip(&got)
                    .skip(free)
                    .all(|(e, g)| e.is_none_or(|e| e == *g));
            if !same {
                faults.push(format!(
                    "`{}` is {got:?} instead of {}",
                    stored.name,
                    shape(expected)
                ));
            }
        }
        if let [weight, bias] = head.as_slice()
            && let (Some(weight_tensor), Some(bias_tensor)) =
                (weights.get(*weight), weights.get(*bias))
            && weight_tensor.size().first() != bias_tensor.size().first()
        {
            faults.push(format!(
                "`{weight}` and `{bias}` are of different numbers of classes"
            ));
        }
        let known = |name: &str| self.graph.stored.iter().any(|stored| stored.name == name);
        let unexpected = weights
            .keys()
            .filter(|name| !known(name) && !counts_batches(name));
        faults.extend(unexpected.map(|name| format!("`{name}` is unexpected")));
        faults
    }

    /// Weight and bias of the last layer that has any: what decides the number of classes.
    fn head(&self) -> Vec<&str> {
        let parameter = |value| {
            let mut stored = self.graph.stored.iter();
            stored.find(|stored| stored.value == value && stored.kind == StoredKind::Parameter)
        };
        let of_node = |node: &crate::model::graph::Node| -> Vec<&str> {
            node.inputs()
                .into_iter()
                .filter_map(parameter)
                .map(|s| s.name.as_str())
                .collect()
        };
        self.graph
            .nodes
            .iter()
            .rev()
            .map(of_node)
            .find(|names| !names.is_empty())
            .unwrap_or_default()
    }
}

/// A counter of training steps that some files have and others do not; nothing reads it.
fn counts_batches(name: &str) -> bool {
    name.ends_with("num_batches_tracked")
}

fn shape(sizes: &[Option<i64>]) -> String {
    let sizes: Vec<_> = sizes
        .iter()
        .map(|size| size.map_or("any".to_owned(), |size| size.to_string()))
        .collect();
    format!("[{}]", sizes.join(", "))
}
