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
