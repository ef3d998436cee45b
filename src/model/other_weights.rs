//! The same network with other weights, and which weights come last.

use std::collections::{BTreeMap, BTreeSet};

use tch::Tensor;

use super::error::ModelError;
use super::graph::StoredKind;
use super::network::Model;
use super::run::Program;

impl Model {
    /// A network of the same graph with other tensors in the place of the weights that `others` names; the file's own
    /// for the rest, shared and not copied. Facts are those of this network. An error where libtorch has no memory.
    pub fn with_weights(&self, mut others: BTreeMap<String, Tensor>) -> Result<Self, ModelError> {
        let mut all = BTreeMap::new();
        for (name, tensor) in self.weights() {
            let other = others.remove(name);
            all.insert(
                name.to_owned(),
                other.unwrap_or_else(|| tensor.shallow_clone()),
            );
        }
        let program = Program::new(self.graph().clone(), all, self.device())?;
        Ok(Self {
            program: program.giving(self.facts.at_once),
            facts: self.facts.clone(),
            device: self.device,
            precision: self.precision,
        })
    }

    /// Weights and bias of the last layer, by state-dict name, the weights first: the parameters that are read by the
    /// last node up to the scores that reads one of two dimensions or more. Empty where there is none.
    pub fn last_weights(&self) -> Vec<(&str, &Tensor)> {
        let mut layers = self.weights_from_last().into_iter();
        layers.next().unwrap_or_default()
    }

    /// The same of every layer, the last one first. Weights that several nodes read stand at the last of these.
    pub fn weights_from_last(&self) -> Vec<Vec<(&str, &Tensor)>> {
        let graph = self.graph();
        let parameters: BTreeMap<_, _> = graph
            .stored
            .iter()
            .filter(|stored| stored.kind == StoredKind::Parameter)
            .filter_map(|stored| {
                let tensor = self.program.weight(stored.value)?;
                Some((stored.value, (stored.name.as_str(), tensor)))
            })
            .collect();
        let upto = graph.nodes.iter().take(self.scores_node().0 + 1).rev();
        let read = upto.map(|node| {
            let values = node.inputs().into_iter();
            let mut read: Vec<_> = values
                .filter_map(|value| parameters.get(&value).copied())
                .collect();
            read.sort_by_key(|(_, tensor)| std::cmp::Reverse(tensor.dim()));
            read
        });
        let is_layer =
            |read: &Vec<(&str, &Tensor)>| read.first().is_some_and(|(_, tensor)| tensor.dim() >= 2);
        let mut known = BTreeSet::new();
        let mut layers = Vec::new();
        for layer in read.filter(is_layer) {
            if known.insert(layer[0].0) {
                layers.push(layer);
            }
        }
        layers
    }
}
