//! A file as bytes that are not copied: the kernel reads its pages when they are looked at and may drop
//! them again.
//!
//! What is mapped is still the file. Somebody who overwrites it in place while the program runs changes
//! the bytes, and who shortens it takes pages away: looking at one of those ends the process by the
//! signal SIGBUS. We accept that. Nothing on disk is harmed by it, because pages are written whole at
//! the very end; copying half a gigabyte for every run would be the price of the other choice; and
//! whoever replaces a file by renaming a new one over it, as most downloads do, is not met at all.
//! [`Mapped::check_unchanged`] finds the cases that do not end the process.

use std::fs::{File, Metadata};
use std::io::Read;
use std::ops::Deref;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::SystemTime;

use bytes::Bytes;

use super::parts::refuse_special;
use super::{FileError, error};

/// The content of a file, mapped where the file system can, else read.
#[derive(Clone)]
pub struct Mapped {
    bytes: Bytes,
    /// What was opened, to compare later.
    opened: Arc<Opened>,
}

struct Opened {
    path: PathBuf,
    file: File,
    /// Length and time of the last change; `None` for what is no file of pages.
    state: Option<(u64, Option<SystemTime>)>,
}

/// Opens a file of any length without reading it. FIFOs, devices and sockets are refused unopened.
pub fn map(path: &Path) -> Result<Mapped, FileError> {
    refuse_special(path)?;
    let mut file = File::open(path).map_err(error("read", path))?;
    let metadata = file.metadata().map_err(error("read", path))?;
    let pages = if metadata.is_file() {
        pages(&file)
    } else {
        None
    };
    let (bytes, state) = match pages {
        Some(bytes) => (bytes, Some(state(&metadata))),
        None => {
            let mut content = Vec::new();
            file.read_to_end(&mut content)
                .map_err(error("read", path))?;
            (Bytes::from(content), None)
        }
    };
    let path = path.to_owned();
    Ok(Mapped {
        bytes,
        opened: Arc::new(Opened { path, file, state }),
    })
}

/// `None` where mapping fails: on a file system that cannot.
#[allow(unsafe_code)]
fn pages(file: &File) -> Option<Bytes> {
    // SAFETY: the pages are private and can only be read, so nothing here changes them. Another process
    // can, by writing into the file: no type of Rust can rule that out. What is looked at for long,
    // weights, is plain numbers, for which every pattern of bits is a value; names and lengths are read
    // once and checked. A file that shrinks ends the process (see above), it gives no wrong memory.
    let map = unsafe { memmap2::MmapOptions::new().map_copy_read_only(file) };
    map.ok().map(Bytes::from_owner)
}

fn state(metadata: &Metadata) -> (u64, Option<SystemTime>) {
    (metadata.len(), metadata.modified().ok())
}

impl Deref for Mapped {
    type Target = [u8];
    fn deref(&self) -> &[u8] {
        &self.bytes
    }
}

impl Mapped {
    pub fn path(&self) -> &Path {
        &self.opened.path
    }

    /// The same bytes, counted: parts of them keep the file mapped.
    pub fn bytes(&self) -> Bytes {
        self.bytes.clone()
    }

    /// Whether these very bytes, not only equal ones, are pages of the file.
    pub fn holds(&self, part: &[u8]) -> bool {
        let (whole, part) = (self.bytes.as_ptr_range(), part.as_ptr_range());
        self.opened.state.is_some() && whole.start <= part.start && part.end <= whole.end
    }

    /// Never unmaps the file: for what looks at its pages and does not count among its owners.
    /// It takes addresses, not memory: unchanged pages are the kernel's to drop.
    pub fn keep_for_ever(&self) {
        std::mem::forget(self.bytes.clone());
    }

    /// An error if the file was written to since it was opened.
    pub fn check_unchanged(&self) -> Result<(), FileError> {
        let Opened { path, file, state } = &*self.opened;
        let now = file.metadata().map_err(error("read", path))?;
        if state.is_some_and(|before| before != self::state(&now)) {
            let changed = std::io::Error::other("it was changed while it was read");
            return Err(error("read", path)(changed));
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use super::*;

    #[test]
    fn a_file_is_mapped_and_a_change_of_it_is_found() {
        let mut file = tempfile::NamedTempFile::new().unwrap();
        file.write_all(b"numbers").unwrap();
        let mapped = map(file.path()).unwrap();
        assert_eq!(&*mapped, b"numbers");
        assert!(mapped.holds(&mapped[2..4]) && !mapped.holds(b"numbers"));
        assert!(mapped.check_unchanged().is_ok());
        file.write_all(b" more").unwrap();
        let error = mapped.check_unchanged().unwrap_err().to_string();
        assert!(
            error.ends_with("it was changed while it was read"),
            "{error}"
        );
    }

    #[test]
    fn an_empty_file_is_read_and_what_is_no_file_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        let empty = folder.path().join("empty");
        std::fs::write(&empty, b"").unwrap();
        assert!(map(&empty).unwrap().is_empty());
        let (read, _write) = std::io::pipe().unwrap();
        use std::os::fd::AsRawFd;
        let pipe = PathBuf::from(format!("/proc/self/fd/{}", read.as_raw_fd()));
        let error = map(&pipe).err().unwrap().to_string();
        assert!(error.ends_with("it is a FIFO, expected a file"), "{error}");
        assert!(map(folder.path()).is_err(), "a folder");
    }
}
