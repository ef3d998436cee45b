//! What the nodes of a network cost, as far as it decides which way of computing the same is the faster one.

use crate::model::graph::{Argument, Graph, Node, NodeId, ValueId};
use crate::model::layers::Layers;

/// Multiplications that take as long as getting one number of an output from memory and back: pooling, activations
/// and additions cost this and little else. On two cores (Zen 5) SqueezeNet 1.1 spends a fifth of its time on them.
const MOVED: f64 = 30.0;

/// Of each node for one photo, in multiplications.
pub fn of_nodes(
    graph: &Graph,
    layers: &Layers,
    stored: &dyn Fn(ValueId) -> Option<Vec<i64>>,
) -> Vec<f64> {
    let of = |index: usize| {
        let numbers = layers.output_shape(NodeId(index)).map_or(0.0, product);
        numbers * (MOVED + each(&graph.nodes[index], stored))
    };
    (0..graph.nodes.len()).map(of).collect()
}

/// Multiplications for one number of the output.
fn each(node: &Node, stored: &dyn Fn(ValueId) -> Option<Vec<i64>>) -> f64 {
    let sizes = |name: &str| match node.argument(name) {
        Some(Argument::Tensor(value)) => stored(*value),
        _ => None,
    };
    match node.operator_base() {
        // [filters, channels of a group, height, width]
        "conv2d" | "convolution" => sizes("weight").map_or(0.0, |sizes| product(&sizes[1..])),
        "linear" => sizes("weight").map_or(0.0, |sizes| product(&sizes[1..])),
        "addmm" => sizes("mat2").map_or(0.0, |sizes| product(&sizes[..1])),
        _ => 0.0,
    }
}

fn product(sizes: impl AsRef<[i64]>) -> f64 {
    sizes.as_ref().iter().map(|size| *size as f64).product()
}
