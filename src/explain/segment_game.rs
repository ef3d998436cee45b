//! A photo cut into segments as a game: what the network says of a class when only some segments are shown.

use std::rc::Rc;

use tch::Tensor;

use super::lime::masks::Masks;
use super::lime::perturbed::{Distinct, Perturbed};
use super::of_class::Step;
use super::passes::of_photo;
use super::{ExplainError, Passes, Photo, Scores, numbers};
use crate::labels::Class;
use crate::model::BatchSize;
use crate::picture::segment::Segmentation;
use crate::results::ClassTarget;

/// Perturbed photos a batch: the fastest for SqueezeNet 1.1 on two cores.
const FASTEST_BATCH_ON_CPU: usize = 8;

/// One photo with its segments and what stands in for them.
pub struct Game<'a> {
    passes: &'a Passes<'a>,
    photo: &'a Photo,
    perturbed: Perturbed,
    batch: usize,
    /// The class with its score and probability for the whole photo.
    pub target: ClassTarget,
}

impl<'a> Game<'a> {
    /// `hidden` [1, C, H, W] stands in for segments that are not shown.
    pub fn new(
        passes: &'a Passes<'a>,
        photo: &'a Photo,
        (segments, hidden): (&Segmentation, Tensor),
        class: Class,
        batch: BatchSize,
    ) -> Result<Self, ExplainError> {
        let whole: Rc<Scores> = passes.scores(photo)?;
        let class = match class {
            Class::Index(class) => class,
            Class::Predicted => whole.predicted(),
        };
        let (score, probability) = (whole.scores.get(class), whole.probabilities.get(class));
        let (Some(&score), Some(&probability)) = (score, probability) else {
            return Err(ExplainError::Failed(format!(
                "the network gives no score for class {class}"
            )));
        };
        Ok(Self {
            passes,
            photo,
            perturbed: Perturbed::of_inputs((passes.input(photo)?, hidden), segments)?,
            batch: passes.model.batch_size(batch, FASTEST_BATCH_ON_CPU)?,
            target: ClassTarget {
                class,
                score: f64::from(score),
                probability,
            },
        })
    }

    /// The class's probability under each mask, in the report's precision. Equal masks run once.
    pub fn probabilities(&self, masks: &Masks, step: Step) -> Result<Vec<f64>, ExplainError> {
        let masks = Distinct::new(masks);
        let model = self.passes.model;
        let scores = |input: &Tensor| model.scores(input);
        let scores = (
            model.activation(),
            &scores as super::lime::perturbed::Scores,
        );
        let found =
            masks.probabilities(&self.perturbed, self.target.class, self.batch, scores, step);
        found.map_err(|error| of_photo(self.photo, error))
    }

    /// The class's score, before softmax or sigmoid, under each mask.
    pub fn scores(&self, masks: &Masks, step: Step) -> Result<Vec<f64>, ExplainError> {
        let masks = Distinct::new(masks);
        let class = self.target.class as i64;
        let value = |input: &Tensor| {
            let scores = self.passes.model.scores(input)?;
            numbers::precise_values(&scores.f_select(1, class)?)
        };
        let found = masks.values(&self.perturbed, self.batch, &value, step);
        found.map_err(|error| of_photo(self.photo, error))
    }
}
