//! Graphs that were exported for a fixed number of pictures.

use std::collections::BTreeMap;

use crate::model::graph::{Argument, Graph, Size};

impl Graph {
    /// Where the export fixed the number of pictures, `view` and its like carry it as a number: puts
    /// [`Size::Batch`] there. `sizes` are those of the exported values by name.
    pub fn with_free_batch(mut self, sizes: &BTreeMap<String, Vec<Option<i64>>>) -> Self {
        let Some(Some(batch)) = self.input_sizes.first().copied() else {
            return self;
        };
        let mut of_pictures = vec![false; self.values.len()];
        of_pictures[self.input.0] = true;
        for node in &mut self.nodes {
            if !node.inputs().iter().any(|value| of_pictures[value.0]) {
                continue;
            }
            for output in &node.outputs {
                of_pictures[output.0] = true;
            }
            let led_by_batch = node.first_input().is_some_and(|input| {
                let leading = sizes
                    .get(&self.values[input.0])
                    .and_then(|sizes| sizes.first());
                of_pictures[input.0] && leading == Some(&Some(batch))
            });
            if !led_by_batch || !RESHAPES.contains(&node.operator_base()) {
                continue;
            }
            for (name, argument) in &mut node.arguments {
                if let ("size" | "shape", Argument::Sizes(sizes)) = (name.as_str(), argument)
                    && let Some(first) = sizes.first_mut()
                    && *first == Size::Known(batch)
                {
                    *first = Size::Batch;
                }
            }
        }
        self
    }
}

/// Operators that name the whole shape of their output.
const RESHAPES: &[&str] = &["view", "reshape", "_unsafe_view", "expand"];
