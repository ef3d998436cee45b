//! How much of the difference between the score of the photo and that of the photo blurred is due to each pixel?
//!
//! BIGᵢ = ∫ ∂s_c / ∂Lᵢ · dLᵢ along the photos L(σ) that a Gaussian of deviation σ blurs, from the strongest blur to none
//! (Xu et al. 2020, equation 3): a sum over M steps of the gradient in the middle of a step times what the step changes.
//! M is doubled until Σᵢ BIGᵢ is s_c(x) − s_c(blurred x) but for `tolerance` of it.
//!
//! **Input** one photo [1, C, H, W], normalised. **Output** [C, H, W], signed, in score; the sum of all is the
//! difference of the two scores.
//! **Differs from the paper** the change of a step is a difference of two blurred photos, not a derivative with respect
//! to σ times the step; σ grows with the square of the way, so that steps are small where the photo is sharp. The
//! integral is the same. Pixels beyond the edges are mirrored.
//! **Errors** scores or gradients that are not finite.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use tch::{Device, Kind, Tensor};

use super::baseline::blurred_by;
use super::class_maps::{self, Step, predicted};
use super::input_x_gradient::SIGNED_PIXELS;
use super::per_photo::PerPhoto;
use super::target_name::{TargetName, Wanted};
use super::{Entry, ExplainError, Fault, Inputs, Needs, Passes, Photo, Photos, parameters};
use crate::results::{self, Attributions, Meaning};

pub const ENTRY: Entry = Entry {
    name: "blur_ig",
    version: 1,
    kind: results::Kind::Attributions,
    view: SIGNED_PIXELS,
    photos: Photos::Any,
    schema: parameters::schema::<BlurIg>,
    parse: parameters::parse::<BlurIg>,
    smallest: |_| Value::Object(Map::new()),
    citations: &[
        "Xu, S., Venugopalan, S., Sundararajan, M.: Attribution in Scale and Space. CVPR 2020",
    ],
};

/// Gradients of a class score summed along the way from the photo blurred to the photo.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct BlurIg {
    /// The class whose score is explained: `predicted` (each photo's own), a class name or its number; or a number made of several, `{difference: [cat, dog]}`, `{sum: [cat, lynx]}`, of scores or of probabilities (docs/scores.md). Default `predicted`.
    pub class: TargetName,
    /// Standard deviation of the strongest blur, as a share of the photo's shorter side, 0.01 to 1. Default 0.2.
    #[schemars(range(min = 0.01, max = 1.0))]
    pub blur: f64,
    /// In how many steps the blur is taken away, to begin with. Default 32.
    #[schemars(range(min = 1, max = 10_000))]
    pub steps: usize,
    /// The steps are doubled until this many. As many as `steps`: they are never doubled. Default 128.
    #[schemars(range(min = 1, max = 10_000))]
    pub most_steps: usize,
    /// They are doubled until the sum of the map is the difference of the two scores but for this share of it, 0 to 1. Default 0.01.
    #[schemars(range(min = 0.0, max = 1.0))]
    pub tolerance: f64,
}

impl Default for BlurIg {
    fn default() -> Self {
        Self {
            class: predicted(),
            blur: 0.2,
            steps: 32,
            most_steps: 128,
            tolerance: 0.01,
        }
    }
}

impl PerPhoto for BlurIg {
    fn needs(&self) -> Needs {
        Needs::Gradients
    }

    fn class(&self) -> Option<&TargetName> {
        Some(&self.class)
    }

    fn faults(&self, _: &Inputs) -> Vec<Fault> {
        let fault = class_maps::most_steps_fault(self.steps, self.most_steps);
        fault.into_iter().collect()
    }

    fn used(&self, _: &Inputs) -> Map<String, Value> {
        parameters::object(self)
    }

    fn map_of(
        &self,
        passes: &Passes,
        photo: &Photo,
        class: &Wanted,
        step: Step,
    ) -> Result<Attributions, ExplainError> {
        self.explain(passes, &passes.input(photo)?, class, step)
    }
}

impl BlurIg {
    /// Of one input [1, C, H, W].
    pub fn explain(
        &self,
        passes: &Passes,
        input: &Tensor,
        class: &Wanted,
        step: Step,
    ) -> Result<Attributions, ExplainError> {
        let (_, target) = class_maps::at_photo(passes, input, class)?;
        let class = &Wanted::from(&target.scalar);
        let softest = self.input_at(1.0, input)?;
        let (_, empty) = class_maps::at_photo(passes, &softest, class)?;
        let difference = target.value() - empty.value();
        let values = class_maps::until_complete(
            (self.steps, self.most_steps),
            (difference, self.tolerance),
            &|steps| self.sum(passes, input, class, steps, step),
        )?;
        class_maps::over_input(target, Meaning::Contribution, &values, Some(difference))
    }

    /// What the network gets of the photo at `place` of the way.
    fn input_at(&self, place: f64, input: &Tensor) -> Result<Tensor, ExplainError> {
        let blurred = self.at(place, input)?.f_to_kind(Kind::Float)?;
        Ok(blurred.f_to(input.device())?)
    }

    /// The photo at `place` of the way, 0 sharp and 1 blurred most; float64 on the CPU.
    fn at(&self, place: f64, input: &Tensor) -> Result<Tensor, ExplainError> {
        let (_, _, height, width) = input.size4()?;
        let strongest = self.blur * height.min(width) as f64;
        blurred_by(input, strongest * place * place)
    }

    /// Σ gradient · change over `steps` steps, [C, H, W] in float64.
    fn sum(
        &self,
        passes: &Passes,
        input: &Tensor,
        class: &Wanted,
        steps: usize,
        step: Step,
    ) -> Result<Tensor, ExplainError> {
        let mut sharper = self.at(0.0, input)?;
        let mut sum = sharper.f_get(0)?.f_zeros_like()?;
        for index in 0..steps {
            let place = |parts: f64| (index as f64 + parts) / steps as f64;
            let between = self.input_at(place(0.5), input)?;
            let (gradient, _) = class_maps::at_photo(passes, &between, class)?;
            let softer = self.at(place(1.0), input)?;
            let change = sharper.f_sub(&softer)?; // small: not rounded to float32
            let gradient = gradient.f_to(Device::Cpu)?;
            sum = sum.f_add(&change.f_mul(&gradient)?.f_get(0)?)?;
            sharper = softer;
            step(0)?;
        }
        Ok(sum)
    }
}
