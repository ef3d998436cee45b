//! The table of layers of a network: its modules and nodes, with the shapes of a pass on zeros.

use std::collections::{BTreeMap, BTreeSet};

use super::channels_last::channels_last;
use crate::model::graph::{Graph, NodeId, StoredKind, ValueId};
use crate::model::layers::{Layer, Layers};
use crate::model::receptive_field::receptive_fields;
use crate::model::run::Program;

/// `shapes` of every node's output for a batch of 1, from a pass on an input of `input_shape`.
pub fn layers(program: &Program, input_shape: [i64; 3], shapes: &[Option<Vec<i64>>]) -> Layers {
    let graph = program.graph();
    let (leaves, mut containers) = modules(program, shapes);
    let mut nodes = nodes(graph, shapes);
    for other in containers.iter_mut().chain(&mut nodes) {
        let before = leaves.iter().rfind(|leaf: &&Layer| leaf.node <= other.node);
        other.number = before.map_or(0, |leaf| leaf.number);
    }
    let fields = receptive_fields(graph, input_shape, shapes, &|value| {
        stored_sizes(program, value)
    });
    let axes = |value| stored_sizes(program, value).map(|sizes| sizes.len());
    let last = channels_last(graph, shapes, &axes);
    Layers::new(leaves, containers, nodes, fields).with_channels_last(last)
}

/// The leaf modules and those that hold others.
fn modules(program: &Program, shapes: &[Option<Vec<i64>>]) -> (Vec<Layer>, Vec<Layer>) {
    let paths = container_paths(program.graph());
    let sizes = parameter_sizes(program);
    let mut times: BTreeMap<String, usize> = BTreeMap::new();
    let (mut leaves, mut containers) = (Vec::new(), Vec::new());
    for call in calls(program.graph(), shapes) {
        let Some(node) = call.output else { continue };
        let time = times.entry(call.path.clone()).or_default();
        *time += 1;
        let layer = Layer {
            number: leaves.len(),
            path: match *time {
                1 => call.path.clone(),
                time => format!("{}#{time}", call.path),
            },
            kind: call.class.rsplit('.').next().unwrap_or_default().to_owned(),
            node,
            output_shape: shapes[node.0].clone().unwrap_or_default(),
            parameters: parameters_below(&sizes, &call.path),
        };
        match paths.contains(&call.path) {
            true => containers.push(layer),
            false => leaves.push(layer),
        }
    }
    (leaves, containers)
}

/// The nodes that give one tensor.
fn nodes(graph: &Graph, shapes: &[Option<Vec<i64>>]) -> Vec<Layer> {
    let nodes = graph.nodes.iter().zip(shapes).enumerate();
    nodes
        .filter_map(|(index, (node, shape))| {
            Some(Layer {
                number: 0,
                path: node.name.clone(),
                kind: node.operator_base().to_owned(),
                node: NodeId(index),
                output_shape: shape.clone()?,
                parameters: 0,
            })
        })
        .collect()
}

/// One run of a module.
struct Call {
    path: String,
    class: String,
    /// The last node that gives one tensor.
    output: Option<NodeId>,
}

/// Paths of modules whose `forward` calls other modules.
fn container_paths(graph: &Graph) -> BTreeSet<String> {
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

/// Number of elements of each parameter, by state-dict name.
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
#[path = "table_tests.rs"]
mod tests;
