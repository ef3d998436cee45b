//! Where does attention, followed back through all layers, come from?
//!
//! Ā = the heads of A fused into one, Â = (Ā + I) with rows divided by their sums, R = Â_L ⋯ Â_1; the map is the row
//! of the token that is read (Abnar and Zuidema 2020, section 3).
//!
//! **Input** one photo [1, C, H, W], normalised. **Output** see `attention`; before tokens beside the photo are left
//! out, a row sums to 1. No class is asked for; the predicted one is named beside the map and changes nothing.
//! **Differs from the paper** heads may be fused by their largest or smallest weight, and the smallest weights left
//! out, as in the vit-explain package; there the first entry is always kept when others are left out, and divided by
//! sums of columns. Where scores are read from several tokens, the mean of their rows.
//! **Errors** numbers that are not finite.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use tch::Tensor;

use super::class_activation::CELLS;
use super::class_maps::Step;
use super::per_photo::PerPhoto;
use super::target_name::{TargetName, Wanted};
use super::{
    Entry, ExplainError, Fault, Inputs, Needs, Passes, Photo, Photos, attention, parameters,
};
use crate::results::{Attributions, Kind, Target};

pub const ENTRY: Entry = Entry {
    name: "attention_rollout",
    version: 1,
    kind: Kind::Attributions,
    view: CELLS,
    photos: Photos::Any,
    schema: parameters::schema::<AttentionRollout>,
    parse: parameters::parse::<AttentionRollout>,
    smallest: |_| Value::Object(Map::new()),
    citations: &["Abnar, S., Zuidema, W.: Quantifying Attention Flow in Transformers. ACL 2020"],
};

/// Attention of a transformer multiplied through all its layers; it depends on no class.
#[derive(Debug, Clone, Default, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct AttentionRollout {
    /// How the heads of a layer become one: the `mean`, the `max` or the `min` of their weights. Default `mean`.
    pub head_fusion: HeadFusion,
    /// The share of smallest weights of each layer that is set to zero first, 0 to 0.99. Default 0.
    #[schemars(range(min = 0.0, max = 0.99))]
    pub discard: f64,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum HeadFusion {
    #[default]
    Mean,
    Max,
    Min,
}

impl HeadFusion {
    /// [N, N] of weights [heads, N, N].
    pub fn of(self, weights: &Tensor) -> Result<Tensor, ExplainError> {
        Ok(match self {
            Self::Mean => weights.f_mean_dim(0_i64, false, None)?,
            Self::Max => weights.f_amax([0_i64].as_slice(), false)?,
            Self::Min => weights.f_amin([0_i64].as_slice(), false)?,
        })
    }
}

impl PerPhoto for AttentionRollout {
    fn needs(&self) -> Needs {
        Needs::Layers
    }

    /// Attention is of no class.
    fn class(&self) -> Option<&TargetName> {
        None
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
        let (grid, input) = (attention::grid(&passes.inputs)?, passes.input(photo)?);
        let target = attention::target(passes, &input, class)?;
        let fused = |weights: &Tensor| {
            let fused = self.head_fusion.of(&attention::doubles(weights)?)?;
            attention::without_smallest(&fused, self.discard)
        };
        let layers = passes.model.attention(&input)?;
        let layers = layers.iter().map(fused).collect::<Result<Vec<_>, _>>()?;
        let map = attention::read(grid, &attention::rollout(&layers)?)?;
        attention::found(Target::Class(target), &map)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn heads_are_fused_entry_by_entry() {
        let weights = Tensor::from_slice(&[0.2, 0.8, 0.6, 0.4, 0.6, 0.4, 0.0, 1.0]).view([2, 2, 2]);
        let expected = |values: &[f64]| Tensor::from_slice(values).view([2, 2]);
        let near = |fusion: HeadFusion, values: &[f64]| {
            let difference = fusion.of(&weights).unwrap() - expected(values);
            assert!(
                difference.abs().max().double_value(&[]) < 1e-12,
                "{fusion:?}"
            );
        };
        near(HeadFusion::Mean, &[0.4, 0.6, 0.3, 0.7]);
        near(HeadFusion::Max, &[0.6, 0.8, 0.6, 1.0]);
        near(HeadFusion::Min, &[0.2, 0.4, 0.0, 0.4]);
    }
}
