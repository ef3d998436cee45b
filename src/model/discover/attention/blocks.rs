//! The blocks around attention: the layer norm before each, and the node through which all that a block gives
//! passes.

use super::find::ancestors;
use crate::model::attention::Attention;
use crate::model::discover::tried::{Tried, base};
use crate::model::graph::{Argument, NodeId};
use crate::model::operators::fused;

/// Fills in what is known of the blocks of `layers`.
pub fn find(tried: &Tried, scores: NodeId, tokens: i64, layers: &mut [Attention]) {
    let is_tokens =
        |id: NodeId| matches!(tried.shape(id), Some([1, n, _] | [n, 1, _]) if *n == tokens);
    for layer in layers.iter_mut() {
        let before = ancestors(tried, layer.weights);
        let is_norm = |id: &NodeId| is_norm(base(tried.node(*id))) && is_tokens(*id);
        layer.norm = before.into_iter().rfind(is_norm);
    }
    let passed = passed_by_all(tried, scores);
    let kinds = |id: NodeId| {
        let node = tried.node(id);
        is_norm(base(node)) || base(node) == "add" || fused::is_fused(&node.operator)
    };
    let passed: Vec<NodeId> = passed
        .into_iter()
        .filter(|id| is_tokens(*id) && kinds(*id))
        .collect();
    let mut kind = "add".to_owned();
    for index in 0..layers.len() {
        let from = layers[index].mixed;
        let next = layers.get(index + 1).map(|next| next.weights);
        let inside = passed
            .iter()
            .rev()
            .filter(|id| **id >= from && next.is_none_or(|next| **id < next));
        let of_kind = |id: &&NodeId| base(tried.node(**id)) == kind;
        layers[index].block = match next {
            Some(_) => inside.clone().next().copied(),
            // Behind the last block comes a norm of the network's own, which must not count as the block's.
            None => inside
                .clone()
                .find(of_kind)
                .or(inside.clone().next())
                .copied(),
        };
        if let Some(block) = layers[index].block {
            kind = base(tried.node(block)).to_owned();
        }
    }
}

fn is_norm(operator: &str) -> bool {
    matches!(operator, "layer_norm" | "native_layer_norm" | "rms_norm")
}

/// The nodes that lie on every way of tensors from the photo to the scores, in the order in which they run: those
/// through which as many ways lead as there are. Counted modulo a prime.
fn passed_by_all(tried: &Tried, scores: NodeId) -> Vec<NodeId> {
    const PRIME: u128 = (1 << 61) - 1; // of Mersenne
    let graph = tried.program.graph();
    let read = |id: usize| {
        let arguments = graph.nodes[id].arguments.iter();
        arguments.flat_map(|(_, argument)| match argument {
            Argument::Tensor(_) | Argument::Tensors(_) => argument.values(),
            _ => Vec::new(),
        })
    };
    let mut ways_to = vec![0_u128; graph.values.len()];
    ways_to[graph.input.0] = 1;
    for (index, node) in graph.nodes.iter().enumerate() {
        let ways = read(index).map(|value| ways_to[value.0]).sum::<u128>() % PRIME;
        node.outputs
            .iter()
            .for_each(|output| ways_to[output.0] = ways);
    }
    let mut ways_from = vec![0_u128; graph.values.len()];
    for output in &graph.nodes[scores.0].outputs {
        ways_from[output.0] = 1;
    }
    for (index, node) in graph.nodes.iter().enumerate().take(scores.0 + 1).rev() {
        let ways = node.outputs.iter().map(|output| ways_from[output.0]);
        let ways = ways.sum::<u128>() % PRIME;
        for value in read(index) {
            ways_from[value.0] = (ways_from[value.0] + ways) % PRIME;
        }
    }
    let through = |id: usize| {
        let outputs = graph.nodes[id].outputs.iter();
        let ways = outputs.map(|output| ways_to[output.0] * ways_from[output.0] % PRIME);
        ways.sum::<u128>() % PRIME
    };
    let all = through(scores.0);
    let nodes = (0..=scores.0).filter(|id| all > 0 && through(*id) == all);
    nodes.map(NodeId).collect()
}
