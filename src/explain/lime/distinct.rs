//! The photo under many masks: which of them are equal, and what the network says of each.

use std::collections::BTreeMap;

use tch::Tensor;

use super::masks::Masks;
use super::perturbed::Perturbed;
use crate::explain::early::{Inputs, View, Views, Window};
use crate::explain::{ExplainError, numbers};
use crate::model::{OutputActivation, Spread, in_lanes};
use crate::results::{Explained, Scalar};

/// The photo under several masks.
pub struct Masked<'a> {
    perturbed: &'a Perturbed,
    masks: &'a [&'a [bool]],
}

impl<'a> Masked<'a> {
    pub fn new(perturbed: &'a Perturbed, masks: &'a [&'a [bool]]) -> Self {
        Self { perturbed, masks }
    }

    /// Some of the inputs, [N, C, H, W].
    pub fn inputs(&self, some: &[usize]) -> Result<Tensor, ExplainError> {
        self.through(self.perturbed.whole(), some)
    }
}

impl Inputs for Masked<'_> {
    fn count(&self) -> usize {
        self.masks.len()
    }

    fn size(&self) -> (i64, i64) {
        let whole = self.perturbed.whole();
        (whole.rows.1, whole.columns.1)
    }

    /// A bit for each segment within the window: whether it is shown.
    fn views(&self, window: Window) -> Option<Views<'_>> {
        let within = self.perturbed.segments_within(window);
        (within.len() <= View::BITS as usize).then(|| -> Views {
            Box::new(move |input| {
                let mask = self.masks[input];
                let shown = within.iter().map(|segment| View::from(mask[*segment]));
                shown.fold(0, |view, shown| view << 1 | shown)
            })
        })
    }

    fn through(&self, window: Window, inputs: &[usize]) -> Result<Tensor, ExplainError> {
        let masks: Vec<&[bool]> = inputs.iter().map(|input| self.masks[*input]).collect();
        self.perturbed.within(window, &masks)
    }
}

/// Maps some of the masks, by their place among the different ones, to scores [N, classes].
pub type Scores<'a> = &'a (dyn Fn(&[usize]) -> Result<Tensor, ExplainError> + Sync);

/// Groups equal masks: they give the same picture, which then runs only once.
pub struct Distinct<'a> {
    masks: Vec<&'a [bool]>,
    /// Row of the masks → index in `masks`.
    of_row: Vec<usize>,
}

impl<'a> Distinct<'a> {
    pub fn new(masks: &'a Masks) -> Self {
        let mut known = BTreeMap::new();
        let mut distinct = Vec::new();
        let of_row = masks.rows().map(|mask| {
            *known.entry(mask).or_insert_with(|| {
                distinct.push(mask);
                distinct.len() - 1
            })
        });
        let of_row = of_row.collect();
        Self {
            masks: distinct,
            of_row,
        }
    }

    /// How many pictures run.
    pub fn pictures(&self) -> usize {
        self.masks.len()
    }

    /// Each different one, in the order of the first rows that have it.
    pub fn masks(&self) -> &[&'a [bool]] {
        &self.masks
    }

    /// A number of the scores of each row of the masks, pictures spread as given, or fewer at once where memory is short.
    /// `activation` makes probabilities of the scores. `progress` gets the pictures done and may stop it.
    pub fn numbers(
        &self,
        scalar: &Scalar,
        spread: Spread,
        (activation, scores): (OutputActivation, Scores),
        progress: &dyn Fn(usize) -> Result<(), ExplainError>,
    ) -> Result<Vec<f64>, ExplainError> {
        let mut found = Vec::with_capacity(self.pictures());
        let compute = |some: Vec<usize>| {
            let _no_gradient = tch::no_grad_guard();
            values(scalar, activation, &scores(&some)?)
        };
        let mut keep = |_, of_batch| {
            found.extend::<Vec<f64>>(of_batch);
            progress(found.len())
        };
        let pictures = self.pictures();
        in_lanes(
            pictures,
            spread,
            &mut |range| Ok(range.collect()),
            &compute,
            &mut keep,
        )?;
        Ok(self.of_row.iter().map(|&index| found[index]).collect())
    }
}

/// The number for each row of scores [N, classes].
fn values(
    scalar: &Scalar,
    activation: OutputActivation,
    scores: &Tensor,
) -> Result<Vec<f64>, ExplainError> {
    let rows = match scalar.of {
        Explained::Probability => numbers::probabilities(scores, activation)?,
        Explained::Score => {
            let (_, classes) = scores.size2()?;
            let all = numbers::precise_values(scores)?;
            let rows = all.chunks(classes.max(1) as usize);
            rows.map(<[f64]>::to_vec).collect()
        }
    };
    let each = rows.iter().map(|row| scalar.combined(row));
    each.collect::<Option<Vec<f64>>>()
        .ok_or_else(|| ExplainError::Failed("the network gives no score for a class".to_owned()))
}

#[cfg(test)]
#[path = "distinct_tests.rs"]
mod tests;
