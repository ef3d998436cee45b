//! Reading and writing with the path in every error; a file is written whole or not at all.

mod mapped;

use std::io::{Read, Write};
use std::path::{Path, PathBuf};

pub use mapped::{Mapped, map};

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

pub fn read(path: &Path) -> Result<Vec<u8>, FileError> {
    std::fs::read(path).map_err(error("read", path))
}

/// The first bytes of a file, `limit` at most.
pub fn read_start(path: &Path, limit: u64) -> Result<Vec<u8>, FileError> {
    let mut start = Vec::new();
    let file = std::fs::File::open(path).map_err(error("read", path))?;
    file.take(limit)
        .read_to_end(&mut start)
        .map_err(error("read", path))?;
    Ok(start)
}

pub fn read_to_string(path: &Path) -> Result<String, FileError> {
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

/// The files below `folder`, in the order of their paths; hidden ones are left out.
pub fn files_below(folder: &Path) -> Result<Vec<PathBuf>, FileError> {
    let mut found = Vec::new();
    let mut open = vec![folder.to_owned()];
    while let Some(next) = open.pop() {
        for entry in std::fs::read_dir(&next).map_err(error("list", &next))? {
            let path = entry.map_err(error("list", &next))?.path();
            let hidden = path
                .file_name()
                .is_some_and(|name| name.to_string_lossy().starts_with('.'));
            if hidden {
                continue;
            }
            if path.is_dir() {
                open.push(path)
            } else {
                found.push(path)
            }
        }
    }
    found.sort();
    Ok(found)
}

/// Whether a file can be made in `folder`, or, where it does not exist yet, in the nearest folder above it.
pub fn check_writable(folder: &Path) -> Result<(), FileError> {
    let existing = folder
        .ancestors()
        .find(|folder| folder.exists())
        .filter(|f| !f.as_os_str().is_empty());
    let existing = existing.unwrap_or(Path::new("."));
    tempfile::NamedTempFile::new_in(existing).map_err(error("write to", folder))?;
    Ok(())
}

/// A file that is wholly on the disk, under another name until `commit`.
pub struct Staged {
    file: tempfile::NamedTempFile,
    path: PathBuf,
}

/// Writes `content` beside `path`; whatever is at `path` stays until `Staged::commit`.
pub fn stage(path: &Path, content: &[u8]) -> Result<Staged, FileError> {
    let folder = path
        .parent()
        .filter(|p| !p.as_os_str().is_empty())
        .unwrap_or(Path::new("."));
    let mut file = tempfile::Builder::new()
        .prefix(".cnn-report-")
        .permissions(permissions(path))
        .tempfile_in(folder)
        .map_err(error("write", path))?;
    file.write_all(content).map_err(error("write", path))?;
    file.as_file().sync_all().map_err(error("write", path))?;
    Ok(Staged {
        file,
        path: path.to_owned(),
    })
}

impl Staged {
    pub fn commit(self) -> Result<(), FileError> {
        let Self { file, path } = self;
        file.persist(&path)
            .map_err(|e| error("write", &path)(e.error))?;
        Ok(())
    }
}

/// Removes a file that the program itself wrote.
pub fn remove(path: &Path) -> Result<(), FileError> {
    std::fs::remove_file(path).map_err(error("remove", path))
}

/// A report is for reading: not only by its owner, as temporary files are by default.
fn permissions(path: &Path) -> std::fs::Permissions {
    use std::os::unix::fs::PermissionsExt;
    let mode = std::fs::metadata(path).map_or(0o666, |old| old.permissions().mode() & 0o777);
    std::fs::Permissions::from_mode(mode) // the process's umask still applies
}
