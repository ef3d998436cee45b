//! Which photos a data set names, and with which labels; none of them is opened here.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use super::faults::Faults;
use super::label_order::LabelOrder;
use super::skipped::Skipped;
use crate::diagnostic::Position;
use crate::evaluate::groups::Groups;

pub(super) struct Listed {
    pub path: PathBuf,
    /// Index of its group.
    pub truth: usize,
    /// All groups that its labels name; one, where a photo has one label.
    pub labels: Vec<usize>,
    /// Where it stands in a list.
    pub at: Option<Position>,
}

impl Listed {
    /// With one label.
    pub(super) fn new(path: PathBuf, truth: usize, at: Option<Position>) -> Self {
        Self {
            path,
            truth,
            labels: vec![truth],
            at,
        }
    }
}

/// How many labels a photo may have.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum LabelsPerPhoto {
    #[default]
    One,
    /// Any number, also none.
    Several,
}

pub(super) struct Listing<'a> {
    pub groups: &'a Groups,
    pub per_photo: LabelsPerPhoto,
    /// The group of each label that occurred; `None` for one that is none.
    pub labels: BTreeMap<String, Option<usize>>,
    pub photos: Vec<Listed>,
    pub skipped: Vec<Skipped>,
    pub label_order: Option<LabelOrder>,
    pub faults: Faults<'a>,
}

impl<'a> Listing<'a> {
    pub fn new(groups: &'a Groups, faults: Faults<'a>) -> Self {
        Self {
            groups,
            per_photo: LabelsPerPhoto::One,
            labels: BTreeMap::new(),
            photos: Vec::new(),
            skipped: Vec::new(),
            label_order: None,
            faults,
        }
    }

    pub fn with(self, per_photo: LabelsPerPhoto) -> Self {
        Self { per_photo, ..self }
    }

    /// Whether a label is a class or group; nothing is reported.
    pub fn knows(&self, label: &str) -> bool {
        self.groups.find(label).is_ok()
    }

    pub fn photo(&mut self, path: PathBuf, label: &str, at: Position) {
        if let Some(truth) = self.truth(label, Some(at), "") {
            self.photos.push(Listed::new(path, truth, Some(at)));
        }
    }

    /// A photo with several labels, or none.
    pub fn photo_of(&mut self, path: PathBuf, labels: &[String], at: Position) {
        let labels = labels
            .iter()
            .filter_map(|label| self.truth(label, Some(at), ""));
        let labels: Vec<usize> = labels.collect();
        self.photos.push(Listed {
            path,
            truth: labels.first().copied().unwrap_or(self.groups.len()),
            labels,
            at: Some(at),
        });
    }

    /// The group that a label names. Of a label that names none, the first place is a fault.
    pub(super) fn truth(
        &mut self,
        label: &str,
        at: Option<Position>,
        before: &str,
    ) -> Option<usize> {
        if let Some(truth) = self.labels.get(label) {
            return *truth;
        }
        let truth = match self.groups.find(label) {
            Ok(truth) => Some(truth),
            Err((message, hint)) => {
                let message = format!("{before}{message}");
                self.faults.add("unknown labels", at, message, hint);
                None
            }
        };
        self.labels.insert(label.to_owned(), truth);
        truth
    }
}

pub(super) fn beside(file: &Path, path: &str) -> PathBuf {
    file.parent().unwrap_or(Path::new("")).join(path)
}
