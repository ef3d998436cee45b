//! The two ways to dream: a filter by raw ascent; a filter or a whole layer over octaves.

use std::ops::ControlFlow;

use tch::Tensor;

use super::super::optimise::octaves::zoomed;
use super::super::optimise::pixels::PixelScale;
use super::super::optimise::sgd::Sgd;
use super::super::optimise::{ascend, is_finite, record_one, values_and_gradient};
use super::super::seed::Numbers;
use super::super::{ExplainError, Passes, Photo, numbers};
use super::ENTRY;
use super::mode::{Dream, Mode, Octaves, Raw};
use crate::model::{Layer, NodeId};
use crate::picture::{Input, Preprocessing};
use crate::results::{Curve, Ending, Frame, Optimised, Stage, Volume};

/// Told of the steps done and of all; an error stops the dream.
pub(super) type Progress<'a> = dyn Fn(usize, usize) -> Result<(), ExplainError> + 'a;

/// The number that is raised, [1], of a normalised picture [1, C, H, W].
type Raise<'a> = dyn Fn(&Tensor) -> Result<Tensor, ExplainError> + 'a;

/// Which ReLUs are bypassed, and whether anything can grow.
struct Gates {
    bypass: Vec<NodeId>,
    /// The output is zero and no gradient reaches the photo.
    is_closed: bool,
}

impl Dream {
    pub(super) fn of_photo(
        &self,
        passes: &Passes,
        layer: &Layer,
        photo: &Photo,
        progress: &Progress,
    ) -> Result<Optimised, ExplainError> {
        let start = self.start(passes, photo)?;
        let guide = self.guide_input(passes)?;
        let gates = self.gates(passes, layer.node, &start, guide.as_ref())?;
        let maps = |x: &Tensor| record_one(passes.model, x, layer.node, &gates.bypass);
        let guide = guide
            .map(|guide| tch::no_grad(|| maps(&guide)))
            .transpose()?;
        let raise = |x: &Tensor| self.raised(&maps(x)?, guide.as_ref());
        let mut dream = match &self.mode {
            Mode::Raw(raw) => self.ascent(passes, layer, raw, &start, &raise, progress)?,
            Mode::Octaves(octaves) => {
                let shown = (photo, &start);
                self.over_octaves(passes, layer, octaves, shown, &raise, progress)?
            }
        };
        dream.is_pre_activation = !gates.bypass.is_empty();
        if gates.is_closed && gates.bypass.is_empty() {
            dream.ending = Ending::NoGradient;
        }
        Ok(dream)
    }

    /// By plain gradient ascent from the photo.
    fn ascent(
        &self,
        passes: &Passes,
        layer: &Layer,
        raw: &Raw,
        start: &Tensor,
        raise: &Raise,
        progress: &Progress,
    ) -> Result<Optimised, ExplainError> {
        let (steps, every) = (raw.steps, raw.frame_every);
        let mut descent = Sgd {
            learning_rate: raw.learning_rate,
            weight_decay: raw.weight_decay,
        };
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
        let ascent = ascend(start, steps, &mut descent, &mut |x| raise(x), &mut watch)?;
        let lost = ascent.zero_gradient_since[0].filter(|&step| step > 0);
        Ok(Optimised {
            target: self.target(layer),
            objective: self.objective(),
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

    /// In several sizes, the smallest first.
    fn over_octaves(
        &self,
        passes: &Passes,
        layer: &Layer,
        octaves: &Octaves,
        (photo, start): (&Photo, &Tensor),
        raise: &Raise,
        progress: &Progress,
    ) -> Result<Optimised, ExplainError> {
        let settings = octaves.settings();
        let pixels = PixelScale::new(passes.inputs.preprocessing, passes.model.device())?;
        // By id: a photo that is shown by another name keeps its dream.
        let mut shifts = Numbers::new(passes.inputs.seed, ENTRY.name, &photo.id);
        let total = self.total_steps();
        let each = total / octaves.frames();
        let (mut frames, mut curves) = (Vec::new(), Vec::new());
        let mut last: Option<Volume> = None;
        let mut start = start.shallow_clone();
        let mut steps = 0;
        let mut has_diverged = false;
        for picture in 0..octaves.frames() {
            let step = |done| progress(picture * each + done, total);
            let dreamed = settings.dream(&start, &pixels, &mut |x| raise(x), &mut shifts, &step)?;
            has_diverged = dreamed.has_diverged;
            for (at, octave) in dreamed.octaves.iter().enumerate() {
                let stage = Stage::Octave {
                    number: at + 1,
                    width: octave.size.1,
                    height: octave.size.0,
                };
                let normalised = octave.picture.f_get(0)?;
                steps += octave.objectives.len();
                last = Some(numbers::volume(&normalised)?);
                if octaves.zoom.is_none() && octaves.frame_every.is_none() {
                    frames.push(frame(passes, stage, &normalised));
                }
                // Of pictures one behind the other the first has curves.
                if picture == 0 {
                    curves.push(Curve {
                        octave: Some(stage),
                        objectives: octave.objectives.clone(),
                    });
                }
            }
            for (step, on_the_way) in &dreamed.on_the_way {
                let stage = Stage::Step(picture * each + *step);
                frames.push(frame(passes, stage, &on_the_way.f_get(0)?));
            }
            let (Some(zoom), Some(octave)) = (octaves.zoom, dreamed.octaves.last()) else {
                break;
            };
            let stage = Stage::Zoomed {
                number: picture + 1,
            };
            frames.push(frame(passes, stage, &octave.picture.f_get(0)?));
            if has_diverged {
                break;
            }
            start = zoomed(&octave.picture, zoom.share)?;
        }
        Ok(Optimised {
            target: self.target(layer),
            objective: self.objective(),
            frames,
            curves,
            last,
            is_pre_activation: false,
            ending: match has_diverged {
                true => Ending::Diverged { step: steps + 1 },
                false => Ending::Complete,
            },
        })
    }

    /// The ReLUs to bypass: those with zero output on this photo that decide whether the layer can be above
    /// zero; none where a gradient reaches the photo.
    fn gates(
        &self,
        passes: &Passes,
        node: NodeId,
        start: &Tensor,
        guide: Option<&Tensor>,
    ) -> Result<Gates, ExplainError> {
        let maps = |x: &Tensor| record_one(passes.model, x, node, &[]);
        let guide = guide
            .map(|guide| tch::no_grad(|| maps(guide)))
            .transpose()?;
        let mut objective = |x: &Tensor| self.raised(&maps(x)?, guide.as_ref());
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
}

impl Dream {
    /// The photo as the network sees it [1, C, H, W], or that many times as large; what is no file of a photo is enlarged.
    fn start(&self, passes: &Passes, photo: &Photo) -> Result<Tensor, ExplainError> {
        let input = passes.input(photo)?;
        let times = match &self.mode {
            Mode::Octaves(octaves) => octaves.enlarge.unwrap_or(1),
            Mode::Raw(_) => 1,
        };
        if times == 1 {
            return Ok(input);
        }
        let own = passes.inputs.preprocessing;
        if photo.file().as_os_str().is_empty() || photo.prepared()?.array.is_some() {
            let (_, _, height, width) = input.size4()?;
            let times = times as i64;
            let size = [times * height, times * width];
            return Ok(input.f_upsample_bilinear2d(size, false, None, None)?);
        }
        let preprocessing = Preprocessing {
            resize: own.resize.times(times),
            ..own.clone()
        };
        let prepared = Input::open(photo.file(), None)?.prepared(photo.file(), &preprocessing)?;
        Ok(prepared.tensor(&preprocessing, passes.model.device()))
    }

    /// The guide as the network sees it, [1, C, H, W].
    fn guide_input(&self, passes: &Passes) -> Result<Option<Tensor>, ExplainError> {
        let Some(guide) = &self.guide else {
            return Ok(None);
        };
        let file = passes.inputs.base.join(guide);
        let preprocessing = passes.inputs.preprocessing;
        let prepared = Input::open(&file, None)?.prepared(&file, preprocessing)?;
        Ok(Some(prepared.tensor(preprocessing, passes.model.device())))
    }
}

/// A normalised picture [C, H, W] as pixels.
fn frame(passes: &Passes, stage: Stage, normalised: &Tensor) -> Frame {
    Frame {
        stage,
        picture: passes.inputs.preprocessing.picture(normalised),
    }
}
