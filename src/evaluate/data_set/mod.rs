//! Photos whose class is known: a folder of folders, or a list; checked by their headers before anything
//! is computed, and decoded ahead of the network.

mod batches;
mod faults;
mod headers;
mod label_order;
mod listing;
mod reading;
mod several;
mod skipped;
mod table;
mod unreadable;

use std::path::{Path, PathBuf};

use serde::Serialize;

use super::groups::Groups;
use crate::diagnostic::Diagnostic;
use crate::picture::{Input, InputError, Prepared, Preprocessing};
use crate::results::FILE;

pub use batches::{Batch, for_each_batch, with_batches};
pub use label_order::{LabelOrder, label_order_warning};
pub use listing::LabelsPerPhoto;
pub use reading::is_photo;
pub use skipped::{SkipReason, Skipped, count_by_kind, unread_formats};
pub use unreadable::{DEFAULT_MAX_UNREADABLE, Unreadable, check_unreadable};

use faults::Faults;
use listing::Listing;

#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct LabelledPhoto {
    pub path: PathBuf,
    /// Index of its group; behind the last where it has no label.
    pub truth: usize,
    /// Of all its labels, rising; one, where a photo has one label.
    pub labels: Vec<usize>,
}

impl LabelledPhoto {
    /// The picture or array in the file, or why there is none; [`FILE`] stands for its name.
    pub fn open(&self) -> Result<Input, String> {
        Input::open(&self.path, None).map_err(|error| self.without_name(&error))
    }

    /// What was opened, as the network sees it.
    pub fn prepared(&self, input: Input, for_network: &Preprocessing) -> Result<Prepared, String> {
        let prepared = input.prepared(&self.path, for_network);
        prepared.map_err(|error| self.without_name(&error))
    }

    fn without_name(&self, error: &InputError) -> String {
        let name = self.path.display().to_string();
        error.to_string().replace(&name, FILE)
    }
}

/// What a data set holds, in the order of its list or of the paths in its folder, grouped by label.
#[derive(Debug, Clone, PartialEq)]
pub struct DataSet {
    /// Those whose header can be read; arrays are among them.
    pub photos: Vec<LabelledPhoto>,
    /// How many of `photos` are arrays, fed as they are.
    pub arrays: usize,
    /// What lies in the folder and is not used.
    pub skipped: Vec<Skipped>,
    /// Photos whose header cannot be read.
    pub unreadable: Vec<Unreadable>,
    /// The sub-folders are numbers that may mean other classes.
    pub label_order: Option<LabelOrder>,
}

impl DataSet {
    /// Opens what `path` names: a folder whose sub-folders are named by the labels; a list with path and
    /// label on each line, separated by a tab, comma or semicolon, with or without quotes and a line of
    /// headings; or a YAML file with `label: [path, …]`. Paths are relative to the file. `name` is how
    /// the user wrote it.
    ///
    /// Labels are looked up, and every photo is read as far as its header. Faults of the list come
    /// together. A photo that cannot be read is a fault only where it is one of more than the share
    /// `max_unreadable`, see [`check_unreadable`]; a missing one, and an array of another shape than the
    /// network's input, always are.
    pub fn open(
        name: &str,
        path: &Path,
        groups: &Groups,
        preprocessing: &Preprocessing,
        max_unreadable: f64,
    ) -> Result<Self, Vec<Diagnostic>> {
        let per_photo = LabelsPerPhoto::One;
        Self::open_with(
            (name, path),
            groups,
            preprocessing,
            max_unreadable,
            per_photo,
        )
    }

    /// As [`DataSet::open`], of photos that may have several labels: a list may have more labels behind the path, or
    /// a column of 0 and 1 for each label under a line of headings, and a photo that is named several times has the
    /// labels of all its places.
    pub fn open_with(
        (name, path): (&str, &Path),
        groups: &Groups,
        preprocessing: &Preprocessing,
        max_unreadable: f64,
        per_photo: LabelsPerPhoto,
    ) -> Result<Self, Vec<Diagnostic>> {
        let mut listing = Listing::new(groups, Faults::new(name)).with(per_photo);
        listing.read(path);
        let Listing {
            photos: listed,
            skipped,
            label_order,
            mut faults,
            ..
        } = listing;
        if listed.is_empty() && faults.is_empty() {
            let hint = "use a folder with a sub-folder of photos for each label, or a list of photos and labels";
            faults.add("", None, "there is no photo".to_owned(), hint.to_owned());
        }
        let listed = match per_photo {
            LabelsPerPhoto::One => listed,
            LabelsPerPhoto::Several => several::merged(listed),
        };
        let total = listed.len();
        let checked = headers::check(listed, preprocessing, &mut faults);
        if let Err(message) = check_unreadable(checked.unreadable.len(), total, max_unreadable) {
            let first = &checked.unreadable[0].reason;
            faults.add("", None, message, format!("the first one: {first}"));
        }
        faults.into_result()?;
        Ok(Self {
            photos: checked.photos,
            arrays: checked.arrays,
            skipped,
            unreadable: checked.unreadable,
            label_order,
        })
    }

    /// Photos of the data set, those that cannot be read included.
    pub fn total(&self) -> usize {
        self.photos.len() + self.unreadable.len()
    }
}
