//! How much of the difference between the score of the photo and that of an empty picture is due to each pixel, if every
//! node passes on its own difference?
//!
//! Rᵢ = mᵢ (xᵢ − x'ᵢ) with multipliers m carried back from the score: a function of one number has Δy / Δx where gradients
//! have dy / dx, Δ the difference between photo and baseline x' (Shrikumar et al. 2017, equations 1 to 3, rescale rule of
//! section 3.5.1).
//!
//! **Input** one photo [1, C, H, W], normalised. **Output** [C, H, W], signed, in score. The sum of all is the
//! difference of the two scores where each node has a rule: convolutions, linear layers, batch norms, functions of one
//! number, max pooling, products of two activations.
//! **Differs from the paper** the RevealCancel rule is not there. Products of two activations take the mean of photo and
//! baseline of the other one. Max pooling as captum documents it; overlapping windows add up. captum 0.9.0 loses
//! that rule where a ReLU stands before the pooling. Softmax, attention and norms over
//! places pass gradients: how much is lost is the completeness error.
//! **Errors** numbers that are not finite.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use tch::{Kind, Tensor};

use super::baseline::Baseline;
use super::class_maps::{self, Step, predicted};
use super::input_x_gradient::SIGNED_PIXELS;
use super::per_photo::PerPhoto;
use super::target_name::{Takes, TargetName, Wanted};
use super::{
    Entry, ExplainError, Fault, Inputs, Needs, Passes, Photo, Photos, chosen, parameters, target,
};
use crate::results::{self, Attributions, Meaning};

pub const ENTRY: Entry = Entry {
    name: "deep_lift",
    version: 1,
    kind: results::Kind::Attributions,
    view: SIGNED_PIXELS,
    photos: Photos::Any,
    schema: parameters::schema::<DeepLift>,
    parse: parameters::parse::<DeepLift>,
    smallest: |_| Value::Object(Map::new()),
    citations: &[
        "Shrikumar, A., Greenside, P., Kundaje, A.: Learning Important Features Through Propagating Activation Differences. ICML 2017",
    ],
};

/// Difference of a class score to a baseline, handed back from layer to layer (rescale rule).
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct DeepLift {
    /// The class whose score is explained: `predicted` (each photo's own), a class name or its number; or a number made of several, `{difference: [cat, dog]}`, `{sum: [cat, lynx]}`, of scores or of probabilities (docs/scores.md). Default `predicted`.
    pub class: TargetName,
    /// The picture in which nothing is seen: `black`, `mean` (zero after normalising), `white`, `blur` (the photo, blurred by a Gaussian of 1/16 of its shorter side) or a colour `[red, green, blue]` of 0 to 255. Pixels in the baseline's own colour get nothing. Default `black`.
    pub baseline: Baseline,
}

impl Default for DeepLift {
    fn default() -> Self {
        Self {
            class: predicted(),
            baseline: Baseline::BLACK,
        }
    }
}

impl PerPhoto for DeepLift {
    fn needs(&self) -> Needs {
        Needs::Layers
    }

    fn class(&self) -> Option<&TargetName> {
        Some(&self.class)
    }

    fn takes(&self) -> Takes {
        Takes::Scores {
            why: "its rules are those of the layers before the softmax",
        }
    }

    fn faults(&self, inputs: &Inputs) -> Vec<Fault> {
        chosen::hidden_layers(inputs.facts).into_iter().collect()
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
        let baseline = self.baseline.tensor(passes, photo)?;
        explain(passes, &passes.input(photo)?, &baseline, class)
    }
}

/// Of one input [1, C, H, W] with its baseline.
pub fn explain(
    passes: &Passes,
    input: &Tensor,
    baseline: &Tensor,
    class: &Wanted,
) -> Result<Attributions, ExplainError> {
    let model = passes.model;
    let node = model.scores_node();
    let outputs_of = |input: &Tensor| -> Result<Tensor, ExplainError> {
        let _no_gradient = tch::no_grad_guard();
        Ok(model.record(input, &[node], &[])?.remove(0))
    };
    let target = target::of(model, &outputs_of(input)?, class)?;
    let empty = target::of(model, &outputs_of(baseline)?, &Wanted::from(&target.scalar))?;
    let score = |outputs: &Tensor| target::number(model, outputs, &target.scalar);
    let multipliers = model.multipliers((input, baseline), node, &score)?;
    let way = input.f_sub(baseline)?.f_to_kind(Kind::Float)?;
    let values = way.f_mul(&multipliers)?.f_get(0)?;
    let difference = target.value() - empty.value();
    class_maps::over_input(target, Meaning::Contribution, &values, Some(difference))
}
