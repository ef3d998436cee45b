//! Nodes that hand the values of their input on, whatever shape, type or memory they put them in.

use super::tried::{Tried, base};
use crate::model::graph::{Argument, Node, NodeId, Size, ValueId};

/// Of which values a node is the identity.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Preserves {
    All,
    /// Of probabilities: a clamp to 0..1.
    Probabilities,
}

/// How far from 0 and 1 the ends of a clamp may lie that keeps logarithms finite.
const CLAMP_MARGIN: f64 = 1e-6;

/// Operators that give what they are given, other memory or another float type.
const COPIES: &[&str] = &[
    "alias",
    "clone",
    "contiguous",
    "detach",
    "lift_fresh_copy",
    "dropout", // only networks in evaluation run
    "feature_dropout",
    "alpha_dropout",
    "to",
    "_to_copy",
    "type_as",
    "identity",
];

/// Operators that do so where they leave as many numbers as there were.
const RESHAPES: &[&str] = &[
    "view",
    "_unsafe_view",
    "reshape",
    "flatten",
    "unflatten",
    "squeeze",
    "unsqueeze",
    "expand",
    "select",
    "slice",
    "narrow",
    "cat",
    "mean", // over sizes of 1
    "sum",
];

/// Layers of weights.
const LAYERS: &[&str] = &[
    "linear",
    "addmm",
    "mm",
    "matmul",
    "bmm",
    "conv1d",
    "conv2d",
    "convolution",
];

/// Operators that give c·y for c·x, c > 0.
const HOMOGENEOUS: &[&str] = &[
    "relu",
    "mean",
    "sum",
    "amax",
    "avg_pool2d",
    "adaptive_avg_pool2d",
    "_adaptive_avg_pool2d",
    "max_pool2d",
    "adaptive_max_pool2d",
];

/// The input whose values the node gives again.
pub fn value_preserved(tried: &Tried, id: NodeId) -> Option<(ValueId, Preserves)> {
    let node = tried.node(id);
    let input = match base(node) {
        "add" | "sub" | "mul" | "div" => return neutral(tried, id),
        "clamp" | "clamp_min" | "clamp_max" | "hardtanh" => {
            return clamps_probabilities(node)
                .then_some((node.first_input()?, Preserves::Probabilities));
        }
        name if COPIES.contains(&name) => node.first_input()?,
        name if RESHAPES.contains(&name) => same_numbers(tried, id, node.first_input()?)?,
        "permute" | "transpose" | "t" => {
            let longer = tried.shape(id)?.iter().filter(|size| **size != 1).count();
            (longer <= 1).then_some(node.first_input()?)?
        }
        _ => return None,
    };
    keeps_floats(node).then_some((input, Preserves::All))
}

/// Whether the numbers come from a layer of weights through nothing that bounds them.
pub fn unbounded(tried: &Tried, start: NodeId) -> bool {
    let mut at = Some(start);
    while let Some(id) = at {
        let node = tried.node(id);
        let weights = |value: &ValueId| tried.program.weight(*value).is_some();
        if LAYERS.contains(&base(node)) {
            return node.inputs().iter().any(weights);
        }
        let biased = matches!(base(node), "add" | "sub") && node.inputs().iter().any(weights);
        at = match value_preserved(tried, id) {
            Some((value, Preserves::All)) => tried.producer(value),
            Some((_, Preserves::Probabilities)) => None,
            None if HOMOGENEOUS.contains(&base(node)) => {
                node.first_input().and_then(|value| tried.producer(value))
            }
            None if biased => node
                .inputs()
                .iter()
                .find_map(|value| tried.producer(*value)),
            None => None,
        };
    }
    false
}

/// `input`, where the node gives as many numbers as it is given.
fn same_numbers(tried: &Tried, id: NodeId, input: ValueId) -> Option<ValueId> {
    let count = |shape: &[i64]| shape.iter().product::<i64>();
    let before = count(tried.shape(tried.producer(input)?)?);
    (before == count(tried.shape(id)?)).then_some(input)
}

/// x + 0, x − 0, x · 1 and x / 1.
fn neutral(tried: &Tried, id: NodeId) -> Option<(ValueId, Preserves)> {
    let node = tried.node(id);
    let operator = base(node);
    let wanted = if matches!(operator, "add" | "sub") {
        0.0
    } else {
        1.0
    };
    let (left, right) = (node.argument("self")?, node.argument("other")?);
    let is = |argument: &Argument| constant(tried, argument) == Some(wanted);
    let input = match (left, right) {
        (Argument::Tensor(value), right) if is(right) => *value,
        (left, Argument::Tensor(value)) if is(left) && matches!(operator, "add" | "mul") => *value,
        _ => return None,
    };
    let alpha = node
        .argument("alpha")
        .and_then(|alpha| constant(tried, alpha));
    if wanted == 0.0 && alpha.is_some_and(|alpha| alpha != 1.0)
        || node
            .argument("rounding_mode")
            .is_some_and(|mode| *mode != Argument::None)
    {
        return None;
    }
    same_numbers(tried, id, input).map(|input| (input, Preserves::All))
}

/// The number that an argument is everywhere.
fn constant(tried: &Tried, argument: &Argument) -> Option<f64> {
    match argument {
        Argument::Float(value) => Some(*value),
        Argument::Size(Size::Known(value)) => Some(*value as f64),
        Argument::Tensor(value) => {
            let tensor = tried.program.weight(*value)?;
            let (low, high) = (tensor.f_min().ok()?, tensor.f_max().ok()?);
            let (low, high) = (
                low.f_double_value(&[]).ok()?,
                high.f_double_value(&[]).ok()?,
            );
            (low == high).then_some(low)
        }
        _ => None,
    }
}

/// Whether every probability lies between the bounds, to a margin.
fn clamps_probabilities(node: &Node) -> bool {
    let bound = |names: [&str; 2]| {
        let argument = names.iter().find_map(|name| node.argument(name));
        match argument {
            None | Some(Argument::None) => Some(None),
            Some(Argument::Float(bound)) => Some(Some(*bound)),
            Some(Argument::Size(Size::Known(bound))) => Some(Some(*bound as f64)),
            Some(_) => None, // computed
        }
    };
    let (Some(low), Some(high)) = (bound(["min", "min_val"]), bound(["max", "max_val"])) else {
        return false;
    };
    low.is_none_or(|low| low <= CLAMP_MARGIN) && high.is_none_or(|high| high >= 1.0 - CLAMP_MARGIN)
}

/// Whether no argument asks for a type of whole numbers.
fn keeps_floats(node: &Node) -> bool {
    /// float16, float32, float64 and bfloat16 in the numbering of the exported program's schema.
    const FLOATS: [i64; 4] = [6, 7, 8, 13];
    node.arguments.iter().all(|(_, argument)| match argument {
        Argument::ScalarType(kind) => FLOATS.contains(kind),
        _ => true,
    })
}
