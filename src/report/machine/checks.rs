//! What judges a map, as `report.json` has it. docs/fidelity.md says how each number is computed.

use schemars::JsonSchema;
use serde::Serialize;

/// A number that judges a map of a class.
#[derive(Debug, Clone, Serialize, JsonSchema)]
#[serde(tag = "check", rename_all = "snake_case")]
#[schemars(deny_unknown_fields)]
pub enum Check {
    /// The probability of the class while the photo is shown or hidden, the largest values of the map first.
    InsertionDeletion {
        /// Over the blurred photo; a large area is good.
        insertion: Curves,
        /// Under the mean colour; a small area is good.
        deletion: Curves,
    },
    /// Whether the score falls as the sum of the map over random sets of hidden cells.
    MuFidelity {
        /// Rank correlation, −1 to 1; large is good. Null where either side is the same throughout.
        correlation: Option<f64>,
        /// How many sets were hidden.
        subsets: usize,
    },
    /// How far the map is from that of the photo with a little noise.
    MaxSensitivity {
        /// The largest change over the length of the map; small is good. Null of a map of zeros.
        largest_change: Option<f64>,
        /// How many photos with noise were explained.
        copies: usize,
    },
    /// Whether the map is another one where the weights of the last layer are random.
    Randomisation {
        /// Rank correlation of both maps' sizes; near 1 the map does not depend on these weights. Null where either map
        /// is the same throughout.
        correlation: Option<f64>,
        /// Name of the weights that were drawn anew.
        weights: String,
    },
    /// What the map misses of what the number loses without random squares of the photo.
    Infidelity {
        /// Of the map scaled as suits it best, over what a map of zeros misses: 0..1, small is good. Null where no square
        /// loses anything.
        scaled: Option<f64>,
        /// Mean square of what the map as it is misses; null of maps that are in no unit of what they explain.
        unscaled: Option<f64>,
        /// How many squares were hidden.
        squares: usize,
    },
    /// Whether the map is another one where the weights of the last layers are random, step by step to all layers.
    RandomisationCascade { steps: Vec<CascadeStep> },
    /// A check that could not be computed.
    Failed { name: String, reason: String },
}

/// A network whose last layers have random weights.
#[derive(Debug, Clone, Serialize, JsonSchema)]
#[schemars(deny_unknown_fields)]
pub struct CascadeStep {
    /// Name of the weights of the foremost of these layers.
    pub weights: String,
    /// How many layers they are.
    pub layers: usize,
    /// Rank correlation of both maps' sizes; near 1 the map does not depend on these weights. Null where either map is
    /// the same throughout.
    pub correlation: Option<f64>,
}

/// Three orders of the same cells.
#[derive(Debug, Clone, Serialize, JsonSchema)]
#[schemars(deny_unknown_fields)]
pub struct Curves {
    /// That of the map.
    pub map: StepCurve,
    /// A random one, on average.
    pub random: StepCurve,
    /// From the middle of the photo outwards.
    pub centre: StepCurve,
}

/// Probabilities of the class after steps of equal size; of a map of several classes, the number that it explains.
#[derive(Debug, Clone, Serialize, JsonSchema)]
#[schemars(deny_unknown_fields)]
pub struct StepCurve {
    /// The area under the curve over the share of the photo, 0..1.
    pub area: Option<f64>,
    /// After 0, 1, … steps.
    pub probabilities: Vec<Option<f64>>,
}
