//! Photos whose class is known: a folder of folders, or a list.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use super::groups::Groups;
use super::lists;
use crate::diagnostic::{Diagnostic, Position};
use crate::fs;
use crate::picture::{Input, Preprocessing};

/// What counts as a photo in a folder, in small letters.
const PHOTO_EXTENSIONS: [&str; 6] = ["jpg", "jpeg", "png", "webp", "npy", "safetensors"];

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LabelledPhoto {
    pub path: PathBuf,
    /// Index of its group.
    pub truth: usize,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LabelledPhotos {
    pub photos: Vec<LabelledPhoto>,
    /// How many of them are arrays, fed as they are.
    pub arrays: usize,
    /// Files of the folder that are neither photos nor arrays.
    pub skipped: Vec<PathBuf>,
}

/// Reads what `data` names: a folder whose sub-folders are named by the labels; a text file with
/// `path<TAB or comma>label` on each line; or a YAML file with `label: [path, …]`. Paths are relative
/// to the file. `name` is how the user wrote it. Labels are looked up, photos are opened as far as
/// their header, arrays wholly; all faults are reported together.
pub fn read(
    name: &str,
    data: &Path,
    groups: &Groups,
    preprocessing: &Preprocessing,
) -> Result<LabelledPhotos, Vec<Diagnostic>> {
    let mut reading = Reading {
        name,
        groups,
        photos: Vec::new(),
        faults: Vec::new(),
    };
    let mut skipped = Vec::new();
    if data.is_dir() {
        skipped = reading.folder(data);
    } else {
        match fs::read_to_string(data) {
            Ok(text) if is_yaml(data) => reading.yaml(data, &text),
            Ok(text) => reading.lines(data, &text),
            Err(error) => reading.fault(
                None,
                error.to_string(),
                "a folder or a list would be right".to_owned(),
            ),
        }
    }
    if reading.photos.is_empty() && reading.faults.is_empty() {
        let hint = "sub-folders with PNG, JPEG or WebP photos, or a list of them, would be right";
        reading.fault(None, "there is no photo".to_owned(), hint.to_owned());
    }
    let arrays = reading.check_photos(preprocessing);
    if reading.faults.is_empty() {
        let photos = reading.photos.into_iter().map(|(photo, _)| photo).collect();
        Ok(LabelledPhotos {
            photos,
            arrays,
            skipped,
        })
    } else {
        Err(reading.faults)
    }
}

fn is_yaml(path: &Path) -> bool {
    has_extension(path, &["yaml", "yml"])
}

fn has_extension(path: &Path, extensions: &[&str]) -> bool {
    let extension = path
        .extension()
        .map(|extension| extension.to_string_lossy().to_lowercase());
    extension.is_some_and(|extension| extensions.contains(&extension.as_str()))
}

struct Reading<'a> {
    name: &'a str,
    groups: &'a Groups,
    photos: Vec<(LabelledPhoto, Option<Position>)>,
    faults: Vec<Diagnostic>,
}

impl Reading<'_> {
    fn fault(&mut self, at: Option<Position>, message: String, hint: String) {
        self.faults
            .push(Diagnostic::error(self.name, at, message, hint));
    }

    fn photo(&mut self, path: PathBuf, label: &str, at: Option<Position>) {
        match self.groups.find(label) {
            Ok(truth) => self.photos.push((LabelledPhoto { path, truth }, at)),
            Err((message, hint)) => self.fault(at, message, hint),
        }
    }

    /// The files that are no photos.
    fn folder(&mut self, folder: &Path) -> Vec<PathBuf> {
        let files = match fs::files_below(folder) {
            Ok(files) => files,
            Err(error) => {
                self.fault(None, error.to_string(), String::new());
                return Vec::new();
            }
        };
        let mut by_label: BTreeMap<String, Vec<PathBuf>> = BTreeMap::new();
        let mut skipped = Vec::new();
        for file in files {
            // Every file lies below the folder, so that there is a first part.
            let parts: Vec<_> = file
                .strip_prefix(folder)
                .unwrap_or(&file)
                .components()
                .collect();
            if !has_extension(&file, &PHOTO_EXTENSIONS) {
                skipped.push(file);
            } else if let [label, _, ..] = parts[..] {
                let label = label.as_os_str().to_string_lossy().into_owned();
                by_label.entry(label).or_default().push(file);
            } else {
                let message = format!("`{}` lies in no sub-folder", file.display());
                self.fault(
                    None,
                    message,
                    "the sub-folder's name is the label".to_owned(),
                );
            }
        }
        for (label, files) in by_label {
            match self.groups.find(&label) {
                Ok(truth) => {
                    let photos = files
                        .into_iter()
                        .map(|path| (LabelledPhoto { path, truth }, None));
                    self.photos.extend(photos);
                }
                // Once for the folder, not for each of its photos.
                Err((message, hint)) => {
                    self.fault(None, format!("sub-folder `{label}`: {message}"), hint)
                }
            }
        }
        skipped
    }

    fn lines(&mut self, file: &Path, text: &str) {
        let text = text.trim_start_matches('\u{feff}');
        for (index, line) in text.lines().enumerate() {
            let at = Some(Position {
                line: index + 1,
                column: 1,
            });
            let line = line.trim();
            if line.is_empty() || line.starts_with('#') {
                continue;
            }
            // A path may hold commas, a label rarely does; with a tab both may.
            let parts = line.split_once('\t').or_else(|| line.rsplit_once(','));
            match parts.map(|(path, label)| (path.trim(), label.trim())) {
                Some((path, label)) if !path.is_empty() && !label.is_empty() => {
                    self.photo(beside(file, path), label, at);
                }
                _ => {
                    let hint = "`path,label` or path and label with a tab between would be right";
                    self.fault(at, format!("`{line}` has no label"), hint.to_owned());
                }
            }
        }
    }

    fn yaml(&mut self, file: &Path, text: &str) {
        let lists = match lists::parse(self.name, text) {
            Ok(lists) => lists,
            Err(fault) => return self.faults.push(fault),
        };
        for list in lists {
            match self.groups.find(&list.name.text) {
                Ok(truth) => {
                    let photos = list.items.into_iter().map(|item| {
                        let path = beside(file, &item.text);
                        (LabelledPhoto { path, truth }, Some(item.position))
                    });
                    self.photos.extend(photos);
                }
                Err((message, hint)) => self.fault(Some(list.name.position), message, hint),
            }
        }
    }

    /// That no photo is listed twice, and that each is a picture or an array. How many are arrays.
    fn check_photos(&mut self, preprocessing: &Preprocessing) -> usize {
        let mut arrays = 0;
        let mut first = BTreeMap::new();
        for index in 0..self.photos.len() {
            let (photo, at) = &self.photos[index];
            let (path, at) = (photo.path.clone(), *at);
            if let Some(line) = first.insert(path.clone(), at.map(|at| at.line)) {
                let hint = line.map_or(String::new(), |line| {
                    format!("the first place is line {line}")
                });
                self.fault(at, format!("`{}` is listed twice", path.display()), hint);
            } else {
                match Input::is_array(&path, preprocessing) {
                    Ok(is_array) => arrays += usize::from(is_array),
                    Err(error) => self.fault(at, error.to_string(), String::new()),
                }
            }
        }
        arrays
    }
}

fn beside(file: &Path, path: &str) -> PathBuf {
    file.parent().unwrap_or(Path::new("")).join(path)
}
