//! What was found: plain serde data. No tensors, no words, no colours, no photo's name.
//!
//! A closed set: `present`, the store and the JSON writer match on all of it. Methods are the open axis. The
//! format of the store cannot name fields, so that none of these types leaves a field out when it is written.

mod attributions;
mod optimised;
mod outcomes;
mod picture;
mod predictions;
pub mod rates;
mod superpixels;

use serde::{Deserialize, Serialize};

pub use attributions::{Attributions, Map, Meaning, Place, Volume};
pub use optimised::{Curve, Ending, Frame, Objective, Optimised, Stage};
pub use outcomes::{FILE, Outcome, Outcomes, Tally, named};
pub use picture::{Changes, Picture};
pub use predictions::Predictions;
pub use superpixels::{Explained, Fit, SegmentWeight, Stopping, Superpixels};

/// What one unit of work found.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub enum Results {
    Attributions(Attributions),
    Superpixels(Superpixels),
    Predictions(Predictions),
    Optimised(Optimised),
    Outcomes(Outcomes),
}

/// Which of them a method gives: it decides how the method is shown, and by which keys of the spec.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Kind {
    /// Nothing is computed: the photos themselves.
    Photos,
    Attributions,
    Superpixels,
    Predictions,
    Optimised,
    Outcomes,
}

impl Kind {
    pub const ALL: [Self; 6] = [
        Self::Photos,
        Self::Attributions,
        Self::Superpixels,
        Self::Predictions,
        Self::Optimised,
        Self::Outcomes,
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
    /// The score of a class.
    Class(ClassTarget),
    /// The output of a filter, channel of a layer.
    Filter { layer: LayerRef, filter: usize },
    /// The whole output of a layer.
    Layer { layer: LayerRef },
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

impl std::fmt::Display for LayerRef {
    /// `features.6.squeeze (15)`
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} ({})", self.path, self.number)
    }
}
