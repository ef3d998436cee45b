//! How much of the photo a layer can see: the receptive field of every node, worked out from the graph.
//!
//! Along each axis of the photo one place of a map sees the pixels from `start + jump · place` on, `size` of
//! them. A window (convolution, pooling) of k places, `dilation` apart, moved by `stride`, makes of it
//!
//!   size' = size + (k − 1) · dilation · jump,  start' = start − padding · jump,  jump' = jump · stride
//!
//! (Araujo, Norris, Sim: Computing Receptive Fields of Convolutional Neural Networks, Distill 2019). Where
//! branches meet, a place sees what any of them sees: from the least start to the greatest end. Padding
//! moves the field and does not change its size, which may exceed the photo. What averages, normalises or
//! multiplies over all places sees the whole photo, and everything after it: so do squeeze-and-excitation
//! and attention.

mod field;
mod rules;
mod windows;

use serde::{Deserialize, Serialize};

pub use field::Extent;
use field::Field;
pub use rules::is_of_each_place;

use super::graph::{Argument, Graph, Node, ValueId};

/// How much of the photo one node depends on, and the number of its maps.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReceptiveField {
    /// Along height and width.
    pub extents: [Extent; 2],
    /// Channels of the output, where it has four dimensions; wherever in it they stand.
    pub filters: Option<i64>,
}

/// Of each node; `None` where it does not depend on the photo. `shapes` of the nodes' outputs and `input` of
/// the network are those of a batch of 1; `stored` gives the sizes of a weight.
pub fn receptive_fields(
    graph: &Graph,
    input: [i64; 3],
    shapes: &[Option<Vec<i64>>],
    stored: &dyn Fn(ValueId) -> Option<Vec<i64>>,
) -> Vec<Option<ReceptiveField>> {
    let mut fields: Vec<Option<Field>> = graph.values.iter().map(|_| None).collect();
    fields[graph.input.0] = Some(Field::of_input(input));
    let mut seen = Vec::with_capacity(graph.nodes.len());
    for (node, shape) in graph.nodes.iter().zip(shapes) {
        let call = Call {
            node,
            fields: &fields,
            stored,
            shape: shape.as_deref(),
        };
        let field = call.output();
        seen.push(field.as_ref().map(|field| ReceptiveField {
            extents: field.extents,
            filters: field.filters(),
        }));
        for output in &node.outputs {
            fields[output.0].clone_from(&field);
        }
    }
    seen
}

/// A node with what is known of its inputs and output.
struct Call<'a> {
    node: &'a Node,
    fields: &'a [Option<Field>],
    stored: &'a dyn Fn(ValueId) -> Option<Vec<i64>>,
    /// Of the output for a batch of 1; `None` where there are several.
    shape: Option<&'a [i64]>,
}

impl Call<'_> {
    fn output(&self) -> Option<Field> {
        let inputs = self.inputs();
        if inputs.is_empty() || rules::gives_sizes(self.node) {
            return None;
        }
        let unknown = || Field::unknown(&inputs, self.shape);
        let field = rules::apply(self).unwrap_or_else(unknown);
        Some(match self.shape {
            None => field,
            Some(shape) => field.sized(shape).unwrap_or_else(unknown),
        })
    }

    /// The inputs that depend on the photo.
    fn inputs(&self) -> Vec<&Field> {
        let tensors = self.node.arguments.iter().flat_map(|(_, argument)| {
            let sized = matches!(argument, Argument::Tensor(_) | Argument::Tensors(_));
            if sized { argument.values() } else { Vec::new() }
        });
        tensors
            .filter_map(|value| self.fields[value.0].as_ref())
            .collect()
    }

    /// The first input that depends on the photo.
    fn first_input(&self) -> Option<Field> {
        self.inputs().first().map(|field| (*field).clone())
    }

    fn tensor(&self, name: &str) -> Option<&Field> {
        match self.node.argument(name)? {
            Argument::Tensor(value) => self.fields[value.0].as_ref(),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests;
