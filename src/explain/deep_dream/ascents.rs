//! The two ways to dream: a filter by raw ascent; a filter or a whole layer over octaves.

use std::ops::ControlFlow;

use tch::Tensor;

use super::super::optimise::octaves::half_mean_square;
use super::super::optimise::pixels::PixelScale;
use super::super::optimise::sgd::Sgd;
use super::super::optimise::{ascend, filter_means, is_finite, record_one, values_and_gradient};
use super::super::seed::Numbers;
use super::super::{ExplainError, Passes, Photo, chosen, numbers};
use super::{Ascent, DeepDream, ENTRY};
use crate::model::{Layer, NodeId};
use crate::results::{Curve, Ending, Frame, Objective, Optimised, Stage, Target, Volume};

/// Told of the steps done and of all; an error stops the dream.
pub(super) type Progress<'a> = dyn Fn(usize, usize) -> Result<(), ExplainError> + 'a;

/// Which ReLUs are bypassed, and whether anything can grow.
struct Gates {
    bypass: Vec<NodeId>,
    /// The output is zero and no gradient reaches the photo.
    is_closed: bool,
}

impl DeepDream {
    pub(super) fn dream(
        &self,
        passes: &Passes,
        layer: &Layer,
        photo: &Photo,
        progress: &Progress,
    ) -> Result<Optimised, ExplainError> {
        let start = passes.input(photo)?;
        let gates = self.gates(passes, layer.node, &start)?;
        let mut dream = match (self.ascent(), self.filter) {
            (Ascent::Raw, Some(filter)) => {
                self.dream_raw(passes, layer, filter, &start, &gates.bypass, progress)?
            }
            _ => self.dream_octaves(passes, layer, photo, &start, &gates.bypass, progress)?,
        };
        dream.is_pre_activation = !gates.bypass.is_empty();
        if gates.is_closed && gates.bypass.is_empty() {
            dream.ending = Ending::NoGradient;
        }
        Ok(dream)
    }

    fn dream_raw(
        &self,
        passes: &Passes,
        layer: &Layer,
        filter: usize,
        start: &Tensor,
        bypass: &[NodeId],
        progress: &Progress,
    ) -> Result<Optimised, ExplainError> {
        let steps = self.steps.unwrap_or_default();
        let every = self.frame_every.unwrap_or(1).max(1);
        let mut descent = Sgd {
            learning_rate: self.learning_rate.unwrap_or_default(),
            weight_decay: self.weight_decay.unwrap_or_default(),
        };
        let mut objective =
            |x: &Tensor| self.objective(&record_one(passes.model, x, layer.node, bypass)?);
        let mut frames = Vec::new();
        let (mut last, mut diverged) = (None, None);
        let mut watch = |step: usize, variable: &Tensor| {
            if !is_finite(variable)? {
                diverged = Some(step);
                return Ok(ControlFlow::Break(()));
            }
            if step.is_multiple_of(every) || step == steps {
                let (stage, normalised) = (Stage::Step(step), variable.f_get(0)?);
                frames.push(frame(passes, stage, &normalised));
                last = Some(numbers::volume(&normalised)?);
            }
            progress(step, steps)?;
            Ok(ControlFlow::Continue(()))
        };
        let ascent = ascend(start, steps, &mut descent, &mut objective, &mut watch)?;
        let lost = ascent.zero_gradient_since[0].filter(|&step| step > 0);
        Ok(Optimised {
            target: Target::Filter {
                layer: chosen::layer_ref(layer),
                filter,
            },
            objective: Objective::Mean,
            frames,
            curves: vec![Curve {
                octave: None,
                objectives: ascent.objectives[0].clone(),
            }],
            last,
            is_pre_activation: false,
            ending: match (diverged, lost) {
                (Some(step), _) => Ending::Diverged { step },
                (None, Some(step)) => Ending::GradientLost { step },
                (None, None) => Ending::Complete,
            },
        })
    }

    fn dream_octaves(
        &self,
        passes: &Passes,
        layer: &Layer,
        photo: &Photo,
        start: &Tensor,
        bypass: &[NodeId],
        progress: &Progress,
    ) -> Result<Optimised, ExplainError> {
        let octaves = self.octave_settings();
        let pixels = PixelScale::new(passes.inputs.preprocessing, passes.model.device())?;
        let mut objective =
            |x: &Tensor| self.objective(&record_one(passes.model, x, layer.node, bypass)?);
        // By id: a photo that is shown by another name keeps its dream.
        let mut shifts = Numbers::new(passes.inputs.seed, ENTRY.name, &photo.id);
        let total = octaves.count * octaves.steps;
        let step = |done| progress(done, total);
        let dreamed = octaves.dream(start, &pixels, &mut objective, &mut shifts, &step)?;
        let (mut frames, mut curves) = (Vec::new(), Vec::new());
        let mut last: Option<Volume> = None;
        for (at, octave) in dreamed.octaves.iter().enumerate() {
            let stage = Stage::Octave {
                number: at + 1,
                width: octave.size.1,
                height: octave.size.0,
            };
            let normalised = octave.picture.f_get(0)?;
            if self.frame_every.is_none() {
                frames.push(frame(passes, stage, &normalised));
            }
            last = Some(numbers::volume(&normalised)?);
            curves.push(Curve {
                octave: Some(stage),
                objectives: octave.objectives.clone(),
            });
        }
        for (step, picture) in &dreamed.on_the_way {
            frames.push(frame(passes, Stage::Step(*step), &picture.f_get(0)?));
        }
        let steps: usize = curves.iter().map(|curve| curve.objectives.len()).sum();
        Ok(Optimised {
            target: match self.filter {
                Some(filter) => Target::Filter {
                    layer: chosen::layer_ref(layer),
                    filter,
                },
                None => Target::Layer {
                    layer: chosen::layer_ref(layer),
                },
            },
            objective: match self.filter {
                Some(_) => Objective::Mean,
                None => Objective::HalfMeanSquare,
            },
            frames,
            curves,
            last,
            is_pre_activation: false,
            ending: match dreamed.has_diverged {
                true => Ending::Diverged { step: steps + 1 },
                false => Ending::Complete,
            },
        })
    }

    /// The ReLUs to bypass: those with zero output on this photo that decide whether the layer can be above
    /// zero; none where a gradient reaches the photo.
    fn gates(&self, passes: &Passes, node: NodeId, start: &Tensor) -> Result<Gates, ExplainError> {
        let mut objective = |x: &Tensor| self.objective(&record_one(passes.model, x, node, &[])?);
        let (values, gradient) = values_and_gradient(start, &mut objective)?;
        let largest = gradient.f_abs()?.f_max()?.f_double_value(&[])?;
        let is_closed = largest == 0.0 && values[0] <= 0.0;
        Ok(Gates {
            bypass: match is_closed {
                true => passes.model.gates(node),
                false => Vec::new(),
            },
            is_closed,
        })
    }

    /// [1] of a layer's output.
    fn objective(&self, output: &Tensor) -> Result<Tensor, ExplainError> {
        Ok(match self.filter {
            Some(filter) => filter_means(output, &[filter])?,
            None => half_mean_square(output)?.f_view([1])?,
        })
    }
}

/// A normalised picture [C, H, W] as pixels.
fn frame(passes: &Passes, stage: Stage, normalised: &Tensor) -> Frame {
    Frame {
        stage,
        picture: passes.inputs.preprocessing.picture(normalised),
    }
}
