//! What insertion and deletion compare every map of a photo and class with.

use tch::Tensor;

use crate::results::StepCurve;

/// The curves of one order, or of a random one on average.
#[derive(Debug, Clone, PartialEq)]
pub struct Pair {
    pub insertion: StepCurve,
    pub deletion: StepCurve,
}

/// What all maps of one photo and class are compared with.
#[derive(Debug)]
pub struct References {
    /// Probability of the blurred photo, of the mean colour, and of the photo.
    pub ends: [f64; 3],
    /// The blurred photo, [1, C, H, W].
    pub blurred: Tensor,
    pub random: Pair,
    pub centre: Pair,
}
