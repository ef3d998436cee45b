//! The map that masks of a photo give, with its standard error.

use std::ops::Range;

use tch::Tensor;

use crate::explain::class_maps::{self, Step};
use crate::explain::moments::Moments;
use crate::explain::sampled_mean::Count;
use crate::explain::{ExplainError, Passes, hidden, numbers};
use crate::results::{Attributions, Meaning, ScalarTarget};

/// So many masks are in memory at once.
const IN_MEMORY: usize = 256;

/// Masks [H, W] of 0..1, one after the other.
pub struct Masked<'a> {
    /// How many.
    pub count: Count,
    /// So many belong together: the error is that of the means of so many. Every round is a multiple of it.
    pub together: usize,
    /// Their mean.
    pub kept: f64,
    pub mask: &'a mut dyn FnMut() -> Result<Tensor, ExplainError>,
}

/// What masks say of each pixel, by means of so many.
struct Said {
    moments: Moments,
    together: usize,
    /// Of the masks since the last whole mean, and how many.
    sum: Vec<f64>,
    masks: usize,
}

impl Said {
    fn add(&mut self, values: impl Iterator<Item = f64>) {
        let sums = self.sum.iter_mut().zip(values);
        sums.for_each(|(sum, value)| *sum += value);
        self.masks += 1;
        if self.masks == self.together {
            let count = self.masks as f64;
            self.moments.add(self.sum.iter().map(|sum| sum / count));
            self.sum.fill(0.0);
            self.masks = 0;
        }
    }
}

impl Masked<'_> {
    /// The map of an input [1, C, H, W] with its baseline.
    pub fn explain(
        self,
        passes: &Passes,
        (input, baseline): (Tensor, Tensor),
        target: ScalarTarget,
        step: Step,
    ) -> Result<Attributions, ExplainError> {
        let (_, _, height, width) = input.size4()?;
        let pixels = (height * width).unsigned_abs() as usize;
        let kept = self.kept;
        let draw = self.mask;
        let mut said = Said {
            moments: Moments::new(pixels),
            together: self.together.max(1),
            sum: vec![0.0; pixels],
            masks: 0,
        };
        let mut take = |said: &mut Said, samples: Range<usize>| {
            // A batch that does not fit into memory is run again in halves, so that every mask is kept as it was drawn.
            let mut masks: Vec<Tensor> = Vec::with_capacity(samples.len());
            let mut masked = |index: usize| {
                while masks.len() <= index {
                    masks.push(draw()?);
                }
                let mask = masks[index].f_to(input.device())?;
                Ok(baseline.f_add(&input.f_sub(&baseline)?.f_mul(&mask)?)?)
            };
            let step = |done: usize| step(samples.start + done);
            let found = hidden::values(passes, &target.scalar, samples.len(), &mut masked, &step)?;
            for (mask, probability) in masks.iter().zip(&found) {
                // What the mask says of a pixel, pᵢ (Mᵢ / q − 1) / (1 − q).
                let mask = numbers::values(mask)?.into_iter().map(f64::from);
                said.add(mask.map(|shown| probability * (shown / kept - 1.0) / (1.0 - kept)));
            }
            Ok(())
        };
        let in_parts = |said: &mut Said, samples: Range<usize>| {
            let mut starts = samples.clone().step_by(IN_MEMORY);
            starts.try_for_each(|start| take(said, start..samples.end.min(start + IN_MEMORY)))
        };
        let estimate = |said: &Said| {
            let errors = said.moments.standard_errors_of_mean();
            (said.moments.mean().to_vec(), errors)
        };
        let (values, sampling) = self.count.sample(&mut said, in_parts, estimate)?;
        let values = Tensor::f_from_slice(&values)?.f_view([1, height, width])?;
        let found = class_maps::over_input(target, Meaning::Contribution, &values, None)?;
        Ok(Attributions {
            sampling: Some(sampling),
            ..found
        })
    }
}
