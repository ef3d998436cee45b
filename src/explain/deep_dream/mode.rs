//! The two ways to dream, each with its own keys and defaults: the flat keys of the YAML become one of them.

use serde::Serialize;
use tch::{TchError, Tensor};

use super::super::optimise::filter_means;
use super::super::optimise::octaves::{self, half_mean_square};
use super::super::{ExplainError, Fault, Inputs, chosen};
use super::{Ascent, DeepDream, Zoom};
use crate::model::{Layer, LayerName};
use crate::results::{Objective, Target};

/// What a dream does, with every default that applies filled in; serialised as the keys of the YAML.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub(super) struct Dream {
    layer: Option<LayerName>,
    #[serde(skip_serializing_if = "Option::is_none")]
    filter: Option<usize>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) guide: Option<String>,
    #[serde(flatten)]
    pub(super) mode: Mode,
}

#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
#[serde(tag = "ascent", rename_all = "snake_case")]
pub(super) enum Mode {
    Raw(Raw),
    Octaves(Octaves),
}

/// Plain gradient ascent.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub(super) struct Raw {
    pub(super) steps: usize,
    pub(super) learning_rate: f64,
    pub(super) weight_decay: f64,
    /// Steps from one frame to the next.
    pub(super) frame_every: usize,
}

/// Ascent in several sizes.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub(super) struct Octaves {
    /// In each octave.
    steps: usize,
    /// Steps from one frame to the next, counted over all octaves; one frame an octave without.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) frame_every: Option<usize>,
    octaves: usize,
    octave_scale: f64,
    /// Largest shift before a step, in pixels.
    pub(super) jitter: usize,
    /// Mean change of a pixel in a step, in 8-bit levels.
    step_size: f64,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) zoom: Option<Zoom>,
    /// Times the network's input.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) enlarge: Option<usize>,
    /// Largest side that the network sees at once, in pixels.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) tile: Option<usize>,
}

impl Octaves {
    /// Height and width of the photo that is dreamed.
    pub(super) fn picture_size(&self, inputs: &Inputs) -> (usize, usize) {
        let (height, width) = inputs.preprocessing.resize.output_px();
        let times = self.enlarge.unwrap_or(1);
        (times * height, times * width)
    }

    /// Pictures one behind the other.
    pub(super) fn frames(&self) -> usize {
        self.zoom.map_or(1, |zoom| zoom.frames)
    }

    pub(super) fn settings(&self) -> octaves::Octaves {
        octaves::Octaves {
            count: self.octaves,
            scale: self.octave_scale,
            steps: self.steps,
            jitter_px: self.jitter,
            step_size: self.step_size,
            tile_px: self.tile,
            picture_every: self.frame_every,
        }
    }
}

impl Dream {
    /// Steps in all sizes together.
    pub(super) fn total_steps(&self) -> usize {
        match &self.mode {
            Mode::Raw(raw) => raw.steps,
            Mode::Octaves(octaves) => octaves.steps * octaves.octaves * octaves.frames(),
        }
    }

    /// What is raised.
    pub(super) fn target(&self, layer: &Layer) -> Target {
        let layer = chosen::layer_ref(layer);
        match self.filter {
            Some(filter) => Target::Filter { layer, filter },
            None => Target::Layer { layer },
        }
    }

    /// As which number it is raised.
    pub(super) fn objective(&self) -> Objective {
        match (self.filter, &self.guide) {
            (Some(_), _) => Objective::Mean,
            (None, Some(_)) => Objective::Guided,
            (None, None) => Objective::HalfMeanSquare,
        }
    }

    /// That number, [1], of a layer's output [1, K, h, w]; `guide` is what the layer gives for the guide.
    pub(super) fn raised(
        &self,
        output: &Tensor,
        guide: Option<&Tensor>,
    ) -> Result<Tensor, ExplainError> {
        Ok(match (self.filter, guide) {
            (Some(filter), _) => filter_means(output, &[filter])?,
            (None, Some(guide)) => guided(output, guide)?,
            (None, None) => half_mean_square(output)?.f_view([1])?,
        })
    }
}

/// The mean over places of A [1, K, h, w] of the largest product with a place of B [1, K, h', w'], [1].
fn guided(output: &Tensor, guide: &Tensor) -> Result<Tensor, TchError> {
    let places = output.f_flatten(2, -1)?.f_transpose(1, 2)?; // [1, h·w, K]
    let products = places.f_matmul(&guide.f_flatten(2, -1)?)?;
    let (best, _) = products.f_max_dim(2, false)?;
    best.f_mean_dim(1_i64, false, None)
}

impl DeepDream {
    /// As asked for, or by whether a filter is.
    fn ascent(&self) -> Ascent {
        self.ascent.unwrap_or(match self.filter {
            Some(_) => Ascent::Raw,
            None => Ascent::Octaves,
        })
    }

    /// With every default that applies; keys of the other ascent are left out.
    pub(super) fn dream(&self) -> Dream {
        Dream {
            layer: self.layer.clone(),
            filter: self.filter,
            guide: self.guide.clone(),
            mode: match self.ascent() {
                Ascent::Raw => Mode::Raw(Raw {
                    steps: self.steps.unwrap_or(250),
                    learning_rate: self.learning_rate.unwrap_or(12.0),
                    weight_decay: self.weight_decay.unwrap_or(1e-4),
                    frame_every: self.frame_every.unwrap_or(10),
                }),
                Ascent::Octaves => Mode::Octaves(Octaves {
                    steps: self.steps.unwrap_or(10),
                    frame_every: self.frame_every,
                    octaves: self.octaves.unwrap_or(4),
                    octave_scale: self.octave_scale.unwrap_or(1.4),
                    jitter: self.jitter.unwrap_or(32),
                    step_size: self.step_size.unwrap_or(1.5),
                    zoom: self.zoom,
                    enlarge: self.enlarge.filter(|times| *times > 1),
                    tile: self.tile,
                }),
            },
        }
    }

    /// Keys that belong to the other kind of ascent, and a raw one without a filter.
    pub(super) fn misplaced(&self) -> Vec<Fault> {
        let of_raw = [
            ("learning_rate", self.learning_rate.is_some()),
            ("weight_decay", self.weight_decay.is_some()),
        ];
        let of_octaves = [
            ("octaves", self.octaves.is_some()),
            ("octave_scale", self.octave_scale.is_some()),
            ("jitter", self.jitter.is_some()),
            ("step_size", self.step_size.is_some()),
            ("guide", self.guide.is_some()),
            ("zoom", self.zoom.is_some()),
            ("enlarge", self.enlarge.is_some()),
            ("tile", self.tile.is_some()),
        ];
        let fault = |key: &str, message: String, hint: &str| Fault {
            pointer: format!("/{key}"),
            message,
            hint: hint.to_owned(),
        };
        let (wrong, own, hint): (&[_], _, _) = match self.ascent() {
            Ascent::Raw => (
                &of_octaves,
                "raw",
                "leave it out, or write `ascent: octaves`",
            ),
            Ascent::Octaves => (
                &of_raw,
                "octaves",
                "leave it out, or write `ascent: raw` with a `filter`",
            ),
        };
        let given = wrong.iter().filter(|(_, is_given)| *is_given);
        let mut faults: Vec<Fault> = given
            .map(|(key, _)| {
                let message = format!("`{key}` does not apply to `ascent: {own}`");
                fault(key, message, hint)
            })
            .collect();
        if self.ascent() == Ascent::Octaves && self.guide.is_some() && self.filter.is_some() {
            let message = "a guide is matched by the whole layer, not by a filter".to_owned();
            faults.push(fault("guide", message, "leave `filter` or `guide` out"));
        }
        if self.ascent == Some(Ascent::Raw) && self.filter.is_none() {
            let message = "`ascent: raw` needs a filter".to_owned();
            faults.push(fault(
                "ascent",
                message,
                "give a `filter`, or leave `ascent` out",
            ));
        }
        faults
    }
}

#[cfg(test)]
#[path = "mode_tests.rs"]
mod tests;
