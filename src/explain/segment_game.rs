//! A photo cut into segments as a game: what the network says of a class when only some segments are shown. Shared
//! by LIME, KernelSHAP and Shapley values.

use std::cell::RefCell;
use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use tch::Tensor;

use super::lime::masks::Masks;
use super::lime::perturbed::{Distinct, Perturbed};
use super::of_class::Step;
use super::passes::of_photo;
use super::{ExplainError, Passes, Photo, numbers};
use crate::labels::Class;
use crate::model::BatchSize;
use crate::picture::segment::Segmentation;
use crate::results::{ClassTarget, Explained};

/// Perturbed photos a batch: the fastest for SqueezeNet 1.1 on two cores.
const FASTEST_BATCH_ON_CPU: usize = 8;

/// Which number of the class is explained.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Output {
    Probability,
    /// Before the softmax or sigmoid.
    Score,
}

impl Output {
    pub fn explained(self) -> Explained {
        match self {
            Self::Probability => Explained::Probability,
            Self::Score => Explained::Score,
        }
    }
}

/// One photo with its segments and what stands in for them.
pub struct Game<'a> {
    passes: &'a Passes<'a>,
    photo: &'a Photo,
    perturbed: Perturbed,
    batch: usize,
    output: Output,
    /// The class with its score and probability for the whole photo.
    pub target: ClassTarget,
    /// What was computed before, by mask.
    known: RefCell<BTreeMap<Vec<bool>, f64>>,
}

impl<'a> Game<'a> {
    /// `hidden` [1, C, H, W] stands in for segments that are not shown.
    pub fn new(
        passes: &'a Passes<'a>,
        photo: &'a Photo,
        (segments, hidden): (&Segmentation, Tensor),
        (class, output): (Class, Output),
        batch: BatchSize,
    ) -> Result<Self, ExplainError> {
        let whole = passes.scores(photo)?;
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
            output,
            target: ClassTarget {
                class,
                score: f64::from(score),
                probability,
            },
            known: RefCell::default(),
        })
    }

    /// The explained number under each mask, in the report's precision. A mask that was asked for before does not run
    /// again; `step` gets the pictures of this call.
    pub fn values(&self, masks: &Masks, step: Step) -> Result<Vec<f64>, ExplainError> {
        let unknown: Vec<bool> = {
            let known = self.known.borrow();
            let rows = masks.rows().filter(|mask| !known.contains_key(*mask));
            rows.flat_map(<[bool]>::to_vec).collect()
        };
        if let Some(unknown) = Masks::from_rows(masks.segments(), unknown) {
            let found = self.run(&Distinct::new(&unknown), step)?;
            let mut known = self.known.borrow_mut();
            let rows = unknown.rows().map(<[bool]>::to_vec);
            known.extend(rows.zip(found));
        }
        let known = self.known.borrow();
        Ok(masks.rows().map(|mask| known[mask]).collect())
    }

    fn run(&self, masks: &Distinct, step: Step) -> Result<Vec<f64>, ExplainError> {
        let (model, class) = (self.passes.model, self.target.class);
        let found = match self.output {
            Output::Probability => {
                let scores = |input: &Tensor| model.scores(input);
                let scores: (_, super::lime::perturbed::Scores) = (model.activation(), &scores);
                masks.probabilities(&self.perturbed, class, self.batch, scores, step)
            }
            Output::Score => {
                let value = |input: &Tensor| {
                    let scores = model.scores(input)?;
                    numbers::precise_values(&scores.f_select(1, class as i64)?)
                };
                masks.values(&self.perturbed, self.batch, &value, step)
            }
        };
        found.map_err(|error| of_photo(self.photo, error))
    }
}
