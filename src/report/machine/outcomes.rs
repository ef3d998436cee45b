//! What `report.json` says of labelled photos.

use schemars::JsonSchema;
use serde::Serialize;

/// What the network says of labelled photos.
#[derive(Debug, Clone, Serialize, JsonSchema)]
#[schemars(deny_unknown_fields)]
pub struct Outcomes {
    /// The groups of classes, `other` last.
    pub groups: Vec<Group>,
    /// Number of photos, `counts[truth][predicted]`, in the order of `groups`.
    pub counts: Vec<Vec<usize>>,
    /// Photos that were classified.
    pub total: usize,
    pub right: usize,
    /// right / total.
    pub accuracy: f64,
    /// 95 % Wilson interval of the accuracy.
    pub accuracy_interval: Interval,
    /// Mean over the groups that occur.
    pub macro_average: Average,
    /// Mean over the groups, each counted as often as it has photos.
    pub weighted_average: Average,
    /// One row a photo.
    pub rows: Table,
    /// Why each photo that is left out could not be read.
    pub unreadable: Vec<String>,
    /// Files of the data set that are neither photos nor arrays.
    pub skipped: usize,
}

/// How sure the network is against how often it is right; all shares 0..1.
#[derive(Debug, Clone, Serialize, JsonSchema)]
#[schemars(deny_unknown_fields)]
pub struct Calibration {
    /// In the order of confidence.
    pub bins: Vec<ConfidenceBin>,
    /// Mean confidence of all photos.
    pub confidence: f64,
    /// Mean distance between confidence and share right, weighted by photos.
    pub expected_error: f64,
    /// The expected error of a network that is right exactly as often as it says, with as many photos.
    pub expected_error_by_chance: f64,
    pub maximum_error: f64,
    /// Mean of (confidence − 1 where right, else confidence)².
    pub brier: f64,
}

/// Photos whose confidence lies above `low` and up to `high`.
#[derive(Debug, Clone, Serialize, JsonSchema)]
#[schemars(deny_unknown_fields)]
pub struct ConfidenceBin {
    pub low: f64,
    pub high: f64,
    pub photos: usize,
    pub right: usize,
    /// Mean confidence; null of no photo.
    pub confidence: Option<f64>,
}

#[derive(Debug, Clone, Serialize, JsonSchema)]
#[schemars(deny_unknown_fields)]
pub struct Group {
    pub name: String,
    /// Number of the network's classes in it.
    pub classes: usize,
    pub rates: Rates,
}

#[derive(Debug, Clone, Copy, Serialize, JsonSchema)]
#[schemars(deny_unknown_fields)]
pub struct Rates {
    /// Photos of the group.
    pub support: usize,
    /// Photos predicted as the group.
    pub predicted: usize,
    /// Photos of the group that were predicted as it.
    pub right: usize,
    /// right / predicted; null where no photo was predicted as the group.
    pub precision: Option<f64>,
    /// right / support; null where no photo is of the group.
    pub recall: Option<f64>,
    /// 2 · right / (support + predicted); null where neither.
    pub f1: Option<f64>,
}

/// Means in which an undefined rate counts as 0.
#[derive(Debug, Clone, Copy, Serialize, JsonSchema)]
#[schemars(deny_unknown_fields)]
pub struct Average {
    pub precision: f64,
    pub recall: f64,
    pub f1: f64,
}

#[derive(Debug, Clone, Copy, Serialize, JsonSchema)]
#[schemars(deny_unknown_fields)]
pub struct Interval {
    pub low: f64,
    pub high: f64,
}

/// A table in a file beside `report.json`: CSV in UTF-8, a comma between cells, names in the first line.
#[derive(Debug, Clone, Serialize, JsonSchema)]
#[schemars(deny_unknown_fields)]
pub struct Table {
    /// Path relative to the folder of `report.json`.
    pub file: String,
    /// Lines without the first.
    pub rows: usize,
    /// `class_1` is the index of the class of the largest probability, `probability_1` that probability.
    pub columns: Vec<String>,
}
