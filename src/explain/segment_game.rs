//! A photo cut into segments as a game: what the network says of a class when only some segments are shown. Shared
//! by LIME, KernelSHAP and Shapley values.

use std::cell::RefCell;
use std::collections::BTreeMap;

use tch::Tensor;

use super::class_maps::{self, Step};
use super::early::Early;
use super::lime::distinct::{Distinct, Masked};
use super::lime::masks::Masks;
use super::lime::perturbed::Perturbed;
use super::passes::of_photo;
use super::target_name::Wanted;
use super::{ExplainError, Passes, Photo};
use crate::model::{BatchSize, MemoryError, Spread};
use crate::picture::segment::Segmentation;
use crate::results::ScalarTarget;

/// Perturbed photos a batch: the fastest for SqueezeNet 1.1 on two cores.
const FASTEST_BATCH_ON_CPU: usize = 8;

/// The same where they start behind the early layers, whose large maps need not be held: 4 % less of the time than 8,
/// for SqueezeNet 1.1 and MobileNetV2 alike.
const FASTEST_BATCH_BEHIND: usize = 16;

/// One photo with its segments and what stands in for them.
pub struct Game<'a> {
    passes: &'a Passes<'a>,
    photo: &'a Photo,
    perturbed: Perturbed,
    /// How whole photos run, and photos that start behind their early layers.
    spreads: [Spread; 2],
    /// What is explained, for the whole photo.
    pub target: ScalarTarget,
    /// The early layers, once they were found to be worth it or not.
    early: RefCell<Option<Option<Early<'a>>>>,
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
            spreads: [
                passes.model.spread(batch, FASTEST_BATCH_ON_CPU)?,
                passes.model.spread(batch, FASTEST_BATCH_BEHIND)?,
            ],
            target: class_maps::of_scores(passes, photo, wanted)?,
            early: RefCell::default(),
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
        let found = self.run_masked(masks, step);
        found.map_err(|error| of_photo(self.photo, error))
    }

    /// The early layers of the photos, as they were `known` or found now; `None` where photos run whole.
    fn prepared(
        &self,
        known: Option<Option<Early<'a>>>,
        photos: &Masked,
        step: Step,
    ) -> Result<Option<Early<'a>>, ExplainError> {
        let found = match known {
            None => Early::of(self.passes.model, photos, self.spreads[0])?,
            Some(known) => known,
        };
        match found {
            None => Ok(None),
            Some(mut early) => Ok(early.prepare(photos, step)?.then_some(early)),
        }
    }

    fn run_masked(&self, masks: &Distinct, step: Step) -> Result<Vec<f64>, ExplainError> {
        let (model, scalar) = (self.passes.model, &self.target.scalar);
        let [whole, behind] = self.spreads;
        let masked = Masked::new(&self.perturbed, masks.masks());
        let mut early = self.early.borrow_mut();
        let prepared = match self.prepared(early.take(), &masked, step) {
            // Without the memory for tiles photos run whole, in smaller batches where they must.
            Err(error) if error.out_of_memory().is_some() => None,
            prepared => prepared?,
        };
        let early = early.insert(prepared).as_ref();
        let scores = |some: &[usize]| match &early {
            Some(early) => early.scores(&masked, some),
            None => Ok(model.scores(&masked.inputs(some)?)?),
        };
        let spread = if early.is_some() { behind } else { whole };
        masks.numbers(scalar, spread, (model.activation(), &scores), step)
    }
}
