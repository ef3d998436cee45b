//! The graph of the layers as it grows.

use std::collections::BTreeMap;

use crate::model::graph::{Argument, Graph, ModuleCall, Node, Stored, ValueId};
use crate::model::load::architecture::Architecture;

/// A fault of the list of layers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LayerFault {
    /// JSON pointer below the list: `/3/kernel_size`.
    pub pointer: String,
    pub message: String,
    pub hint: String,
}

/// The network of a list of layers.
#[derive(Debug)]
pub struct Sequential {
    pub architecture: Architecture,
    /// Module path and JSON pointer of each layer.
    places: Vec<(String, String)>,
}

impl Sequential {
    /// JSON pointer, below the list, of the layer that a weight belongs to; the list itself if none does.
    pub fn place_of(&self, weight: &str) -> &str {
        let below = |path: &str| {
            let rest = weight.strip_prefix(path);
            rest.is_some_and(|rest| rest.starts_with('.'))
        };
        let holding = self.places.iter().filter(|(path, _)| below(path));
        let innermost = holding.max_by_key(|(path, _)| path.len());
        innermost.map_or("", |(_, pointer)| pointer)
    }
}

/// Holds layers itself; see `Builder::walk`.
pub const CONTAINER: &str = "Sequential";

/// The graph as it grows.
pub struct Builder {
    pub graph: Graph,
    /// Of what the layers so far give, for one picture; not known behind a fault.
    pub shape: Option<Vec<i64>>,
    /// The modules round the layer that is added, from the network on.
    pub modules: Vec<ModuleCall>,
    /// How often each operator stands in the graph.
    pub counts: BTreeMap<String, usize>,
    pub places: Vec<(String, String)>,
    pub faults: Vec<LayerFault>,
}

impl Builder {
    pub fn fault(&mut self, pointer: String, message: String, hint: impl Into<String>) {
        self.faults.push(LayerFault {
            pointer,
            message,
            hint: hint.into(),
        });
        self.shape = None;
    }

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
