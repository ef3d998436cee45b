//! The part of a network behind a layer, run on from other maps than those that the layer gave.

use tch::Tensor;

use super::{ExplainError, Passes, numbers, target};
use crate::model::{Layer, Maps, NodeId};
use crate::results::ClassTarget;

/// Classes that are named of such a run.
const NAMES: usize = 3;

/// The part of the network behind a layer, with what leads round it.
pub struct Behind<'a> {
    passes: &'a Passes<'a>,
    layer: NodeId,
    pub maps: Maps<'a>,
    /// What the layer gives for the photo, as it gives it.
    pub output: Tensor,
    beside: Vec<(NodeId, Tensor)>,
}

impl<'a> Behind<'a> {
    /// Of one input [1, C, H, W].
    pub fn new(
        passes: &'a Passes<'a>,
        layer: &Layer,
        input: &Tensor,
    ) -> Result<Self, ExplainError> {
        let model = passes.model;
        let Some(maps) = passes.inputs.facts.maps(layer) else {
            let message = format!("layer `{}` gives no maps", layer.path);
            return Err(ExplainError::Failed(message));
        };
        let frontier = model.frontier(layer.node).into_iter();
        let round: Vec<NodeId> = frontier.filter(|node| *node != layer.node).collect();
        let nodes: Vec<NodeId> = std::iter::once(layer.node).chain(round.clone()).collect();
        let mut outputs = model.record(input, &nodes, &[])?.into_iter();
        let Some(output) = outputs.next() else {
            let message = format!("layer `{}` gave no output", layer.path);
            return Err(ExplainError::Failed(message));
        };
        Ok(Self {
            passes,
            layer: layer.node,
            maps,
            output,
            beside: round.into_iter().zip(outputs).collect(),
        })
    }

    /// The scores [N, classes] with N other maps [K, h, w] in the place of the layer's.
    pub fn scores(&self, maps: &[Tensor]) -> Result<Tensor, ExplainError> {
        let model = self.passes.model;
        let changed = maps.iter().map(|maps| self.maps.with(&self.output, maps));
        let changed = changed.collect::<Result<Vec<_>, _>>()?;
        let run = |changed: Tensor| -> Result<Tensor, ExplainError> {
            let mut from = vec![(self.layer, changed)];
            let beside = self.beside.iter();
            from.extend(beside.map(|(node, output)| (*node, output.shallow_clone())));
            let outputs = model.resume(&from, &[model.scores_node()])?;
            Ok(target::scores(model, &outputs[0]))
        };
        // The axes of a batch are known of the layer only.
        if self.beside.is_empty() {
            return run(Tensor::f_cat(&changed, self.maps.batch_axis())?);
        }
        let rows = changed.into_iter().map(run);
        Ok(Tensor::f_cat(&rows.collect::<Result<Vec<_>, _>>()?, 0)?)
    }

    /// The most probable classes with other maps [K, h, w] in the place of the layer's.
    pub fn leading(&self, maps: Tensor) -> Result<Vec<ClassTarget>, ExplainError> {
        let scores = self.scores(&[maps])?;
        let mut rows = numbers::probabilities(&scores, self.passes.model.activation())?;
        let probabilities = rows.pop().unwrap_or_default();
        let scores = numbers::precise_values(&scores)?;
        let classes = numbers::largest(&probabilities, NAMES).into_iter();
        Ok(classes
            .map(|class| ClassTarget {
                class,
                score: scores[class],
                probability: probabilities[class],
            })
            .collect())
    }
}
