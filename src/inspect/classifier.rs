//! The network as it runs: scores, layers, and which methods it serves.

use serde::Serialize;

use super::methods::{self, MethodRow};
use crate::explain::Entry;
use crate::model::Model;
use crate::model::graph::ValueId;

#[derive(Debug, Serialize)]
pub struct Classifier {
    /// Channels, height and width of the input that it was tried with.
    pub input_shape: [i64; 3],
    pub output: Output,
    /// Leaf modules; 0 where the file names no modules.
    pub layers: usize,
    /// Modules and nodes of the graph that can be named besides.
    pub other_names: usize,
    pub methods: Vec<MethodRow>,
}

#[derive(Debug, Serialize)]
pub struct Output {
    /// Of the value that the network gives.
    pub name: String,
    pub classes: usize,
    /// Operators at the very end that turn scores into probabilities, the last one first; they are left
    /// out, and scores are taken before them.
    pub left_out: Vec<String>,
    /// The node that gives the scores.
    pub scores: String,
}

impl Classifier {
    pub fn of(model: &Model, entries: &[&'static Entry]) -> Self {
        Self {
            input_shape: model.input_shape(),
            output: Output::of(model),
            layers: model.layers().len(),
            other_names: model.containers().len() + model.nodes().len(),
            methods: methods::rows(model, entries),
        }
    }
}

impl Output {
    fn of(model: &Model) -> Self {
        let graph = model.graph();
        let producers = graph.producers();
        let scores = model.scores_node();
        let mut left_out = Vec::new();
        let mut value: Option<ValueId> = Some(graph.output);
        // From the output back to the scores, which the model found on the same way.
        while let Some(node) = value.and_then(|value| producers[value.0]) {
            if node == scores {
                break;
            }
            let described = &graph.nodes[node.0];
            left_out.push(described.operator.clone());
            value = described.first_input();
        }
        Self {
            name: graph.values[graph.output.0].clone(),
            classes: model.classes(),
            left_out,
            scores: graph.nodes[scores.0].name.clone(),
        }
    }
}
