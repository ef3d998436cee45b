//! The ascent of one objective's picture, or of several pictures that differ.

use std::ops::ControlFlow;

use tch::{Kind, Tensor};

use super::super::optimise::adam::Adam;
use super::super::optimise::fourier::Fourier;
use super::super::optimise::nadam::NAdam;
use super::super::optimise::pixels::{PixelScale, noise};
use super::super::optimise::{Ascent, ascend};
use super::super::seed::Numbers;
use super::super::{ExplainError, Passes};
use super::measure::{Measure, Seen};
use super::mode::Mode;
use super::parts::Parts;
use super::raised::Raised;
use super::{ENTRY, Filters};
use crate::model::NodeId;
use crate::results::Optimised;

/// Told of each step; an error stops the ascent.
type Progress<'a> = dyn Fn(usize) -> Result<(), ExplainError> + 'a;

/// What an ascent gave.
pub(super) struct Grown {
    pub(super) ascent: Ascent,
    /// Normalised pictures [N, C, H, W].
    pub(super) pictures: Tensor,
    /// How much each pixel mattered, 0..1, [N, 1, H, W], where that was measured.
    pub(super) opacity: Option<Tensor>,
    /// Of each measurement, where several pictures were grown.
    pub(super) seen: Vec<Seen>,
}

impl Filters {
    /// The picture of one objective, its random numbers drawn by `stream`. Where the ReLU of its layer is closed for
    /// the noise, so that no gradient reaches the picture, the value before the ReLU is raised instead.
    pub(super) fn optimise(
        &self,
        passes: &Passes,
        (raised, stream): (&Raised, &str),
        (mode, progress): (&Mode, &Progress),
    ) -> Result<Optimised, ExplainError> {
        let grown = self.ascend(passes, (raised, &[], stream), (mode, progress))?;
        let steps = mode.adam().steps;
        let gates = raised.gates(passes.model);
        let is_closed = (0..self.variants()).any(|item| grown.ascent.is_dead(item));
        if !is_closed || gates.is_empty() {
            return grown.found(passes, raised, steps, false);
        }
        // The steps were counted already.
        let again = |_| progress(steps);
        let grown = self.ascend(passes, (raised, &gates, stream), (mode, &again))?;
        grown.found(passes, raised, steps, true)
    }

    fn ascend(
        &self,
        passes: &Passes,
        (raised, bypass, stream): (&Raised, &[NodeId], &str),
        (mode, progress): (&Mode, &Progress),
    ) -> Result<Grown, ExplainError> {
        let inputs = &passes.inputs;
        let (device, size) = (passes.model.device(), self.picture_size(inputs));
        let asked = mode.adam();
        let steps = asked.steps;
        let mut adam = Adam::new(asked.learning_rate, asked.weight_decay);
        let mut draw = Numbers::new(inputs.seed, ENTRY.name, stream);
        let measure = Measure::new(self, passes, raised, bypass);
        let mut watch = |step: usize, _: &Tensor| {
            progress(step)?;
            Ok(ControlFlow::Continue(()))
        };
        let (ascent, pictures, opacity) = match mode {
            Mode::Pixels { start, .. } => {
                let levels = (start.low, start.high);
                let start = self.each_variant(|| {
                    noise(levels, size, inputs.preprocessing, device, &mut draw)
                })?;
                let mut objective = |x: &Tensor| measure.of(x);
                let ascent = ascend(&start, steps, &mut adam, &mut objective, &mut watch)?;
                let pictures = ascent.variable.shallow_clone();
                (ascent, pictures, None)
            }
            Mode::Fourier { transforms, .. } => {
                let channels = inputs.preprocessing.channels;
                let fourier = Fourier::new(channels, size, Kind::Float, device)?;
                let scale = PixelScale::new(inputs.preprocessing, device)?;
                // The moves do not depend on the objective.
                let mut moves = Numbers::new(inputs.seed, ENTRY.name, "transforms");
                let start = self.each_variant(|| fourier.noise(&mut draw))?;
                let mut objective = |spectrum: &Tensor| {
                    let moved = transforms.apply(&fourier.pixels(spectrum)?, &mut moves)?;
                    measure.of(&scale.normalise(&moved)?)
                };
                let ascent = ascend(&start, steps, &mut adam, &mut objective, &mut watch)?;
                let pictures = || scale.normalise(&fourier.pixels(&ascent.variable)?);
                let pictures = tch::no_grad(pictures)?;
                (ascent, pictures, None)
            }
            Mode::Maco {
                crops, transforms, ..
            } => {
                let parts = Parts::new(passes, size, (*crops, *transforms))?;
                let start = self.each_variant(|| parts.maco.noise(&mut draw))?;
                let mut descent = NAdam::new(asked.learning_rate, asked.weight_decay);
                parts.ascend(&start, steps, &mut descent, &measure, &mut watch)?
            }
        };
        Ok(Grown {
            ascent,
            pictures,
            opacity,
            seen: measure.seen.into_inner(),
        })
    }

    /// The starts [1, …] of all variants, one behind the other.
    fn each_variant(
        &self,
        mut start: impl FnMut() -> Result<Tensor, tch::TchError>,
    ) -> Result<Tensor, tch::TchError> {
        let starts = (0..self.variants()).map(|_| start());
        let starts = starts.collect::<Result<Vec<_>, _>>()?;
        match starts.as_slice() {
            [one] => Ok(one.shallow_clone()),
            several => Tensor::f_cat(several, 0),
        }
    }
}
