//! The graph of the layers as it grows.

use std::collections::BTreeMap;

use super::{Builder, CONTAINER, LayerFault, Sequential};
use crate::model::graph::{Argument, Graph, ModuleCall, Node, Stored, ValueId};
use crate::model::load::architecture::Architecture;

impl Builder {
    pub fn new(input_shape: [i64; 3]) -> Self {
        Self {
            graph: Graph {
                values: vec!["x".to_owned()],
                nodes: Vec::new(),
                input: ValueId(0),
                input_sizes: [None].into_iter().chain(input_shape.map(Some)).collect(),
                stored: Vec::new(),
                output: ValueId(0),
            },
            shape: Some(input_shape.to_vec()),
            modules: vec![module(String::new(), "container", CONTAINER)],
            counts: BTreeMap::new(),
            places: Vec::new(),
            faults: Vec::new(),
        }
    }

    pub fn finish(self, input_shape: [i64; 3]) -> Result<Sequential, Vec<LayerFault>> {
        if !self.faults.is_empty() {
            return Err(self.faults);
        }
        let [channels, height, width] = input_shape;
        Ok(Sequential {
            architecture: Architecture {
                title: "the layers".to_owned(),
                name: format!("layers of report.yaml, input {channels} × {height} × {width}"),
                graph: self.graph,
                torch_version: None,
                input: None,
                constants: BTreeMap::new(),
                unused: Vec::new(),
                renamed: Vec::new(),
                classes_are_free: false,
            },
            places: self.places,
        })
    }

    /// Adds a value that the weights hold.
    pub fn store(&mut self, stored: impl FnOnce(ValueId) -> Stored) -> ValueId {
        let value = ValueId(self.graph.values.len());
        let stored = stored(value);
        self.graph.values.push(format!("stored_{}", stored.name));
        self.graph.stored.push(stored);
        value
    }

    /// Adds a call of an operator on what the layers so far give.
    pub fn call(&mut self, operator: &str, arguments: Vec<(String, Argument)>) {
        let base = operator.split('.').nth(1).unwrap_or(operator).to_owned();
        let count = self.counts.entry(base.clone()).or_default();
        let name = match *count {
            0 => base,
            count => format!("{base}_{count}"),
        };
        *count += 1;
        let output = ValueId(self.graph.values.len());
        self.graph.values.push(name.clone());
        self.graph.nodes.push(Node {
            name,
            operator: operator.to_owned(),
            arguments,
            outputs: vec![output],
            modules: self.modules.clone(),
        });
        self.graph.output = output;
    }
}

/// A module of PyTorch's own.
pub fn module(path: String, module: &str, class: &str) -> ModuleCall {
    ModuleCall {
        key: path.clone(),
        path,
        class: format!("torch.nn.modules.{module}.{class}"),
    }
}
