//! How a photo is cut into segments that are hidden, and what of it is explained: keys that KernelSHAP and Shapley
//! values have in common.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::baseline::{Baseline, BaselineWord};
use super::lime::hide::{Hide, MeanWord};
use super::lime::segmenter::Segmenting;
use super::output::Output;
use super::segment_game::Game;
use super::target_name::{self, Takes, TargetName};
use super::{ExplainError, Fault, Inputs, Passes, Photo, chosen, class_maps};
use crate::model::BatchSize;
use crate::picture::segment::Segmentation;

/// What stands in for hidden segments.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(untagged)]
pub enum Cover {
    Word(CoverWord),
    /// Red, green and blue.
    Colour([u8; 3]),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum CoverWord {
    /// Each segment's own mean colour.
    SegmentMean,
    Black,
    /// Zero after normalising.
    Mean,
    White,
    /// The photo itself, blurred.
    Blur,
}

impl Cover {
    pub const SEGMENT_MEAN: Self = Self::Word(CoverWord::SegmentMean);

    /// As the network gets it, [1, C, H, W].
    fn tensor(
        self,
        passes: &Passes,
        photo: &Photo,
        segments: &Segmentation,
    ) -> Result<tch::Tensor, ExplainError> {
        let baseline = match self {
            Self::Word(CoverWord::SegmentMean) => {
                return Hide::Word(MeanWord::Mean).tensor(passes, photo, segments);
            }
            Self::Word(CoverWord::Black) => Baseline::BLACK,
            Self::Word(CoverWord::Mean) => Baseline::MEAN,
            Self::Word(CoverWord::White) => Baseline::Word(BaselineWord::White),
            Self::Word(CoverWord::Blur) => Baseline::Word(BaselineWord::Blur),
            Self::Colour(colour) => Baseline::Colour(colour),
        };
        baseline.tensor(passes, photo)
    }
}

/// The keys of a method.
pub struct Cut<'a> {
    pub class: &'a TargetName,
    pub output: Output,
    pub segmenting: Segmenting,
    pub baseline: Cover,
    pub batch: BatchSize,
}

impl Cut<'_> {
    pub fn faults(&self, inputs: &Inputs) -> Vec<Fault> {
        let mut faults = class_maps::faults(inputs, self.class, self.takes());
        faults.extend(self.segmenting.faults());
        faults
    }

    /// What of `used` decides the numbers.
    pub fn computing(&self, inputs: &Inputs, mut used: Map<String, Value>) -> Map<String, Value> {
        used.shift_remove("batch");
        let class = target_name::key(inputs.labels, self.class, self.takes());
        used.insert("class".to_owned(), class);
        used
    }

    fn takes(&self) -> Takes {
        Takes::AsOutput(self.output.explained())
    }

    pub fn segments(&self, photo: &Photo) -> Result<Segmentation, ExplainError> {
        Ok(self.segmenting.segment(photo.picture()?))
    }

    pub fn game<'p>(
        &self,
        passes: &'p Passes<'p>,
        photo: &'p Photo,
        segments: &Segmentation,
    ) -> Result<Game<'p>, ExplainError> {
        let wanted = chosen::wanted(&passes.inputs, self.class, self.takes())?;
        let hidden = self.baseline.tensor(passes, photo, segments)?;
        Game::new(passes, photo, (segments, hidden), &wanted, self.batch)
    }
}
