//! The graph of a network: an ordered list of operators over named values.

use serde::{Deserialize, Serialize};

/// A node of the graph, in the order of execution.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct NodeId(pub usize);

/// A tensor or a size that flows through the graph: an input, a weight or an output of a node.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ValueId(pub usize);

/// A size, which may only be known when the network runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Size {
    Known(i64),
    /// What a node such as `sym_size` computed.
    Value(ValueId),
    /// The number of pictures in the batch that is run.
    Batch,
}

/// What an operator is given, as the exported program writes it.
#[derive(Debug, Clone, PartialEq)]
pub enum Argument {
    None,
    Tensor(ValueId),
    /// A list in which a tensor may be missing.
    Tensors(Vec<Option<ValueId>>),
    Size(Size),
    Sizes(Vec<Size>),
    Float(f64),
    Floats(Vec<f64>),
    Bool(bool),
    Text(String),
    /// A type of number, in the numbering of the exported program's schema (7 is float32).
    ScalarType(i64),
    MemoryFormat(i64),
    Device,
    /// A kind of argument that no operator of ours reads, by its tag.
    Other(String),
}

/// One call of a module, from the outermost to the innermost in [`Node::modules`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ModuleCall {
    /// Tells calls of one module apart: a second call has another key.
    pub key: String,
    /// Path within the network, `layer1.0.conv1`; empty for the network itself.
    pub path: String,
    /// Class as Python names it, `torch.nn.modules.conv.Conv2d`.
    pub class: String,
}

/// One call of an operator.
#[derive(Debug, Clone, PartialEq)]
pub struct Node {
    /// Unique in the graph: `conv2d_1`, `cat`.
    pub name: String,
    /// Schema name: `aten.conv2d.default`.
    pub operator: String,
    /// By the argument names of the operator's schema, in its order.
    pub arguments: Vec<(String, Argument)>,
    pub outputs: Vec<ValueId>,
    /// The modules whose `forward` made this call; empty where the file does not say.
    pub modules: Vec<ModuleCall>,
}

/// Where a value that is not computed comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum StoredKind {
    Parameter,
    /// Kept with the weights, not learned: the running mean of a batch norm.
    Buffer,
    /// What no state dict holds: a tensor that the exporter found in the code, a buffer that is not saved.
    Constant,
}

/// A weight as the graph names it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stored {
    pub value: ValueId,
    /// Name in the state dict: `layer1.0.conv1.weight`.
    pub name: String,
    pub kind: StoredKind,
    /// As exported; empty entries are not known beforehand. `None` where the file does not say.
    pub sizes: Option<Vec<Option<i64>>>,
}

/// A network of one input and one output.
#[derive(Debug, Clone, PartialEq)]
pub struct Graph {
    /// Names of all values; a [`ValueId`] is an index into it.
    pub values: Vec<String>,
    /// In the order of execution: a node comes after those it reads from.
    pub nodes: Vec<Node>,
    pub input: ValueId,
    /// What the network was exported with; `None` for a size that may vary.
    pub input_sizes: Vec<Option<i64>>,
    pub stored: Vec<Stored>,
    pub output: ValueId,
}

impl Argument {
    /// The values that the argument reads.
    pub fn values(&self) -> Vec<ValueId> {
        let of_size = |size: &Size| match size {
            Size::Value(value) => Some(*value),
            Size::Known(_) | Size::Batch => None,
        };
        match self {
            Argument::Tensor(value) => vec![*value],
            Argument::Tensors(values) => values.iter().flatten().copied().collect(),
            Argument::Size(size) => of_size(size).into_iter().collect(),
            Argument::Sizes(sizes) => sizes.iter().filter_map(of_size).collect(),
            Argument::None
            | Argument::Float(_)
            | Argument::Floats(_)
            | Argument::Bool(_)
            | Argument::Text(_)
            | Argument::ScalarType(_)
            | Argument::MemoryFormat(_)
            | Argument::Device
            | Argument::Other(_) => Vec::new(),
        }
    }

    /// Reads `to` where it read `from`.
    pub fn rename(&mut self, from: ValueId, to: ValueId) {
        let renamed = |value: &mut ValueId| {
            if *value == from {
                *value = to;
            }
        };
        match self {
            Argument::Tensor(value) => renamed(value),
            Argument::Tensors(values) => values.iter_mut().flatten().for_each(renamed),
            _ => {}
        }
    }
}

impl Node {
    pub fn argument(&self, name: &str) -> Option<&Argument> {
        self.arguments
            .iter()
            .find(|(n, _)| n == name)
            .map(|(_, argument)| argument)
    }

    /// The values that the node reads.
    pub fn inputs(&self) -> Vec<ValueId> {
        self.arguments
            .iter()
            .flat_map(|(_, argument)| argument.values())
            .collect()
    }

    /// The tensor that the node works on: the first it reads.
    pub fn first_input(&self) -> Option<ValueId> {
        self.inputs().first().copied()
    }

    /// Path of the innermost module; empty in the network's own `forward`.
    pub fn module_path(&self) -> &str {
        self.modules.last().map_or("", |module| &module.path)
    }

    /// The innermost module in an error text: in backticks, or `the network itself`.
    pub fn module_title(&self) -> String {
        match self.module_path() {
            "" => "the network itself".to_owned(),
            path => format!("`{path}`"),
        }
    }

    /// Operator, name and module in an error text: `` `aten.foo.default` (node `foo_1` in `layer1.0`) ``.
    pub fn place(&self) -> String {
        let module = self.module_title();
        format!("`{}` (node `{}` in {module})", self.operator, self.name)
    }

    /// Name of the operator without namespace and overload: `conv2d` of `aten.conv2d.default`.
    pub fn operator_base(&self) -> &str {
        self.operator.split('.').nth(1).unwrap_or(&self.operator)
    }

    /// PyTorch marks operators that overwrite their input with a closing underscore.
    pub fn in_place(&self) -> bool {
        let base = self.operator_base();
        base.ends_with('_') && !base.ends_with("__")
    }
}

impl Graph {
    /// Height and width, where both were fixed.
    pub fn exported_size(&self) -> Option<[i64; 2]> {
        let side = |axis: usize| self.input_sizes.get(axis).copied().flatten();
        Some([side(2)?, side(3)?])
    }

    /// Whether the node asks how many pictures the network's input holds.
    pub fn counts_pictures(&self, node: NodeId) -> bool {
        let node = &self.nodes[node.0];
        node.operator == "aten.sym_size.int"
            && node.first_input() == Some(self.input)
            && node.argument("dim") == Some(&Argument::Size(Size::Known(0)))
    }

    /// The node that computes each value; `None` for inputs and weights.
    pub fn producers(&self) -> Vec<Option<NodeId>> {
        let mut producers = vec![None; self.values.len()];
        for (index, node) in self.nodes.iter().enumerate() {
            for output in &node.outputs {
                producers[output.0] = Some(NodeId(index));
            }
        }
        producers
    }
}
