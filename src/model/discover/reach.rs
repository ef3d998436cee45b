//! From which nodes a gradient reaches the photo.

use tch::Tensor;

use crate::model::error::ModelError;
use crate::model::graph::{Graph, NodeId};
use crate::model::limits::CutOff;
use crate::model::run::Program;

/// The scores, and layers that give maps, from which no gradient reaches the photo although they depend on it.
/// Nothing is known of a network that changes its input in place, which libtorch refuses where gradients are
/// kept.
pub fn cut_off(
    program: &Program,
    input: &Tensor,
    scores: NodeId,
    shapes: &[Option<Vec<i64>>],
) -> Vec<CutOff> {
    let Ok(with_gradient) = with_gradient(program, input) else {
        return Vec::new();
    };
    let graph = program.graph();
    let reach = Reach::new(graph, &with_gradient);
    let is_asked_for = |index: &usize| {
        let is_map = shapes[*index]
            .as_ref()
            .is_some_and(|shape| matches!(shape.len(), 3 | 4));
        is_map || *index == scores.0
    };
    let nodes = (0..graph.nodes.len()).filter(is_asked_for);
    let cut_off = nodes.filter_map(|index| {
        let by = graph.nodes[reach.cut(index)?].place();
        Some(CutOff {
            node: NodeId(index),
            by,
        })
    });
    cut_off.collect()
}

/// Whether the output of each node is on the way back to the input; `None` where it gives several tensors or
/// none.
fn with_gradient(program: &Program, input: &Tensor) -> Result<Vec<Option<bool>>, ModelError> {
    let leaf = input.f_detach()?.f_set_requires_grad(true)?;
    let mut found = vec![None; program.graph().nodes.len()];
    program.observe(&leaf, &mut |node, output| {
        found[node.0] = Some(output.requires_grad());
        Ok(())
    })?;
    Ok(found)
}

struct Reach<'a> {
    graph: &'a Graph,
    with_gradient: &'a [Option<bool>],
    producers: Vec<Option<NodeId>>,
    /// By value: whether it depends on the network's input.
    depends: Vec<bool>,
    /// By value: whether a gradient gets from it to the input.
    reached: Vec<bool>,
}

impl<'a> Reach<'a> {
    fn new(graph: &'a Graph, with_gradient: &'a [Option<bool>]) -> Self {
        let mut depends = vec![false; graph.values.len()];
        let mut reached = vec![false; graph.values.len()];
        (depends[graph.input.0], reached[graph.input.0]) = (true, true);
        for (node, with_gradient) in graph.nodes.iter().zip(with_gradient) {
            let inputs = node.inputs();
            let on_the_way = inputs.iter().any(|input| reached[input.0]);
            let is_reached = with_gradient.unwrap_or(on_the_way);
            for output in &node.outputs {
                depends[output.0] = inputs.iter().any(|input| depends[input.0]);
                reached[output.0] = is_reached;
            }
        }
        Self {
            graph,
            with_gradient,
            producers: graph.producers(),
            depends,
            reached,
        }
    }

    /// The node that cuts this one off: gradients get to the input from one of those it reads, and not from it.
    fn cut(&self, index: usize) -> Option<usize> {
        let mut at = index;
        loop {
            let node = &self.graph.nodes[at];
            let output = node.outputs.first()?;
            if self.reached[output.0] || !self.depends[output.0] {
                return None;
            }
            let inputs = node.inputs();
            if inputs.iter().any(|input| self.reached[input.0]) {
                return self.with_gradient[at].map(|_| at);
            }
            let before = inputs.iter().find(|input| self.depends[input.0])?;
            at = self.producers[before.0]?.0;
        }
    }
}
