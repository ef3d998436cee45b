//! What was found: plain serde data. No tensors, no words, no colours, no photo's name.
//!
//! A closed set: `present`, the store and the JSON writer match on all of it. Methods are the open axis. The
//! format of the store cannot name fields, so that none of these types leaves a field out when it is written.

mod attributions;
pub mod calibration;
mod concepts;
mod factors;
mod fidelity;
pub mod labels;
mod mistakes;
mod optimised;
mod outcomes;
mod photo_facts;
mod picture;
mod predictions;
pub mod rates;
pub mod responses;
mod scalar;
mod superpixels;
mod variations;

use serde::{Deserialize, Serialize};

pub use attributions::{
    Attributions, Map, Meaning, Place, Sampling, Settling, Volume, error_share,
};
pub use concepts::{Concept, Concepts, Crop};
pub use factors::{Component, Factors};
pub use fidelity::{CascadeStep, Check, Curves, Fidelity, StepCurve};
pub use labels::{LabelProbabilities, LabelRow};
pub use mistakes::{Mistake, most_confident};
pub use optimised::{Curve, Ending, Frame, Objective, Optimised, Stage};
pub use outcomes::{FILE, Outcome, Outcomes, Tally, named};
pub use photo_facts::{Pair, PhotoFact, PhotoFacts, PictureFacts, pairs};
pub use picture::{Changes, Picture};
pub use predictions::Predictions;
pub use scalar::{Scalar, ScalarTarget};
pub use superpixels::{Explained, Fit, SegmentWeight, Stopping, Superpixels};
pub use variations::{Guess, Variation, Variations, Varied, Withstood, withstood};

/// What one unit of work found.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub enum Results {
    Attributions(Attributions),
    Superpixels(Superpixels),
    Predictions(Predictions),
    Optimised(Optimised),
    Outcomes(Outcomes),
    Responses(responses::Responses),
    PhotoFacts(PhotoFacts),
    Variations(Variations),
    Labels(LabelProbabilities),
    Factors(Factors),
    Concepts(Concepts),
}

/// What a method's results are shown as, and by which keys of the spec. Several kinds may show results of one sort.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Kind {
    /// Nothing is computed: the photos themselves.
    Photos,
    Attributions,
    Superpixels,
    Predictions,
    Optimised,
    /// Which classes are taken for which.
    Outcomes,
    /// Outcomes: how sure against how often right.
    Calibration,
    /// Outcomes, and maps of photos that were predicted wrongly.
    Mistakes,
    /// Responses: the patches of photos that excite a filter most.
    Patches,
    /// Responses: how outputs are spread.
    Spread,
    /// Facts of photos: those that somebody should look at.
    DataFaults,
    /// Variations: what the network says of changed photos.
    Robustness,
    /// Probabilities of labels, each by itself.
    Labels,
    Factors,
    Concepts,
    /// Maps of a class by several methods.
    Comparison,
}

impl Kind {
    pub const ALL: [Self; 16] = [
        Self::Photos,
        Self::Attributions,
        Self::Superpixels,
        Self::Predictions,
        Self::Optimised,
        Self::Outcomes,
        Self::Calibration,
        Self::Mistakes,
        Self::Patches,
        Self::Spread,
        Self::DataFaults,
        Self::Robustness,
        Self::Labels,
        Self::Factors,
        Self::Concepts,
        Self::Comparison,
    ];

    /// Name of its table of strings, `templates/results/<name>.yaml`.
    pub fn name(self) -> &'static str {
        match self {
            Self::Photos => "shown_photos",
            Self::Attributions => "attributions",
            Self::Superpixels => "superpixels",
            Self::Predictions => "class_predictions",
            Self::Optimised => "optimised",
            Self::Outcomes => "outcomes",
            Self::Calibration => "reliability",
            Self::Mistakes => "wrong_photos",
            Self::Patches => "patches",
            Self::Spread => "spread",
            Self::DataFaults => "photo_faults",
            Self::Robustness => "withstood",
            Self::Labels => "labels",
            Self::Factors => "factors",
            Self::Concepts => "class_concepts",
            Self::Comparison => "comparison",
        }
    }
}

/// A layer, as a report names it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LayerRef {
    /// Module path.
    pub path: String,
    /// In the numbering of `cnn-report layers`.
    pub number: usize,
}

/// The number that was explained or raised.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub enum Target {
    /// A number made of the scores of classes: of one, mostly.
    Class(ScalarTarget),
    /// The output of a filter, channel of a layer.
    Filter { layer: LayerRef, filter: usize },
    /// A head of an attention layer, which is numbered among the attention layers, from 0.
    Head { layer: LayerRef, head: usize },
    /// The whole output of a layer.
    Layer { layer: LayerRef },
    /// The output of a filter at one place: shares of the map's height and width from the top left.
    Neuron {
        layer: LayerRef,
        filter: usize,
        at: [f64; 2],
    },
    /// Channels of a layer, each with its weight.
    Direction {
        layer: LayerRef,
        weights: Vec<(usize, f64)>,
    },
    /// Several of these, each with its weight.
    Sum { terms: Vec<(f64, Target)> },
}

/// A class for one photo.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct ClassTarget {
    /// Index of the class.
    pub class: usize,
    /// Before the softmax or sigmoid that makes the probability.
    pub score: f64,
    /// 0..1.
    pub probability: f64,
}

impl Target {
    /// The number made of classes, where it is one.
    pub fn of_classes(&self) -> Option<&ScalarTarget> {
        match self {
            Self::Class(target) => Some(target),
            Self::Filter { .. }
            | Self::Head { .. }
            | Self::Layer { .. }
            | Self::Neuron { .. }
            | Self::Direction { .. }
            | Self::Sum { .. } => None,
        }
    }
}

impl Results {
    /// What a map explains of a photo; `None` of what is no map of a class.
    pub fn explained(&self) -> Option<&ScalarTarget> {
        match self {
            Self::Attributions(found) => found.target.of_classes(),
            Self::Superpixels(found) => Some(&found.target),
            Self::Predictions(_)
            | Self::Optimised(_)
            | Self::Outcomes(_)
            | Self::Responses(_)
            | Self::PhotoFacts(_)
            | Self::Variations(_)
            | Self::Labels(_) => None,
            Self::Factors(_) | Self::Concepts(_) => None,
        }
    }

    /// A map as one number a pixel, or a cell of its layer: of attributions see [`Attributions::one_channel`], of
    /// superpixels the weight of the pixel's segment. `None` of what is no map.
    pub fn one_number_a_place(&self) -> Option<Map> {
        match self {
            Self::Attributions(found) => Some(found.one_channel()),
            Self::Superpixels(found) => Some(found.by_pixel()),
            Self::Predictions(_)
            | Self::Optimised(_)
            | Self::Outcomes(_)
            | Self::Responses(_)
            | Self::PhotoFacts(_)
            | Self::Variations(_)
            | Self::Labels(_) => None,
            Self::Factors(_) | Self::Concepts(_) => None,
        }
    }
}

impl std::fmt::Display for LayerRef {
    /// `features.6.squeeze (15)`
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} ({})", self.path, self.number)
    }
}
