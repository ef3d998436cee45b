//! How far a map may be from the one that endless samples give.

use schemars::JsonSchema;
use serde::Serialize;

use super::Array;

#[derive(Debug, Clone, Serialize, JsonSchema)]
#[schemars(deny_unknown_fields)]
pub struct Sampling {
    /// Random samples that the map was estimated from.
    pub samples: usize,
    /// Of each number of the map, in its shape; null of one sample.
    pub standard_errors: Option<Array>,
    /// The length of all standard errors over the length of the map; null of one sample.
    pub error_share: Option<f64>,
    /// How `samples: auto` ended; null of a number of samples.
    pub settling: Option<Settling>,
}

/// How sampling ended that goes on until the error of the map is small.
#[derive(Debug, Clone, Serialize, JsonSchema)]
#[schemars(deny_unknown_fields)]
pub struct Settling {
    pub is_settled: bool,
    /// How many samples there could have been.
    pub most_samples: usize,
    /// The `error_share` that is small enough.
    pub tolerance: f64,
}
