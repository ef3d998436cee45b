//! Files that are written whole or not at all, and those that a killed process left on the way.

use std::collections::BTreeSet;
use std::fs::File;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tempfile::TempPath;

use super::{FileError, error, list_plain_files};

/// Temporary files are `.cnn-report-` and six letters or digits, beside the file that they become.
const PREFIX: &str = ".cnn-report-";
const RANDOM_CHARACTERS: usize = 6;

/// The temporary files of this process. One list for the whole process, because Ctrl-C ends the whole
/// process, and what ends it must know them.
static OF_THIS_PROCESS: Register = Register::new();

struct Register {
    /// Locked while a temporary file is made, and while files are put in place.
    paths: Mutex<BTreeSet<PathBuf>>,
}

impl Register {
    const fn new() -> Self {
        Self {
            paths: Mutex::new(BTreeSet::new()),
        }
    }

    fn lock(&self) -> MutexGuard<'_, BTreeSet<PathBuf>> {
        self.paths.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn stage(&'static self, path: &Path, content: &[u8]) -> Result<Staged, FileError> {
        let folder = path.parent().filter(|p| !p.as_os_str().is_empty());
        let (mut file, entry) = {
            let mut paths = self.lock();
            let file = builder()
                .permissions(permissions(path))
                .tempfile_in(folder.unwrap_or(Path::new(".")))
                .map_err(error("write", path))?;
            let entry = Entry {
                register: self,
                temporary: file.path().to_owned(),
            };
            paths.insert(entry.temporary.clone());
            (file, entry)
        };
        file.write_all(content).map_err(error("write", path))?;
        Ok(Staged {
            // Closed: a report may have more pictures than a process may have open files.
            temporary: file.into_temp_path(),
            entry,
            path: path.to_owned(),
        })
    }
}

/// Takes a temporary file off the list when it is in place or removed.
struct Entry {
    register: &'static Register,
    temporary: PathBuf,
}

impl Drop for Entry {
    fn drop(&mut self) {
        self.register.lock().remove(&self.temporary);
    }
}

/// A file that is wholly written, under another name until `commit`; dropped, it is removed.
pub struct Staged {
    temporary: TempPath,
    entry: Entry,
    path: PathBuf,
}

/// Writes `content` beside `path`; whatever is at `path` stays until `Staged::commit`.
pub fn stage(path: &Path, content: &[u8]) -> Result<Staged, FileError> {
    OF_THIS_PROCESS.stage(path, content)
}

impl Staged {
    /// Waits until the content is on the disk, for a file that must survive a power cut.
    /// After several files were staged, the first call writes most of the others' content too.
    pub fn sync(&self) -> Result<(), FileError> {
        let file = File::open(&self.temporary).map_err(error("write", &self.path))?;
        file.sync_all().map_err(error("write", &self.path))
    }

    pub fn commit(self) -> Result<(), FileError> {
        commit_all(vec![self]).map_err(|stopped| stopped.error)
    }
}

/// Where `commit_all` stopped.
#[derive(Debug)]
pub struct Stopped {
    /// The first so many files are in place.
    pub committed: usize,
    pub error: FileError,
}

/// Puts files in place one right after the other. Ctrl-C does not come in between.
pub fn commit_all(files: Vec<Staged>) -> Result<(), Stopped> {
    let Some(register) = files.first().map(|file| file.entry.register) else {
        return Ok(());
    };
    let mut entries = Vec::new();
    let mut remaining = files.into_iter();
    let mut result = Ok(());
    let locked = register.lock();
    for Staged {
        temporary,
        entry,
        path,
    } in remaining.by_ref()
    {
        let committed = entries.len();
        entries.push(entry);
        if let Err(failed) = temporary.persist(&path) {
            let error = error("write", &path)(failed.error);
            result = Err(Stopped { committed, error });
            break;
        }
    }
    drop(locked); // before the files that are left: each takes itself off the list
    result
}

/// Removes the temporary files of this process, which must then exit: from here on no file can be
/// staged or put in place. It waits for files that are just being put in place, unless `at_once`.
pub fn abandon_staged(at_once: bool) {
    let paths = match at_once {
        false => Some(OF_THIS_PROCESS.lock()),
        true => match OF_THIS_PROCESS.paths.try_lock() {
            Ok(paths) => Some(paths),
            Err(std::sync::TryLockError::Poisoned(poisoned)) => Some(poisoned.into_inner()),
            Err(std::sync::TryLockError::WouldBlock) => None,
        },
    };
    if let Some(paths) = paths {
        remove_all(&paths);
        std::mem::forget(paths); // locked until the end of the process
    }
}

fn remove_all(paths: &BTreeSet<PathBuf>) {
    for path in paths {
        // A file that cannot be removed is left to the next build.
        let _ = std::fs::remove_file(path);
    }
}

/// The temporary files directly in `folder` that processes left when they were killed, where the last
/// change is at least `age` ago. The caller knows that no live process uses such a file.
pub fn left_over(folder: &Path, age: Duration) -> Result<Vec<PathBuf>, FileError> {
    let mut files = list_plain_files(folder)?;
    files.retain(|file| {
        // A time in the future is a clock that was set back: the file's age is unknown.
        let is_old = age.is_zero() || file.modified.elapsed().is_ok_and(|past| past >= age);
        is_temporary(&file.name) && is_old
    });
    Ok(files.into_iter().map(|file| file.path).collect())
}

/// Removes them and says how many there were.
pub fn remove_left_over(folder: &Path, age: Duration) -> Result<usize, FileError> {
    let files = left_over(folder, age)?;
    files.iter().try_for_each(|file| super::remove(file))?;
    Ok(files.len())
}

/// Makes a file in `folder` and takes it away again.
pub(super) fn probe(folder: &Path) -> std::io::Result<()> {
    builder().tempfile_in(folder).map(drop)
}

fn builder() -> tempfile::Builder<'static, 'static> {
    let mut builder = tempfile::Builder::new();
    builder.prefix(PREFIX).rand_bytes(RANDOM_CHARACTERS);
    builder
}

/// Whether the program gives such names to its temporary files.
pub fn is_temporary(name: &str) -> bool {
    name.strip_prefix(PREFIX).is_some_and(|rest| {
        rest.len() == RANDOM_CHARACTERS && rest.bytes().all(|byte| byte.is_ascii_alphanumeric())
    })
}

/// A report is for reading: not only by its owner, as temporary files are by default.
fn permissions(path: &Path) -> std::fs::Permissions {
    use std::os::unix::fs::PermissionsExt;
    let mode = std::fs::metadata(path).map_or(0o666, |old| old.permissions().mode() & 0o777);
    std::fs::Permissions::from_mode(mode) // the process's umask still applies
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(folder: &Path) -> Vec<String> {
        let files = list_plain_files(folder).unwrap();
        files.into_iter().map(|file| file.name).collect()
    }

    #[test]
    fn a_staged_file_is_known_until_it_is_in_place_or_dropped() {
        static REGISTER: Register = Register::new();
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("page");
        let staged = REGISTER.stage(&path, b"one").unwrap();
        let temporary = REGISTER.lock().first().unwrap().clone();
        let name = temporary.file_name().unwrap().to_str().unwrap();
        assert!(is_temporary(name), "{name}");
        assert!(temporary.exists() && !path.exists());
        staged.sync().unwrap();
        staged.commit().unwrap();
        assert_eq!(names(folder.path()), ["page"]);
        assert!(REGISTER.lock().is_empty());
        drop(REGISTER.stage(&path, b"two").unwrap());
        assert_eq!(names(folder.path()), ["page"]);
        assert!(REGISTER.lock().is_empty());
        assert_eq!(std::fs::read(&path).unwrap(), b"one");
    }

    #[test]
    fn what_ends_the_process_removes_exactly_its_own_files() {
        static REGISTER: Register = Register::new();
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join(".cnn-report-abc123"), "another process").unwrap();
        let staged: Vec<_> = (0..3)
            .map(|n| REGISTER.stage(&folder.path().join(n.to_string()), b"x"))
            .collect();
        assert_eq!(names(folder.path()).len(), 4);
        remove_all(&REGISTER.lock());
        assert_eq!(names(folder.path()), [".cnn-report-abc123"]);
        drop(staged);
        assert!(REGISTER.lock().is_empty());
    }

    #[test]
    fn files_go_in_place_up_to_the_one_that_cannot() {
        let folder = tempfile::tempdir().unwrap();
        let path = |name: &str| folder.path().join(name);
        std::fs::create_dir_all(path("b/full")).unwrap();
        let staged = ["a", "b", "c"].map(|name| stage(&path(name), b"new").unwrap());
        let stopped = commit_all(staged.into()).unwrap_err();
        assert_eq!(stopped.committed, 1);
        assert!(stopped.error.to_string().contains("cannot write"));
        assert_eq!(names(folder.path()), ["a"]);
    }

    #[test]
    fn only_old_temporary_files_are_left_over() {
        let folder = tempfile::tempdir().unwrap();
        let hour = Duration::from_secs(3600);
        let make = |name: &str, age| {
            let file = File::create(folder.path().join(name)).unwrap();
            file.set_modified(std::time::SystemTime::now() - age)
                .unwrap();
        };
        make(".cnn-report-aaaaaa", 2 * hour);
        make(".cnn-report-bbbbbb", Duration::ZERO);
        make(".cnn-report-notes-of-mine", 2 * hour);
        make("report.md", 2 * hour);
        let target = folder.path().join("report.md");
        std::os::unix::fs::symlink(target, folder.path().join(".cnn-report-cccccc")).unwrap();
        assert_eq!(remove_left_over(folder.path(), hour).unwrap(), 1);
        assert_eq!(remove_left_over(folder.path(), Duration::ZERO).unwrap(), 1);
        assert_eq!(
            names(folder.path()),
            [".cnn-report-notes-of-mine", "report.md"]
        );
        assert!(folder.path().join(".cnn-report-cccccc").is_symlink());
        let missing = folder.path().join("missing");
        assert_eq!(remove_left_over(&missing, hour).unwrap(), 0);
    }
}
