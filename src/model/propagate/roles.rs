//! What relevance does at a node, told from the graph.

use super::ACTIVATIONS;
use crate::model::graph::{Argument, Graph, Node, NodeId, ValueId};
use crate::model::operators::{Operation, find};
use crate::model::run::Program;

/// What relevance does at a node, with the names of the arguments that it is passed to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Role {
    /// A sum of inputs times weights, plus a bias.
    Weighted(Weighted),
    /// It goes on as it came: activation functions, batch norms, numbers added or multiplied.
    Kept { input: &'static str },
    /// It follows the numbers, which are moved, chosen or left out: gradients do the same.
    Moved,
    /// It is shared in proportion to what each number adds to the mean or sum.
    Averaged { input: &'static str },
    /// The same of two tensors that are added.
    Summed,
    /// It goes to what is let through, and none to the gate.
    Gated { signal: &'static str },
}

/// Names of the arguments of a sum of inputs times weights.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Weighted {
    pub input: &'static str,
    pub weight: &'static str,
    pub bias: &'static str,
    pub is_convolution: bool,
}

/// Names of the argument that most operators work on.
const INPUTS: [&str; 2] = ["self", "input"];

/// Batch norms, signs, and what PyTorch calls dropout that scales.
const KEPT: [&str; 8] = [
    "batch_norm",
    "neg",
    "negative",
    "dropout",
    "feature_dropout",
    "alpha_dropout",
    "feature_alpha_dropout",
    "positive",
];

pub(super) const MOVED: [&str; 62] = [
    "view",
    "_unsafe_view",
    "reshape",
    "_reshape_copy",
    "flatten",
    "unflatten",
    "ravel",
    "permute",
    "transpose",
    "swapdims",
    "movedim",
    "t",
    "adjoint",
    "squeeze",
    "unsqueeze",
    "expand",
    "broadcast_to",
    "repeat",
    "cat",
    "concat",
    "concatenate",
    "hstack",
    "vstack",
    "dstack",
    "stack",
    "split",
    "split_with_sizes",
    "unsafe_split",
    "unsafe_split_with_sizes",
    "split_copy",
    "tensor_split",
    "chunk",
    "unsafe_chunk",
    "unbind",
    "select",
    "slice",
    "narrow",
    "index_select",
    "clone",
    "contiguous",
    "alias",
    "alias_copy",
    "lift_fresh",
    "lift_fresh_copy",
    "to",
    "_to_copy",
    "type_as",
    "float",
    "max_pool2d",
    "max_pool2d_with_indices",
    "adaptive_max_pool2d",
    "amax",
    "pad",
    "constant_pad_nd",
    "reflection_pad2d",
    "replication_pad2d",
    "roll",
    "flip",
    "pixel_shuffle",
    "pixel_unshuffle",
    "channel_shuffle",
    "native_channel_shuffle",
];

const AVERAGED: [&str; 13] = [
    "mean",
    "sum",
    "avg_pool2d",
    "adaptive_avg_pool2d",
    "_adaptive_avg_pool2d",
    "upsample_nearest2d",
    "_upsample_nearest_exact2d",
    "upsample_bilinear2d",
    "_upsample_bilinear2d_aa",
    "upsample_bicubic2d",
    "_upsample_bicubic2d_aa",
    "im2col",
    "col2im",
];

/// Operators whose second input is added, multiplied or divided by.
const ADDING: [&str; 4] = ["add", "sub", "subtract", "rsub"];
const MULTIPLYING: [&str; 2] = ["mul", "multiply"];
const DIVIDING: [&str; 3] = ["div", "divide", "true_divide"];

/// Functions whose values lie between two bounds: what is multiplied by them is let through or held back.
const GATES: [&str; 4] = ["sigmoid", "hardsigmoid", "relu6", "hardtanh"];

/// Finds the roles of the nodes of a program.
pub struct Roles<'a> {
    program: &'a Program,
    producers: Vec<Option<NodeId>>,
}

impl<'a> Roles<'a> {
    pub fn new(program: &'a Program) -> Self {
        Self {
            program,
            producers: program.graph().producers(),
        }
    }

    fn graph(&self) -> &'a Graph {
        self.program.graph()
    }

    /// `None` where relevance does not get through.
    pub fn role(&self, node: &Node) -> Option<Role> {
        let base = base(node);
        if let Some(weighted) = weighted(base) {
            // Of two activations there is no weight: attention, for example. Nor is one a bias.
            let fits = self.is_activation(node, weighted.input)
                && ![weighted.weight, weighted.bias]
                    .iter()
                    .any(|name| self.is_activation(node, name));
            return fits.then_some(Role::Weighted(weighted));
        }
        if MOVED.contains(&base) {
            return Some(Role::Moved);
        }
        if node.outputs.len() != 1 {
            return None;
        }
        let input = INPUTS
            .into_iter()
            .find(|name| self.is_activation(node, name));
        if ACTIVATIONS.contains(&base) || KEPT.contains(&base) {
            return input.map(|input| Role::Kept { input });
        }
        if AVERAGED.contains(&base) {
            return input.map(|input| Role::Averaged { input });
        }
        let both = self.is_activation(node, "self") && self.is_activation(node, "other");
        if !both {
            let only = ["self", "other"]
                .into_iter()
                .find(|name| self.is_activation(node, name))?;
            let is_kept = ADDING.contains(&base)
                || MULTIPLYING.contains(&base)
                || (DIVIDING.contains(&base) && only == "self");
            return is_kept.then_some(Role::Kept { input: only });
        }
        if ADDING.contains(&base) {
            return Some(Role::Summed);
        }
        let signal = match (self.is_gate(node, "self"), self.is_gate(node, "other")) {
            (false, true) => "self",
            (true, false) => "other",
            _ => return None,
        };
        MULTIPLYING
            .contains(&base)
            .then_some(Role::Gated { signal })
    }

    /// Whether an argument is a tensor that is not made of weights only.
    fn is_activation(&self, node: &Node, name: &str) -> bool {
        match node.argument(name) {
            Some(Argument::Tensor(value)) => !self.program.is_weight(*value),
            _ => false,
        }
    }

    /// Whether an argument comes from a function between two bounds, moved or scaled since.
    fn is_gate(&self, node: &Node, name: &str) -> bool {
        let Some(Argument::Tensor(value)) = node.argument(name) else {
            return false;
        };
        let Some(producer) = self.producers[value.0] else {
            return false;
        };
        let before = &self.graph().nodes[producer.0];
        let base = base(before);
        let is_passed_over = MOVED.contains(&base)
            || ((MULTIPLYING.contains(&base) || DIVIDING.contains(&base))
                && !self.is_activation(before, "other"));
        GATES.contains(&base) || (is_passed_over && self.is_gate(before, "self"))
    }

    /// Nodes of the role `Weighted` to which the photo comes without another of them.
    pub fn first(&self) -> Vec<NodeId> {
        let graph = self.graph();
        let mut depends = vec![false; graph.values.len()];
        let mut is_behind = vec![false; graph.values.len()];
        depends[graph.input.0] = true;
        let mut first = Vec::new();
        for (index, node) in graph.nodes.iter().enumerate() {
            let inputs = node.inputs();
            let comes = inputs.iter().any(|value| depends[value.0]);
            let behind = inputs.iter().any(|value| is_behind[value.0]);
            let is_weighted = comes && matches!(self.role(node), Some(Role::Weighted(_)));
            if is_weighted && !behind {
                first.push(NodeId(index));
            }
            for output in &node.outputs {
                depends[output.0] = comes;
                is_behind[output.0] = behind || is_weighted;
            }
        }
        first
    }
}

fn base(node: &Node) -> &str {
    node.operator_base().trim_end_matches('_')
}

fn weighted(base: &str) -> Option<Weighted> {
    let (input, weight, bias, is_convolution) = match base {
        "conv2d" | "convolution" | "conv_transpose2d" => ("input", "weight", "bias", true),
        "linear" => ("input", "weight", "bias", false),
        "addmm" => ("mat1", "mat2", "self", false),
        "mm" | "bmm" => ("self", "mat2", "bias", false),
        "matmul" => ("self", "other", "bias", false),
        _ => return None,
    };
    Some(Weighted {
        input,
        weight,
        bias,
        is_convolution,
    })
}

/// The nodes between input and scores that relevance does not get through: operator, node and module of each.
pub fn without_role(program: &Program, scores: NodeId) -> Vec<String> {
    let roles = Roles::new(program);
    let has_role = |node: &Node| roles.role(node).is_some();
    missing(program, scores, (&has_role, &|_| false), &|node| {
        passed_to(roles.role(node), node)
    })
}

/// What holds for a node or not.
type OfNode<'a> = &'a dyn Fn(&Node) -> bool;

/// The nodes on the way back from the scores to the input for which there is no rule, with the values that a node
/// passes relevance to. What a constant makes is a constant: a mask of the input's size, for example.
pub(super) fn missing(
    program: &Program,
    scores: NodeId,
    (has_rule, is_constant): (OfNode, OfNode),
    passed_to: &dyn Fn(&Node) -> Vec<ValueId>,
) -> Vec<String> {
    let graph = program.graph();
    let mut depends = vec![false; graph.values.len()];
    depends[graph.input.0] = true;
    for node in &graph.nodes {
        let comes = node.inputs().iter().any(|value| depends[value.0]);
        let is_number = matches!(
            find(&node.operator),
            Some(Operation::Number(_) | Operation::Check)
        );
        for output in &node.outputs {
            depends[output.0] = comes && !is_number && !is_constant(node);
        }
    }
    let mut leads = vec![false; graph.values.len()];
    let mut found = Vec::new();
    for (index, node) in graph.nodes.iter().enumerate().rev() {
        let is_read = index == scores.0 || node.outputs.iter().any(|value| leads[value.0]);
        if !is_read || !node.outputs.iter().any(|value| depends[value.0]) {
            continue;
        }
        if !has_rule(node) {
            found.push(node.place());
        }
        for value in passed_to(node) {
            leads[value.0] = true;
        }
    }
    found.reverse();
    found
}

/// The values that relevance is passed to.
fn passed_to(role: Option<Role>, node: &Node) -> Vec<ValueId> {
    let of = |name: &str| node.argument(name).map_or_else(Vec::new, Argument::values);
    match role {
        Some(Role::Weighted(weighted)) => of(weighted.input),
        Some(Role::Kept { input } | Role::Averaged { input }) => of(input),
        Some(Role::Gated { signal }) => of(signal),
        Some(Role::Moved | Role::Summed) | None => node.inputs(),
    }
}
