//! A finished report onto the disk: all of it, or the old one stays.
//!
//! Order: everything is staged (whole, under temporary names) and on the disk, then pictures and arrays
//! are put in place, then the pages, one right after the other. The names of pictures and arrays hold a
//! digest of their content, so an old page's pictures are never overwritten, and the old pages stay whole
//! until they are replaced. The folder is locked all the time, so a second build waits.

mod alike;
mod committed;
mod lines;
mod stale;

use std::path::{Path, PathBuf};
use std::time::Duration;

use crate::fs::{self, FileError, Staged};
pub use alike::{LARGEST_STEP, Tolerance};
pub use committed::{Difference, Found, Kept, check, keep};
use stale::Stale;

/// Name and content.
pub type File = (String, Vec<u8>);

/// The files of a report: pages at the top, pictures and arrays in folders beside them.
#[derive(Debug, Default)]
pub struct Files {
    /// HTML, Markdown, JSON. They refer to the files in `folders`.
    pub pages: Vec<File>,
    /// Folders such as `report_files`, and what is in them. Each file is named
    /// `<id>.<first 8 hex digits of the SHA-256 of its content>.<extension>`.
    pub folders: Vec<(String, Vec<File>)>,
}

/// Without a lock another build may be staging; one that was killed an hour ago is not.
const AGE_WITHOUT_LOCK: Duration = Duration::from_secs(3600);

/// Writes everything below `folder` and returns the pages' paths.
pub fn write(folder: &Path, files: &Files) -> Result<Vec<PathBuf>, FileError> {
    fs::create_directory(folder)?;
    let lock = fs::lock(folder)?;
    let left_over = LeftOver::read(folder, &lock)?;
    left_over.remove_from_folders(folder, files)?;
    let pages = stage_pages(folder, files)?;
    let old = OldPages::read(folder, files);
    let (pictures, new_pictures) = stage_pictures(folder, files)?;
    let before_pages = pictures.len();
    let staged: Vec<Staged> = pictures.into_iter().chain(pages).collect();
    staged.iter().try_for_each(Staged::sync)?;
    let earlier = old.contents().chain(left_over.contents());
    let stale = Stale::find(folder, files, &earlier.collect::<Vec<_>>())?;
    let record = fs::stage(&folder.join("stale"), stale.references().as_bytes())?;
    if let Err(stopped) = fs::commit_all(staged) {
        old.restore(stopped.committed.saturating_sub(before_pages));
        // The error that stopped the build matters more than one of these.
        new_pictures.iter().for_each(|path| drop(fs::remove(path)));
        return Err(stopped.error);
    }
    stale.remove()?;
    drop(record); // never put in place: where we are killed before, the next build finds it left over
    left_over.remove(folder)?;
    let path = |(name, _): &File| folder.join(name);
    Ok(files.pages.iter().map(path).collect())
}

/// The folders beside the pages, except those that lead elsewhere: nothing is removed from a folder that
/// is a symbolic link.
fn own_folders<'a>(
    folder: &'a Path,
    files: &'a Files,
) -> impl Iterator<Item = (PathBuf, &'a str, &'a [File])> {
    let folders = files.folders.iter();
    let folders = folders.map(|(name, inside)| (folder.join(name), name.as_str(), &inside[..]));
    folders.filter(|(path, ..)| !path.is_symlink())
}

/// Temporary files of builds that were killed. They are the only ones that still refer to the pictures
/// of such a build, if it was killed before its pages were in place, or to those that it was about to
/// remove.
struct LeftOver {
    age: Duration,
    pages: Vec<Vec<u8>>,
}

impl LeftOver {
    fn read(folder: &Path, lock: &fs::Lock) -> Result<Self, FileError> {
        let age = match lock.is_held() {
            true => Duration::ZERO,
            false => AGE_WITHOUT_LOCK,
        };
        let left_over = fs::left_over(folder, age)?;
        let pages = left_over.iter().filter_map(|path| fs::read(path).ok());
        let pages = pages.collect();
        Ok(Self { age, pages })
    }

    fn contents(&self) -> impl Iterator<Item = &[u8]> {
        self.pages.iter().map(Vec::as_slice)
    }

    fn remove_from_folders(&self, folder: &Path, files: &Files) -> Result<(), FileError> {
        let mut folders = own_folders(folder, files);
        folders.try_for_each(|(path, ..)| fs::remove_left_over(&path, self.age).map(drop))
    }

    fn remove(&self, folder: &Path) -> Result<(), FileError> {
        fs::remove_left_over(folder, self.age).map(drop)
    }
}

fn stage_pages(folder: &Path, files: &Files) -> Result<Vec<Staged>, FileError> {
    let stage = |(name, content): &File| fs::stage(&folder.join(name), content);
    files.pages.iter().map(stage).collect()
}

/// The pictures and arrays that are not in place already, and the paths at which nothing is yet.
fn stage_pictures(folder: &Path, files: &Files) -> Result<(Vec<Staged>, Vec<PathBuf>), FileError> {
    let mut staged = Vec::new();
    let mut new = Vec::new();
    for (name, inside) in files
        .folders
        .iter()
        .filter(|(_, inside)| !inside.is_empty())
    {
        let folder = folder.join(name);
        fs::create_directory(&folder)?;
        for (name, content) in inside {
            let path = folder.join(name);
            if fs::read(&path).is_ok_and(|old| old == *content) {
                continue;
            }
            staged.push(fs::stage(&path, content)?);
            if !path.exists() {
                new.push(path);
            }
        }
    }
    Ok((staged, new))
}

/// The pages that are about to be replaced, in the order of the new ones; `None` where there is none.
/// They are held, so that the system frees their blocks after the last page is in place: between
/// the first and the last one a `kill -9` leaves pages of two builds.
struct OldPages(Vec<(PathBuf, Option<fs::Held>)>);

impl OldPages {
    fn read(folder: &Path, files: &Files) -> Self {
        let read = |(name, _): &File| {
            let path = folder.join(name);
            let content = fs::read_and_hold(&path).ok();
            (path, content)
        };
        Self(files.pages.iter().map(read).collect())
    }

    fn contents(&self) -> impl Iterator<Item = &[u8]> {
        let contents = self.0.iter().filter_map(|(_, page)| page.as_ref());
        contents.map(|page| page.content.as_slice())
    }

    /// Puts the first `count` pages back, which were replaced before another one could not be.
    fn restore(&self, count: usize) {
        for (path, page) in self.0.iter().take(count) {
            // The error of the page that could not be written is the one to report.
            let _ = match page {
                Some(page) => fs::stage(path, &page.content).and_then(Staged::commit),
                None => fs::remove(path),
            };
        }
    }
}

#[cfg(test)]
mod tests;
