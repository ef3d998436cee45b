//! Layers of which a part can be computed from a part of the photo: the early ones of a convolutional network.
//!
//! Along an axis place p of such a layer's maps sees the `size` pixels from `start + jump · p` on, and nothing else of the
//! photo decides it ([`super::receptive_field`]). A piece of the photo that begins at a multiple of `jump`, run as if it were
//! a photo, has the same places as the whole one, moved by `begin / jump`: every stride before the layer divides `jump`. Of
//! these places those are right that see only pixels of the piece, or padding at a border of the photo that the piece has too.

mod cost;
mod operators;

use super::graph::{Graph, NodeId, ValueId};
use super::layers::Layers;
use super::network::Model;
use super::receptive_field::Extent;
use super::run::Program;

/// What a place sees along an axis of the photo, in pixels.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Sight {
    pub size: i64,
    /// First pixel of place 0; negative by as much as the padding.
    pub start: i64,
    pub jump: i64,
}

/// A layer that can be computed in pieces, and behind which the network can be run on from it alone.
#[derive(Debug, Clone, PartialEq)]
pub struct LocalLayer {
    pub node: NodeId,
    pub channels: i64,
    /// Height and width of its maps.
    pub places: [i64; 2],
    /// Along height and width.
    pub sights: [Sight; 2],
    /// Work of the network up to this layer and behind it, in multiplications of a photo; see [`cost`].
    pub work: [f64; 2],
}

impl Model {
    /// The layers that can be computed in pieces of inputs of the model's own shape, in the order they run. None where a pass
    /// takes one picture at a time.
    pub fn local_layers(&self) -> Vec<LocalLayer> {
        if self.program.is_one_by_one() {
            return Vec::new();
        }
        let (graph, layers) = (self.graph(), &self.facts.layers);
        let stored = |value: ValueId| self.program.weight(value).map(tch::Tensor::size);
        let local = operators::local(graph, &stored);
        let needed = needed(graph, self.scores_node());
        let work = cost::of_nodes(graph, layers, &stored);
        let sum = |nodes: &mut dyn Iterator<Item = usize>| -> f64 {
            nodes
                .filter(|node| needed[*node])
                .map(|node| work[node])
                .sum()
        };
        let before_scores = 0..self.scores_node().0;
        let cuts = before_scores.filter(|&index| {
            local[index] && needed[index] && is_cut(&self.program, &needed, index)
        });
        let found = cuts.filter_map(|index| {
            let before = sum(&mut (0..=index));
            let behind = sum(&mut (index + 1..graph.nodes.len()));
            described(layers, NodeId(index), [before, behind])
        });
        found.collect()
    }
}

fn described(layers: &Layers, node: NodeId, work: [f64; 2]) -> Option<LocalLayer> {
    let &[1, channels, height, width] = layers.output_shape(node)? else {
        return None;
    };
    let sight = |extent: Extent| match extent {
        // Without padding of its own a piece would begin elsewhere.
        Extent::Pixels { size, start, jump } if start <= 0 && jump > 0 => {
            Some(Sight { size, start, jump })
        }
        _ => None,
    };
    let [rows, columns] = layers.receptive_field(node)?.extents.map(sight);
    Some(LocalLayer {
        node,
        channels,
        places: [height, width],
        sights: [rows?, columns?],
        work,
    })
}

/// Whether each node is run for the scores.
fn needed(graph: &Graph, scores: NodeId) -> Vec<bool> {
    let producers = graph.producers();
    let mut needed = vec![false; graph.nodes.len()];
    let mut open = vec![scores];
    while let Some(node) = open.pop() {
        if std::mem::replace(&mut needed[node.0], true) {
            continue;
        }
        let inputs = graph.nodes[node.0].inputs();
        open.extend(inputs.iter().filter_map(|value| producers[value.0]));
    }
    needed
}

/// Whether what is needed behind the node `index` reads nothing from before it but its output. What is made of weights
/// is there already, and how many pictures there are is known without the photo.
fn is_cut(program: &Program, needed: &[bool], index: usize) -> bool {
    let graph = program.graph();
    let producers = graph.producers();
    let own = &graph.nodes[index].outputs;
    let is_there = |value: &ValueId| {
        let counts = |node: NodeId| graph.counts_pictures(node);
        own.contains(value) || program.is_weight(*value) || producers[value.0].is_some_and(counts)
    };
    let is_before = |value: &ValueId| {
        let made_before = producers[value.0].is_some_and(|node| node.0 <= index);
        (made_before || *value == graph.input) && !is_there(value)
    };
    let reads = |node: &usize| needed[*node] && !graph.counts_pictures(NodeId(*node));
    let mut behind = (index + 1..graph.nodes.len()).filter(reads);
    behind.all(|node| !graph.nodes[node].inputs().iter().any(is_before))
}
