//! What an ascent found, as results.

use tch::Tensor;

use super::super::optimise::is_finite;
use super::super::{ExplainError, Passes, numbers};
use super::ascent::Grown;
use super::raised::Raised;
use crate::results::{Curve, Ending, Frame, Optimised, Picture, Stage};

impl Grown {
    pub(super) fn found(
        &self,
        passes: &Passes,
        raised: &Raised,
        steps: usize,
        is_pre_activation: bool,
    ) -> Result<Optimised, ExplainError> {
        let is_valid = is_finite(&self.pictures)?;
        let curves = self.curves();
        let objectives = curves.iter().map(|curve| &curve.objectives);
        let diverged = objectives
            .filter_map(|one| one.iter().position(|value| !value.is_finite()))
            .min();
        let ending = match diverged {
            _ if (0..curves.len()).all(|item| self.ascent.is_dead(item)) => Ending::NoGradient,
            Some(step) => Ending::Diverged { step },
            None if !is_valid => Ending::Diverged {
                step: curves[0].objectives.len().saturating_sub(1),
            },
            None => Ending::Complete,
        };
        let first = self.pictures.f_narrow(0, 0, 1)?;
        Ok(Optimised {
            target: raised.target(passes.model, &first)?,
            objective: raised.objective(),
            frames: match is_valid {
                true => self.frames(passes, steps)?,
                false => Vec::new(),
            },
            curves,
            last: match is_valid {
                true => Some(numbers::volume(&self.stacked()?)?),
                false => None,
            },
            is_pre_activation,
            ending,
        })
    }

    /// The only picture [C, H, W]; of several the channels one behind the other.
    fn stacked(&self) -> Result<Tensor, tch::TchError> {
        self.pictures.f_flatten(0, 1)
    }

    fn frames(&self, passes: &Passes, steps: usize) -> Result<Vec<Frame>, ExplainError> {
        let count = self.pictures.size()[0];
        let frame = |item: i64| -> Result<Frame, ExplainError> {
            let normalised = self.pictures.f_get(item)?;
            Ok(Frame {
                stage: match count {
                    1 => Stage::Step(steps),
                    _ => self.variant(item as usize),
                },
                picture: passes.inputs.preprocessing.picture(&normalised),
            })
        };
        let mut frames = Vec::new();
        for item in 0..count {
            frames.push(frame(item)?);
            if let Some(opacity) = &self.opacity {
                frames.push(opacity_frame(&opacity.f_get(item)?.f_get(0)?)?);
            }
        }
        Ok(frames)
    }

    /// Objectives without what is taken off for being alike.
    fn curves(&self) -> Vec<Curve> {
        let all = &self.ascent.objectives;
        if let [objectives] = all.as_slice() {
            return vec![Curve {
                octave: None,
                objectives: objectives.clone(),
            }];
        }
        let curve = |item: usize| Curve {
            octave: Some(self.variant(item)),
            objectives: self.seen.iter().map(|seen| seen.objectives[item]).collect(),
        };
        (0..all.len()).map(curve).collect()
    }

    fn variant(&self, item: usize) -> Stage {
        let last = self.seen.last();
        Stage::Variant {
            number: item + 1,
            similarity: last.map_or(f64::NAN, |seen| seen.similarities[item]),
        }
    }
}

/// Of [H, W] from 0 to 1: a grey picture.
fn opacity_frame(opacity: &Tensor) -> Result<Frame, ExplainError> {
    let (height, width) = opacity.size2()?;
    let levels = numbers::values(opacity)?;
    let levels = levels
        .into_iter()
        .map(|share| (share * 255.0).round() as u8);
    Ok(Frame {
        stage: Stage::Opacity,
        picture: Picture {
            width: width as usize,
            height: height as usize,
            pixels: levels.flat_map(|level| [level; 3]).collect(),
        },
    })
}
