//! The bytes of a picture: all of them in memory, or those of a file that are asked for.

use std::borrow::Cow;
use std::path::Path;

use crate::fs::{FileError, Parts};

/// Bytes that are read by place.
pub(super) trait Source {
    fn length(&self) -> u64;

    /// `count` bytes from `at` on; fewer where they end.
    fn bytes_at(&self, at: u64, count: usize) -> Result<Cow<'_, [u8]>, FileError>;
}

impl Source for [u8] {
    fn length(&self) -> u64 {
        self.len() as u64
    }

    fn bytes_at(&self, at: u64, count: usize) -> Result<Cow<'_, [u8]>, FileError> {
        let from = usize::try_from(at).unwrap_or(usize::MAX).min(self.len());
        let to = from.saturating_add(count).min(self.len());
        Ok(Cow::Borrowed(&self[from..to]))
    }
}

/// Bytes that are read at the start of a file: most headers are shorter.
pub(super) const START_BYTES: usize = 64 << 10;

/// A file whose first bytes are read already, and others where they are asked for.
pub(super) struct FileSource {
    pub parts: Parts,
    pub start: Vec<u8>,
}

impl FileSource {
    pub fn open(path: &Path) -> Result<Self, FileError> {
        let parts = Parts::open(path)?;
        let start = parts.read_at(0, START_BYTES)?;
        Ok(Self { parts, start })
    }
}

impl Source for FileSource {
    fn length(&self) -> u64 {
        self.parts.length()
    }

    fn bytes_at(&self, at: u64, count: usize) -> Result<Cow<'_, [u8]>, FileError> {
        let is_whole = self.start.len() as u64 == self.length();
        if is_whole || at.saturating_add(count as u64) <= self.start.len() as u64 {
            return self.start.bytes_at(at, count);
        }
        self.parts.read_at(at, count).map(Cow::Owned)
    }
}
