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

use super::of_class::Step;
use super::passes::of_photo;
use super::per_photo::PerPhoto;
use super::{
    Entry, ExplainError, Inputs, Needs, Passes, Photo, Photos, Viewing, numbers, parameters,
};
use crate::labels::{Class, ClassName};
use crate::model::{self, ModelError, OutputActivation};
use crate::results::{Attributions, ClassTarget, Kind, Meaning, Place, Target};

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
    /// The class whose score is differentiated: `predicted` (each photo's own), a class name or its number. Default `predicted`.
    pub class: ClassName,
}

impl Default for Saliency {
    fn default() -> Self {
        Self {
            class: ClassName::Name("predicted".to_owned()),
        }
    }
}

impl PerPhoto for Saliency {
    fn needs(&self) -> Needs {
        Needs::Gradients
    }

    fn class(&self) -> Option<&ClassName> {
        Some(&self.class)
    }

    fn used(&self, _: &Inputs) -> Map<String, Value> {
        parameters::object(self)
    }

    fn map_of(
        &self,
        passes: &Passes,
        photo: &Photo,
        class: Class,
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
        Ok(Attributions {
            target: Target::Class(ClassTarget {
                class: gradients.classes[0],
                score: gradients.scores[0],
                probability: gradients.probabilities[0],
            }),
            place: Place::Input,
            meaning: Meaning::Sensitivity,
            values,
            sums_to: None,
        })
    }
}

/// Gradients of a batch.
#[derive(Debug)]
pub struct Gradients {
    /// ∂ score / ∂ input, [N, C, H, W].
    pub gradient: Tensor,
    /// The class of each picture's score.
    pub classes: Vec<usize>,
    /// Its score.
    pub scores: Vec<f64>,
    /// Its probability, 0..1.
    pub probabilities: Vec<f64>,
}

/// The gradient of each picture's own score by one backward: the pictures of a batch do not act on
/// each other, so the gradient of the sum holds every picture's own.
/// `scores` maps [N, C, H, W] to [N, classes], of which `activation` makes probabilities.
pub fn gradients(
    activation: OutputActivation,
    scores: &dyn Fn(&Tensor) -> Result<Tensor, ModelError>,
    input: &Tensor,
    class: Class,
) -> Result<Gradients, ExplainError> {
    let input = input.f_detach()?.f_set_requires_grad(true)?;
    let scores = scores(&input)?;
    let rows = numbers::probabilities(&scores, activation)?;
    let of_row = |row: &Vec<f64>| match class {
        Class::Predicted => numbers::largest(row, 1).first().copied().unwrap_or(0),
        Class::Index(index) => index,
    };
    let classes: Vec<usize> = rows.iter().map(of_row).collect();
    let index: Vec<i64> = classes.iter().map(|&class| class as i64).collect();
    let index = Tensor::f_from_slice(&index)?
        .f_to(scores.device())?
        .f_unsqueeze(1)?;
    let of_classes = scores.f_gather(1, &index, false)?; // [N, 1]
    let sum = of_classes.f_sum(None)?;
    let gradient = model::gradient(&sum, &input)?;
    let probabilities = rows
        .iter()
        .zip(&classes)
        .map(|(row, &class)| row[class])
        .collect();
    Ok(Gradients {
        gradient,
        classes,
        scores: numbers::precise_values(&of_classes)?,
        probabilities,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
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
        let found = gradients(softmax, &scores, &input, Class::Predicted).unwrap();
        assert_eq!(found.classes, [1, 0, 1]);
        for (at, &class) in found.classes.iter().enumerate() {
            let expected = weight.get(class as i64).view([3, 6, 8]);
            assert_eq!(found.gradient.get(at as i64), expected);
        }
        let fixed = gradients(softmax, &scores, &input, Class::Index(0)).unwrap();
        assert_eq!(fixed.gradient.get(0), weight.get(0).view([3, 6, 8]));
    }
}
