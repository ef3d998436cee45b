//! How much memory the outputs of a pass take.

use tch::Tensor;

use super::demand::Demand;
use super::pass::{Convolutions, Pass};
use super::program::Program;
use crate::model::error::ModelError;
use crate::model::graph::{NodeId, ValueId};
use crate::model::layers::Layers;

impl Program {
    /// The most numbers that lie in memory at once in a pass of one picture up to `node`, weights not
    /// counted; `layers` have the shapes of one picture.
    pub fn peak_numbers(
        &self,
        layers: &Layers,
        input_shape: [i64; 3],
        node: NodeId,
    ) -> Result<u64, ModelError> {
        let wanted = [node];
        let pass = Pass {
            given: vec![(self.graph.input, Tensor::new())],
            pictures: 1,
            wanted: &wanted,
            bypass: &[],
            changed: &[],
            attended: &[],
            gradients: false,
            convolutions: Convolutions::Direct,
        };
        let mut demand = Demand::new(&self.graph, &self.folds, &self.weights, &pass)?;
        let mut numbers = vec![0; self.graph.values.len()];
        numbers[self.graph.input.0] = count(&input_shape);
        let mut live = numbers[self.graph.input.0];
        let mut peak = live;
        for (index, node) in self.graph.nodes.iter().enumerate() {
            let Some(step) = demand.steps[index] else {
                continue;
            };
            // Several outputs are pieces of one input, which counts already.
            let shape = layers.output_shape(NodeId(index));
            if let (Some(shape), [ValueId(output)]) = (shape, node.outputs.as_slice()) {
                numbers[*output] = count(shape);
                live += numbers[*output];
                peak = peak.max(live);
            }
            for value in demand.read(&self.graph, NodeId(index), step) {
                live = live.saturating_sub(std::mem::take(&mut numbers[value.0]));
            }
        }
        Ok(peak)
    }
}

fn count(shape: &[i64]) -> u64 {
    shape
        .iter()
        .map(|size| u64::try_from(*size).unwrap_or(0))
        .fold(1, u64::saturating_mul)
}
