//! What is said of each photo of a data set, and of filters over it.

use schemars::JsonSchema;
use serde::Serialize;

#[derive(Debug, Clone, Serialize, JsonSchema)]
#[serde(tag = "kind", rename_all = "snake_case")]
#[schemars(deny_unknown_fields)]
pub enum PhotoFact {
    Picture {
        /// Of the file, upright, px.
        width: usize,
        height: usize,
        /// Mean grey level, 0..1.
        brightness: f64,
        /// Standard deviation of the grey levels, 0..1.
        contrast: f64,
        /// Variance of the Laplacian of the grey levels (0..255), the shorter side at most 256 px.
        sharpness: f64,
        /// 64 bits, hexadecimal; imagehash's `dhash`.
        difference_hash: String,
        /// Equal where size and pixels are.
        pixels: String,
    },
    /// Numbers in a photo's place.
    Array,
    Unreadable {
        /// `{file}` stands for the file's name.
        reason: String,
    },
}

/// One photo and its labels' probabilities.
#[derive(Debug, Clone, Serialize, JsonSchema)]
#[serde(tag = "kind", rename_all = "snake_case")]
#[schemars(deny_unknown_fields)]
pub enum LabelRow {
    Read {
        /// Of each label, 0..1.
        probabilities: Vec<Option<f64>>,
    },
    Unreadable {
        /// `{file}` stands for the file's name.
        reason: String,
    },
}

#[derive(Debug, Clone, Serialize, JsonSchema)]
#[serde(tag = "kind", rename_all = "snake_case")]
#[schemars(deny_unknown_fields)]
pub enum Varied {
    Classified {
        unchanged: Guess,
        /// In the order of the changes.
        changed: Vec<Guess>,
    },
    /// Numbers in a photo's place, which are not changed.
    Array,
    Unreadable {
        /// `{file}` stands for the file's name.
        reason: String,
    },
}

#[derive(Debug, Clone, Serialize, JsonSchema)]
#[schemars(deny_unknown_fields)]
pub struct Guess {
    /// Index of the group, the number of groups for `other`.
    pub predicted: usize,
    /// Of the group that the unchanged photo is predicted as, 0..1.
    pub probability: Option<f64>,
}

#[derive(Debug, Clone, Serialize, JsonSchema)]
#[schemars(deny_unknown_fields)]
pub struct FilterResponses {
    /// Of all cells those that are zero, 0..1.
    pub zero_share: f64,
    /// The photos in which its output is largest, one place each, at most 20.
    pub peaks: Vec<Peak>,
}

#[derive(Debug, Clone, Serialize, JsonSchema)]
#[schemars(deny_unknown_fields)]
pub struct Peak {
    /// Place of the photo in the range, from 0.
    pub photo: usize,
    pub value: Option<f64>,
    /// Cell of the filter's map, from 0.
    pub row: usize,
    pub column: usize,
}

/// A label by itself, found where its probability is a threshold or more: at each of `thresholds` its rates. Between two
/// of them the rates are those of the upper one.
#[derive(Debug, Clone, Serialize, JsonSchema)]
#[schemars(deny_unknown_fields)]
pub struct LabelCurve {
    pub label: String,
    /// Rising, 0..1.
    pub thresholds: Vec<f64>,
    pub precision: Vec<f64>,
    pub recall: Vec<f64>,
    pub f1: Vec<f64>,
    /// Of the largest F1, the highest of equals.
    pub best_threshold: Option<f64>,
    pub best_f1: Option<f64>,
}
