//! Operators that overwrite their input, made to run out of place.

use super::graph::{Argument, Graph, Node, NodeId, ValueId};

impl Graph {
    /// Gives later readers of a tensor that is overwritten in place the overwritten one, so that the
    /// operator can run out of place; where a slice is overwritten, readers of what it was cut from get
    /// that with the slice put back. Returns the node whose effect reaches further than that: it
    /// overwrites memory that a later node reads through another view.
    pub fn undo_in_place(&mut self) -> Result<(), NodeId> {
        let mut memory = Memory::new(self.values.len());
        let mut index = 0;
        while index < self.nodes.len() {
            let node = &self.nodes[index];
            index += 1;
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
            let put_back = self.put_back(index - 1, input, output, &mut memory);
            let replaced: Vec<(ValueId, ValueId)> =
                [(input, output)]
                    .into_iter()
                    .chain(put_back.iter().filter_map(|node| {
                        Some((node.first_input()?, node.outputs.first().copied()?))
                    }))
                    .collect();
            let inserted = put_back.len();
            self.nodes.splice(index..index, put_back);
            index += inserted;
            let later = &mut self.nodes[index..];
            for (from, to) in &replaced {
                for reader in later.iter_mut() {
                    for (_, argument) in &mut reader.arguments {
                        argument.rename(*from, *to);
                    }
                }
                if self.output == *from {
                    self.output = *to;
                }
            }
            let new = |value: &ValueId| replaced.iter().any(|(_, to)| to == value);
            let overwritten = |value: &ValueId| !new(value) && memory.overlap(*value, input);
            if later
                .iter()
                .any(|reader| reader.inputs().iter().any(overwritten))
            {
                return Err(NodeId(index - inserted - 1));
            }
            for (_, to) in replaced {
                memory.share(to, input);
            }
        }
        Ok(())
    }

    /// Nodes that put an overwritten slice, or one place of an axis, back into what it was cut from, if that is
    /// read after the node at `index`; one for each slice of a slice.
    fn put_back(
        &mut self,
        index: usize,
        overwritten: ValueId,
        by: ValueId,
        memory: &mut Memory,
    ) -> Vec<Node> {
        let (before, later) = self.nodes.split_at(index + 1);
        let mut cuts = Vec::new();
        let mut slice = overwritten;
        while let Some(cut) = before.iter().rfind(|node| node.outputs.contains(&slice))
            && matches!(cut.operator_base(), "slice" | "select")
            && let Some(whole) = cut.first_input()
        {
            cuts.push(cut);
            slice = whole;
        }
        let wholes: Vec<_> = cuts.iter().filter_map(|cut| cut.first_input()).collect();
        let read = |value: &ValueId| wholes.contains(value);
        let is_read = later.iter().any(|node| node.inputs().iter().any(read));
        if !is_read && !read(&self.output) {
            return Vec::new();
        }
        let mut source = by;
        let mut nodes = Vec::with_capacity(cuts.len());
        for (cut, whole) in cuts.into_iter().zip(wholes) {
            let name = format!("{}_put_back_{}", before[index].name, nodes.len());
            let range = cut.arguments.iter().filter(|(name, _)| name != "self");
            let tensors = [("self", whole), ("src", source)];
            source = ValueId(self.values.len());
            self.values.push(name.clone());
            memory.add();
            nodes.push(Node {
                name,
                operator: format!("aten.{}_scatter.default", cut.operator_base()),
                arguments: tensors
                    .map(|(name, value)| (name.to_owned(), Argument::Tensor(value)))
                    .into_iter()
                    .chain(range.cloned())
                    .collect(),
                outputs: vec![source],
                modules: before[index].modules.clone(),
            });
        }
        nodes
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

    /// A new value with memory of its own.
    fn add(&mut self) {
        self.piece.push(self.parent.len());
        self.parent.push(None);
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
    "diagonal",
    "narrow",
    "view_as",
    "reshape_as",
    "swapaxes",
    "swapdims",
    "movedim",
    "as_strided",
    "unfold",
    "broadcast_to",
    "expand_as",
    "mT",
    "adjoint",
    "numpy_T",
    "ravel",
    "real",
    "imag",
    "view_as_real",
    "view_as_complex",
    "tensor_split",
    "unsafe_chunk",
    "unsafe_split",
    "unsafe_split_with_sizes",
    "type_as",
    "float",
    "positive",
    "lift_fresh",
    "lift_fresh_copy",
    "alias_copy",
    "resolve_conj",
    "resolve_neg",
    "_to_copy",
    "feature_alpha_dropout",
    "alpha_dropout",
    "native_dropout",
];

#[cfg(test)]
#[path = "in_place_tests.rs"]
mod tests;
