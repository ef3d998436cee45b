//! A network that ran once, for those who walk over its nodes.

use crate::model::graph::{Node, NodeId, ValueId};
use crate::model::run::Program;

/// A program whose nodes gave outputs of these sizes for one picture.
pub struct Tried<'a> {
    pub program: &'a Program,
    pub producers: Vec<Option<NodeId>>,
    pub shapes: &'a [Option<Vec<i64>>],
}

impl<'a> Tried<'a> {
    pub fn node(&self, id: NodeId) -> &'a Node {
        &self.program.graph().nodes[id.0]
    }

    pub fn producer(&self, value: ValueId) -> Option<NodeId> {
        self.producers[value.0]
    }

    pub fn shape(&self, id: NodeId) -> Option<&'a [i64]> {
        self.shapes[id.0].as_deref()
    }
}

/// Name of the operator, whether it works in place or not.
pub fn base(node: &Node) -> &str {
    let base = node.operator_base();
    base.strip_suffix('_').unwrap_or(base)
}
