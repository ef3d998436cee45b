//! What stands in for hidden segments.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use tch::Tensor;

use super::perturbed::{mean_coloured, mean_valued};
use crate::explain::{ExplainError, Passes, Photo};
use crate::picture::Picture;
use crate::picture::segment::Segmentation;

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(untagged)]
pub enum Hide {
    Word(MeanWord),
    /// Red, green and blue.
    Colour([u8; 3]),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum MeanWord {
    /// Each segment's own mean colour.
    Mean,
}

impl Hide {
    /// As the network gets it, [1, C, H, W].
    pub fn tensor(
        self,
        passes: &Passes,
        photo: &Photo,
        segments: &Segmentation,
    ) -> Result<Tensor, ExplainError> {
        let device = passes.model.device();
        let normalised = |picture: &Picture| passes.inputs.preprocessing.tensor(&[picture], device);
        let picture = photo.picture()?;
        Ok(match (self, photo.array()?) {
            (Self::Word(MeanWord::Mean), Some(array)) => {
                mean_valued(array, segments).tensor(device)
            }
            (Self::Word(MeanWord::Mean), None) => normalised(&mean_coloured(picture, segments)),
            (Self::Colour(colour), _) => {
                normalised(&Picture::filled(picture.width, picture.height, colour))
            }
        })
    }
}
