//! What is in the store, and which of it goes.

use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use serde_json::Value;

use super::{Store, entry, folder};
use crate::fs::{self, FileError};

/// An entry of the store.
#[derive(Debug, Clone, PartialEq)]
pub struct Listed {
    pub key: Value,
    /// Size of its file.
    pub bytes: u64,
    pub last_used: SystemTime,
}

/// What was removed, and what is left.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Pruned {
    pub removed_entries: usize,
    pub removed_bytes: u64,
    pub kept_entries: usize,
    pub kept_bytes: u64,
}

/// A process that has staged a file an hour ago and not put it in place was killed.
const AGE_OF_LEFT_OVERS: Duration = Duration::from_secs(3600);

impl Store {
    /// All entries that this version of the program can read, the last used first.
    pub fn list(&self) -> Result<Vec<Listed>, FileError> {
        let mut listed = Vec::new();
        for file in self.files()? {
            let key = read_key(&file.path);
            listed.extend(key.map(|key| Listed {
                key,
                bytes: file.bytes,
                last_used: file.modified,
            }));
        }
        Ok(listed)
    }

    /// Removes entries, those first that were not used for longest, until `limit_bytes` are left, and what
    /// killed processes left behind.
    pub fn prune(&self, limit_bytes: u64) -> Result<Pruned, FileError> {
        for folder in self.folders()? {
            fs::remove_left_over(&folder, AGE_OF_LEFT_OVERS)?;
        }
        let mut pruned = Pruned::default();
        let mut is_full = false;
        for file in self.files()? {
            is_full |= pruned.kept_bytes + file.bytes > limit_bytes;
            match is_full {
                true => {
                    fs::remove(&file.path)?;
                    pruned.removed_entries += 1;
                    pruned.removed_bytes += file.bytes;
                }
                false => {
                    pruned.kept_entries += 1;
                    pruned.kept_bytes += file.bytes;
                }
            }
        }
        Ok(pruned)
    }

    /// Removes all entries and all remembered digests. The folder stays a store.
    pub fn clear(&self) -> Result<Pruned, FileError> {
        fs::remove(&self.digests_path())?;
        self.forget_digests();
        self.prune(0)
    }

    /// The files of all entries, the last used first.
    fn files(&self) -> Result<Vec<fs::Listed>, FileError> {
        let mut files = Vec::new();
        for folder in self.folders()? {
            let inside = fs::list_plain_files(&folder)?;
            files.extend(inside.into_iter().filter(|file| is_hex(&file.name, 64)));
        }
        // Equal times are put in order by name, so that two prunings choose alike.
        files.sort_by(|a, b| (b.modified, &a.name).cmp(&(a.modified, &b.name)));
        Ok(files)
    }

    /// The store's folder, and those in which entries are.
    fn folders(&self) -> Result<Vec<PathBuf>, FileError> {
        let entries = folder::entries(&self.folder);
        let mut folders = vec![self.folder.clone()];
        for name in fs::names_in(&entries)? {
            let path = entries.join(&name);
            // Entries are removed below: not those of a folder elsewhere.
            if is_hex(&name, 2) && path.is_dir() && !path.is_symlink() {
                folders.push(path);
            }
        }
        Ok(folders)
    }
}

/// `None` where another process has removed the entry meanwhile, or where the file is none.
fn read_key(path: &Path) -> Option<Value> {
    let start = fs::read_start(path, entry::USUAL_HEAD_BYTES).ok()?;
    match entry::head_bytes(&start)? {
        length if length > start.len() as u64 => entry::key(&fs::read_start(path, length).ok()?),
        _ => entry::key(&start),
    }
}

fn is_hex(name: &str, digits: usize) -> bool {
    let is_digit = |byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f');
    name.len() == digits && name.bytes().all(is_digit)
}
