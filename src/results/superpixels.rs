//! Evidence of the segments of a photo.

use serde::{Deserialize, Serialize};

use super::{Map, ScalarTarget};

/// What a weight of a segment is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum SegmentWeight {
    /// Of a linear model that was fitted to samples.
    Linear,
    /// A Shapley value: with the intercept, which is what is explained with every segment hidden, they sum to what
    /// is explained for the whole photo.
    Shapley,
}

/// Which number of a class is explained.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub enum Explained {
    Probability,
    Score,
}

/// A linear model over the segments of one photo, or Shapley values, which are one too.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Superpixels {
    /// Which number of the classes, and what it is for the whole photo.
    pub target: ScalarTarget,
    pub weight: SegmentWeight,
    pub width: usize,
    pub height: usize,
    /// The segment of each pixel, `0..weights.len()`, row-major.
    pub labels: Vec<u32>,
    /// Change of the class's probability or score, by segment; above zero it speaks for the class.
    pub weights: Vec<f64>,
    /// By segment; `None` where every combination was tried or samples are too few.
    pub standard_errors: Option<Vec<f64>>,
    pub intercept: f64,
    pub fit: Fit,
    /// Of samples that were added until the leading segments were settled.
    pub stopping: Option<Stopping>,
}

/// How sampling ended that goes on until the leading segments are settled.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Stopping {
    pub is_settled: bool,
    /// How many segments count as leading.
    pub leading: usize,
    /// How many samples there could have been.
    pub most_samples: usize,
    /// Weights that differ by less than this part of the largest count as equal.
    pub tolerance: f64,
    /// Segments of which it stayed open whether they are among the leading ones, the largest |weight| first.
    pub open: Vec<usize>,
}

/// How well the linear model stands for the network.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Fit {
    /// Perturbed photos that the model was fitted to, equal ones counted as often as drawn.
    pub samples: usize,
    /// Whether they are all combinations of segments that there are.
    pub is_exhaustive: bool,
    /// Weighted R² on the samples that were fitted; `None` where all probabilities are equal.
    pub r_squared: Option<f64>,
    /// Weighted R² of cross-validation; `None` as above or with too few samples.
    pub r_squared_held_out: Option<f64>,
    /// The probability or score that the model gives to the photo itself.
    pub local_prediction: f64,
}

impl Superpixels {
    /// The explained number of the whole photo.
    pub fn whole(&self) -> f64 {
        self.target.value()
    }

    /// Whether scores or probabilities are shared out.
    pub fn explained(&self) -> Explained {
        self.target.scalar.of
    }

    pub fn segments(&self) -> usize {
        self.weights.len()
    }

    /// All segments, the largest |weight| first.
    pub fn by_size_of_weight(&self) -> Vec<usize> {
        let mut order: Vec<usize> = (0..self.weights.len()).collect();
        order.sort_by(|&a, &b| self.weights[b].abs().total_cmp(&self.weights[a].abs())); // stable
        order
    }

    /// The weight of each pixel's segment; zero of one that has none.
    pub fn by_pixel(&self) -> Map {
        let weight = |&label: &u32| self.weights.get(label as usize).copied().unwrap_or(0.0);
        Map {
            height: self.height,
            width: self.width,
            values: self
                .labels
                .iter()
                .map(|label| weight(label) as f32)
                .collect(),
        }
    }

    /// The mean column and row of each segment's pixels, rounded down; zeros of a segment without pixels.
    pub fn middles(&self) -> Vec<(usize, usize)> {
        let mut sums = vec![(0, 0, 0); self.segments()];
        for (at, &label) in self.labels.iter().enumerate() {
            let Some((x, y, count)) = sums.get_mut(label as usize) else {
                continue;
            };
            *x += at % self.width.max(1);
            *y += at / self.width.max(1);
            *count += 1;
        }
        let middle = |(x, y, count): (usize, usize, usize)| (x / count.max(1), y / count.max(1));
        sums.into_iter().map(middle).collect()
    }
}
