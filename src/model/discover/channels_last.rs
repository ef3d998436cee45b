//! Which outputs hold maps with their channels last, \[1, h, w, C\]: dense layers and layer norms work on the last
//! axis, and what works on each number by itself leaves the axes as they are.

use crate::model::graph::{Argument, Graph, NodeId, ValueId};

/// They take the last axis of four for the channels.
const OF_LAST_AXIS: [&str; 4] = ["linear", "layer_norm", "native_layer_norm", "rms_norm"];

/// Each number by itself, or places moved: the axes of the output are those of the input.
const KEEP: [&str; 20] = [
    "add",
    "sub",
    "mul",
    "div",
    "gelu",
    "relu",
    "silu",
    "sigmoid",
    "tanh",
    "dropout",
    "clone",
    "contiguous",
    "alias",
    "identity",
    "to",
    "_to_copy",
    "roll",
    "pad",
    "constant_pad_nd",
    "slice",
];

/// In the order in which they run; `stored` gives the number of axes of a weight.
pub fn channels_last(
    graph: &Graph,
    shapes: &[Option<Vec<i64>>],
    stored: &dyn Fn(ValueId) -> Option<usize>,
) -> Vec<NodeId> {
    let is_of_four = |id: usize| shapes[id].as_ref().is_some_and(|shape| shape.len() == 4);
    let producers = graph.producers();
    let kind = |id: usize| graph.nodes[id].operator_base().trim_end_matches('_');
    let mut last: Vec<bool> = (0..graph.nodes.len())
        .map(|id| {
            let node = &graph.nodes[id];
            let by_weight = kind(id) == "matmul"
                && matches!(node.argument("other"),
                    Some(Argument::Tensor(value)) if stored(*value) == Some(2));
            is_of_four(id) && (OF_LAST_AXIS.contains(&kind(id)) || by_weight)
        })
        .collect();
    // The inputs of four axes that have the axes of the output.
    let same: Vec<Vec<usize>> = (0..graph.nodes.len())
        .map(|id| {
            let takes = is_of_four(id) && (KEEP.contains(&kind(id)) || last[id]);
            let inputs = graph.nodes[id].inputs();
            let before = inputs.iter().filter_map(|value| producers[value.0]);
            let before = before.map(|id| id.0).filter(|id| takes && is_of_four(*id));
            before.collect()
        })
        .collect();
    // What is known of a sum holds for its terms too, so that it goes both ways until nothing is new.
    loop {
        let before = last.clone();
        for (id, inputs) in same.iter().enumerate() {
            let is_last = last[id] || inputs.iter().any(|input| last[*input]);
            if is_last && !inputs.is_empty() {
                last[id] = true;
                inputs.iter().for_each(|input| last[*input] = true);
            }
        }
        if last == before {
            let found = last.iter().enumerate().filter(|(_, is_last)| **is_last);
            return found.map(|(id, _)| NodeId(id)).collect();
        }
    }
}
