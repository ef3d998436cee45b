//! Digests of files, remembered by what the file system says of a file, as git's index does.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use serde::{Deserialize, Serialize};
use serde_json::json;

use super::place::Place;
use super::{Key, Store, entry};
use crate::fs::{self, FileError, Fingerprint};

/// A file that changed so recently before it was read may change again without a new time: times have
/// the grain of the kernel's clock, on some file systems of 1 or 2 s. git calls it racily clean.
const GRAIN: Duration = Duration::from_secs(2);

/// From this size on a file is mapped instead of copied.
const MAPPED_FROM_BYTES: u64 = 1 << 20;

/// Above this, files that are gone or have changed are forgotten: about 30 MB of memory.
const MAXIMUM: usize = 100_000;

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct Remembered {
    fingerprint: Fingerprint,
    digest: String,
}

/// By absolute path. Paths that are no UTF-8 are not remembered.
type Memory = BTreeMap<String, Remembered>;

#[derive(Default)]
pub struct Digests {
    /// `None` until it is first needed.
    stored: Option<Memory>,
    /// Found by this process since the last `flush`.
    found: Memory,
}

impl Store {
    pub(super) fn forget_digests(&self) {
        *lock(&self.digests) = Digests::default();
    }
}

fn lock(digests: &Mutex<Digests>) -> MutexGuard<'_, Digests> {
    digests.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Digests {
    /// The digest of `file`; `place` has those that are kept. Not locked while a file is read.
    pub fn digest(this: &Mutex<Self>, place: &Place, file: &Path) -> Result<String, FileError> {
        let name = name(file);
        let before = fs::fingerprint(file)?;
        if let Some(name) = &name {
            let mut digests = lock(this);
            let Self { stored, found } = &mut *digests;
            let stored = stored.get_or_insert_with(|| load(place));
            let remembered = found.get(name).or_else(|| stored.get(name));
            if let Some(known) = remembered.filter(|known| known.fingerprint == before) {
                return Ok(known.digest.clone());
            }
        }
        #[expect(
            clippy::disallowed_methods,
            reason = "whether a file may have changed since it was read; no report sees the time"
        )]
        let started = SystemTime::now();
        let digest = hash(file, before.bytes)?;
        let unchanged = fs::fingerprint(file)? == before;
        if !unchanged {
            return Err(FileError {
                action: "read",
                path: file.to_owned(),
                source: std::io::Error::other("it was changed while it was read"),
            });
        }
        if let Some(name) = name.filter(|_| is_settled(&before, started)) {
            let remembered = Remembered {
                fingerprint: before,
                digest: digest.clone(),
            };
            lock(this).found.insert(name, remembered);
        }
        Ok(digest)
    }

    /// Adds what this process has found to what is kept.
    pub fn flush(this: &Mutex<Self>, place: &Place) -> Result<(), FileError> {
        let mut digests = lock(this);
        if digests.found.is_empty() {
            return Ok(());
        }
        let _lock = place.lock()?;
        let mut all = load(place); // again: another process may have added to it
        all.extend(digests.found.clone());
        if all.len() > MAXIMUM {
            let is_current = |name: &String, known: &mut Remembered| {
                fs::fingerprint(Path::new(name)).is_ok_and(|now| now == known.fingerprint)
            };
            all.retain(is_current);
        }
        let file = entry::file(&key(), &all).map_err(|error| FileError {
            action: "write",
            path: place.path_of_digests(),
            source: std::io::Error::other(error),
        })?;
        place.write_digests(file)?;
        digests.found.clear();
        digests.stored = Some(all);
        Ok(())
    }
}

/// What is kept; nothing where it is damaged.
fn load(place: &Place) -> Memory {
    entry::value(&place.read_digests(), &key()).unwrap_or_default()
}

/// The file has the layout of an entry, and so its checksum.
fn key() -> Key {
    Key::new(json!({ "digests": 1 }))
}

fn name(file: &Path) -> Option<String> {
    let path: PathBuf = std::path::absolute(file).ok()?;
    path.into_os_string().into_string().ok()
}

fn hash(file: &Path, bytes: u64) -> Result<String, FileError> {
    let digest = match bytes >= MAPPED_FROM_BYTES {
        true => blake3::hash(&fs::map(file)?),
        false => blake3::hash(&fs::read(file)?),
    };
    Ok(digest.to_hex().to_string())
}

/// Whether the last change was so long before `started`, when reading began, that a later one has
/// another time. Not so where a clock is ahead of ours: then the file is read each time.
fn is_settled(file: &Fingerprint, started: SystemTime) -> bool {
    let Ok(started) = started.duration_since(UNIX_EPOCH) else {
        return false;
    };
    let limit = started.saturating_sub(GRAIN).as_nanos() as i128;
    file.content_changed < limit && file.state_changed < limit
}

#[cfg(test)]
mod tests {
    use super::super::tests::{digests_path, folder_of};
    use super::*;

    const NO_LIMIT: u64 = u64::MAX;

    fn store() -> (tempfile::TempDir, Store) {
        let folder = tempfile::tempdir().unwrap();
        let store = Store::open(&folder.path().join("store"), NO_LIMIT).unwrap();
        (folder, store)
    }

    #[test]
    fn the_digest_of_a_file_is_remembered_until_it_changes() {
        let (folder, store) = store();
        let file = folder.path().join("photo.jpg");
        std::fs::write(&file, "one").unwrap();
        let opened = std::fs::File::open(&file).unwrap();
        opened
            .set_modified(SystemTime::now() - 100 * GRAIN)
            .unwrap();
        let of = |text: &str| blake3::hash(text.as_bytes()).to_hex().to_string();
        // Its state has changed just now: not remembered.
        assert_eq!(store.digest(&file).unwrap(), of("one"));
        store.flush().unwrap();
        assert!(!digests_path(&store).exists());
        std::thread::sleep(GRAIN + Duration::from_millis(100));
        assert_eq!(store.digest(&file).unwrap(), of("one"));
        store.flush().unwrap();
        assert!(digests_path(&store).exists());

        // To see which digest comes from memory, the memory is made to be wrong.
        let reopened = || Store::open(folder_of(&store), NO_LIMIT).unwrap();
        let remembered = std::fs::read(digests_path(&store)).unwrap();
        store.digests.lock().unwrap().stored = None;
        std::fs::write(digests_path(&store), [0; 100]).unwrap();
        assert_eq!(
            store.digest(&file).unwrap(),
            of("one"),
            "a damaged memory is none"
        );
        std::fs::write(digests_path(&store), &remembered).unwrap();
        let fresh = reopened();
        let _ = fresh.digest(&file).unwrap();
        assert!(
            fresh.digests.lock().unwrap().found.is_empty(),
            "from memory"
        );

        // Same size, and the old time is put back: the state's time and the inode tell.
        let time = std::fs::metadata(&file).unwrap().modified().unwrap();
        std::fs::write(&file, "two").unwrap();
        std::fs::File::open(&file)
            .unwrap()
            .set_modified(time)
            .unwrap();
        assert_eq!(reopened().digest(&file).unwrap(), of("two"));
        assert_eq!(store.digest(&file).unwrap(), of("two"));
        let large = folder.path().join("model.pt2");
        std::fs::write(&large, vec![7; 3 << 20]).unwrap();
        let expected = blake3::hash(&vec![7; 3 << 20]).to_hex().to_string();
        assert_eq!(store.digest(&large).unwrap(), expected);
        let error = store.digest(&folder.path().join("none")).unwrap_err();
        assert!(error.to_string().starts_with("cannot read"), "{error}");
    }

    #[test]
    fn digests_of_several_processes_are_merged() {
        let (folder, store) = store();
        let files: Vec<_> = (0..40)
            .map(|number| folder.path().join(format!("{number}.jpg")))
            .collect();
        for file in &files {
            std::fs::write(file, file.to_str().unwrap()).unwrap();
        }
        std::thread::sleep(GRAIN + Duration::from_millis(100));
        let stores: Vec<_> = (0..8)
            .map(|_| Store::open(folder_of(&store), NO_LIMIT).unwrap())
            .collect();
        std::thread::scope(|scope| {
            for (store, files) in stores.iter().zip(files.chunks(5)) {
                scope.spawn(move || {
                    for file in files {
                        store.digest(file).unwrap();
                        store.flush().unwrap();
                    }
                });
            }
        });
        for file in &files {
            let expected = blake3::hash(file.to_str().unwrap().as_bytes());
            assert_eq!(store.digest(file).unwrap(), expected.to_hex().as_str());
        }
        assert!(
            store.digests.lock().unwrap().found.is_empty(),
            "all were remembered"
        );
    }
}
