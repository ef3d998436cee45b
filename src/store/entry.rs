//! The file of an entry: magic, version of this layout, length of the key, the key's JSON, the value in
//! postcard, and the BLAKE3 of all before it. The key stands first and in clear, so that a list of what
//! the store holds reads the beginning of each file only.

use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

use super::Key;

const MAGIC: [u8; 8] = *b"CNNstore";
/// Raised when this layout changes.
const VERSION: u32 = 2;
/// Magic, version, and length of the key in 32 bits.
const FIXED: usize = MAGIC.len() + 4 + 4;

/// Enough for nearly every key; a longer one takes a second read.
pub const USUAL_HEAD_BYTES: u64 = 4096;

/// Why a file gives no value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Damage {
    /// Another version of the program wrote it.
    OtherVersion,
    /// Cut short, changed, of another key, or no entry at all.
    Unreadable,
}

/// The whole file.
pub fn file<T: Serialize>(key: &Key, value: &T) -> Result<Vec<u8>, postcard::Error> {
    let key = key.canonical().as_bytes();
    let mut file = Vec::with_capacity(USUAL_HEAD_BYTES as usize);
    file.extend(MAGIC);
    file.extend(VERSION.to_le_bytes());
    // A key of 4 GiB does not fit; what would be written has another key's length and is never read back.
    file.extend((key.len() as u32).to_le_bytes());
    file.extend(key);
    let mut file = postcard::to_extend(value, file)?;
    let digest = blake3::hash(&file);
    file.extend(digest.as_bytes());
    Ok(file)
}

/// The value in a file, if it was written under `key` and nothing of it has changed since.
pub fn value<T: DeserializeOwned>(file: &[u8], key: &Key) -> Result<T, Damage> {
    let (written_key, _) = head(file)?;
    let (body, digest) = file.split_last_chunk().ok_or(Damage::Unreadable)?;
    let payload = body.get(FIXED + written_key.len()..);
    let payload = payload.ok_or(Damage::Unreadable)?;
    if written_key != key.canonical().as_bytes() || *blake3::hash(body).as_bytes() != *digest {
        return Err(Damage::Unreadable);
    }
    match postcard::take_from_bytes(payload) {
        Ok((value, [])) => Ok(value),
        _ => Err(Damage::Unreadable),
    }
}

/// The key's JSON, from the first `head_bytes` of a file.
pub fn key(start: &[u8]) -> Option<Value> {
    let (key, _) = head(start).ok()?;
    serde_json::from_slice(key).ok()
}

/// How much of a file must be read to know its key.
pub fn head_bytes(start: &[u8]) -> Option<u64> {
    let (_, length) = head(start).ok()?;
    Some((FIXED + length) as u64)
}

/// As much of the key's JSON as is there, and its length.
fn head(file: &[u8]) -> Result<(&[u8], usize), Damage> {
    let rest = file.strip_prefix(&MAGIC).ok_or(Damage::Unreadable)?;
    let (version, rest) = rest.split_first_chunk().ok_or(Damage::Unreadable)?;
    if u32::from_le_bytes(*version) != VERSION {
        return Err(Damage::OtherVersion);
    }
    let (length, rest) = rest.split_first_chunk().ok_or(Damage::Unreadable)?;
    let length = u32::from_le_bytes(*length) as usize;
    Ok((&rest[..length.min(rest.len())], length))
}
