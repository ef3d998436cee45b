//! What lies in the folder beside what would be written now: pictures that are the same but for rounding, which then
//! stay, and pages that are out of date.

use std::path::{Path, PathBuf};

use base64::Engine;
use base64::engine::general_purpose::STANDARD;

use super::alike::{Compared, Moved, Tolerance, compared};
use super::stale::{digest, digest_in, text};
use super::{File, Files, lines, own_folders};
use crate::fs::{self, FileError};

/// A picture that stays as it is, for the new one is the same but for rounding.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Kept {
    /// The name that the new picture would have had.
    pub new: String,
    /// That of the old one, without its folder.
    pub old: String,
}

/// Something of the report that is out of date.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Difference {
    pub file: PathBuf,
    /// From 1; `None` for pictures.
    pub line: Option<usize>,
    pub what: String,
}

/// What `check` finds.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Found {
    /// The pages that are there.
    pub pages: Vec<PathBuf>,
    pub differences: Vec<Difference>,
}

/// Puts the old picture in the place of each new one that is the same but for rounding: in `files` and in the pages
/// that name it. Only pictures that an old page of ours shows, and that are as we wrote them, are taken for old ones.
pub fn keep(folder: &Path, files: &mut Files) -> Result<Vec<Kept>, FileError> {
    let pairs = pairs(folder, files, Tolerance::Rounding)?;
    let alike = pairs
        .into_iter()
        .filter(|pair| pair.compared == Compared::Alike);
    let alike: Vec<Pair> = alike.collect();
    let kept = alike.iter().map(|pair| Kept {
        new: pair.new.clone(),
        old: pair.old.0.clone(),
    });
    let kept = kept.collect();
    alike.into_iter().for_each(|pair| put_back(files, pair));
    Ok(kept)
}

/// Compares what is in `folder` with what would be written. Of the pages only those are looked at that are there.
pub fn check(folder: &Path, mut files: Files, tolerance: Tolerance) -> Result<Found, FileError> {
    let mut found = Found::default();
    files.pages.retain(|(name, _)| folder.join(name).is_file());
    found.pages = files
        .pages
        .iter()
        .map(|(name, _)| folder.join(name))
        .collect();
    let shown: Vec<String> = files
        .pages
        .iter()
        .map(|page| text(&page.1).into_owned())
        .collect();
    for (name, inside) in &mut files.folders {
        inside.retain(|(file, _)| {
            let reference = format!("{name}/{file}");
            shown.iter().any(|page| page.contains(&reference))
        });
    }
    for pair in pairs(folder, &files, tolerance)? {
        let what = match pair.compared {
            Compared::Alike => String::new(),
            Compared::Moved(moved) => differs(moved),
            Compared::Other => "this is out of date: it would be another one now".to_owned(),
        };
        if !what.is_empty() {
            let file = folder.join(&pair.folder).join(&pair.old.0);
            let line = None;
            found.differences.push(Difference { file, line, what });
        }
        // The name of the picture would make its page differ a second time.
        put_back(&mut files, pair);
    }
    for (page, content) in &files.pages {
        let file = folder.join(page);
        let (old, new) = (fs::read(&file)?, content);
        let (old, new) = (String::from_utf8_lossy(&old), String::from_utf8_lossy(new));
        let parting = match tolerance {
            Tolerance::Machine => lines::parting(&old, &new, same_line),
            Tolerance::Rounding => lines::parting(&old, &new, |_, _| false),
        };
        if let Some(parting) = parting {
            let line = Some(parting.line);
            found.differences.push(Difference {
                file,
                line,
                what: is_other(&parting),
            });
        }
    }
    found.differences.extend(missing(folder, &files));
    Ok(found)
}

/// Two lines that machines may have written: numbers within their last digits, pictures within theirs.
fn same_line(old: &str, new: &str) -> bool {
    let ((old, old_runs), (new, new_runs)) =
        (lines::without_base64(old), lines::without_base64(new));
    // What is no picture (the cells of a map, the table of a chart) is shown by one beside it.
    let same_run = |(a, b): (&&str, &&str)| match (STANDARD.decode(a), STANDARD.decode(b)) {
        (Ok(a), Ok(b)) => match extension(&a) {
            Some(kind) if extension(&b) == Some(kind) => {
                compared(&a, &b, kind, Tolerance::Machine) == Compared::Alike
            }
            Some(_) => false,
            None => true,
        },
        _ => a.len() == b.len(),
    };
    lines::alike(&old, &new)
        && old_runs.len() == new_runs.len()
        && old_runs.iter().zip(&new_runs).all(same_run)
}

fn extension(content: &[u8]) -> Option<&'static str> {
    match content {
        [0x89, b'P', b'N', b'G', ..] => Some("png"),
        [0xff, 0xd8, ..] => Some("jpg"),
        [b'<', b's', b'v', b'g', ..] => Some("svg"),
        _ => None,
    }
}

/// An old picture and the new one of the same figure.
struct Pair {
    folder: String,
    old: File,
    new: String,
    compared: Compared,
}

fn pairs(folder: &Path, files: &Files, tolerance: Tolerance) -> Result<Vec<Pair>, FileError> {
    let old_pages = files
        .pages
        .iter()
        .filter_map(|(name, _)| fs::read(&folder.join(name)).ok());
    let old_pages: Vec<String> = old_pages.map(|page| text(&page).into_owned()).collect();
    let mut pairs = Vec::new();
    for (path, folder_name, inside) in own_folders(folder, files) {
        let listed = fs::list_plain_files(&path)?;
        let is_shown = |name: &str| {
            let reference = format!("{folder_name}/{name}");
            old_pages.iter().any(|page| page.contains(&reference))
        };
        for (new, content) in inside {
            let Some(wanted) = parts(new) else { continue };
            if listed.iter().any(|old| old.name == *new) {
                continue;
            }
            let old = listed
                .iter()
                .find(|old| parts(&old.name) == Some(wanted) && is_shown(&old.name));
            let Some(old) = old else { continue };
            let Ok(old_content) = fs::read(&old.path) else {
                continue;
            };
            if digest_in(&old.name) != Some(digest(&old_content).as_str()) {
                continue; // somebody's own, or changed since
            }
            pairs.push(Pair {
                folder: folder_name.to_owned(),
                compared: compared(&old_content, content, wanted.1, tolerance),
                old: (old.name.clone(), old_content),
                new: new.clone(),
            });
        }
    }
    Ok(pairs)
}

/// Name of the figure and extension, around the digest.
fn parts(name: &str) -> Option<(&str, &str)> {
    digest_in(name)?;
    let (rest, extension) = name.rsplit_once('.')?;
    Some((rest.rsplit_once('.')?.0, extension))
}

fn put_back(files: &mut Files, pair: Pair) {
    for (_, page) in &mut files.pages {
        if let Ok(text) = std::str::from_utf8(page)
            && text.contains(&pair.new)
        {
            *page = text.replace(&pair.new, &pair.old.0).into_bytes();
        }
    }
    let folder = files
        .folders
        .iter_mut()
        .find(|(name, _)| *name == pair.folder);
    let file = folder.and_then(|(_, inside)| inside.iter_mut().find(|(name, _)| *name == pair.new));
    if let Some(file) = file {
        *file = pair.old;
    }
}

fn missing(folder: &Path, files: &Files) -> Vec<Difference> {
    let mut found = Vec::new();
    for (name, inside) in &files.folders {
        for (file, content) in inside {
            let path = folder.join(name).join(file);
            let what = match fs::read(&path) {
                Err(_) => "this picture or array is missing",
                Ok(old) if old != *content => {
                    "this file is not as it was written: it was changed or cut short"
                }
                Ok(_) => continue,
            };
            found.push(Difference {
                file: path,
                line: None,
                what: what.to_owned(),
            });
        }
    }
    found
}

fn differs(moved: Moved) -> String {
    let Moved {
        count,
        pixels,
        largest,
    } = moved;
    format!(
        "this picture is out of date: {count} of {pixels} pixels differ, by up to {largest} of 255"
    )
}

fn is_other(parting: &lines::Parting) -> String {
    let lines::Parting {
        lines, old, new, ..
    } = parting;
    let more = match lines {
        0 | 1 => String::new(),
        lines => format!(", and up to {} lines below it", lines - 1),
    };
    match (old.is_empty(), new.is_empty()) {
        (true, false) => format!("the page is out of date here: `{new}` is missing{more}"),
        (false, true) => format!("the page is out of date here: `{old}` should not be there{more}"),
        _ => format!("the page is out of date here: `{old}` should be `{new}`{more}"),
    }
}
