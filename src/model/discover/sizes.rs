//! Whether the network runs on photos of another size than the one it was tried with.

use tch::{Kind, Tensor};

use super::Trial;
use crate::model::error::ModelError;
use crate::model::graph::{Graph, NodeId};
use crate::model::limits::OtherSize;
use crate::model::run::Program;

/// Smaller photos are not tried: many networks reduce a photo 16 times and more.
const SMALLEST_PX: i64 = 16;

/// Tries a smaller photo, and a larger one where that fails. `shapes` are those of the network's own size.
pub fn other_sizes(
    program: &Program,
    trial: &Trial,
    scores: NodeId,
    shapes: &[Option<Vec<i64>>],
) -> Result<(Option<OtherSize>, Option<OtherSize>), ModelError> {
    let [_, height, width] = trial.input_shape;
    // The ratio of two octaves of a deep dream.
    let smaller = [height * 5 / 7, width * 5 / 7];
    if smaller.iter().any(|side| *side < SMALLEST_PX) {
        return Ok((None, None));
    }
    let smaller = try_size(program, trial, smaller, (scores, shapes))?;
    let larger = match smaller.is_some() {
        true => try_size(
            program,
            trial,
            [height * 7 / 5, width * 7 / 5],
            (scores, shapes),
        )?,
        false => None,
    };
    Ok((smaller, larger))
}

fn try_size(
    program: &Program,
    trial: &Trial,
    size: [i64; 2],
    (scores, shapes): (NodeId, &[Option<Vec<i64>>]),
) -> Result<Option<OtherSize>, ModelError> {
    let shape = [1, trial.input_shape[0], size[0], size[1]];
    let zeros = Tensor::f_zeros(shape, (Kind::Float, trial.device))?;
    let Err(ModelError::Operator { node, .. }) = program.observe(&zeros, &mut |_, _| Ok(())) else {
        return Ok(None);
    };
    let graph = program.graph();
    let Some(failed) = graph.nodes.iter().position(|other| other.name == node) else {
        return Ok(None);
    };
    let is_asked_for = |node: &NodeId| {
        let shape = shapes[node.0].as_ref();
        *node == scores || shape.is_some_and(|shape| matches!(shape.len(), 3 | 4))
    };
    let behind = behind(graph, failed).into_iter();
    let behind: Vec<NodeId> = behind.filter(is_asked_for).collect();
    Ok((!behind.is_empty()).then(|| OtherSize {
        size,
        at: graph.nodes[failed].place(),
        behind,
    }))
}

/// The node, and all that depend on it.
fn behind(graph: &Graph, first: usize) -> Vec<NodeId> {
    let mut depends = vec![false; graph.values.len()];
    let mut found = Vec::new();
    for (index, node) in graph.nodes.iter().enumerate().skip(first) {
        if index == first || node.inputs().iter().any(|input| depends[input.0]) {
            found.push(NodeId(index));
            node.outputs
                .iter()
                .for_each(|output| depends[output.0] = true);
        }
    }
    found
}
