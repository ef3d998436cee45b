//! Pictures, arrays and pages of questions of an earlier build that no page shows any more.
//!
//! A file is removed only where all of this holds, so that a user's own file never is: an old page that
//! was just replaced referred to it, no new page does, its name is as the program names files, and the
//! digest in the name is that of the content. A page has no digest in its name, but says who made it.

use std::borrow::Cow;
use std::path::{Path, PathBuf};

use sha2::{Digest, Sha256};

use super::{Files, own_folders};
use crate::fs::{self, FileError};

/// The files to remove.
pub struct Stale {
    /// With the reference that pages made to it, such as `report_files/fig-a.0123abcd.png` or `report-question-3.html`.
    files: Vec<(PathBuf, String)>,
}

impl Stale {
    /// `old_pages`: the content of the pages that are to be replaced.
    pub fn find(folder: &Path, files: &Files, old_pages: &[&[u8]]) -> Result<Self, FileError> {
        let old: Vec<_> = old_pages.iter().map(|page| text(page)).collect();
        let new: Vec<_> = files.pages.iter().map(|(_, page)| text(page)).collect();
        let mut stale = Vec::new();
        for (path, folder_name, inside) in own_folders(folder, files) {
            for file in fs::list_plain_files(&path)? {
                let Some(digits) = digest_in(&file.name) else {
                    continue;
                };
                let reference = format!("{folder_name}/{}", file.name);
                let refers = |page: &Cow<str>| page.contains(&reference);
                let in_use = inside.iter().any(|(used, _)| *used == file.name);
                if in_use || new.iter().any(refers) || !old.iter().any(refers) {
                    continue;
                }
                if fs::read(&file.path).is_ok_and(|content| digits == digest(&content)) {
                    stale.push((file.path, reference));
                }
            }
        }
        stale.extend(stale_pages(folder, files, &old)?);
        Ok(Self { files: stale })
    }

    /// One a line.
    pub fn references(&self) -> String {
        let references = self.files.iter().map(|(_, reference)| reference.as_str());
        references.collect::<Vec<_>>().join("\n")
    }

    pub fn remove(&self) -> Result<(), FileError> {
        self.files.iter().try_for_each(|(path, _)| fs::remove(path))
    }
}

/// As the page's template says it; one of the user's own that does not say it makes pages that stay.
const MADE_BY_US: &str = "<meta name=\"generator\" content=\"cnn-report\">";

/// Pages of questions that the report has no more, or that now stand in its one page: the page that was replaced had links to
/// them, which the author cannot write.
fn stale_pages(
    folder: &Path,
    files: &Files,
    old: &[Cow<str>],
) -> Result<Vec<(PathBuf, String)>, FileError> {
    let stems = files.pages.iter();
    let stems = stems.filter_map(|(name, _)| Some(format!("{}-", name.strip_suffix(".html")?)));
    let stems: Vec<String> = stems.collect();
    let mut candidates = fs::list_plain_files(folder)?;
    candidates.retain(|file| {
        let link = format!("href=\"{}", file.name);
        file.name.ends_with(".html")
            && stems.iter().any(|stem| file.name.starts_with(stem))
            && !files.pages.iter().any(|(name, _)| *name == file.name)
            && old.iter().any(|page| {
                page.contains(&link) || page.lines().any(|line| line == file.name) // as `references` has it
            })
            && fs::read(&file.path).is_ok_and(|page| text(&page).contains(MADE_BY_US))
    });
    let stale = candidates.into_iter().map(|file| (file.path, file.name));
    Ok(stale.collect())
}

/// A page as text in which references are written as the names are; Markdown writes ` ` as `%20`.
pub(super) fn text(page: &[u8]) -> Cow<'_, str> {
    percent_encoding::percent_decode(page).decode_utf8_lossy()
}

/// The digits in `<id>.<8 hex digits>.<extension>`.
pub(super) fn digest_in(name: &str) -> Option<&str> {
    let mut parts = name.rsplitn(3, '.');
    let extension = parts.next()?;
    let digits = parts.next()?;
    let id = parts.next()?;
    let is_ours = !id.is_empty()
        && !extension.is_empty()
        && digits.len() == 8
        && digits.bytes().all(|byte| byte.is_ascii_hexdigit());
    is_ours.then_some(digits)
}

/// As `report` names pictures.
pub(super) fn digest(content: &[u8]) -> String {
    let digest = Sha256::digest(content);
    digest[..4]
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect()
}
