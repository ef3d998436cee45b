//! Where entries lie: in a folder, or in a bucket.

use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use super::bucket::Bucket;
use super::folder;
use super::stored::Stored;
use crate::fs::{self, FileError};

/// The two differ in more than how bytes come and go: a folder knows when an entry was used, can be locked, and may be
/// full or read-only; a bucket is asked over a network, which may fail at any time.
pub enum Place {
    Folder(PathBuf),
    Bucket(Bucket),
}

impl Place {
    /// The bytes of an entry; `None` where there is none. In a folder, an error where it cannot be read.
    pub fn read(&self, entry: &str) -> Result<Option<Vec<u8>>, FileError> {
        match self {
            Self::Bucket(bucket) => Ok(bucket.read(&folder::name_of(entry))),
            Self::Folder(folder) => match fs::read(&folder::path_of(folder, entry)) {
                Ok(file) => Ok(Some(file)),
                Err(missing) if missing.source.kind() == ErrorKind::NotFound => Ok(None),
                Err(error) => Err(error),
            },
        }
    }

    /// Puts an entry in the place of what is there, whole or not at all.
    pub fn write(&self, entry: &str, file: Vec<u8>) -> Result<(), FileError> {
        match self {
            Self::Bucket(bucket) => bucket.write(&folder::name_of(entry), file),
            Self::Folder(folder) => {
                let path = folder::path_of(folder, entry);
                if let Some(folder) = path.parent() {
                    fs::create_directory(folder)?;
                }
                fs::stage(&path, &file)?.commit()
            }
        }
    }

    pub fn contains(&self, entry: &str) -> bool {
        match self {
            Self::Bucket(bucket) => bucket.contains(&folder::name_of(entry)),
            Self::Folder(folder) => folder::path_of(folder, entry).is_file(),
        }
    }

    /// The remembered digests of files; empty where there are none.
    pub fn read_digests(&self) -> Vec<u8> {
        match self {
            Self::Bucket(bucket) => bucket.read(folder::DIGESTS).unwrap_or_default(),
            Self::Folder(folder) => fs::read(&folder.join(folder::DIGESTS)).unwrap_or_default(),
        }
    }

    pub fn write_digests(&self, file: Vec<u8>) -> Result<(), FileError> {
        match self {
            Self::Bucket(bucket) => bucket.write(folder::DIGESTS, file),
            Self::Folder(folder) => fs::stage(&folder.join(folder::DIGESTS), &file)?.commit(),
        }
    }

    pub fn remove_digests(&self) -> Result<(), FileError> {
        match self {
            Self::Bucket(bucket) => bucket.remove(&[folder::DIGESTS.to_owned()]),
            Self::Folder(folder) => fs::remove(&folder.join(folder::DIGESTS)),
        }
    }

    /// Held while digests are read, added to and written. A bucket has no locks: of two who write at once the last one
    /// stands, and what the other had found is found again from the files.
    pub fn lock(&self) -> Result<Option<fs::Lock>, FileError> {
        match self {
            Self::Bucket(_) => Ok(None),
            Self::Folder(folder) => fs::lock(folder).map(Some),
        }
    }

    /// For messages.
    pub fn path_of(&self, entry: &str) -> PathBuf {
        match self {
            Self::Bucket(bucket) => bucket.address().url_of(&folder::name_of(entry)),
            Self::Folder(folder) => folder::path_of(folder, entry),
        }
    }

    pub fn path_of_digests(&self) -> PathBuf {
        match self {
            Self::Bucket(bucket) => bucket.address().url_of(folder::DIGESTS),
            Self::Folder(folder) => folder.join(folder::DIGESTS),
        }
    }

    /// All entries, in no order.
    pub fn list(&self) -> Result<Vec<Stored>, FileError> {
        match self {
            Self::Folder(folder) => in_folder(folder),
            Self::Bucket(bucket) => {
                let objects = bucket.list(folder::ENTRIES)?.into_iter();
                let entries = objects.filter_map(|object| {
                    let name = folder::entry_of(&object.name)?.to_owned();
                    Some(Stored { name, ..object })
                });
                Ok(entries.collect())
            }
        }
    }

    /// The first bytes of entries, so many of each; `None` of those that are gone meanwhile.
    pub fn starts(&self, entries: &[(&str, u64)]) -> Vec<Option<Vec<u8>>> {
        match self {
            Self::Folder(folder) => {
                let start = |(entry, bytes): &(&str, u64)| {
                    fs::read_start(&folder::path_of(folder, entry), *bytes).ok()
                };
                entries.iter().map(start).collect()
            }
            Self::Bucket(bucket) => {
                let named = entries.iter();
                let named = named.map(|(entry, bytes)| (folder::name_of(entry), Some(*bytes)));
                let mut starts = vec![None; entries.len()];
                bucket.read_each(&named.collect::<Vec<_>>(), &mut |at, start| {
                    starts[at] = start;
                });
                starts
            }
        }
    }

    pub fn remove(&self, entries: &[&str]) -> Result<(), FileError> {
        match self {
            Self::Folder(folder) => {
                let mut paths = entries.iter().map(|entry| folder::path_of(folder, entry));
                paths.try_for_each(|path| fs::remove(&path))
            }
            Self::Bucket(bucket) => {
                let names = entries.iter().map(|entry| folder::name_of(entry));
                bucket.remove(&names.collect::<Vec<_>>())
            }
        }
    }
}

fn in_folder(folder: &Path) -> Result<Vec<Stored>, FileError> {
    let mut entries = Vec::new();
    for inside in folder::folders(folder)? {
        let files = fs::list_plain_files(&inside)?.into_iter();
        let files = files.filter(|file| folder::is_entry(&file.name));
        entries.extend(files.map(|file| Stored {
            name: file.name,
            bytes: file.bytes,
            last_used: file.modified,
        }));
    }
    Ok(entries)
}
