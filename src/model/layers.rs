//! The numbered table of layers, and finding one by number or path.

use std::collections::{BTreeMap, BTreeSet};

use super::error::ModelError;
use super::graph::{Graph, StoredKind, ValueId};
use super::receptive_field::{Seen, receptive_fields};
use super::run::Program;
use super::{Layer, LayerName, NodeId};

/// All that can be named in a network.
pub struct Layers {
    /// Leaf modules in the order they run.
    leaves: Vec<Layer>,
    /// Modules that hold others, then the nodes of the graph by their own names. Their number is that
    /// of the last leaf that runs before their output is there.
    others: Vec<Layer>,
    /// How many of `others` are modules.
    modules: usize,
    /// What each node of the graph sees of the photo.
    seen: Vec<Option<Seen>>,
}

/// One run of a module.
struct Call {
    path: String,
    class: String,
    /// The last node that gives one tensor.
    output: Option<NodeId>,
}

impl Layers {
    /// `shapes` of every node's output for a batch of 1, from a dry pass on an input of `input_shape`.
    pub fn new(program: &Program, input_shape: [i64; 3], shapes: &[Option<Vec<i64>>]) -> Self {
        let graph = program.graph();
        let containers = containers(graph);
        let sizes = parameter_sizes(program);
        let mut times: BTreeMap<String, usize> = BTreeMap::new();
        let (mut leaves, mut modules) = (Vec::new(), Vec::new());
        for call in calls(graph, shapes) {
            let Some(node) = call.output else { continue };
            let time = times.entry(call.path.clone()).or_default();
            *time += 1;
            let layer = Layer {
                number: leaves.len(),
                path: if *time == 1 {
                    call.path.clone()
                } else {
                    format!("{}#{time}", call.path)
                },
                kind: call.class.rsplit('.').next().unwrap_or_default().to_owned(),
                node,
                output_shape: shapes[node.0].clone().unwrap_or_default(),
                parameters: parameters_below(&sizes, &call.path),
            };
            let kind = if containers.contains(&call.path) {
                &mut modules
            } else {
                &mut leaves
            };
            kind.push(layer);
        }
        let count = modules.len();
        let mut others = modules;
        others.extend(graph.nodes.iter().zip(shapes).enumerate().filter_map(
            |(index, (node, shape))| {
                Some(Layer {
                    number: 0,
                    path: node.name.clone(),
                    kind: node.operator_base().to_owned(),
                    node: NodeId(index),
                    output_shape: shape.clone()?,
                    parameters: 0,
                })
            },
        ));
        for other in &mut others {
            let before = leaves.iter().rfind(|leaf| leaf.node <= other.node);
            other.number = before.map_or(0, |leaf| leaf.number);
        }
        Self {
            leaves,
            others,
            modules: count,
            seen: receptive_fields(graph, input_shape, shapes, &|value| {
                stored_sizes(program, value)
            }),
        }
    }

    pub fn leaves(&self) -> &[Layer] {
        &self.leaves
    }

    /// Modules that hold others.
    pub fn containers(&self) -> &[Layer] {
        &self.others[..self.modules]
    }

    /// Every node that gives one tensor, by its own name.
    pub fn nodes(&self) -> &[Layer] {
        &self.others[self.modules..]
    }

    /// What a node sees of the photo; `None` where its output does not depend on it.
    pub fn seen(&self, node: NodeId) -> Option<Seen> {
        self.seen.get(node.0).copied().flatten()
    }

    /// A leaf by number; a leaf, a module or a node by path; a leaf by the beginning of its path, where
    /// no other one begins so.
    pub fn find(&self, name: &LayerName) -> Result<&Layer, ModelError> {
        match name {
            LayerName::Number(number) => self.leaves.get(*number).ok_or_else(|| {
                let hint = match self.leaves.len() {
                    0 => "the file names no modules; name a node of its graph".to_owned(),
                    count => format!("the numbers run from 0 to {}", count - 1),
                };
                ModelError::LayerUnknown {
                    name: number.to_string(),
                    hint,
                }
            }),
            LayerName::Path(path) => {
                let mut all = self.leaves.iter().chain(&self.others);
                match all.find(|layer| layer.path == *path) {
                    Some(layer) => Ok(layer),
                    None => self.completed(path),
                }
            }
        }
    }

    /// The one leaf whose path goes on from `start`: whole names first (`layer4.1` is no `layer4.10`),
    /// then letters (`conv4` is `conv4_block1`).
    fn completed(&self, start: &str) -> Result<&Layer, ModelError> {
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
        Err(ModelError::LayerUnknown {
            name: start.to_owned(),
            hint,
        })
    }

    fn suggestion(&self, wrong: &str) -> String {
        const SUGGESTIONS: usize = 3;
        let named = self.leaves.iter().chain(&self.others[..self.modules]);
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
        "{} layers begin so: {}{more}",
        candidates.len(),
        paths.join(", ")
    )
}

/// Paths of modules whose `forward` calls other modules.
fn containers(graph: &Graph) -> BTreeSet<String> {
    let outer = graph
        .nodes
        .iter()
        .flat_map(|node| node.modules.iter().rev().skip(1));
    outer.map(|module| module.path.clone()).collect()
}

/// The runs of modules in the order they begin, the network itself left out.
fn calls(graph: &Graph, shapes: &[Option<Vec<i64>>]) -> Vec<Call> {
    let mut calls: Vec<Call> = Vec::new();
    let mut open: Vec<(&str, usize)> = Vec::new(); // key of the call, index in `calls`
    for (index, node) in graph.nodes.iter().enumerate() {
        if node.modules.is_empty() {
            continue;
        }
        let modules: Vec<_> = node
            .modules
            .iter()
            .filter(|module| !module.path.is_empty())
            .collect();
        let same = open
            .iter()
            .zip(&modules)
            .take_while(|((key, _), module)| *key == module.key);
        open.truncate(same.count());
        for module in &modules[open.len()..] {
            open.push((&module.key, calls.len()));
            let (path, class) = (module.path.clone(), module.class.clone());
            calls.push(Call {
                path,
                class,
                output: None,
            });
        }
        if shapes[index].is_some() {
            for (_, call) in &open {
                calls[*call].output = Some(NodeId(index));
            }
        }
    }
    calls
}

/// Of a weight; from the graph where it has none.
fn stored_sizes(program: &Program, value: ValueId) -> Option<Vec<i64>> {
    if let Some(tensor) = program.weight(value) {
        return Some(tensor.size());
    }
    let mut stored = program.graph().stored.iter();
    let stored = stored.find(|stored| stored.value == value)?;
    stored.sizes.as_ref()?.iter().copied().collect()
}

/// Numbers in each parameter, by state-dict name.
fn parameter_sizes(program: &Program) -> Vec<(&str, usize)> {
    let parameters = program
        .graph()
        .stored
        .iter()
        .filter(|s| s.kind == StoredKind::Parameter);
    parameters
        .map(|stored| {
            (
                stored.name.as_str(),
                program.weight(stored.value).map_or(0, |w| w.numel()),
            )
        })
        .collect()
}

fn parameters_below(sizes: &[(&str, usize)], path: &str) -> usize {
    let below = |name: &str| {
        name.strip_prefix(path)
            .is_some_and(|rest| rest.starts_with('.'))
    };
    sizes
        .iter()
        .filter(|(name, _)| below(name))
        .map(|(_, size)| size)
        .sum()
}

#[cfg(test)]
#[path = "layers_tests.rs"]
mod tests;
