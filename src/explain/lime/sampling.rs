//! The masks of LIME and what the network says of them.

use super::designs::Replicates;
use super::distinct::Distinct;
use super::masks::Masks;
use super::sample_count::{Ending, SampleCount, too_many_to_enumerate};
use super::sums::Sums;
use super::surrogate::{Samples, distance, kernel};
use super::until_settled::{Design, between, until_settled};
use super::{Lime, linear};
use crate::explain::class_maps::Step;
use crate::explain::seed::Numbers;
use crate::explain::segment_game::Game;
use crate::explain::{ExplainError, Photo, chosen};
use crate::picture::segment::Segmentation;
use crate::results::Stopping;

/// Samples for which the `ridge` of a balanced design is meant: as many as the package takes.
const SAMPLES_OF_RIDGE: f64 = 1000.0;

/// With fewer whole replicates than this their spread says nothing yet.
const FEWEST_REPLICATES: usize = 3;

/// One photo, cut, with the masks it will be seen through.
pub struct Task<'a> {
    pub photo: &'a Photo,
    pub segments: Segmentation,
    pub drawing: Drawing,
}

pub enum Drawing {
    Masks(Masks),
    /// Every mask there is.
    Every(Masks),
    /// The first so many of a balanced design.
    Balanced(usize),
    /// Replicates of a balanced design until the leading segments are settled, at most so many masks.
    UntilSettled(usize),
}

/// Masks with what the network said of them.
pub struct Sampled {
    pub masks: Masks,
    pub probabilities: Vec<f64>,
    /// Between replicates; `None` where there are too few.
    pub standard_errors: Option<Vec<f64>>,
    pub stopping: Option<Stopping>,
}

impl Task<'_> {
    /// How many pictures run, at most.
    pub fn pictures(&self) -> usize {
        match &self.drawing {
            Drawing::Masks(masks) | Drawing::Every(masks) => Distinct::new(masks).pictures(),
            Drawing::Balanced(samples) | Drawing::UntilSettled(samples) => *samples,
        }
    }
}

impl Lime {
    pub(super) fn task<'a>(&self, photo: &'a Photo, seed: u64) -> Result<Task<'a>, ExplainError> {
        let segments = self.segmenting().segment(photo.picture()?);
        let drawing = match self.samples {
            _ if self.samples.is_exact(&segments, self.most_samples()) => {
                match too_many_to_enumerate(photo, &segments) {
                    Some(fault) => return Err(chosen::refused(fault)),
                    None => Drawing::Every(Masks::every(segments.count)),
                }
            }
            SampleCount::Number(samples) if self.is_balanced() => Drawing::Balanced(samples),
            SampleCount::Number(samples) => Drawing::Masks(Masks::random(
                samples.max(1),
                segments.count,
                self.seed(seed),
            )),
            SampleCount::Word(_) => Drawing::UntilSettled(self.most_samples()),
        };
        Ok(Task {
            photo,
            segments,
            drawing,
        })
    }

    pub(super) fn sampled(
        &self,
        game: &Game,
        task: &Task,
        numbers: Numbers,
        step: Step,
    ) -> Result<Sampled, ExplainError> {
        let segments = task.segments.count;
        let design = || Replicates::new(segments, numbers);
        match &task.drawing {
            Drawing::Masks(masks) | Drawing::Every(masks) => Ok(Sampled {
                probabilities: game.values(masks, step)?,
                masks: masks.clone(),
                standard_errors: None,
                stopping: None,
            }),
            Drawing::Balanced(samples) => self.balanced(game, design(), *samples, step),
            Drawing::UntilSettled(most) => {
                self.until_settled(game, design(), segments, *most, step)
            }
        }
    }

    fn balanced(
        &self,
        game: &Game,
        mut design: Replicates,
        samples: usize,
        step: Step,
    ) -> Result<Sampled, ExplainError> {
        let masks = design.masks(samples);
        let probabilities = game.values(&masks, step)?;
        let sums = |masks: &Masks, targets: &[f64]| {
            Sums::of(Samples {
                masks,
                targets,
                kernel: &self.kernel(masks),
            })
        };
        let parts = probabilities.chunks_exact(design.rows()).enumerate();
        let replicates: Vec<Sums> = parts
            .map(|(part, targets)| {
                let rows = masks.part(part * design.rows(), design.rows());
                sums(&rows, targets)
            })
            .collect();
        let standard_errors = (replicates.len() >= FEWEST_REPLICATES)
            .then(|| between(&sums(&masks, &probabilities), &replicates, &self.fit()))
            .flatten();
        Ok(Sampled {
            masks,
            probabilities,
            standard_errors,
            stopping: None,
        })
    }

    fn until_settled(
        &self,
        game: &Game,
        mut design: Replicates,
        segments: usize,
        most: usize,
        step: Step,
    ) -> Result<Sampled, ExplainError> {
        let values = |masks: &Masks, before: usize| game.values(masks, &|done| step(before + done));
        let weight = |mask: &[bool]| kernel(distance(mask), self.kernel_width);
        let ending = Ending {
            most_samples: most,
            tolerance: self.tolerance(),
        };
        let found = until_settled(
            segments,
            &mut design,
            ending,
            (&values, &weight),
            &self.fit(),
        )?;
        Ok(Sampled {
            masks: found.masks,
            probabilities: found.values,
            standard_errors: found.standard_errors,
            stopping: Some(found.stopping),
        })
    }

    /// The weights of segments of a balanced design.
    fn fit(&self) -> impl Fn(&Sums) -> Result<Vec<f64>, linear::Singular> {
        |sums| {
            let line = sums.line(self.penalty(sums.samples()))?;
            Ok(line.weights)
        }
    }

    /// What the samples of a balanced design are penalised by: in proportion to their number.
    pub(super) fn penalty(&self, samples: usize) -> f64 {
        self.ridge * samples as f64 / SAMPLES_OF_RIDGE
    }

    pub(super) fn kernel(&self, masks: &Masks) -> Vec<f64> {
        let rows = masks.rows();
        rows.map(|mask| kernel(distance(mask), self.kernel_width))
            .collect()
    }
}
