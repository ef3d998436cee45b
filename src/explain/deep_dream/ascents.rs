//! The two ways to dream: a filter by plain ascent, a whole layer over octaves.

use std::ops::ControlFlow;

use tch::Tensor;

use super::super::finding::{Message, PictureTile, Series};
use super::super::optimise::octaves::half_mean_square;
use super::super::optimise::pixels::PixelScale;
use super::super::optimise::sgd::Sgd;
use super::super::optimise::{ascend, filter_means, is_finite, record_one, values_and_gradient};
use super::super::seed::Numbers;
use super::super::{Context, ExplainError, numbers};
use super::{DeepDream, ENTRY};
use crate::model::{Layer, ModelError, NodeId};

/// Frames and curves of one dream.
pub(super) struct Dream {
    pub frames: Vec<PictureTile>,
    pub series: Vec<Series>,
    pub notices: Vec<Message>,
}

impl DeepDream {
    pub(super) fn dream_filter(
        &self,
        context: &Context,
        layer: &Layer,
        filter: usize,
        start: &Tensor,
        bypass: &[NodeId],
        progress: &dyn Fn(usize, usize),
    ) -> Result<Dream, ExplainError> {
        let (steps, every) = (
            self.steps.unwrap_or_default(),
            self.frame_every.unwrap_or(1).max(1),
        );
        let mut descent = Sgd {
            learning_rate: self.learning_rate.unwrap_or_default(),
            weight_decay: self.weight_decay.unwrap_or_default(),
        };
        let mut objective =
            |x: &Tensor| self.objective(&record_one(context.model, x, layer.node, bypass)?);
        let (mut frames, mut notices) = (Vec::new(), Vec::new());
        let mut watch = |step: usize, variable: &Tensor| {
            if !is_finite(variable)? {
                notices.push(Message::new("deep_dream.diverged").with("step", step.to_string()));
                return Ok(ControlFlow::Break(()));
            }
            if step.is_multiple_of(every) || step == steps {
                let label = Message::new("deep_dream.frame").with("step", step.to_string());
                frames.push(PictureTile {
                    label,
                    picture: context.preprocessing.picture(&variable.f_get(0)?),
                });
            }
            progress(step, steps);
            Ok(ControlFlow::Continue(()))
        };
        let ascent = ascend(start, steps, &mut descent, &mut objective, &mut watch)?;
        if let Some(step) = ascent.silent_from[0].filter(|&step| step > 0) {
            notices.push(Message::new("deep_dream.stopped").with("step", step.to_string()));
        }
        let series = Series {
            label: Message::new("deep_dream.filter").with("filter", filter.to_string()),
            points: numbers::points(&ascent.objectives[0]),
        };
        Ok(Dream {
            frames,
            series: vec![series],
            notices,
        })
    }

    pub(super) fn dream_layer(
        &self,
        context: &Context,
        layer: &Layer,
        start: &Tensor,
        bypass: &[NodeId],
        progress: &dyn Fn(usize, usize),
    ) -> Result<Dream, ExplainError> {
        let octaves = self.octave_settings();
        let pixels = PixelScale::new(context.preprocessing, context.model.device())?;
        let forward = |x: &Tensor| -> Result<Tensor, ModelError> {
            record_one(context.model, x, layer.node, bypass)
        };
        let photo_id = context.photos.first().map_or("", |photo| photo.id.as_str());
        let mut shifts = Numbers::new(context.seed, ENTRY.name, photo_id);
        let total = octaves.count * octaves.steps;
        let dreamed = octaves.dream(start, &pixels, &forward, &mut shifts, &|done| {
            progress(done, total)
        })?;
        let mut dream = Dream {
            frames: Vec::new(),
            series: Vec::new(),
            notices: Vec::new(),
        };
        for (at, octave) in dreamed.octaves.iter().enumerate() {
            let label = Message::new("deep_dream.octave")
                .with("octave", (at + 1).to_string())
                .with("width", octave.size.1.to_string())
                .with("height", octave.size.0.to_string());
            let picture = context.preprocessing.picture(&octave.picture.f_get(0)?);
            dream.series.push(Series {
                label: label.clone(),
                points: numbers::points(&octave.objectives),
            });
            dream.frames.push(PictureTile { label, picture });
        }
        if dreamed.has_diverged {
            let steps: usize = dreamed
                .octaves
                .iter()
                .map(|octave| octave.objectives.len())
                .sum();
            dream
                .notices
                .push(Message::new("deep_dream.diverged").with("step", (steps + 1).to_string()));
        }
        Ok(dream)
    }

    /// The rectifiers to hand through: those that are closed for the photo, else none.
    pub(super) fn closed_gates(
        &self,
        context: &Context,
        node: NodeId,
        start: &Tensor,
        notices: &mut Vec<Message>,
    ) -> Result<Vec<NodeId>, ExplainError> {
        let mut objective = |x: &Tensor| self.objective(&record_one(context.model, x, node, &[])?);
        let (values, gradient) = values_and_gradient(start, &mut objective)?;
        let largest = gradient.f_abs()?.f_max()?.f_double_value(&[])?;
        if largest != 0.0 || values[0] > 0.0 {
            return Ok(Vec::new());
        }
        let gates = context.model.gates(node);
        notices.push(Message::new(if gates.is_empty() {
            "deep_dream.no_gradient"
        } else {
            "deep_dream.dead"
        }));
        Ok(gates)
    }

    /// [1] of a layer's output.
    fn objective(&self, output: &Tensor) -> Result<Tensor, ExplainError> {
        Ok(match self.filter {
            Some(filter) => filter_means(output, &[filter])?,
            None => half_mean_square(output)?.f_view([1])?,
        })
    }
}
