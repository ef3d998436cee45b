//! Where does attention that raises the score of a class come from, followed back through all layers?
//!
//! As `attention_rollout` with the heads fused into Ā = max(mean_heads(A ⊙ G), 0) (Gildenblat 2020).
//!
//! **Input** one photo [1, C, H, W], normalised. **Output** see `attention`.
//! **Differs from the package** it leaves out nine tenths of the entries; here as many as `discard` says, and rows are
//! divided by their own sums. Where scores are read from several tokens, the mean of their rows.
//! **Errors** numbers that are not finite.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use tch::Tensor;

use super::class_activation::CELLS;
use super::class_maps::{self, Step};
use super::per_photo::PerPhoto;
use super::target_name::{TargetName, Wanted};
use super::{
    Entry, ExplainError, Fault, Inputs, Needs, Passes, Photo, Photos, attention, parameters,
};
use crate::model::Attended;
use crate::results::{Attributions, Kind, Target};

pub const ENTRY: Entry = Entry {
    name: "gradient_rollout",
    version: 1,
    kind: Kind::Attributions,
    view: CELLS,
    photos: Photos::Any,
    schema: parameters::schema::<GradientRollout>,
    parse: parameters::parse::<GradientRollout>,
    smallest: |_| Value::Object(Map::new()),
    citations: &[
        "Gildenblat, J.: Exploring Explainability for Vision Transformers. 2020, https://jacobgil.github.io/deeplearning/vision-transformer-explainability",
        "Abnar, S., Zuidema, W.: Quantifying Attention Flow in Transformers. ACL 2020",
    ],
};

/// Attention of a transformer, weighted by the gradients of a class score and multiplied through all its layers.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct GradientRollout {
    /// The class whose score is differentiated: `predicted` (each photo's own), a class name or its number; or a number made of several, `{difference: [cat, dog]}`, `{sum: [cat, lynx]}`, of scores or of probabilities (docs/scores.md). Default `predicted`.
    pub class: TargetName,
    /// The share of smallest weights of each layer that is set to zero first, 0 to 0.99. Default 0.
    #[schemars(range(min = 0.0, max = 0.99))]
    pub discard: f64,
}

impl Default for GradientRollout {
    fn default() -> Self {
        Self {
            class: class_maps::predicted(),
            discard: 0.0,
        }
    }
}

impl PerPhoto for GradientRollout {
    fn needs(&self) -> Needs {
        Needs::Layers
    }

    fn class(&self) -> Option<&TargetName> {
        Some(&self.class)
    }

    fn faults(&self, inputs: &Inputs) -> Vec<Fault> {
        attention::grid_fault(inputs).into_iter().collect()
    }

    fn used(&self, _: &Inputs) -> Map<String, Value> {
        parameters::object(self)
    }

    fn map_of(
        &self,
        passes: &Passes,
        photo: &Photo,
        class: &Wanted,
        _: Step,
    ) -> Result<Attributions, ExplainError> {
        let grid = attention::grid(&passes.inputs)?;
        let (target, layers) = attention::gradients(passes, photo, class)?;
        let fused = |layer: &Attended| attention::without_smallest(&fused(layer)?, self.discard);
        let layers = layers.iter().map(fused).collect::<Result<Vec<_>, _>>()?;
        let map = attention::read(grid, &attention::rollout(&layers)?)?;
        attention::found(Target::Class(target), &map)
    }
}

/// max(mean_heads(A ⊙ G), 0), [N, N].
fn fused(layer: &Attended) -> Result<Tensor, ExplainError> {
    let weighted = layer.weights.f_mul(&layer.gradient)?;
    Ok(weighted.f_mean_dim(0_i64, false, None)?.f_relu()?)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The head that falls takes away from the one that rises, and what is left below zero counts nothing.
    #[test]
    fn heads_are_averaged_before_negative_ones_are_left_out() {
        let layer = Attended {
            weights: Tensor::from_slice(&[0.5, 0.5, 0.2, 0.8]).view([2, 1, 2]),
            gradient: Tensor::from_slice(&[4.0, -2.0, -5.0, 1.0]).view([2, 1, 2]),
        };
        let found = fused(&layer).unwrap();
        let expected = Tensor::from_slice(&[0.5, 0.0]).view([1, 2]);
        assert!((found - expected).abs().max().double_value(&[]) < 1e-12);
    }
}
