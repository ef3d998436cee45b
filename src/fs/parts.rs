//! A file of which only some bytes are read.

use std::fs::{File, FileType};
use std::io::BufReader;
use std::os::unix::fs::{FileExt, FileTypeExt};
use std::path::{Path, PathBuf};

use super::{FileError, error};

/// An open file whose bytes are read by place, so that a large one costs no more than a small one.
pub struct Parts {
    file: File,
    path: PathBuf,
    length: u64,
}

impl Parts {
    /// Opens a file without reading it. FIFOs, devices and sockets are refused unopened.
    pub fn open(path: &Path) -> Result<Self, FileError> {
        refuse_special(path)?;
        let file = File::open(path).map_err(error("read", path))?;
        let length = file.metadata().map_err(error("read", path))?.len();
        let path = path.to_owned();
        Ok(Self { file, path, length })
    }

    /// Bytes of the file.
    pub fn length(&self) -> u64 {
        self.length
    }

    /// `count` bytes from `at` on; fewer where the file ends.
    pub fn read_at(&self, at: u64, count: usize) -> Result<Vec<u8>, FileError> {
        let left = usize::try_from(self.length.saturating_sub(at)).unwrap_or(usize::MAX);
        let mut bytes = vec![0; count.min(left)];
        let mut filled = 0;
        while filled < bytes.len() {
            let read = self.file.read_at(&mut bytes[filled..], at + filled as u64);
            match read.map_err(error("read", &self.path))? {
                0 => break, // somebody cut the file meanwhile
                read => filled += read,
            }
        }
        bytes.truncate(filled);
        Ok(bytes)
    }

    /// For decoders that read and seek on their own.
    pub fn reader(&self) -> BufReader<&File> {
        BufReader::new(&self.file)
    }
}

/// What a file is that gives no bytes of its own: opening a FIFO waits for a writer, a device may never end.
pub(super) fn special_kind(kind: FileType) -> Option<&'static str> {
    if kind.is_fifo() {
        Some("a FIFO")
    } else if kind.is_socket() {
        Some("a socket")
    } else if kind.is_block_device() || kind.is_char_device() {
        Some("a device")
    } else {
        None
    }
}

/// An error for FIFOs, devices and sockets, which are not opened for it.
pub(super) fn refuse_special(path: &Path) -> Result<(), FileError> {
    let metadata = std::fs::metadata(path).map_err(error("read", path))?;
    match special_kind(metadata.file_type()) {
        Some(kind) => {
            let reason = std::io::Error::other(format!("it is {kind}, expected a file"));
            Err(error("read", path)(reason))
        }
        None => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes_are_read_by_place() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a");
        std::fs::write(&path, b"0123456789").unwrap();
        let parts = Parts::open(&path).unwrap();
        assert_eq!(parts.length(), 10);
        assert_eq!(parts.read_at(8, 5).unwrap(), b"89");
        assert_eq!(parts.read_at(2, 3).unwrap(), b"234");
        assert_eq!(parts.read_at(11, 1).unwrap(), b"");
    }

    #[test]
    fn devices_and_sockets_are_refused() {
        let folder = tempfile::tempdir().unwrap();
        let socket = folder.path().join("socket");
        let _listener = std::os::unix::net::UnixListener::bind(&socket).unwrap();
        let refused = |path: &Path| Parts::open(path).err().unwrap().to_string();
        assert!(refused(&socket).ends_with("it is a socket, expected a file"));
        assert!(refused(Path::new("/dev/zero")).contains("it is a device"));
    }
}
