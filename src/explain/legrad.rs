//! Which tokens would raise the score of a class, if attention went to them a little more?
//!
//! Each of the last blocks l has a score of its own, s_l: that of the mean of the tokens that the block gives, put
//! through all that follows the last block. M_l[k] = mean over heads and queries q of max(∂s_l / ∂A_l [q, k], 0); the
//! map is the mean of the M_l (Bousselham et al. 2024, section 3). A itself is not multiplied in.
//!
//! **Input** one photo [1, C, H, W], normalised. **Output** a map [h, w], zero or more.
//! **Differs from the paper** the map is not scaled to 0..1, which is done where it is shown.
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
    Entry, ExplainError, Fault, Inputs, Needs, Passes, Photo, Photos, attention, parameters, target,
};
use crate::model::{Attended, Attention};
use crate::results::{Attributions, Kind, Target};

pub const ENTRY: Entry = Entry {
    name: "legrad",
    version: 1,
    kind: Kind::Attributions,
    view: CELLS,
    photos: Photos::Any,
    schema: parameters::schema::<LeGrad>,
    parse: parameters::parse::<LeGrad>,
    smallest: |_| Value::Object(Map::new()),
    citations: &[
        "Bousselham, W., Boggust, A., Chaybouti, S., Strobelt, H., Kuehne, H.: LeGrad: An Explainability Method for Vision Transformers via Feature Formation Sensitivity. 2024, arXiv:2404.03214",
    ],
};

/// Gradients of a class score, formed after each of the last blocks of a transformer, with respect to attention.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct LeGrad {
    /// The class whose score is differentiated: `predicted` (each photo's own), a class name or its number; or a number made of several, `{difference: [cat, dog]}`, `{sum: [cat, lynx]}`, of scores or of probabilities (docs/scores.md). Default `predicted`.
    pub class: TargetName,
    /// How many of the last blocks; all where there are fewer. Default 4.
    #[schemars(range(min = 1, max = 1000))]
    pub blocks: usize,
}

impl Default for LeGrad {
    fn default() -> Self {
        Self {
            class: class_maps::predicted(),
            blocks: 4,
        }
    }
}

impl LeGrad {
    fn blocks<'a>(&self, inputs: &Inputs<'a>) -> &'a [Attention] {
        let layers = &inputs.facts.attention.layers;
        &layers[layers.len().saturating_sub(self.blocks)..]
    }
}

impl PerPhoto for LeGrad {
    fn needs(&self) -> Needs {
        Needs::Layers
    }

    fn class(&self) -> Option<&TargetName> {
        Some(&self.class)
    }

    fn faults(&self, inputs: &Inputs) -> Vec<Fault> {
        if let Some(fault) = attention::grid_fault(inputs) {
            return vec![fault];
        }
        let blocks = self.blocks(inputs);
        let without = blocks.iter().find(|layer| layer.block.is_none());
        let fault = without.map(|layer| Fault {
            pointer: String::new(),
            message: format!(
                "what the block of `{}` gives is read from more than one place",
                layer.path
            ),
            hint: "take `generic_attention`, which needs no blocks".to_owned(),
        });
        fault.into_iter().collect()
    }

    /// As many blocks as there are.
    fn used(&self, inputs: &Inputs) -> Map<String, Value> {
        let blocks = self.blocks(inputs).len();
        let class = self.class.clone();
        parameters::object(&Self { class, blocks })
    }

    fn map_of(
        &self,
        passes: &Passes,
        photo: &Photo,
        class: &Wanted,
        _: Step,
    ) -> Result<Attributions, ExplainError> {
        let grid = attention::grid(&passes.inputs)?;
        let count = self.blocks(&passes.inputs).len();
        let (model, input) = (passes.model, passes.input(photo)?);
        let target = attention::target(passes, &input, class)?;
        let score = |outputs: &Tensor| target::number(model, outputs, &target.scalar);
        let layers = model.attention_gradients_of_blocks(&input, count, &score)?;
        let of_blocks = layers.iter().map(sensitivity);
        let of_blocks = of_blocks.collect::<Result<Vec<_>, _>>()?;
        let mean = Tensor::f_stack(&of_blocks, 0)?.f_mean_dim(0_i64, false, None)?;
        attention::found(Target::Class(target), &attention::on_grid(grid, &mean)?)
    }
}

/// The mean over heads and queries of the positive gradients, [N].
fn sensitivity(layer: &Attended) -> Result<Tensor, ExplainError> {
    let rising = attention::doubles(&layer.gradient)?.f_relu()?;
    Ok(rising.f_mean_dim([0_i64, 1].as_slice(), false, None)?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_gradients_above_zero_are_averaged() {
        let gradient = Tensor::from_slice(&[4.0, -2.0, 0.0, 6.0, -4.0, 1.0, 8.0, 1.0]);
        let layer = Attended {
            weights: Tensor::from_slice(&[9.0]),
            gradient: gradient.view([2, 2, 2]),
        };
        assert_eq!(
            sensitivity(&layer).unwrap(),
            Tensor::from_slice(&[3.0, 2.0])
        );
    }
}
