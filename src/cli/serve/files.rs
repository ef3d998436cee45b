//! The files of a report that may be read: its pages, and what lies in their folders.

use std::path::{Path, PathBuf};

use cnn_report::fs;
use percent_encoding::percent_decode_str;

/// The media type of pages.
pub const HTML: &str = "text/html; charset=utf-8";

/// Where a report lies, and what it is called.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Served {
    folder: PathBuf,
    name: String,
}

impl Served {
    pub fn new(folder: &Path, name: &str) -> Self {
        Self {
            folder: folder.to_owned(),
            name: name.to_owned(),
        }
    }

    /// The name of the page, if it is there.
    pub fn page(&self) -> Option<String> {
        let name = format!("{}.html", self.name);
        let is_there = !self.name.is_empty() && self.folder.join(&name).is_file();
        is_there.then_some(name)
    }

    /// Media type and content of the file at the path of an address; `None` of any other.
    pub fn read(&self, path: &str) -> Option<(&'static str, Vec<u8>)> {
        let path = percent_decode_str(path.strip_prefix('/')?)
            .decode_utf8()
            .ok()?;
        let name = &self.name;
        if name.is_empty() {
            return None;
        }
        let file = match path.split_once('/') {
            None => {
                let endings = ["html", "md", "embedded.md", "json"];
                let is_page = endings
                    .iter()
                    .any(|ending| path == format!("{name}.{ending}"));
                (is_page || is_of_section(&path, name)).then(|| self.folder.join(&*path))?
            }
            Some((folder, file)) => {
                let is_ours = ["files", "data"]
                    .iter()
                    .any(|of| folder == format!("{name}_{of}"));
                let is_plain = !file.starts_with('.') && !file.contains(['/', '\\', '\0']);
                let folder = self.folder.join(folder);
                // A link leads elsewhere, and so may what lies behind it.
                (is_ours && is_plain && !folder.is_symlink()).then(|| folder.join(file))?
            }
        };
        if file.is_symlink() || !file.is_file() {
            return None;
        }
        let kind = media_type(file.extension()?.to_str()?)?;
        Some((kind, fs::read(&file).ok()?))
    }
}

/// Whether a file is the page of a section of a report in several pages: `report-question-2.html`.
fn is_of_section(file: &str, name: &str) -> bool {
    let section = file
        .strip_prefix(name)
        .and_then(|rest| rest.strip_suffix(".html"));
    let number = section.and_then(|section| {
        let mut sorts = ["-question-", "-section-"].into_iter();
        sorts.find_map(|sort| section.strip_prefix(sort))
    });
    number.is_some_and(|number| {
        !number.is_empty() && number.chars().all(|digit| digit.is_ascii_digit())
    })
}

/// Of the sorts of files that a report has.
fn media_type(ending: &str) -> Option<&'static str> {
    Some(match ending {
        "html" => HTML,
        "md" => "text/plain; charset=utf-8",
        "json" => "application/json",
        "png" => "image/png",
        "jpg" => "image/jpeg",
        "svg" => "image/svg+xml",
        "npy" => "application/octet-stream",
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pages_of_sections_are_the_reports_own() {
        for own in ["a b-question-1.html", "a b-section-12.html"] {
            assert!(is_of_section(own, "a b"), "{own}");
        }
        for other in [
            "a b-question-.html",
            "a b-question-1x.html",
            "a b-1.html",
            "c-question-1.html",
            "a b.html",
        ] {
            assert!(!is_of_section(other, "a b"), "{other}");
        }
    }
}
