//! A finished report onto the disk: all of it, or the old one stays.

use std::path::{Path, PathBuf};

use crate::fs::{self, FileError};

/// Name and content.
pub type File = (String, Vec<u8>);

/// What a build leaves: texts at the top, pictures in a folder beside them.
#[derive(Debug, Default)]
pub struct Files {
    /// These refer to the pictures, and so come last.
    pub pages: Vec<File>,
    /// Folder of the Markdown's pictures and its files. Their names hold a digest of their content,
    /// so an old report's pictures are never overwritten by other ones.
    pub pictures: Option<(String, Vec<File>)>,
}

/// Writes everything below `folder` and returns the pages' paths.
pub fn write(folder: &Path, files: &Files) -> Result<Vec<PathBuf>, FileError> {
    fs::create_directory(folder)?;
    let pages: Vec<PathBuf> = files
        .pages
        .iter()
        .map(|(name, _)| folder.join(name))
        .collect();
    let mut staged = Vec::new();
    for (path, (_, content)) in pages.iter().zip(&files.pages) {
        staged.push(fs::stage(path, content)?);
    }
    let mut written = Vec::new();
    if let Some((name, pictures)) = &files.pictures {
        let result = write_pictures(&folder.join(name), pictures, &mut written);
        if result.is_err() {
            written.iter().for_each(|path| drop(fs::remove(path)));
            result?;
        }
    }
    for page in staged {
        page.commit()?;
    }
    if let Some((name, pictures)) = &files.pictures {
        remove_stale(&folder.join(name), pictures)?;
    }
    Ok(pages)
}

fn write_pictures(
    folder: &Path,
    pictures: &[File],
    written: &mut Vec<PathBuf>,
) -> Result<(), FileError> {
    fs::create_directory(folder)?;
    for (name, content) in pictures {
        let path = folder.join(name);
        if fs::read(&path).is_ok_and(|old| old == *content) {
            continue;
        }
        let new = !path.exists();
        fs::stage(&path, content)?.commit()?;
        if new {
            written.push(path);
        }
    }
    Ok(())
}

/// Pictures of an earlier build that no page shows any more. Only files named as the program
/// names them go; whatever else the user keeps there stays.
fn remove_stale(folder: &Path, pictures: &[File]) -> Result<(), FileError> {
    for path in fs::files_below(folder)? {
        let Some(name) = path.file_name().and_then(|name| name.to_str()) else {
            continue;
        };
        let in_use = pictures.iter().any(|(used, _)| used == name);
        if !in_use && path.parent() == Some(folder) && is_ours(name) {
            fs::remove(&path)?;
        }
    }
    Ok(())
}

/// `<figure id>.<8 hex digits>.<png, jpg or svg>`.
fn is_ours(name: &str) -> bool {
    let mut parts = name.rsplitn(3, '.');
    let extension = parts.next().unwrap_or_default();
    let digest = parts.next().unwrap_or_default();
    matches!(extension, "png" | "jpg" | "svg")
        && digest.len() == 8
        && digest.bytes().all(|byte| byte.is_ascii_hexdigit())
        && parts.next().is_some_and(|stem| !stem.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn files(text: &str, pictures: &[(&str, &str)]) -> Files {
        let pictures = pictures
            .iter()
            .map(|(name, bytes)| ((*name).to_owned(), bytes.as_bytes().to_vec()));
        Files {
            pages: vec![("report.md".to_owned(), text.as_bytes().to_vec())],
            pictures: Some(("report_files".to_owned(), pictures.collect())),
        }
    }

    #[test]
    fn a_second_build_takes_its_own_old_pictures_away_and_nothing_else() {
        let folder = tempfile::tempdir().unwrap();
        write(folder.path(), &files("one", &[("a.00000001.png", "1")])).unwrap();
        let kept = folder.path().join("report_files/mine.png");
        std::fs::write(&kept, "mine").unwrap();
        write(folder.path(), &files("two", &[("a.00000002.png", "2")])).unwrap();
        assert_eq!(
            std::fs::read_to_string(folder.path().join("report.md")).unwrap(),
            "two"
        );
        assert!(folder.path().join("report_files/a.00000002.png").exists());
        assert!(!folder.path().join("report_files/a.00000001.png").exists());
        assert!(kept.exists());
    }

    #[test]
    fn a_failed_build_leaves_the_old_report() {
        let folder = tempfile::tempdir().unwrap();
        write(folder.path(), &files("one", &[("a.00000001.png", "1")])).unwrap();
        // A folder stands where the second picture should go.
        std::fs::create_dir_all(folder.path().join("report_files/b.00000002.png/x")).unwrap();
        let second = files("two", &[("a.00000003.png", "3"), ("b.00000002.png", "2")]);
        assert!(write(folder.path(), &second).is_err());
        assert_eq!(
            std::fs::read_to_string(folder.path().join("report.md")).unwrap(),
            "one"
        );
        assert!(folder.path().join("report_files/a.00000001.png").exists());
        assert!(
            !folder.path().join("report_files/a.00000003.png").exists(),
            "no half of the new one"
        );
        let left: Vec<_> = std::fs::read_dir(folder.path()).unwrap().collect();
        assert_eq!(left.len(), 2, "no temporary file stays: {left:?}");
    }
}
