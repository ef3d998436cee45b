//! What a folder or a list names becomes a listing.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use super::label_order::{LabelOrder, label_order_warning};
use super::listing::{LabelsPerPhoto, Listed, Listing, beside};
use super::skipped::{SkipReason, Skipped, extension};
use super::{several, table};
use crate::evaluate::lists;
use crate::fs::{self, Walked};

/// What counts as a photo in a folder, in small letters.
const PHOTO_EXTENSIONS: [&str; 16] = [
    "jpg",
    "jpeg",
    "jpe",
    "jfif",
    "png",
    "webp",
    "bmp",
    "gif",
    "tif",
    "tiff",
    "ppm",
    "pgm",
    "pbm",
    "pnm",
    "npy",
    "safetensors",
];

impl Listing<'_> {
    pub fn read(&mut self, data: &Path) {
        if data.is_dir() {
            match fs::walk(data) {
                Ok(walked) => self.folder(data, walked),
                Err(error) => self.faults.add("", None, error.to_string(), String::new()),
            }
            return;
        }
        let bytes = match fs::read(data) {
            Ok(bytes) => bytes,
            Err(error) => {
                let hint = "expected a folder or a list".to_owned();
                return self.faults.add("", None, error.to_string(), hint);
            }
        };
        let Ok(text) = std::str::from_utf8(&bytes) else {
            let encoding = match *bytes {
                [0xFF, 0xFE, ..] | [0xFE, 0xFF, ..] => "the list is encoded as UTF-16",
                _ => "the list is not encoded as UTF-8",
            };
            let hint = "save it as UTF-8".to_owned();
            return self.faults.add("", None, encoding.to_owned(), hint);
        };
        let text = text.trim_start_matches('\u{feff}');
        match extension(data).as_str() {
            "yaml" | "yml" => self.yaml(data, text),
            _ if self.per_photo == LabelsPerPhoto::Several => several::read(self, data, text),
            _ => table::read(self, data, text),
        }
    }

    fn folder(&mut self, folder: &Path, walked: Walked) {
        let mut by_label: BTreeMap<String, Vec<PathBuf>> = BTreeMap::new();
        for file in walked.files {
            // Every file lies below the folder, so that there is a first part.
            let below = file.strip_prefix(folder).unwrap_or(&file);
            let mut parts = below.components();
            let (label, inside) = (parts.next(), parts.next());
            if !PHOTO_EXTENSIONS.contains(&extension(&file).as_str()) {
                let reason = SkipReason::of_file(&file);
                self.skipped.push(Skipped { path: file, reason });
            } else if let (Some(label), Some(_)) = (label, inside) {
                let label = label.as_os_str().to_string_lossy().into_owned();
                by_label.entry(label).or_default().push(file);
            } else {
                let message = format!("`{}` lies in no sub-folder", file.display());
                let hint = "the sub-folder's name is the label".to_owned();
                self.faults
                    .add("photos in no sub-folder", None, message, hint);
            }
        }
        let left_out = walked.left_out.into_iter().map(|(path, reason)| Skipped {
            path,
            reason: reason.into(),
        });
        self.skipped.extend(left_out);
        self.skipped.sort_by(|a, b| a.path.cmp(&b.path));
        for (label, files) in by_label {
            let before = format!("sub-folder `{label}`: ");
            if let Some(truth) = self.truth(&label, None, &before) {
                let listed = |path| Listed::new(path, truth, None);
                self.photos.extend(files.into_iter().map(listed));
            }
        }
        self.label_order = self.ambiguous_order();
    }

    /// Only where each label was read as the number that it is: with class names in the order of text,
    /// `2` is the name of class 4.
    fn ambiguous_order(&self) -> Option<LabelOrder> {
        let is_number = |(label, truth): (&String, &Option<usize>)| {
            truth.is_some_and(|truth| label.parse() == Ok(truth))
        };
        if !self.groups.are_classes() || !self.labels.iter().all(is_number) {
            return None;
        }
        let labels = self.labels.keys().map(String::as_str);
        label_order_warning(labels, self.groups.names.len())
    }

    fn yaml(&mut self, file: &Path, text: &str) {
        let lists = match lists::parse(self.faults.name(), text) {
            Ok(lists) => lists,
            Err(fault) => return self.faults.push(fault),
        };
        for list in lists {
            let at = Some(list.name.position);
            if let Some(truth) = self.truth(&list.name.text, at, "") {
                let photos = list
                    .items
                    .into_iter()
                    .map(|item| Listed::new(beside(file, &item.text), truth, Some(item.position)));
                self.photos.extend(photos);
            }
        }
    }
}

/// Whether the extension is that of a picture that is read.
pub fn is_photo(path: &Path) -> bool {
    PHOTO_EXTENSIONS.contains(&extension(path).as_str())
        && !["npy", "safetensors"].contains(&extension(path).as_str())
}
