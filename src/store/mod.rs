//! Results that were computed before, kept on the disk or in a bucket by what they depend on.
//!
//! A store is a folder, or a part of a bucket, that several processes use at once. Each entry is one file, written whole
//! and verified on reading: a file that is damaged in whatever way is a result that is missing, and is
//! computed again. Nothing here waits for the disk (no `fsync`): what a power cut damages is found so too.
//!
//! A folder that cannot be read has no results. A bucket that cannot be asked is a fault, for the user has named it: who
//! was told that something is missing asks `check` before making it.

mod address;
#[cfg_attr(not(feature = "object-store"), path = "no_bucket.rs")]
mod bucket;
mod difference;
mod digests;
mod entry;
mod folder;
mod key;
mod place;
mod prune;
mod stored;

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, Ordering};

use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

pub use address::{Address, AddressError};
pub use difference::{Difference, differences};
pub use key::Key;
pub use prune::{Listed, Pruned};

use crate::fs::{self, FileError};
use bucket::Bucket;
use digests::Digests;
use entry::Damage;
use place::Place;

/// Usable from several threads at once.
pub struct Store {
    place: Place,
    /// `None` where whoever keeps the entries removes old ones.
    limit_bytes: Option<u64>,
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
        let place = Place::Folder(folder.to_owned());
        Ok(Self::at(place, Some(limit_bytes), Access::Write))
    }

    /// The store in `folder` for reading: what is saved goes nowhere. `None` where there is no store.
    pub fn open_read_only(folder: &Path) -> Option<Store> {
        let is_store = folder::entries(folder).is_dir();
        let place = Place::Folder(folder.to_owned());
        is_store.then(|| Self::at(place, None, Access::Read))
    }

    /// The store in a bucket, which keeps everything. An error if it cannot be reached, or not be written to.
    pub fn connect(address: &Address) -> Result<Store, FileError> {
        let place = Place::Bucket(Bucket::open(address)?);
        Ok(Self::at(place, None, Access::Write))
    }

    /// The same for reading; `None` where there is no store.
    pub fn connect_read_only(address: &Address) -> Result<Option<Store>, FileError> {
        let bucket = Bucket::open_read_only(address)?;
        Ok(bucket.map(|bucket| Self::at(Place::Bucket(bucket), None, Access::Read)))
    }

    fn at(place: Place, limit_bytes: Option<u64>, access: Access) -> Self {
        Self {
            place,
            limit_bytes,
            digests: Mutex::default(),
            has_grown: AtomicBool::new(false),
            access,
        }
    }

    /// An error if the bucket could not be asked at any time, or not be written to: what it seemed to lack since then may
    /// be there.
    pub fn check(&self) -> Result<(), FileError> {
        match &self.place {
            Place::Folder(_) => Ok(()),
            Place::Bucket(bucket) => bucket.fault(),
        }
    }

    /// The bucket that the store is in.
    pub fn address(&self) -> Option<&Address> {
        match &self.place {
            Place::Folder(_) => None,
            Place::Bucket(bucket) => Some(bucket.address()),
        }
    }

    /// The value that was saved under `key`, bit for bit; `None` where there is none, or where its file is
    /// damaged, which is then removed. Marks the entry as used.
    ///
    /// The bytes are verified, not the type: a key must change when the type `T` does.
    pub fn load<T: DeserializeOwned>(&self, key: &Key) -> Option<T> {
        let damage = match self.place.read(key.digest()) {
            Ok(None) => return None,
            Ok(Some(file)) => match entry::value(&file, key) {
                Ok(value) => {
                    self.mark_used(key);
                    return Some(value);
                }
                Err(damage) => damage,
            },
            Err(_) => Damage::Unreadable,
        };
        match (damage, &self.place) {
            // Another version of the program may still use it; `save` replaces it.
            (Damage::OtherVersion, _) => {}
            // Another build may just have put a whole one there; if not, `save` replaces it.
            (Damage::Unreadable, Place::Bucket(_)) => {}
            (Damage::Unreadable, Place::Folder(_)) if self.access == Access::Read => {}
            // If it cannot be removed, it is found damaged again.
            (Damage::Unreadable, Place::Folder(_)) => drop(self.place.remove(&[key.digest()])),
        }
        None
    }

    /// The values under many keys, as `load` gives them. A bucket is asked for several at once.
    pub fn load_each<T: DeserializeOwned>(&self, keys: &[&Key]) -> Vec<Option<T>> {
        let Place::Bucket(bucket) = &self.place else {
            return keys.iter().map(|key| self.load(key)).collect();
        };
        let names = keys.iter().map(|key| (folder::name_of(key.digest()), None));
        let mut values: Vec<Option<T>> = keys.iter().map(|_| None).collect();
        bucket.read_each(&names.collect::<Vec<_>>(), &mut |at, file| {
            values[at] = file.and_then(|file| entry::value(&file, keys[at]).ok());
        });
        values
    }

    /// A bucket does not know when an object was read.
    fn mark_used(&self, key: &Key) {
        if let (Place::Folder(folder), Access::Write) = (&self.place, self.access) {
            // Who may read a store but not write to it still gets its results.
            let _ = fs::mark_used(&folder::path_of(folder, key.digest()));
        }
    }

    /// Keeps `value` under `key`, in the place of what is there.
    pub fn save<T: Serialize>(&self, key: &Key, value: &T) -> Result<(), FileError> {
        if self.access == Access::Read {
            return Ok(());
        }
        let file = entry::file(key, value).map_err(|error| FileError {
            action: "write",
            path: self.place.path_of(key.digest()),
            source: std::io::Error::other(error),
        })?;
        self.place.write(key.digest(), file)?;
        self.has_grown.store(true, Ordering::Relaxed);
        Ok(())
    }

    /// Whether there is an entry, damaged or not.
    pub fn contains(&self, key: &Key) -> bool {
        self.place.contains(key.digest())
    }

    /// The BLAKE3 of a file's content in hex. Read only where the file has changed since it was
    /// last asked for, as far as its size, its times and its inode tell.
    pub fn digest(&self, file: &Path) -> Result<String, FileError> {
        Digests::digest(&self.digests, &self.place, file)
    }

    /// Writes what was found by `digest`, and removes the entries of a folder that were not used for longest until
    /// it is within its limit. An error too if the bucket could not be asked before.
    pub fn flush(&self) -> Result<(), FileError> {
        if self.access == Access::Read {
            return self.check();
        }
        Digests::flush(&self.digests, &self.place)?;
        if let (true, Some(limit)) = (
            self.has_grown.swap(false, Ordering::Relaxed),
            self.limit_bytes,
        ) {
            self.prune(limit)?;
        }
        self.check()
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
