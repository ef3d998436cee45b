//! The digest of files.

use sha2::Digest;

use crate::fs::Mapped;

/// Of the files one behind the other, in hexadecimal.
pub fn sha256(files: &[&Mapped]) -> String {
    let mut digest = sha2::Sha256::new();
    for file in files {
        digest.update(&file[..]);
    }
    digest
        .finalize()
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect()
}
