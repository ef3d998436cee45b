//! What is known of the weights of segments.

use schemars::JsonSchema;
use serde::Serialize;

/// What the weights of segments are.
#[derive(Debug, Clone, Copy, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum SegmentWeight {
    /// Of a linear model that was fitted to samples.
    Linear,
    /// Shapley values: with the intercept they sum to what is explained for the whole photo.
    Shapley,
}

/// Which number of the class is explained.
#[derive(Debug, Clone, Copy, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Explained {
    Probability,
    Score,
}

/// How sampling ended that goes on until the leading segments are settled.
#[derive(Debug, Clone, Serialize, JsonSchema)]
#[schemars(deny_unknown_fields)]
pub struct Stopping {
    pub is_settled: bool,
    /// How many segments count as leading.
    pub leading: usize,
    /// How many samples there could have been.
    pub most_samples: usize,
    /// Weights that differ by less than this part of the largest count as equal.
    pub tolerance: f64,
    /// Segments of which it stayed open whether they are among the leading ones.
    pub open: Vec<usize>,
}
