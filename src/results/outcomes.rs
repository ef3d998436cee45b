//! What the network says of labelled photos.

use serde::{Deserialize, Serialize};

/// Outcomes of a range of a data set, in its order. Two ranges concatenate.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Outcomes {
    pub rows: Vec<Outcome>,
}

/// One photo. Its label is not here: a photo that gets another label is not classified again.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub enum Outcome {
    Classified(Tally),
    /// The file could not be decoded, for this reason, in which [`FILE`] stands for its name: a file that gets
    /// another name is not read again.
    Unreadable(String),
}

/// The name of the file in the reason why it cannot be read.
pub const FILE: &str = "{file}";

/// The reason with the file's name in it.
pub fn named(reason: &str, path: &str) -> String {
    reason.replace(FILE, path)
}

/// What a photo was predicted as.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Tally {
    /// Group of the largest sum of probabilities.
    pub predicted: usize,
    /// That sum, 0..1.
    pub probability: f64,
    /// Classes of the largest probabilities with these, the largest first.
    pub leading: Vec<(usize, f64)>,
}
