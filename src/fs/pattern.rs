//! Files whose path fits a pattern.

use std::path::{Component, Path, PathBuf};

use globset::{GlobBuilder, GlobMatcher};
use walkdir::WalkDir;

/// What makes a text a pattern.
const WILD: [char; 4] = ['*', '?', '[', '{'];

#[derive(Debug, thiserror::Error)]
pub enum PatternError {
    #[error("`{pattern}` is not a pattern: {reason}")]
    Syntax { pattern: String, reason: String },
    #[error("`{}` is a folder", path.display())]
    IsFolder { path: PathBuf },
    #[error("cannot list `{}`: {reason}", path.display())]
    Folder { path: PathBuf, reason: String },
}

/// The files below `base` whose path relative to it fits `pattern`, in the order of their paths; a relative
/// pattern gives relative paths. `*` and `?` stay in one folder, `**` goes through all, capitals do not matter (cameras
/// write `.JPG`), hidden files are left out. Links are followed; a loop of them ends. A link to nothing, a FIFO or a socket
/// that fits is found as well: left out, nobody would miss it. A text without a wild card is the
/// path of one file.
pub fn matching(base: &Path, pattern: &str) -> Result<Vec<PathBuf>, PatternError> {
    let named = base.join(pattern);
    if named.is_dir() {
        return Err(PatternError::IsFolder {
            path: PathBuf::from(pattern),
        });
    }
    // A file may be called so.
    if !pattern.contains(WILD) || named.is_file() {
        return Ok(vec![PathBuf::from(pattern)]);
    }
    let fits = matcher(pattern)?;
    let folder = fixed_part(pattern);
    let start = match folder.as_os_str().is_empty() {
        true => base.to_owned(),
        false => base.join(&folder),
    };
    let below = Path::new(pattern).components().count() - folder.components().count();
    let depth = if pattern.contains("**") {
        usize::MAX
    } else {
        below
    };
    let mut found = Vec::new();
    let is_shown = |entry: &walkdir::DirEntry| {
        entry.depth() == 0 || !entry.file_name().to_string_lossy().starts_with('.')
    };
    let entries = WalkDir::new(&start)
        .follow_links(true)
        .max_depth(depth)
        .into_iter()
        .filter_entry(is_shown);
    let fitting = |path: &Path| {
        let path = folder.join(path.strip_prefix(&start).unwrap_or(path));
        fits.is_match(&path).then_some(path)
    };
    for entry in entries {
        let entry = match entry {
            Ok(entry) => entry,
            Err(error) if error.depth() > 0 => {
                // A link to nothing is found, so that who opens it says what it is; a loop ends here.
                let link = error.path().filter(|_| error.loop_ancestor().is_none());
                let link = link.filter(|path| path.is_symlink());
                found.extend(link.and_then(fitting));
                continue;
            }
            Err(error) => {
                let reason = match error.into_io_error() {
                    Some(error) => error.to_string(),
                    None => "it is a loop of links".to_owned(),
                };
                return Err(PatternError::Folder {
                    path: start.clone(),
                    reason,
                });
            }
        };
        if !entry.file_type().is_dir() {
            found.extend(fitting(entry.path()));
        }
    }
    found.sort();
    Ok(found)
}

/// Whether a path fits a pattern below `base`.
pub fn fits(base: &Path, pattern: &str, path: &Path) -> bool {
    let below = path.strip_prefix(base).unwrap_or(path);
    matcher(pattern).is_ok_and(|fits| fits.is_match(below))
}

/// The folder that all files of a pattern lie in.
pub fn folder_of_pattern(base: &Path, pattern: &str) -> PathBuf {
    base.join(fixed_part(pattern))
}

fn matcher(pattern: &str) -> Result<GlobMatcher, PatternError> {
    let plain = pattern.strip_prefix("./").unwrap_or(pattern);
    let plain = plain.split('/').filter(|part| !part.is_empty());
    let root = if pattern.starts_with('/') { "/" } else { "" };
    let plain = format!("{root}{}", plain.collect::<Vec<_>>().join("/"));
    let glob = GlobBuilder::new(&plain)
        .literal_separator(true)
        .case_insensitive(true)
        .build();
    glob.map(|glob| glob.compile_matcher())
        .map_err(|error| PatternError::Syntax {
            pattern: pattern.to_owned(),
            reason: error.kind().to_string(),
        })
}

/// The folders before the first wild card.
fn fixed_part(pattern: &str) -> PathBuf {
    let parts = Path::new(pattern).components();
    let is_fixed = |part: &Component| !part.as_os_str().to_string_lossy().contains(WILD);
    let fixed = parts.take_while(is_fixed);
    fixed.filter(|part| *part != Component::CurDir).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn wild_cards_stay_in_their_folder_and_two_stars_do_not() {
        let folder = tempfile::tempdir().unwrap();
        let root = folder.path();
        for file in [
            "a/2.JPG",
            "a/10.jpg",
            "a/b/3.png",
            "a/.hidden.jpg",
            "a/c.txt",
            "1.jpg",
        ] {
            std::fs::create_dir_all(root.join(file).parent().unwrap()).unwrap();
            std::fs::write(root.join(file), "").unwrap();
        }
        std::os::unix::fs::symlink("..", root.join("a/b/loop")).unwrap();
        let found = |pattern: &str| -> Vec<String> {
            let found = matching(root, pattern).unwrap();
            found
                .iter()
                .map(|path| path.display().to_string())
                .collect()
        };
        assert_eq!(found("a/*.jpg"), ["a/10.jpg", "a/2.JPG"]);
        assert_eq!(found("./a/*.jpg"), ["a/10.jpg", "a/2.JPG"]);
        assert_eq!(found("*.jpg"), ["1.jpg"]);
        assert_eq!(
            found("a/**/*.{jpg,png}"),
            ["a/10.jpg", "a/2.JPG", "a/b/3.png"]
        );
        assert_eq!(found("a/?.jpg"), ["a/2.JPG"]);
        assert_eq!(found("a/[0-9].jpg"), ["a/2.JPG"]);
        assert_eq!(found("a/missing.jpg"), ["a/missing.jpg"]);
        assert_eq!(found("a//*.jpg"), found("a/*.jpg"));
        assert!(matches!(
            matching(root, "a"),
            Err(PatternError::IsFolder { .. })
        ));
        std::fs::write(root.join("q[1].jpg"), "").unwrap();
        assert_eq!(found("q[1].jpg"), ["q[1].jpg"]);
        assert!(fits(root, "a/*.jpg", &root.join("a/new.jpg")));
        assert!(!fits(root, "a/*.jpg", &root.join("a/b/new.jpg")));
        assert!(found("a/*.webp").is_empty());
        std::os::unix::fs::symlink("nothing", root.join("a/gone.jpg")).unwrap();
        assert_eq!(found("a/*.jpg"), ["a/10.jpg", "a/2.JPG", "a/gone.jpg"]);
        assert!(matches!(
            matching(root, "none/*.jpg"),
            Err(PatternError::Folder { .. })
        ));
        let broken = matching(root, "a/[.jpg").unwrap_err().to_string();
        assert!(
            broken.starts_with("`a/[.jpg` is not a pattern: "),
            "{broken}"
        );
    }
}
