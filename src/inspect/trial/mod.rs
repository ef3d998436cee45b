//! Which preprocessing is the network's own? Each is tried on labelled photos.
//!
//! Every photo is classified under every setting: the probabilities of a group's classes
//! are summed, the largest sum is the prediction. The settings see the same photos, so that two of them are
//! compared by the photos about which only one is right: exact McNemar test, two-sided (McNemar 1947).
//! The numbers are tried first, then the ways of resampling with the best of them.
//! Where sub-folders are numbers that may mean other classes, each setting is counted both ways.

mod labels;
mod photos;
mod ranking;
mod running;
mod setting;

use serde::Serialize;

use crate::evaluate::data_set::{LabelOrder, Skipped, Unreadable};

pub use labels::Relabelled;
pub use photos::open;
pub use running::run;
pub use setting::{Setting, settings};

/// Below it two settings are distinguished.
pub const SIGNIFICANT: f64 = 0.05;

#[derive(Debug, Serialize)]
pub struct Trial {
    /// Photos that were classified.
    pub photos: usize,
    /// Groups that a photo may be predicted as, `other` with them where there is one.
    pub groups: usize,
    /// Photos that count for nothing.
    pub unreadable: Vec<Unreadable>,
    /// Files of the folder that are not used.
    pub skipped: Vec<Skipped>,
    /// The sub-folders are numbers whose order is in question.
    pub label_order: Option<LabelOrder>,
    /// Where the labels rather than the pixels are likely to be wrong.
    pub relabelled: Option<Relabelled>,
    /// The best first.
    pub rows: Vec<Row>,
}

#[derive(Debug, Serialize)]
pub struct Row {
    pub setting: String,
    /// The sub-folders' names, which are numbers, were sorted as text: `2` is not class 2.
    pub labels_in_text_order: bool,
    pub right: usize,
    /// right / photos, 0..1.
    pub accuracy: f64,
    /// 95 % Wilson interval of the accuracy.
    pub interval: (f64, f64),
    /// Mean probability of the class that is right, 0..1.
    pub mean_right_probability: f64,
    /// Mean probability of the class that is predicted, 0..1.
    pub mean_top_probability: f64,
    /// That a difference from the best as large as this, or larger, is chance; null for the best.
    pub p_value: Option<f64>,
    /// `model: input:` of report.yaml; empty for a report's own setting, where it stands already.
    pub input_lines: String,
}

impl Trial {
    /// The settings that the photos do not distinguish from the best, and the best itself.
    pub fn indistinguishable_from_best(&self) -> impl Iterator<Item = &Row> {
        let is_distinguished = |row: &&Row| row.p_value.is_some_and(|p| p < SIGNIFICANT);
        self.rows.iter().filter(move |row| !is_distinguished(row))
    }

    /// Whether the best setting may be no better than guessing among the groups.
    pub fn is_near_chance(&self) -> bool {
        let guessing = 1.0 / self.groups.max(1) as f64;
        self.rows
            .first()
            .is_none_or(|best| best.interval.0 <= guessing)
    }
}
