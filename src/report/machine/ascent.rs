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
    /// Output of a filter at one place.
    Neuron,
    /// Mean of a weighted sum of a layer's channels.
    Direction,
    /// Score or probability of a class, or made of several.
    Class,
    /// Weighted sum of several of these.
    Sum,
    /// Mean over places of a layer of the largest product with a place of a guide's.
    Guided,
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
    /// At the end, one of several pictures that were grown together, from 1.
    Variant {
        variant: usize,
        /// Mean cosine between the Gram matrix of its maps and those of the others; null where it is not finite.
        similarity: Option<f64>,
    },
    /// How much each pixel of the picture before it mattered.
    Opacity,
    /// At the end of one of several pictures, from 1, each the enlarged middle of the one before it.
    Zoomed { picture: usize },
}
