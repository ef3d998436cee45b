//! Operators that overwrite their input, made to run out of place.

use super::NodeId;
use super::graph::{Graph, ValueId};

impl Graph {
    /// Gives later readers of a tensor that is overwritten in place the overwritten one, so that the
    /// operator can run out of place. Returns the node whose effect reaches further than that: it
    /// overwrites memory that a later node reads through a view.
    pub fn undo_in_place(&mut self) -> Result<(), NodeId> {
        let mut memory = Memory::new(self.values.len());
        for index in 0..self.nodes.len() {
            let node = &self.nodes[index];
            let Some(input) = node.first_input() else {
                continue;
            };
            if VIEWS.contains(&node.operator_base()) {
                for output in &node.outputs {
                    match node.outputs.len() {
                        1 => memory.share(*output, input),
                        _ => memory.cut(*output, input),
                    }
                }
            }
            let (true, Some(output)) = (node.in_place(), node.outputs.first().copied()) else {
                continue;
            };
            let (_, later) = self.nodes.split_at_mut(index + 1);
            for reader in later.iter_mut() {
                for (_, argument) in &mut reader.arguments {
                    argument.rename(input, output);
                }
            }
            if self.output == input {
                self.output = output;
            }
            let overwritten = |value: &ValueId| *value != output && memory.overlap(*value, input);
            if later
                .iter()
                .any(|reader| reader.inputs().iter().any(overwritten))
            {
                return Err(NodeId(index));
            }
            memory.share(output, input);
        }
        Ok(())
    }
}

/// Which values may lie in the same memory.
struct Memory {
    /// The piece of memory of each value.
    piece: Vec<usize>,
    /// The piece that a piece was cut from; pieces cut from one do not overlap each other.
    parent: Vec<Option<usize>>,
}

impl Memory {
    fn new(values: usize) -> Self {
        Self {
            piece: (0..values).collect(),
            parent: vec![None; values],
        }
    }

    fn share(&mut self, value: ValueId, with: ValueId) {
        self.piece[value.0] = self.piece[with.0];
    }

    fn cut(&mut self, value: ValueId, from: ValueId) {
        self.parent[value.0] = Some(self.piece[from.0]);
    }

    fn overlap(&self, a: ValueId, b: ValueId) -> bool {
        let (a, b) = (self.piece[a.0], self.piece[b.0]);
        self.within(a, b) || self.within(b, a)
    }

    fn within(&self, mut piece: usize, outer: usize) -> bool {
        while piece != outer {
            match self.parent[piece] {
                Some(parent) => piece = parent,
                None => return false,
            }
        }
        true
    }
}

/// Operators whose output may share memory with their input. Dropout and `contiguous` hand the very
/// same tensor on when there is nothing to do.
const VIEWS: &[&str] = &[
    "view",
    "reshape",
    "_unsafe_view",
    "flatten",
    "unflatten",
    "transpose",
    "permute",
    "t",
    "chunk",
    "split",
    "split_with_sizes",
    "unbind",
    "select",
    "slice",
    "squeeze",
    "unsqueeze",
    "expand",
    "dropout",
    "feature_dropout",
    "contiguous",
    "alias",
    "detach",
    "to",
];
