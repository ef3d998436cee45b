//! Reading and writing with the path in every error; a file is written whole or not at all.
#![expect(
    clippy::disallowed_methods,
    reason = "the one place that asks the operating system for files"
)]

mod facts;
mod lock;
mod mapped;
mod outputs;
mod parts;
mod pattern;
mod staged;
mod walk;

use std::io::Read;
use std::path::{Path, PathBuf};

pub use facts::{Fingerprint, Listed, fingerprint, list_plain_files, mark_used, names_in};
pub use lock::{Lock, lock};
pub use mapped::{Mapped, map};
pub use outputs::{Written, obstacle};
pub use parts::Parts;
pub use pattern::{PatternError, fits, folder_of_pattern, matching};
pub use staged::{
    Staged, Stopped, abandon_staged, commit_all, is_temporary, left_over, remove_left_over, stage,
};
pub use walk::{LeftOut, Walked, walk};

#[derive(Debug, thiserror::Error)]
#[error("cannot {action} `{}`: {source}", path.display())]
pub struct FileError {
    pub action: &'static str,
    pub path: PathBuf,
    pub source: std::io::Error,
}

fn error(action: &'static str, path: &Path) -> impl FnOnce(std::io::Error) -> FileError {
    let path = path.to_owned();
    move |source| FileError {
        action,
        path,
        source: without_temporary_path(source),
    }
}

/// `tempfile` puts the path of its own file behind the reason; the user knows only the one that was asked for.
fn without_temporary_path(error: std::io::Error) -> std::io::Error {
    match error.to_string().split_once(" at path ") {
        Some((reason, _)) => std::io::Error::new(error.kind(), reason.to_owned()),
        None => error,
    }
}

/// The content of a file. FIFOs, devices and sockets are refused unopened, here and in all that follows.
pub fn read(path: &Path) -> Result<Vec<u8>, FileError> {
    parts::refuse_special(path)?;
    std::fs::read(path).map_err(error("read", path))
}

/// A file's content, and the file itself: where its name goes to another file, its blocks are freed only
/// when this is dropped.
pub struct Held {
    pub content: Vec<u8>,
    _file: std::fs::File,
}

pub fn read_and_hold(path: &Path) -> Result<Held, FileError> {
    let mut file = std::fs::File::open(path).map_err(error("read", path))?;
    let mut content = Vec::new();
    file.read_to_end(&mut content)
        .map_err(error("read", path))?;
    Ok(Held {
        content,
        _file: file,
    })
}

/// Whether a folder is there, or a link to one.
pub fn is_folder(path: &Path) -> bool {
    path.is_dir()
}

/// The real path, behind all symbolic links.
pub fn real_path(path: &Path) -> Result<PathBuf, FileError> {
    std::fs::canonicalize(path).map_err(error("read", path))
}

/// The first bytes of a file, `limit` at most.
pub fn read_start(path: &Path, limit: u64) -> Result<Vec<u8>, FileError> {
    parts::refuse_special(path)?;
    let mut start = Vec::new();
    let file = std::fs::File::open(path).map_err(error("read", path))?;
    file.take(limit)
        .read_to_end(&mut start)
        .map_err(error("read", path))?;
    Ok(start)
}

pub fn read_to_string(path: &Path) -> Result<String, FileError> {
    parts::refuse_special(path)?;
    std::fs::read_to_string(path).map_err(error("read", path))
}

/// The real path of `name` below `folder`; `None` where it leads out of it, by `..`, from the root or
/// through a link, or is no plain file.
pub fn plain_file_below(folder: &Path, name: &Path) -> Result<Option<PathBuf>, FileError> {
    let plain = |part| {
        matches!(
            part,
            std::path::Component::Normal(_) | std::path::Component::CurDir
        )
    };
    if !name.components().all(plain) {
        return Ok(None);
    }
    let path = folder.join(name);
    let real = std::fs::canonicalize(&path).map_err(error("read", &path))?;
    let root = std::fs::canonicalize(folder).map_err(error("read", folder))?;
    Ok((real.starts_with(root) && real.is_file()).then_some(real))
}

pub fn create_directory(path: &Path) -> Result<(), FileError> {
    std::fs::create_dir_all(path).map_err(error("create the folder", path))
}

/// The files below `folder`, in the order of their paths, as [`walk`] finds them.
pub fn files_below(folder: &Path) -> Result<Vec<PathBuf>, FileError> {
    Ok(walk(folder)?.files)
}

/// Whether a file can be made in `folder`, or, where it does not exist yet, in the nearest folder above it.
pub fn check_writable(folder: &Path) -> Result<(), FileError> {
    let existing = folder
        .ancestors()
        .find(|folder| folder.exists())
        .filter(|f| !f.as_os_str().is_empty());
    let existing = existing.unwrap_or(Path::new("."));
    staged::probe(existing).map_err(error("write to", folder))
}

/// Removes a file that the program itself wrote. Another process may have removed it already.
pub fn remove(path: &Path) -> Result<(), FileError> {
    match std::fs::remove_file(path) {
        Err(missing) if missing.kind() == std::io::ErrorKind::NotFound => Ok(()),
        removed => removed.map_err(error("remove", path)),
    }
}
