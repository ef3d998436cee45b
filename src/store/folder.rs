//! The store's folder: what is in it, and whether it may be used.

use std::path::{Path, PathBuf};

use crate::fs::{self, FileError};

const ENTRIES: &str = "entries";
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
