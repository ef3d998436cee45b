//! What a plan may ask of somebody who remembers: digests of files, and what was found right before.

use std::path::Path;

use serde_json::Value;

use crate::fs::FileError;

/// A memory over builds. A plan works without one; it only looks at everything anew.
pub trait Memory {
    /// BLAKE3 of a file's content, in hexadecimal.
    fn digest(&self, file: &Path) -> Result<String, FileError>;
    /// Whether the thing that `key` stands for was looked at before and found right.
    fn is_known(&self, key: &Value) -> bool;
    /// Remembers that it was.
    fn remember(&self, key: &Value);
}
