//! What keeps a file or a folder from being written, found before anything is computed.

use std::path::Path;

/// What is to stand at a path.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Written {
    File,
    Folder,
}

/// Bytes of a name that common file systems take.
const LONGEST_NAME_BYTES: usize = 255;

/// Why `path` cannot be written, or `None`. Nothing is written to find out.
pub fn obstacle(path: &Path, as_a: Written) -> Option<String> {
    let name = path.file_name().unwrap_or_default();
    if name.len() > LONGEST_NAME_BYTES {
        let length = name.len();
        return Some(format!(
            "the name `{}` has {length} bytes, {LONGEST_NAME_BYTES} are the most",
            name.to_string_lossy()
        ));
    }
    let is_link = path
        .symlink_metadata()
        .is_ok_and(|metadata| metadata.is_symlink());
    let reason = match (path.exists(), path.is_dir(), as_a) {
        (false, _, _) if is_link => "a link that leads nowhere",
        (true, true, Written::File) => "a folder, where a file is to be written",
        (true, false, Written::Folder) => "a file, where a folder is to be written",
        _ => return None,
    };
    Some(format!("`{}` is {reason}", path.display()))
}
