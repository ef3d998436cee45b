//! Whether weights are those of a graph, by name and shape, and what is wrong if they are not.

use std::collections::{BTreeMap, BTreeSet};

use tch::Tensor;

use super::architecture::Architecture;
use super::state_dict::without_prefix;
use super::weight_fault::WeightFault;
use super::weight_names::{counts_batches, is_unused, renamed};
use crate::model::graph::{Graph, Node, StoredKind};

impl Architecture {
    /// The weights under the names that the graph has for them, without those that it does not use and
    /// with what no state dict holds.
    pub fn adapted(&self, weights: BTreeMap<String, Tensor>) -> BTreeMap<String, Tensor> {
        let stored: BTreeSet<&str> = self
            .graph
            .stored
            .iter()
            .map(|stored| stored.name.as_str())
            .collect();
        let known = |name: &str| stored.contains(name);
        let weights = without_prefix(weights, |name| {
            known(name) || known(&renamed(name, &self.renamed))
        });
        let mut adapted = BTreeMap::new();
        for (name, tensor) in weights {
            let name = match known(&name) {
                true => name,
                false => renamed(&name, &self.renamed),
            };
            if known(&name) || !is_unused(&name, &self.unused) {
                adapted.insert(name, tensor);
            }
        }
        for (name, tensor) in &self.constants {
            adapted.insert(name.clone(), tensor.shallow_clone());
        }
        adapted
    }

    /// Everything that keeps these weights from being the ones of this graph: names that are missing or
    /// too many and shapes that differ. The number of classes is up to the weights.
    pub fn faults(&self, weights: &BTreeMap<String, Tensor>) -> Vec<WeightFault> {
        let fault = |weight: &str, text: String| WeightFault {
            weight: weight.to_owned(),
            text,
        };
        let head = head(&self.graph);
        let mut faults = Vec::new();
        for stored in &self.graph.stored {
            let name = stored.name.as_str();
            let Some(tensor) = weights.get(name) else {
                if !counts_batches(name) && stored.kind != StoredKind::Constant {
                    faults.push(fault(name, format!("`{name}` is missing")));
                }
                continue;
            };
            let Some(expected) = &stored.sizes else {
                continue;
            };
            let got = tensor.size();
            let free = usize::from(self.classes_are_free && head.contains(&name));
            let sizes = expected.iter().zip(&got).skip(free);
            let same = expected.len() == got.len()
                && sizes.into_iter().all(|(e, g)| e.is_none_or(|e| e == *g));
            if !same {
                let shape = shape(expected);
                faults.push(fault(
                    name,
                    format!("`{name}` is {got:?} instead of {shape}"),
                ));
            }
        }
        if let [weight, bias] = head.as_slice()
            && let (Some(weight_tensor), Some(bias_tensor)) =
                (weights.get(*weight), weights.get(*bias))
            && weight_tensor.size().first() != bias_tensor.size().first()
        {
            let text = format!("`{weight}` and `{bias}` have different numbers of classes");
            faults.push(fault(weight, text));
        }
        let known = |name: &str| self.graph.stored.iter().any(|stored| stored.name == name);
        let unexpected = weights
            .keys()
            .filter(|name| !known(name) && !counts_batches(name));
        faults.extend(unexpected.map(|name| fault(name, format!("`{name}` is unexpected"))));
        faults
    }
}

/// Weight and bias of the last layer that has any: what decides the number of classes.
pub fn head(graph: &Graph) -> Vec<&str> {
    let parameter = |value| {
        let mut stored = graph.stored.iter();
        stored.find(|stored| stored.value == value && stored.kind == StoredKind::Parameter)
    };
    let of_node = |node: &Node| -> Vec<&str> {
        let values = node.inputs().into_iter();
        values
            .filter_map(parameter)
            .map(|stored| stored.name.as_str())
            .collect()
    };
    let nodes = graph.nodes.iter().rev();
    nodes
        .map(of_node)
        .find(|names| !names.is_empty())
        .unwrap_or_default()
}

fn shape(sizes: &[Option<i64>]) -> String {
    let sizes: Vec<_> = sizes
        .iter()
        .map(|size| size.map_or("any".to_owned(), |size| size.to_string()))
        .collect();
    format!("[{}]", sizes.join(", "))
}
