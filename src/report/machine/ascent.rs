//! The way of a picture that was changed.

use schemars::JsonSchema;
use serde::Serialize;

#[derive(Debug, Clone, Copy, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Objective {
    /// Mean output of a filter.
    Mean,
    /// Half the mean square of a layer's output.
    HalfMeanSquare,
    /// Distance of a layer's outputs for the picture and the photo over the size of the photo's; it is lowered.
    RelativeDistance,
}

/// How an ascent ended.
#[derive(Debug, Clone, Copy, Serialize, JsonSchema)]
#[serde(tag = "kind", rename_all = "snake_case")]
#[schemars(deny_unknown_fields)]
pub enum Ending {
    /// After all its steps.
    Complete,
    /// No gradient ever reached the picture.
    NoGradient,
    /// From this step on no gradient reached the picture any more.
    GradientLost { step: usize },
    /// The numbers were not finite any more in this step.
    Diverged { step: usize },
}

#[derive(Debug, Clone, Serialize, JsonSchema)]
#[schemars(deny_unknown_fields)]
pub struct Curve {
    /// Null of an ascent in one size.
    pub octave: Option<Stage>,
    /// The objective after 0, 1, … steps; null where it is not finite.
    pub objectives: Vec<Option<f64>>,
}

/// Where on its way a picture is.
#[derive(Debug, Clone, Copy, Serialize, JsonSchema)]
#[serde(tag = "kind", rename_all = "snake_case")]
#[schemars(deny_unknown_fields)]
pub enum Stage {
    /// After so many steps.
    Step { step: usize },
    /// At the end of an octave, from 1, of this size in pixels.
    Octave {
        octave: usize,
        width: usize,
        height: usize,
    },
}
