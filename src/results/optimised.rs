//! Pictures that were changed until the network responds more.

use serde::{Deserialize, Serialize};

use super::{Picture, Target, Volume};

/// A picture on its way, with the number that was raised.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Optimised {
    pub target: Target,
    pub objective: Objective,
    /// In the order in which they were made; none where the numbers were never finite.
    pub frames: Vec<Frame>,
    /// One an octave or a variant, or the only one.
    pub curves: Vec<Curve>,
    /// The last picture as computed: normalised, not clipped; the channels of variants one behind the other. `None`
    /// where it is not finite.
    pub last: Option<Volume>,
    /// Whether the value before the ReLU was raised, which is closed for the start.
    pub is_pre_activation: bool,
    pub ending: Ending,
}

/// What was raised, or lowered.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Objective {
    /// Mean output of a filter.
    Mean,
    /// Half the mean square of a layer's output.
    HalfMeanSquare,
    /// ‖Φ(x) − Φ(x₀)‖ / ‖Φ(x₀)‖ of a layer's output Φ for the picture x and a photo x₀, which is lowered.
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

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Frame {
    pub stage: Stage,
    /// Clipped to what pixels can hold.
    pub picture: Picture,
}

/// Where on its way a picture is.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub enum Stage {
    /// After so many steps.
    Step(usize),
    /// At the end of an octave, from 1, of this size in pixels.
    Octave {
        number: usize,
        width: usize,
        height: usize,
    },
    /// At the end, one of several that were grown together, from 1.
    Variant {
        number: usize,
        /// Mean cosine between the Gram matrix of its maps and those of the others.
        similarity: f64,
    },
    /// No picture but how much each of its pixels mattered: grey from 0, not at all, to 255.
    Opacity,
    /// At the end of one of several pictures, from 1, each the enlarged middle of the one before it.
    Zoomed { number: usize },
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Curve {
    /// The octave or the variant; `None` of one ascent in one size.
    pub octave: Option<Stage>,
    /// The objective after 0, 1, … steps; may end with numbers that are not finite.
    pub objectives: Vec<f64>,
}

impl Curve {
    /// The objectives as far as they are finite.
    pub fn finite(&self) -> impl Iterator<Item = f64> {
        let finite = self.objectives.iter().take_while(|value| value.is_finite());
        finite.copied()
    }
}

/// How an ascent ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Ending {
    /// After all its steps, still rising or not.
    Complete,
    /// No gradient ever reached the picture.
    NoGradient,
    /// From this step on no gradient reached the picture any more.
    GradientLost { step: usize },
    /// The numbers were not finite any more in this step.
    Diverged { step: usize },
}
