//! The ascent of one filter's picture.

use std::ops::ControlFlow;

use tch::{Kind, Tensor};

use super::super::optimise::adam::Adam;
use super::super::optimise::fourier::Fourier;
use super::super::optimise::pixels::{PixelScale, noise};
use super::super::optimise::{Ascent, ascend, filter_means, is_finite, record_one};
use super::super::seed::Numbers;
use super::super::{ExplainError, Passes, chosen, numbers};
use super::mode::Mode;
use super::{ENTRY, Filters};
use crate::model::{Layer, NodeId};
use crate::results::{Curve, Ending, Frame, Objective, Optimised, Stage, Target};

/// Told of each step; an error stops the ascent.
type Progress<'a> = dyn Fn(usize) -> Result<(), ExplainError> + 'a;

impl Filters {
    /// The picture of one filter. Where the filter's ReLU is closed for the noise, so that no gradient reaches
    /// the picture, the value before the ReLU is raised instead.
    pub(super) fn optimise(
        &self,
        passes: &Passes,
        layer: &Layer,
        filter: usize,
        (mode, progress): (&Mode, &Progress),
    ) -> Result<Optimised, ExplainError> {
        let (ascent, picture) = self.ascend(passes, (layer.node, &[]), filter, (mode, progress))?;
        let steps = mode.adam().steps;
        let target = Target::Filter {
            layer: chosen::layer_ref(layer),
            filter,
        };
        let gates = passes.model.gates(layer.node);
        if !ascent.is_dead(0) || gates.is_empty() {
            return found(passes, target, steps, (&ascent, &picture, false));
        }
        // The steps were counted already.
        let again = |_| progress(steps);
        let closed = (layer.node, gates.as_slice());
        let (ascent, picture) = self.ascend(passes, closed, filter, (mode, &again))?;
        found(passes, target, steps, (&ascent, &picture, true))
    }

    /// The ascent and its normalised picture [1, C, H, W].
    fn ascend(
        &self,
        passes: &Passes,
        (node, bypass): (NodeId, &[NodeId]),
        filter: usize,
        (mode, progress): (&Mode, &Progress),
    ) -> Result<(Ascent, Tensor), ExplainError> {
        let inputs = &passes.inputs;
        let (device, size) = (passes.model.device(), self.picture_size(inputs));
        let asked = mode.adam();
        let (steps, mut adam) = (
            asked.steps,
            Adam::new(asked.learning_rate, asked.weight_decay),
        );
        let mut draw = Numbers::new(inputs.seed, ENTRY.name, &format!("filter {filter}"));
        let mean = |input: &Tensor| {
            let output = record_one(passes.model, input, node, bypass)?;
            Ok(filter_means(&output, &[filter])?)
        };
        let mut watch = |step: usize, _: &Tensor| {
            progress(step)?;
            Ok(ControlFlow::Continue(()))
        };
        match mode {
            Mode::Pixels { start, .. } => {
                let levels = (start.low, start.high);
                let start = noise(levels, size, inputs.preprocessing, device, &mut draw)?;
                let ascent = ascend(&start, steps, &mut adam, &mut |x| mean(x), &mut watch)?;
                let picture = ascent.variable.shallow_clone();
                Ok((ascent, picture))
            }
            Mode::Fourier { transforms, .. } => {
                let channels = inputs.preprocessing.channels;
                let fourier = Fourier::new(channels, size, Kind::Float, device)?;
                let scale = PixelScale::new(inputs.preprocessing, device)?;
                // The moves do not depend on the filter.
                let mut moves = Numbers::new(inputs.seed, ENTRY.name, "transforms");
                let start = fourier.noise(&mut draw)?;
                let mut objective = |spectrum: &Tensor| {
                    let moved = transforms.apply(&fourier.pixels(spectrum)?, &mut moves)?;
                    mean(&scale.normalise(&moved)?)
                };
                let ascent = ascend(&start, steps, &mut adam, &mut objective, &mut watch)?;
                let picture = || scale.normalise(&fourier.pixels(&ascent.variable)?);
                let picture = tch::no_grad(picture)?;
                Ok((ascent, picture))
            }
        }
    }
}

/// What the ascent found after `steps`, with its normalised picture [1, C, H, W].
fn found(
    passes: &Passes,
    target: Target,
    steps: usize,
    (ascent, picture, is_pre_activation): (&Ascent, &Tensor, bool),
) -> Result<Optimised, ExplainError> {
    let normalised = picture.f_get(0)?; // [C, H, W]
    let is_valid = is_finite(&normalised)?;
    let frame = || Frame {
        stage: Stage::Step(steps),
        picture: passes.inputs.preprocessing.picture(&normalised),
    };
    let objectives = ascent.objectives[0].clone();
    let ending = match objectives.iter().position(|value| !value.is_finite()) {
        _ if ascent.is_dead(0) => Ending::NoGradient,
        Some(step) => Ending::Diverged { step },
        None if !is_valid => Ending::Diverged {
            step: objectives.len().saturating_sub(1),
        },
        None => Ending::Complete,
    };
    Ok(Optimised {
        target,
        objective: Objective::Mean,
        frames: is_valid.then(frame).into_iter().collect(),
        curves: vec![Curve {
            octave: None,
            objectives,
        }],
        last: match is_valid {
            true => Some(numbers::volume(&normalised)?),
            false => None,
        },
        is_pre_activation,
        ending,
    })
}
