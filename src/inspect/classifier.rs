//! The network as it runs: scores, layers, and which methods it serves.

use serde::Serialize;

use super::methods::{self, MethodRow};
use crate::explain::Entry;
use crate::model::{Model, ModelFacts};

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
            output: Output::of(model.facts()),
            layers: model.layers().len(),
            other_names: model.containers().len() + model.nodes().len(),
            methods: methods::rows(model.facts(), entries),
        }
    }
}

impl Output {
    fn of(facts: &ModelFacts) -> Self {
        Self {
            name: facts.output.name.clone(),
            classes: facts.classes,
            left_out: facts.output.left_out.clone(),
            scores: facts.output.scores_name.clone(),
        }
    }
}
