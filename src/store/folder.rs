//! The store's folder: what is in it, and whether it may be used.

use std::path::{Path, PathBuf};

use crate::fs::{self, FileError};

pub const ENTRIES: &str = "entries";
/// Digests of files that are not in the store: models, photos.
pub const DIGESTS: &str = "digests";

/// Tells programs that make backups to leave the folder out: <https://bford.info/cachedir/>
const TAG: &str = "CACHEDIR.TAG";
const TAG_CONTENT: &str = "Signature: 8a477f597d28d172789f06886806bc55\n\
    # Results that cnn-report has computed. The folder can be deleted at any time.\n";
const IGNORE: &str = ".gitignore";

pub fn entries(folder: &Path) -> PathBuf {
    folder.join(ENTRIES)
}

/// `entries/ab/abcdef…`, below the store: few enough files in each folder. The same in a bucket.
pub fn name_of(entry: &str) -> String {
    let (start, _) = entry.split_at_checked(2).unwrap_or((entry, ""));
    format!("{ENTRIES}/{start}/{entry}")
}

pub fn path_of(folder: &Path, entry: &str) -> PathBuf {
    folder.join(name_of(entry))
}

/// The entry whose name below the store is `name`; `None` of what the store has not put there.
pub fn entry_of(name: &str) -> Option<&str> {
    let (_, entry) = name.rsplit_once('/')?;
    (is_entry(entry) && name_of(entry) == name).then_some(entry)
}

pub fn is_entry(name: &str) -> bool {
    is_hex(name, 64)
}

/// The store's folder, and those in which entries are.
pub fn folders(folder: &Path) -> Result<Vec<PathBuf>, FileError> {
    let entries = entries(folder);
    let mut folders = vec![folder.to_owned()];
    for name in fs::names_in(&entries)? {
        let path = entries.join(&name);
        // Entries are removed: not those of a folder elsewhere.
        if is_hex(&name, 2) && path.is_dir() && !path.is_symlink() {
            folders.push(path);
        }
    }
    Ok(folders)
}

fn is_hex(name: &str, digits: usize) -> bool {
    let is_digit = |byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f');
    name.len() == digits && name.bytes().all(is_digit)
}

/// Makes the folder and its first files, and checks that it can be written to.
pub fn prepare(folder: &Path) -> Result<(), FileError> {
    fs::create_directory(folder)?;
    fs::check_writable(folder)?;
    let tag = folder.join(TAG);
    if !tag.exists() {
        check_unused(folder)?;
        fs::stage(&tag, TAG_CONTENT.as_bytes())?.commit()?;
    }
    let ignore = folder.join(IGNORE);
    if !ignore.exists() {
        fs::stage(&ignore, b"*\n")?.commit()?;
    }
    fs::create_directory(&entries(folder))
}

/// A store hides its folder from git and deletes files in it: it does not move in with others.
fn check_unused(folder: &Path) -> Result<(), FileError> {
    let is_ours = |name: &String| {
        matches!(name.as_str(), TAG | IGNORE | DIGESTS | ENTRIES) || fs::is_temporary(name)
    };
    match fs::names_in(folder)?
        .into_iter()
        .find(|name| !is_ours(name))
    {
        None => Ok(()),
        Some(name) => Err(FileError {
            action: "keep results in",
            path: folder.to_owned(),
            source: std::io::Error::other(format!(
                "the folder is in use for other files, such as `{name}`; expected a new or empty folder"
            )),
        }),
    }
}
