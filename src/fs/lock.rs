//! One process at a time in a folder.

use std::fs::File;
use std::io::ErrorKind;
use std::path::Path;

use super::{FileError, error};

/// Released when it is dropped, and by the system when the process ends in whatever way.
pub struct Lock {
    /// `None` on a file system that has no locks for folders.
    held: Option<File>,
}

/// Waits until no other process, and no other thread, holds a lock of `folder`. Nothing is written into it.
///
/// NFS locks only files that are open for writing, which a folder never is, and some file systems lock
/// nothing. There the lock is not held: each file is still whole, but files of two processes may mix.
pub fn lock(folder: &Path) -> Result<Lock, FileError> {
    let file = File::open(folder).map_err(error("lock", folder))?;
    let held = match file.lock() {
        Ok(()) => Some(file),
        Err(missing) if is_not_offered(&missing) => None,
        Err(failed) => return Err(error("lock", folder)(failed)),
    };
    Ok(Lock { held })
}

fn is_not_offered(error: &std::io::Error) -> bool {
    error.kind() == ErrorKind::Unsupported
        || matches!(error.raw_os_error(), Some(libc::EBADF | libc::ENOLCK))
}

impl Lock {
    /// Whether all others are kept out.
    pub fn is_held(&self) -> bool {
        self.held.is_some()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::atomic::{AtomicUsize, Ordering};

    #[test]
    fn one_thread_at_a_time_holds_the_lock() {
        let folder = tempfile::tempdir().unwrap();
        let inside = AtomicUsize::new(0);
        std::thread::scope(|scope| {
            for _ in 0..8 {
                scope.spawn(|| {
                    for _ in 0..20 {
                        let lock = lock(folder.path()).unwrap();
                        assert!(lock.is_held());
                        assert_eq!(inside.fetch_add(1, Ordering::SeqCst), 0);
                        std::thread::yield_now();
                        inside.fetch_sub(1, Ordering::SeqCst);
                    }
                });
            }
        });
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0);
    }

    #[test]
    fn a_file_system_without_locks_is_no_error() {
        for number in [libc::EBADF, libc::ENOLCK, libc::ENOSYS, libc::EOPNOTSUPP] {
            assert!(is_not_offered(&std::io::Error::from_raw_os_error(number)));
        }
        assert!(!is_not_offered(&std::io::Error::from_raw_os_error(
            libc::EIO
        )));
        assert!(lock(Path::new("/no/such/folder")).is_err());
    }
}
