//! One number a pixel or a cell: how much it matters, or how strongly a filter responds there.

use serde::{Deserialize, Serialize};

use super::Target;

/// A map of one photo, as computed: signed, neither clipped nor resized.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Attributions {
    pub target: Target,
    pub place: Place,
    pub meaning: Meaning,
    pub values: Volume,
    /// The sum of all values, where the method promises one (completeness).
    pub sums_to: Option<f64>,
    /// Of a mean or a variance over random samples.
    pub sampling: Option<Sampling>,
}

/// How far a map that was estimated from random samples may be from the one that endless samples give.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Sampling {
    pub samples: usize,
    /// Of each of the map's values, in their order; `None` of one sample.
    pub standard_errors: Option<Vec<f32>>,
    /// Of samples that were added until the map was settled.
    pub settling: Option<Settling>,
}

/// How sampling ended that goes on until the error of the map is small.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Settling {
    pub is_settled: bool,
    /// How many samples there could have been.
    pub most_samples: usize,
    /// The error that is small enough, see [`Attributions::error_share`].
    pub tolerance: f64,
}

/// What the cells of a map are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Place {
    /// Pixels of the network's input; one channel a channel of the input, or one.
    Input,
    /// Cells of the target's layer.
    Layer,
}

/// What the numbers of a map mean, which decides sign, unit and palette.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Meaning {
    /// ∂ score / ∂ input: its size is shown.
    Sensitivity,
    /// Share of the score, positive or negative.
    Contribution,
    /// Support for the class (above zero) or against it, in no unit; only the support is shown.
    Evidence,
    /// Output of a filter.
    Activation,
    /// What of the attention of the tokens that are read goes to a place, as such or weighted by gradients: zero or
    /// more, in no unit.
    Attention,
}

/// `channels` × `height` × `width` numbers, row-major.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Volume {
    pub channels: usize,
    pub height: usize,
    pub width: usize,
    pub values: Vec<f32>,
}

impl Attributions {
    /// The length of all standard errors over the length of the map: 0 where the map is known, near 1 where it is nothing
    /// but the accident of its samples. `None` of a map without errors.
    pub fn error_share(&self) -> Option<f64> {
        let errors = self.sampling.as_ref()?.standard_errors.as_ref()?;
        Some(error_share(&self.values.values, errors))
    }

    /// One number a pixel or cell: of sensitivities the largest size over the channels, of all else the sum.
    pub fn one_channel(&self) -> Map {
        let join: fn(f32, f32) -> f32 = match self.meaning {
            Meaning::Sensitivity => |a, b| a.max(b.abs()),
            Meaning::Contribution
            | Meaning::Evidence
            | Meaning::Activation
            | Meaning::Attention => |a, b| a + b,
        };
        Map {
            height: self.values.height,
            width: self.values.width,
            values: self.values.joined(join),
        }
    }
}

/// √(Σ error² / Σ value²); 0 where there is no error.
pub fn error_share<T: Copy + Into<f64>>(values: &[T], errors: &[T]) -> f64 {
    let squares = |numbers: &[T]| {
        let each = numbers.iter().map(|number| (*number).into());
        each.map(|number: f64| number * number).sum::<f64>()
    };
    match squares(errors) {
        0.0 => 0.0,
        errors => (errors / squares(values)).sqrt(),
    }
}

impl Volume {
    /// One number a place, joined over the channels from zero on.
    pub fn joined(&self, join: impl Fn(f32, f32) -> f32) -> Vec<f32> {
        let mut values = vec![0.0; self.height * self.width];
        for channel in self.channels() {
            let cells = values.iter_mut().zip(channel);
            cells.for_each(|(value, new)| *value = join(*value, *new));
        }
        values
    }

    /// The maps of the channels.
    pub fn channels(&self) -> impl Iterator<Item = &[f32]> {
        self.values.chunks((self.height * self.width).max(1))
    }

    /// Smallest and largest number; zeros of nothing.
    pub fn extremes(&self) -> (f32, f32) {
        extremes(&self.values)
    }
}

/// `height` × `width` numbers, row-major.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Map {
    pub height: usize,
    pub width: usize,
    pub values: Vec<f32>,
}

impl Map {
    /// Smallest and largest number; zeros of nothing.
    pub fn extremes(&self) -> (f32, f32) {
        extremes(&self.values)
    }
}

impl From<Map> for Volume {
    fn from(map: Map) -> Self {
        Self {
            channels: 1,
            height: map.height,
            width: map.width,
            values: map.values,
        }
    }
}

fn extremes(values: &[f32]) -> (f32, f32) {
    let fold = |pick: fn(f32, f32) -> f32| values.iter().copied().reduce(pick).unwrap_or(0.0);
    (fold(f32::min), fold(f32::max))
}
