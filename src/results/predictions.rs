//! The scores of a photo.

use serde::{Deserialize, Serialize};

/// All scores of one photo.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Predictions {
    /// By class, before the softmax or sigmoid that makes the probabilities.
    pub scores: Vec<f32>,
    /// By class, 0..1. They sum to 1 unless the labels are independent.
    pub probabilities: Vec<f64>,
}

impl Predictions {
    /// The classes of the `count` largest probabilities, largest first; of equals the lower index first.
    pub fn most_probable(&self, count: usize) -> Vec<usize> {
        let mut order: Vec<usize> = (0..self.probabilities.len()).collect();
        order.sort_by(|&a, &b| self.probabilities[b].total_cmp(&self.probabilities[a])); // stable
        order.truncate(count);
        order
    }
}
