//! What is said of an entry without looking into it.

use std::time::SystemTime;

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stored {
    /// The digest of its key.
    pub name: String,
    pub bytes: u64,
    /// When it was last used; in a bucket, when it was written.
    pub last_used: SystemTime,
}
