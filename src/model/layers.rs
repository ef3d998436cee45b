//! The numbered table of layers, and finding one by number or path.

use serde::{Deserialize, Serialize};

use super::graph::NodeId;
use super::receptive_field::ReceptiveField;

/// A leaf module as it runs, in the numbering of `cnn-report layers`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Layer {
    pub number: usize,
    /// Module path, `features.3.squeeze`; a module that runs again has `#2` and so on behind it.
    pub path: String,
    /// `Conv2d`, `ReLU`, …
    pub kind: String,
    /// The node whose output is the layer's output.
    pub node: NodeId,
    /// For a batch of 1. \[1, C, H, W\] in the convolutional part.
    pub output_shape: Vec<i64>,
    /// Number of elements of the layer's own weights.
    pub parameters: usize,
}

/// A layer as the user names it: by number or by module path.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(untagged)]
pub enum LayerName {
    Number(usize),
    Path(String),
}

/// All that can be named in a network.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Layers {
    /// Leaf modules in the order they run.
    leaves: Vec<Layer>,
    /// Modules that hold others. Their number is that of the last leaf that runs before their output is
    /// there.
    containers: Vec<Layer>,
    /// The nodes of the graph that give one tensor, by their own names and in the order they run; numbered
    /// as `containers`.
    nodes: Vec<Layer>,
    /// Of each node of the graph.
    receptive_fields: Vec<Option<ReceptiveField>>,
    /// Nodes whose output is [1, h, w, C], in their order.
    channels_last: Vec<NodeId>,
}

/// The network has no such layer.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("there is no layer `{name}`; {hint}")]
pub struct UnknownLayer {
    pub name: String,
    pub hint: String,
}

impl Layers {
    /// `receptive_fields` has an entry for each node of the graph.
    pub fn new(
        leaves: Vec<Layer>,
        containers: Vec<Layer>,
        nodes: Vec<Layer>,
        receptive_fields: Vec<Option<ReceptiveField>>,
    ) -> Self {
        Self {
            leaves,
            containers,
            nodes,
            receptive_fields,
            channels_last: Vec::new(),
        }
    }

    /// With the nodes whose output is [1, h, w, C], in their order.
    pub fn with_channels_last(mut self, nodes: Vec<NodeId>) -> Self {
        self.channels_last = nodes;
        self
    }

    /// Whether the output of a node is [1, h, w, C].
    pub fn has_channels_last(&self, node: NodeId) -> bool {
        self.channels_last.binary_search(&node).is_ok()
    }

    pub fn leaves(&self) -> &[Layer] {
        &self.leaves
    }

    /// Modules that hold others.
    pub fn containers(&self) -> &[Layer] {
        &self.containers
    }

    /// Every node that gives one tensor, by its own name.
    pub fn nodes(&self) -> &[Layer] {
        &self.nodes
    }

    /// Number of nodes of the graph, those that give several tensors included.
    pub fn node_count(&self) -> usize {
        self.receptive_fields.len()
    }

    /// Of the output of a node for a batch of 1; `None` where it gives several tensors or none.
    pub fn output_shape(&self, node: NodeId) -> Option<&[i64]> {
        let found = self.nodes.binary_search_by_key(&node, |named| named.node);
        found
            .ok()
            .map(|index| self.nodes[index].output_shape.as_slice())
    }

    /// How much of the photo a node depends on; `None` where it does not depend on it.
    pub fn receptive_field(&self, node: NodeId) -> Option<ReceptiveField> {
        self.receptive_fields.get(node.0).copied().flatten()
    }

    /// A leaf by number; a leaf, a module or a node by path; a leaf by the beginning of its path, where
    /// no other one begins so.
    pub fn find(&self, name: &LayerName) -> Result<&Layer, UnknownLayer> {
        match name {
            LayerName::Number(number) => self.leaves.get(*number).ok_or_else(|| {
                let hint = match self.leaves.len() {
                    0 => "the file names no modules; name a node of its graph".to_owned(),
                    count => format!("the numbers run from 0 to {}", count - 1),
                };
                UnknownLayer {
                    name: number.to_string(),
                    hint,
                }
            }),
            LayerName::Path(path) => {
                let mut all = self.named().chain(&self.nodes);
                match all.find(|layer| layer.path == *path) {
                    Some(layer) => Ok(layer),
                    None => self.completed(path),
                }
            }
        }
    }

    /// Modules, leaves first.
    fn named(&self) -> impl Iterator<Item = &Layer> {
        self.leaves.iter().chain(&self.containers)
    }

    /// The one leaf whose path goes on from `start`: whole names first (`layer4.1` is no `layer4.10`),
    /// then letters (`conv4` is `conv4_block1`).
    fn completed(&self, start: &str) -> Result<&Layer, UnknownLayer> {
        let rest = |layer: &&Layer| {
            layer
                .path
                .strip_prefix(start)
                .is_some_and(|r| !r.is_empty())
        };
        let begin: Vec<&Layer> = match start.is_empty() {
            true => Vec::new(),
            false => self.leaves.iter().filter(rest).collect(),
        };
        let below = |layer: &&&Layer| layer.path[start.len()..].starts_with('.');
        let whole: Vec<&Layer> = begin.iter().filter(below).copied().collect();
        let candidates = if whole.is_empty() { begin } else { whole };
        let hint = match candidates.as_slice() {
            [one] => return Ok(one),
            [] => self.suggestion(start),
            several => ambiguous(several),
        };
        Err(UnknownLayer {
            name: start.to_owned(),
            hint,
        })
    }

    fn suggestion(&self, wrong: &str) -> String {
        const SUGGESTIONS: usize = 3;
        let named = self.named();
        let mut near: Vec<_> = named
            .map(|layer| {
                (
                    strsim::jaro_winkler(wrong, &layer.path),
                    layer.path.as_str(),
                )
            })
            .collect();
        near.sort_by(|a, b| b.0.total_cmp(&a.0).then(a.1.cmp(b.1)));
        let near: Vec<_> = near
            .iter()
            .take(SUGGESTIONS)
            .map(|(_, path)| format!("`{path}`"))
            .collect();
        match near.is_empty() {
            true => "the file names no modules; name a node of its graph".to_owned(),
            false => format!("the nearest are {}", near.join(", ")),
        }
    }
}

/// The layers that a name may mean.
fn ambiguous(candidates: &[&Layer]) -> String {
    const SHOWN: usize = 8;
    let shown = candidates.iter().take(SHOWN);
    let paths: Vec<_> = shown.map(|layer| format!("`{}`", layer.path)).collect();
    let more = match candidates.len().saturating_sub(SHOWN) {
        0 => String::new(),
        more => format!(" and {more} more"),
    };
    format!(
        "{} layers begin with it: {}{more}",
        candidates.len(),
        paths.join(", ")
    )
}
