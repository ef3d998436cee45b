//! Which pixels, changed a little, would change the score of the class most?
//!
//! Mᵢⱼ = maxₖ |∂s_c / ∂x_kij| for the score s_c (before softmax) of class c and the normalised input x
//! (Simonyan et al. 2013, section 3.1).
//!
//! **Input** [N, C, H, W], normalised. **Output** one map [H, W] a photo, zero or more, in score per unit
//! of normalised input; shown from 0 to its own percentile, larger values clipped.
//! **Differs from the paper** where `reduction` is not `max`: sum and mean over the channels are what
//! other packages draw.
//! **Errors** scores or gradients that are not finite.

mod exhibit;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use tch::Tensor;

use super::finding::{Finding, Map};
use super::{Context, Entry, ExplainError, Fault, Method, Photos, chosen, numbers, parameters};
use crate::model::{Class, ClassName, ModelError};

pub const ENTRY: Entry = Entry {
    name: "saliency",
    photos: Photos::Any,
    schema: parameters::schema::<Saliency>,
    parse: parameters::parse::<Saliency>,
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
    /// How the colour channels become one number. Default `max`.
    pub reduction: Reduction,
    /// Upper end of each photo's colour scale, as a percentile of its map; larger values are clipped. Default 99.
    #[schemars(range(min = 50.0, max = 100.0))]
    pub percentile: f64,
    /// What stands beside each photo. Default `both`.
    pub view: View,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Reduction {
    /// The largest of the channels, as in the paper.
    Max,
    /// The sum over the channels.
    Sum,
    /// The mean over the channels.
    Mean,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum View {
    /// The map by itself.
    Map,
    /// The map over the photo.
    Overlay,
    /// The map by itself and the map over the photo.
    Both,
}

impl Default for Saliency {
    fn default() -> Self {
        Self {
            class: ClassName::Name("predicted".to_owned()),
            reduction: Reduction::Max,
            percentile: 99.0,
            view: View::Both,
        }
    }
}

impl Method for Saliency {
    fn check(&self, context: &Context) -> Vec<Fault> {
        let class = chosen::class(context, &self.class);
        chosen::photo_faults(context)
            .into_iter()
            .chain(class.err())
            .collect()
    }

    fn run(
        &self,
        context: &Context,
        progress: &dyn Fn(usize, usize),
    ) -> Result<Finding, ExplainError> {
        let class = chosen::class(context, &self.class).map_err(chosen::refused)?;
        let mut found = Vec::with_capacity(context.photos.len());
        for photos in context.photos.chunks(chosen::BATCH) {
            let input = context.input(photos)?;
            let gradients = gradients(&|x| context.model.scores(x), &input, class)?;
            found.extend(self.maps(&gradients)?);
            progress(found.len(), context.photos.len());
        }
        Ok(self.finding(context, &found))
    }
}

/// Gradients of a batch.
#[derive(Debug)]
pub struct Gradients {
    /// ∂ score / ∂ input, [N, C, H, W].
    pub gradient: Tensor,
    /// The class of each picture's score.
    pub classes: Vec<usize>,
    /// Its probability, 0..1.
    pub probabilities: Vec<f64>,
}

/// The gradient of each picture's own score by one backward: the pictures of a batch do not act on
/// each other, so the gradient of the sum holds every picture's own.
/// `scores` maps [N, C, H, W] to [N, classes].
pub fn gradients(
    scores: &dyn Fn(&Tensor) -> Result<Tensor, ModelError>,
    input: &Tensor,
    class: Class,
) -> Result<Gradients, ExplainError> {
    let input = input.f_detach()?.f_set_requires_grad(true)?;
    let scores = scores(&input)?;
    let rows = numbers::probabilities(&scores)?;
    let of_row = |row: &Vec<f64>| match class {
        Class::Predicted => numbers::largest(row, 1).first().copied().unwrap_or(0),
        Class::Index(index) => index,
    };
    let classes: Vec<usize> = rows.iter().map(of_row).collect();
    let index: Vec<i64> = classes.iter().map(|&class| class as i64).collect();
    let index = Tensor::f_from_slice(&index)?
        .f_to(scores.device())?
        .f_unsqueeze(1)?;
    let sum = scores.f_gather(1, &index, false)?.f_sum(None)?;
    let gradient = Tensor::f_run_backward(&[sum], &[&input], false, false)?
        .pop()
        .ok_or_else(|| ExplainError::Failed("libtorch returned no gradient".to_owned()))?;
    let probabilities = rows
        .iter()
        .zip(&classes)
        .map(|(row, &class)| row[class])
        .collect();
    Ok(Gradients {
        gradient,
        classes,
        probabilities,
    })
}

/// |gradient| [N, C, H, W] over the channels: [N, H, W].
pub fn reduce(gradient: &Tensor, reduction: Reduction) -> Result<Tensor, ExplainError> {
    let magnitude = gradient.f_abs()?;
    Ok(match reduction {
        Reduction::Max => magnitude.f_amax([1].as_slice(), false)?,
        Reduction::Sum => magnitude.f_sum_dim_intlist([1].as_slice(), false, None)?,
        Reduction::Mean => magnitude.f_mean_dim([1].as_slice(), false, None)?,
    })
}

/// The map of one photo.
struct Salient {
    map: Map,
    class: usize,
    probability: f64,
    /// Largest number of the map.
    largest: f32,
    /// Upper end of the colour scale.
    clip: f32,
}

impl Saliency {
    fn maps(&self, gradients: &Gradients) -> Result<Vec<Salient>, ExplainError> {
        let reduced = reduce(&gradients.gradient, self.reduction)?;
        let mut found = Vec::with_capacity(gradients.classes.len());
        for (at, (&class, &probability)) in gradients
            .classes
            .iter()
            .zip(&gradients.probabilities)
            .enumerate()
        {
            let map = numbers::map(&reduced.f_get(at as i64)?)?;
            if map.values.iter().any(|value| !value.is_finite()) {
                return Err(ExplainError::Failed(
                    "the gradient is not a finite number".to_owned(),
                ));
            }
            let (_, largest) = numbers::extremes(&map.values);
            let clip = numbers::percentile(&map.values, self.percentile);
            // A map with so few pixels that the percentile is zero is shown up to its largest value.
            let clip = if clip > 0.0 { clip } else { largest };
            found.push(Salient {
                map,
                class,
                probability,
                largest,
                clip,
            });
        }
        Ok(found)
    }
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
        let found = gradients(&scores, &input, Class::Predicted).unwrap();
        assert_eq!(found.classes, [1, 0, 1]);
        for (at, &class) in found.classes.iter().enumerate() {
            let expected = weight.get(class as i64).view([3, 6, 8]);
            assert_eq!(found.gradient.get(at as i64), expected);
            let summed = reduce(&found.gradient, Reduction::Sum)
                .unwrap()
                .get(at as i64);
            assert_eq!(
                summed,
                expected.abs().sum_dim_intlist([0].as_slice(), false, None)
            );
            let largest = reduce(&found.gradient, Reduction::Max)
                .unwrap()
                .get(at as i64);
            assert_eq!(largest, expected.abs().amax([0].as_slice(), false));
        }
        let fixed = gradients(&scores, &input, Class::Index(0)).unwrap();
        assert_eq!(fixed.gradient.get(0), weight.get(0).view([3, 6, 8]));
    }

    /// One max pixel of 12: a 50 % percentile of zero must not make a scale of zero length.
    #[test]
    fn a_sparse_map_is_shown_up_to_its_largest_value() {
        let gradient = Tensor::zeros([1, 1, 3, 4], (Kind::Float, Device::Cpu));
        let _ = gradient.get(0).get(0).get(1).get(2).fill_(-2.0);
        let gradients = Gradients {
            gradient,
            classes: vec![0],
            probabilities: vec![1.0],
        };
        let method = Saliency {
            percentile: 50.0,
            ..Saliency::default()
        };
        let found = method.maps(&gradients).unwrap();
        assert_eq!((found[0].clip, found[0].largest), (2.0, 2.0));
    }
}
