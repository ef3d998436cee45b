//! Which pixels, changed a little, would change the score of the class most?
//!
//! ∂s_c / ∂x_kij for the score s_c (before softmax or sigmoid) of class c and the normalised input x (Simonyan et al.
//! 2013, section 3.1), shown as Mᵢⱼ = maxₖ |∂s_c / ∂x_kij|.
//!
//! **Input** one photo [1, C, H, W], normalised. **Output** the gradient [C, H, W], signed, in score per unit
//! of normalised input.
//! **Differs from the paper** where it is shown with another `reduction` than `max`: sum and mean over the
//! channels are what other packages draw.
//! **Errors** scores or gradients that are not finite.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use tch::Tensor;

use super::class_gradients::gradients;
use super::class_maps::{Step, predicted};
use super::passes::of_photo;
use super::per_photo::PerPhoto;
use super::target_name::{TargetName, Wanted};
use super::{
    Entry, ExplainError, Inputs, Needs, Passes, Photo, Photos, Viewing, numbers, parameters,
};
use crate::results::{Attributions, Kind, Meaning, Place, Target};

pub const ENTRY: Entry = Entry {
    name: "saliency",
    version: 2,
    kind: Kind::Attributions,
    view: Viewing::PLAIN,
    photos: Photos::Any,
    schema: parameters::schema::<Saliency>,
    parse: parameters::parse::<Saliency>,
    smallest: |_| Value::Object(Map::new()),
    citations: &[
        "Simonyan, K., Vedaldi, A., Zisserman, A.: Deep Inside Convolutional Networks: Visualising Image Classification Models and Saliency Maps. ICLR Workshop 2014",
    ],
};

/// Gradient of a class score with respect to the pixels.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Saliency {
    /// The class whose score is differentiated: `predicted` (each photo's own), a class name or its number; or a number made of several, `{difference: [cat, dog]}`, `{sum: [cat, lynx]}`, of scores or of probabilities (docs/scores.md). Default `predicted`.
    pub class: TargetName,
}

impl Default for Saliency {
    fn default() -> Self {
        Self { class: predicted() }
    }
}

impl PerPhoto for Saliency {
    fn needs(&self) -> Needs {
        Needs::Gradients
    }

    fn class(&self) -> Option<&TargetName> {
        Some(&self.class)
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
        let scores = |x: &Tensor| passes.model.scores(x);
        let input = passes.input(photo)?;
        let gradients = gradients(passes.model.activation(), &scores, &input, class);
        let gradients = gradients.map_err(|error| of_photo(photo, error))?;
        let values = numbers::volume(&gradients.gradient.f_get(0)?)?;
        if values.values.iter().any(|value| !value.is_finite()) {
            let message = format!("`{}`: the gradient is not a finite number", photo.id);
            return Err(ExplainError::Failed(message));
        }
        let target = gradients.targets.into_iter().next();
        let target = target.ok_or_else(|| ExplainError::Failed("there is no score".to_owned()))?;
        Ok(Attributions {
            target: Target::Class(target),
            place: Place::Input,
            meaning: Meaning::Sensitivity,
            values,
            sums_to: None,
            sampling: None,
        })
    }
}
