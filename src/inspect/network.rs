//! The network as the file has it, before it runs: inputs, weights, operators.

use std::collections::BTreeMap;

use serde::Serialize;

use crate::model::graph::{Node, StoredKind};
use crate::model::load::Loaded;
use crate::model::operators;

#[derive(Debug, Serialize)]
pub struct Network {
    pub input: Input,
    /// Number of elements of all parameters.
    pub parameters: usize,
    /// Of parameters, buffers and constants, by type.
    pub weights: Vec<WeightKind>,
    pub nodes: usize,
    /// The most frequent first, then by name.
    pub operators: Vec<OperatorCount>,
    /// Every node that cannot run.
    pub unsupported: Vec<Unsupported>,
}

#[derive(Debug, Serialize)]
pub struct Input {
    pub name: String,
    /// [N, C, H, W]; null for a size that may vary, empty where the file does not say.
    pub shape: Vec<Option<i64>>,
    /// Whether any number of pictures can run at once.
    pub free_batch: bool,
}

#[derive(Debug, Serialize)]
pub struct WeightKind {
    /// `float32`, `int64`, …
    pub dtype: String,
    pub tensors: usize,
    pub numbers: usize,
}

#[derive(Debug, Serialize)]
pub struct OperatorCount {
    pub operator: String,
    pub count: usize,
    pub runs: bool,
}

#[derive(Debug, Serialize)]
pub struct Unsupported {
    pub operator: String,
    pub node: String,
    /// Path of the innermost module; empty for the network's own `forward`.
    pub module: String,
}

impl Network {
    pub fn of(loaded: &Loaded) -> Self {
        let graph = &loaded.graph;
        let batch = graph.input_sizes.first().copied().flatten();
        Self {
            input: Input {
                name: graph.values[graph.input.0].clone(),
                shape: graph.input_sizes.clone(),
                free_batch: batch.is_none(),
            },
            parameters: loaded.provenance.parameters,
            weights: weight_kinds(loaded),
            nodes: graph.nodes.len(),
            operators: counts(&graph.nodes),
            unsupported: graph.nodes.iter().filter_map(unsupported).collect(),
        }
    }
}

fn weight_kinds(loaded: &Loaded) -> Vec<WeightKind> {
    let mut kinds: BTreeMap<String, (usize, usize)> = BTreeMap::new();
    let named = loaded.graph.stored.iter();
    let stored = named.filter(|stored| match stored.kind {
        StoredKind::Parameter | StoredKind::Buffer | StoredKind::Constant => true,
    });
    for tensor in stored.filter_map(|stored| loaded.weights.get(&stored.name)) {
        let (tensors, numbers) = kinds.entry(dtype(tensor.kind())).or_default();
        *tensors += 1;
        *numbers += tensor.numel();
    }
    let mut found: Vec<_> = kinds
        .into_iter()
        .map(|(dtype, (tensors, numbers))| WeightKind {
            dtype,
            tensors,
            numbers,
        })
        .collect();
    found.sort_by_key(|kind| std::cmp::Reverse(kind.numbers)); // stable
    found
}

/// As PyTorch calls it.
fn dtype(kind: tch::Kind) -> String {
    use tch::Kind;
    let known = match kind {
        Kind::Float => "float32",
        Kind::Double => "float64",
        Kind::Half => "float16",
        Kind::BFloat16 => "bfloat16",
        Kind::Int64 => "int64",
        Kind::Int => "int32",
        Kind::Int16 => "int16",
        Kind::Int8 => "int8",
        Kind::Uint8 => "uint8",
        Kind::Bool => "bool",
        other => return format!("{other:?}").to_lowercase(),
    };
    known.to_owned()
}

fn counts(nodes: &[Node]) -> Vec<OperatorCount> {
    let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
    for node in nodes {
        *counts.entry(&node.operator).or_default() += 1;
    }
    let mut found: Vec<_> = counts
        .into_iter()
        .map(|(operator, count)| OperatorCount {
            operator: operator.to_owned(),
            count,
            runs: operators::find(operator).is_some(),
        })
        .collect();
    found.sort_by_key(|operator| std::cmp::Reverse(operator.count)); // stable
    found
}

fn unsupported(node: &Node) -> Option<Unsupported> {
    operators::find(&node.operator)
        .is_none()
        .then(|| Unsupported {
            operator: node.operator.clone(),
            node: node.name.clone(),
            module: node.module_path().to_owned(),
        })
}
