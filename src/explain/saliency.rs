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

use super::of_class::{Step, predicted};
use super::passes::of_photo;
use super::per_photo::PerPhoto;
use super::target_name::{TargetName, Wanted};
use super::{
    Entry, ExplainError, Inputs, Needs, Passes, Photo, Photos, Viewing, numbers, parameters, target,
};
use crate::model::{self, ModelError, OutputActivation};
use crate::results::{Attributions, Kind, Meaning, Place, ScalarTarget, Target};

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

/// Gradients of a batch.
#[derive(Debug)]
pub struct Gradients {
    /// ∂ number / ∂ input, [N, C, H, W].
    pub gradient: Tensor,
    /// The number of each picture.
    pub targets: Vec<ScalarTarget>,
}

/// The gradient of each picture's own number by one backward: the pictures of a batch do not act on
/// each other, so the gradient of the sum holds every picture's own.
/// `scores` maps [N, C, H, W] to [N, classes], of which `activation` makes probabilities.
pub fn gradients(
    activation: OutputActivation,
    scores: &dyn Fn(&Tensor) -> Result<Tensor, ModelError>,
    input: &Tensor,
    class: &Wanted,
) -> Result<Gradients, ExplainError> {
    let input = input.f_detach()?.f_set_requires_grad(true)?;
    let scores = scores(&input)?;
    let rows = numbers::probabilities(&scores, activation)?;
    let values = numbers::precise_values(&scores)?;
    let all = values.chunks((values.len() / rows.len().max(1)).max(1));
    let targets = all
        .zip(&rows)
        .map(|(scores, row)| target::new(class, scores, row));
    let targets = targets.collect::<Result<Vec<_>, _>>()?;
    let each = match (targets.first(), class.is_fixed()) {
        (Some(first), true) => target::each(&scores, &first.scalar, activation)?,
        _ => {
            let of_row = |(at, target): (usize, &ScalarTarget)| {
                let row = scores.f_narrow(0, at as i64, 1)?;
                target::each(&row, &target.scalar, activation)
            };
            let rows = targets.iter().enumerate().map(of_row);
            Tensor::f_cat(&rows.collect::<Result<Vec<_>, _>>()?, 0)?
        }
    };
    let gradient = model::gradient(&each.f_sum(None)?, &input)?;
    Ok(Gradients { gradient, targets })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::results::{Explained, Scalar};
    use tch::{Device, Kind};

    /// s = w·x: the gradient is w whatever x is, and a batch gives every picture its own class.
    #[test]
    fn the_gradient_of_a_linear_model_is_its_weight() {
        let weight =
            Tensor::arange(2 * 3 * 6 * 8, (Kind::Float, Device::Cpu)).view([2, -1]) - 100.0;
        let input = Tensor::stack(&[weight.get(1), weight.get(0), weight.get(1) * 0.5], 0)
            .view([3, 3, 6, 8])
            * 1e-4;
        let scores = |x: &Tensor| Ok(x.view([-1, 3 * 6 * 8]).matmul(&weight.transpose(0, 1)));
        let softmax = OutputActivation::Softmax;
        let found = gradients(softmax, &scores, &input, &Wanted::predicted()).unwrap();
        let classes = found.targets.iter().filter_map(|of| of.scalar.class());
        let classes: Vec<usize> = classes.collect();
        assert_eq!(classes, [1, 0, 1]);
        for (at, &class) in classes.iter().enumerate() {
            let expected = weight.get(class as i64).view([3, 6, 8]);
            assert_eq!(found.gradient.get(at as i64), expected);
        }
        let first = Wanted::from(&Scalar::of_class(0, Explained::Score));
        let fixed = gradients(softmax, &scores, &input, &first).unwrap();
        assert_eq!(fixed.gradient.get(0), weight.get(0).view([3, 6, 8]));
        let difference = Wanted::from(&Scalar {
            plus: vec![1],
            minus: vec![0],
            of: Explained::Score,
        });
        let found = gradients(softmax, &scores, &input, &difference).unwrap();
        let expected = (weight.get(1) - weight.get(0)).view([3, 6, 8]);
        assert_eq!(found.gradient.get(2), expected);
    }
}
