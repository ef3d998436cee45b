//! A photo cut into segments as a game: what the network says of a class when only some segments are shown. Shared
//! by LIME, KernelSHAP and Shapley values.

use std::cell::RefCell;
use std::collections::BTreeMap;

use tch::Tensor;

use super::class_maps::{self, Step};
use super::lime::masks::Masks;
use super::lime::perturbed::{Distinct, Perturbed};
use super::passes::of_photo;
use super::target_name::Wanted;
use super::{ExplainError, Passes, Photo};
use crate::model::BatchSize;
use crate::picture::segment::Segmentation;
use crate::results::ScalarTarget;

/// Perturbed photos a batch: the fastest for SqueezeNet 1.1 on two cores.
const FASTEST_BATCH_ON_CPU: usize = 8;

/// One photo with its segments and what stands in for them.
pub struct Game<'a> {
    passes: &'a Passes<'a>,
    photo: &'a Photo,
    perturbed: Perturbed,
    batch: usize,
    /// What is explained, for the whole photo.
    pub target: ScalarTarget,
    /// What was computed before, by mask.
    known: RefCell<BTreeMap<Vec<bool>, f64>>,
}

impl<'a> Game<'a> {
    /// `hidden` [1, C, H, W] stands in for segments that are not shown.
    pub fn new(
        passes: &'a Passes<'a>,
        photo: &'a Photo,
        (segments, hidden): (&Segmentation, Tensor),
        wanted: &Wanted,
        batch: BatchSize,
    ) -> Result<Self, ExplainError> {
        Ok(Self {
            passes,
            photo,
            perturbed: Perturbed::of_inputs((passes.input(photo)?, hidden), segments)?,
            batch: passes.model.batch_size(batch, FASTEST_BATCH_ON_CPU)?,
            target: class_maps::of_scores(passes, photo, wanted)?,
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
        let (model, scalar) = (self.passes.model, &self.target.scalar);
        let scores = |input: &Tensor| model.scores(input);
        let scores: (_, super::lime::perturbed::Scores) = (model.activation(), &scores);
        let found = masks.numbers(&self.perturbed, scalar, self.batch, scores, step);
        found.map_err(|error| of_photo(self.photo, error))
    }
}
