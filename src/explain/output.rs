//! What of a class a method explains, where it has a key for that.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::results::Explained;

/// What of a class is explained.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Output {
    Probability,
    /// Before the softmax or sigmoid.
    Score,
}

impl Output {
    pub fn explained(self) -> Explained {
        match self {
            Self::Probability => Explained::Probability,
            Self::Score => Explained::Score,
        }
    }
}
