//! What is in the store, and which of it goes.

use std::time::{Duration, SystemTime};

use serde_json::Value;

use super::place::Place;
use super::stored::Stored;
use super::{Store, entry, folder};
use crate::fs::{self, FileError};

/// An entry of the store.
#[derive(Debug, Clone, PartialEq)]
pub struct Listed {
    pub key: Value,
    /// Size of its file.
    pub bytes: u64,
    /// In a bucket, when it was written.
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
        let stored = self.stored()?;
        let keys = self.keys(&stored);
        self.check()?;
        let listed = stored.into_iter().zip(keys).filter_map(|(stored, key)| {
            Some(Listed {
                key: key?,
                bytes: stored.bytes,
                last_used: stored.last_used,
            })
        });
        Ok(listed.collect())
    }

    /// Removes entries, those first that were not used for longest, until `limit_bytes` are left, and what
    /// killed processes left behind.
    pub fn prune(&self, limit_bytes: u64) -> Result<Pruned, FileError> {
        if let Place::Folder(folder) = &self.place {
            for folder in folder::folders(folder)? {
                fs::remove_left_over(&folder, AGE_OF_LEFT_OVERS)?;
            }
        }
        let stored = self.stored()?;
        let mut sum = 0;
        let fits = |one: &&Stored| {
            sum += one.bytes;
            sum <= limit_bytes
        };
        let kept = stored.iter().take_while(fits).count();
        let (kept, removed) = stored.split_at(kept);
        let names: Vec<&str> = removed.iter().map(|one| one.name.as_str()).collect();
        self.place.remove(&names)?;
        let bytes = |all: &[Stored]| all.iter().map(|one| one.bytes).sum();
        Ok(Pruned {
            removed_entries: removed.len(),
            removed_bytes: bytes(removed),
            kept_entries: kept.len(),
            kept_bytes: bytes(kept),
        })
    }

    /// Removes all entries and all remembered digests. The folder, or what is left in the bucket, stays a store.
    pub fn clear(&self) -> Result<Pruned, FileError> {
        self.place.remove_digests()?;
        self.forget_digests();
        self.prune(0)
    }

    /// What lies there, the last used first.
    fn stored(&self) -> Result<Vec<Stored>, FileError> {
        let mut stored = self.place.list()?;
        // Equal times are put in order by name, so that two prunings choose alike.
        stored.sort_by(|a, b| (b.last_used, &a.name).cmp(&(a.last_used, &b.name)));
        Ok(stored)
    }

    /// `None` of entries that another process has removed meanwhile, and of what is none.
    fn keys(&self, stored: &[Stored]) -> Vec<Option<Value>> {
        let usual = |one: &Stored| one.bytes.min(entry::USUAL_HEAD_BYTES);
        let named: Vec<(&str, u64)> = stored.iter().map(|s| (s.name.as_str(), usual(s))).collect();
        let starts = self.place.starts(&named);
        let key = |(stored, start): (&Stored, Option<Vec<u8>>)| {
            let start = start?;
            match entry::head_bytes(&start)?.min(stored.bytes) {
                length if length > start.len() as u64 => {
                    let whole = self.place.starts(&[(&stored.name, length)]);
                    entry::key(whole.first()?.as_ref()?)
                }
                _ => entry::key(&start),
            }
        };
        stored.iter().zip(starts).map(key).collect()
    }
}
