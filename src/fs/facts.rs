//! What a folder and a file system say of files without reading them.

use std::io::ErrorKind;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use super::{FileError, error};

/// A plain file in a folder.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Listed {
    pub name: String,
    pub path: PathBuf,
    pub bytes: u64,
    pub modified: SystemTime,
}

/// The plain files directly in `folder`, hidden ones too, by name. Symbolic links are left out, and names
/// that are no UTF-8: the program gives none. A folder that is not there has none.
pub fn list_plain_files(folder: &Path) -> Result<Vec<Listed>, FileError> {
    let entries = match std::fs::read_dir(folder) {
        Err(missing) if missing.kind() == ErrorKind::NotFound => return Ok(Vec::new()),
        entries => entries.map_err(error("list", folder))?,
    };
    let mut found = Vec::new();
    for entry in entries {
        let entry = entry.map_err(error("list", folder))?;
        // The file itself, not what it links to. Another process may just have removed it.
        let metadata = match entry.metadata() {
            Err(missing) if missing.kind() == ErrorKind::NotFound => continue,
            metadata => metadata.map_err(error("read", &entry.path()))?,
        };
        if let (true, Ok(name)) = (metadata.is_file(), entry.file_name().into_string()) {
            found.push(Listed {
                name,
                path: entry.path(),
                bytes: metadata.len(),
                modified: metadata.modified().map_err(error("read", &entry.path()))?,
            });
        }
    }
    found.sort_by(|a, b| a.name.cmp(&b.name));
    Ok(found)
}

/// The names of all that is directly in `folder`, in order.
pub fn names_in(folder: &Path) -> Result<Vec<String>, FileError> {
    let mut names = Vec::new();
    for entry in std::fs::read_dir(folder).map_err(error("list", folder))? {
        let name = entry.map_err(error("list", folder))?.file_name();
        names.push(name.to_string_lossy().into_owned());
    }
    names.sort();
    Ok(names)
}

/// What changes when a file's content does. Two times in nanoseconds since 1970: a program can set
/// that of the content back (`cp -p`, `touch -d`), not that of the state.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Fingerprint {
    pub bytes: u64,
    pub content_changed: i128,
    pub state_changed: i128,
    pub inode: u64,
    pub device: u64,
}

pub fn fingerprint(path: &Path) -> Result<Fingerprint, FileError> {
    let metadata = std::fs::metadata(path).map_err(error("read", path))?;
    let nanoseconds =
        |seconds: i64, rest: i64| i128::from(seconds) * 1_000_000_000 + i128::from(rest);
    Ok(Fingerprint {
        bytes: metadata.len(),
        content_changed: nanoseconds(metadata.mtime(), metadata.mtime_nsec()),
        state_changed: nanoseconds(metadata.ctime(), metadata.ctime_nsec()),
        inode: metadata.ino(),
        device: metadata.dev(),
    })
}

/// Sets the time of the last change to now.
pub fn mark_used(path: &Path) -> Result<(), FileError> {
    let file = std::fs::File::open(path).map_err(error("read", path))?;
    file.set_modified(SystemTime::now())
        .map_err(error("write", path))
}
