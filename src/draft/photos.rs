//! Which photos a draft shows, and what they are called.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use super::Wanted;
use crate::diagnostic::Diagnostic;
use crate::evaluate::data_set::is_photo;

/// A first report takes no more of a folder.
pub const MOST_PHOTOS: usize = 6;

pub struct Photos {
    pub files: Vec<PathBuf>,
    /// Photos of folders that are not among them.
    pub left_out: usize,
}

impl Photos {
    /// The photos that the user names, each; of folders the first by name, from each sub-folder in turn.
    pub fn find(wanted: &Wanted) -> Result<Self, Diagnostic> {
        let given: Vec<&Path> = match wanted.images.is_empty() {
            false => wanted.images.iter().map(PathBuf::as_path).collect(),
            true => wanted.labelled.iter().map(PathBuf::as_path).collect(),
        };
        let mut files = Vec::new();
        let mut left_out = 0;
        for path in given {
            match path.is_dir() {
                false if !path.exists() => {
                    return Err(Diagnostic::without_file(
                        format!("there is no photo `{}`", path.display()),
                        "name photos, or folders of them".to_owned(),
                    ));
                }
                false => files.push(path.to_owned()),
                true => {
                    let found = below(path)?;
                    let count = found.len();
                    let taken = in_turn(path, found);
                    left_out += count - taken.len();
                    files.extend(taken);
                }
            }
        }
        match files.is_empty() {
            false => Ok(Self { files, left_out }),
            true => Err(Diagnostic::without_file(
                "no photo is given".to_owned(),
                "name photos, or a folder of them, with `--images`".to_owned(),
            )),
        }
    }

    /// Names by which figures and texts refer to them: that of the file, as far as it can be one.
    pub fn ids(&self) -> Vec<String> {
        let mut taken = BTreeSet::new();
        let mut unique = |id: String| {
            let numbered = (2..).map(|number| format!("{id}-{number}"));
            let mut free = std::iter::once(id.clone()).chain(numbered);
            let found = free.find(|id| taken.insert(id.clone()));
            found.unwrap_or(id)
        };
        self.files.iter().map(|file| unique(id(file))).collect()
    }
}

fn below(folder: &Path) -> Result<Vec<PathBuf>, Diagnostic> {
    let said = |message: String, hint: &str| Diagnostic::without_file(message, hint.to_owned());
    let files = crate::fs::files_below(folder).map_err(|error| said(error.to_string(), ""))?;
    let mut photos: Vec<PathBuf> = files.into_iter().filter(|file| is_photo(file)).collect();
    photos.sort();
    match photos.is_empty() {
        false => Ok(photos),
        true => Err(said(
            format!("`{}` holds no photo", folder.display()),
            "JPEG, PNG, WebP, BMP, GIF, TIFF and PPM are read",
        )),
    }
}

/// The first of each sub-folder, then the second of each, up to the most.
fn in_turn(folder: &Path, photos: Vec<PathBuf>) -> Vec<PathBuf> {
    let mut by_folder: Vec<(PathBuf, Vec<PathBuf>)> = Vec::new();
    for photo in photos {
        let parent = photo.parent().unwrap_or(folder).to_owned();
        match by_folder.iter_mut().find(|(known, _)| *known == parent) {
            Some((_, files)) => files.push(photo),
            None => by_folder.push((parent, vec![photo])),
        }
    }
    let longest = by_folder
        .iter()
        .map(|(_, files)| files.len())
        .max()
        .unwrap_or(0);
    let rounds =
        (0..longest).flat_map(|at| by_folder.iter().filter_map(move |(_, files)| files.get(at)));
    rounds.take(MOST_PHOTOS).cloned().collect()
}

/// A letter first, then letters, digits, `_` and `-`.
fn id(file: &Path) -> String {
    let stem = file
        .file_stem()
        .unwrap_or_default()
        .to_string_lossy()
        .to_lowercase();
    let allowed = |c: char| c.is_ascii_alphanumeric() || c == '_' || c == '-';
    let id: String = stem
        .chars()
        .map(|c| if allowed(c) { c } else { '-' })
        .collect();
    let id = id.trim_matches('-');
    match id.starts_with(|c: char| c.is_ascii_alphabetic()) {
        true => id.to_owned(),
        false => format!("photo-{id}").trim_end_matches('-').to_owned(),
    }
}
