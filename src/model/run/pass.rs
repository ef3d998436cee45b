//! What a pass through a graph starts from and what it is asked for.

use tch::{TchError, Tensor};

use crate::model::graph::{NodeId, ValueId};

/// What a pass starts from and what it is asked for.
pub struct Pass<'a> {
    /// Values that are there before any node runs.
    pub given: Vec<(ValueId, Tensor)>,
    /// How many pictures the values are of.
    pub pictures: i64,
    /// Nodes whose outputs are handed back.
    pub wanted: &'a [NodeId],
    /// Bypassed nodes, which give their first input.
    pub bypass: &'a [NodeId],
    /// Nodes whose outputs may be changed.
    pub changed: &'a [NodeId],
    /// Attention that is one node: its weights are shown in place of its output, and may be changed.
    pub attended: &'a [NodeId],
    /// Whether outputs keep the way back to what asks for gradients.
    pub gradients: bool,
    pub convolutions: Convolutions,
}

/// How convolutions of 3 × 3 are computed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Convolutions {
    /// As libtorch computes them. Equal windows give equal numbers: what a pooling decides by order, and what hangs on a small difference of two
    /// passes, comes out as everywhere.
    Direct,
    /// With fewer multiplications, whose rounding depends on the place: see [`crate::model::winograd`].
    Fast,
}

impl Convolutions {
    /// Of a pass with gradients or without.
    pub fn usual(gradients: bool) -> Self {
        match gradients {
            true => Self::Direct,
            false => Self::Fast,
        }
    }
}

/// May put another tensor in place of a node's output: node, first input, output.
pub type Change<'a> =
    &'a mut dyn FnMut(NodeId, &Tensor, &Tensor) -> Result<Option<Tensor>, TchError>;

/// For a pass that changes nothing.
pub fn no_change(_: NodeId, _: &Tensor, _: &Tensor) -> Result<Option<Tensor>, TchError> {
    Ok(None)
}
