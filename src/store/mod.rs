//! Results that were computed before, kept on the disk by what they depend on.
//!
//! A store is a folder that several processes use at once. Each entry is one file, written whole and
//! verified on reading: a file that is damaged in whatever way is a result that is missing, and is
//! computed again. Nothing here waits for the disk (no `fsync`): what a power cut damages is found so too.

mod difference;
mod digests;
mod entry;
mod folder;
mod key;
mod prune;

use std::collections::BTreeMap;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, Ordering};

use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

pub use difference::{Difference, differences};
pub use key::Key;
pub use prune::{Listed, Pruned};

use crate::fs::{self, FileError};
use digests::Digests;
use entry::Damage;

/// Usable from several threads at once.
pub struct Store {
    folder: PathBuf,
    limit_bytes: u64,
    digests: Mutex<Digests>,
    /// Whether this process has added entries, so that the limit may be exceeded.
    has_grown: AtomicBool,
    access: Access,
}

/// What may be done to a store.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Access {
    Write,
    /// Nothing of it changes: neither entries, nor when they were used.
    Read,
}

impl Store {
    /// Opens the store in `folder`, which is made where it does not exist. `limit_bytes` is the size that
    /// `flush` prunes to. An error if the folder cannot be written to, or is in use for something else.
    pub fn open(folder: &Path, limit_bytes: u64) -> Result<Store, FileError> {
        folder::prepare(folder)?;
        Ok(Self::at(folder, limit_bytes, Access::Write))
    }

    /// The store in `folder` for reading: what is saved goes nowhere. `None` where there is no store.
    pub fn open_read_only(folder: &Path) -> Option<Store> {
        let is_store = folder::entries(folder).is_dir();
        is_store.then(|| Self::at(folder, u64::MAX, Access::Read))
    }

    fn at(folder: &Path, limit_bytes: u64, access: Access) -> Self {
        Self {
            folder: folder.to_owned(),
            limit_bytes,
            digests: Mutex::default(),
            has_grown: AtomicBool::new(false),
            access,
        }
    }

    /// The value that was saved under `key`, bit for bit; `None` where there is none, or where its file is
    /// damaged, which is then removed. Marks the entry as used.
    ///
    /// The bytes are verified, not the type: a key must change when the type `T` does.
    pub fn load<T: DeserializeOwned>(&self, key: &Key) -> Option<T> {
        let path = self.path(key);
        let damage = match fs::read(&path) {
            Ok(file) => match entry::value(&file, key) {
                Ok(value) => {
                    if self.access == Access::Write {
                        // Who may read a store but not write to it still gets its results.
                        let _ = fs::mark_used(&path);
                    }
                    return Some(value);
                }
                Err(damage) => damage,
            },
            Err(missing) if missing.source.kind() == ErrorKind::NotFound => return None,
            Err(_) => Damage::Unreadable,
        };
        match damage {
            // Another version of the program may still use it; `save` replaces it.
            Damage::OtherVersion => {}
            Damage::Unreadable if self.access == Access::Read => {}
            // If it cannot be removed, it is found damaged again.
            Damage::Unreadable => drop(fs::remove(&path)),
        }
        None
    }

    /// Keeps `value` under `key`, in the place of what is there.
    pub fn save<T: Serialize>(&self, key: &Key, value: &T) -> Result<(), FileError> {
        if self.access == Access::Read {
            return Ok(());
        }
        let path = self.path(key);
        let file = entry::file(key, value).map_err(|error| FileError {
            action: "write",
            path: path.clone(),
            source: std::io::Error::other(error),
        })?;
        if let Some(folder) = path.parent() {
            fs::create_directory(folder)?;
        }
        fs::stage(&path, &file)?.commit()?;
        self.has_grown.store(true, Ordering::Relaxed);
        Ok(())
    }

    /// Whether there is an entry, damaged or not.
    pub fn contains(&self, key: &Key) -> bool {
        self.path(key).is_file()
    }

    /// The BLAKE3 of a file's content in hex. Read only where the file has changed since it was
    /// last asked for, as far as its size, its times and its inode tell.
    pub fn digest(&self, file: &Path) -> Result<String, FileError> {
        Digests::digest(&self.digests, &self.digests_path(), file)
    }

    /// Writes what was found by `digest`, and removes the entries that were not used for longest until
    /// the store is within its limit.
    pub fn flush(&self) -> Result<(), FileError> {
        if self.access == Access::Read {
            return Ok(());
        }
        Digests::flush(&self.digests, &self.digests_path(), &self.folder)?;
        if self.has_grown.swap(false, Ordering::Relaxed) {
            self.prune(self.limit_bytes)?;
        }
        Ok(())
    }

    /// The keys of the last finished build of a report, by name of the unit; none where nothing is known.
    pub fn last_build(&self, report: &str) -> BTreeMap<String, Value> {
        let units: BTreeMap<String, String> = self.load(&last_build(report)).unwrap_or_default();
        let parse = |(unit, key): (String, String)| Some((unit, serde_json::from_str(&key).ok()?));
        units.into_iter().filter_map(parse).collect()
    }

    pub fn remember_build(
        &self,
        report: &str,
        units: &BTreeMap<String, Value>,
    ) -> Result<(), FileError> {
        // As text: a `Value` is read back only from a format that describes itself, which postcard does not.
        let units: BTreeMap<_, _> = units.iter().map(|(k, v)| (k, v.to_string())).collect();
        self.save(&last_build(report), &units)
    }

    /// `entries/ab/abcdef…`: few enough files in each folder.
    fn path(&self, key: &Key) -> PathBuf {
        let digest = key.digest();
        folder::entries(&self.folder)
            .join(&digest[..2])
            .join(digest)
    }

    fn digests_path(&self) -> PathBuf {
        self.folder.join(folder::DIGESTS)
    }
}

/// The last build of a report is an entry as any other: listed, and removed when it was not used for long.
fn last_build(report: &str) -> Key {
    Key::new(json!({ "last_build": report }))
}

/// Results that are kept where nobody says how many: 2 GB.
pub const LIMIT_BYTES: u64 = 2_000_000_000;

/// BLAKE3 of a file's content, in hexadecimal, whatever was remembered.
pub fn digest_of(file: &Path) -> Result<String, FileError> {
    Ok(blake3::hash(&crate::fs::read(file)?).to_hex().to_string())
}

#[cfg(test)]
mod tests;
