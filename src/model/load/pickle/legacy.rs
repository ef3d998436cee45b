//! Files of before PyTorch 1.6 (`_use_new_zipfile_serialization=False`): five pickles one behind the
//! other (magic number, protocol version, facts on the machine, the object, the keys of its storages)
//! and then the storages in the order of the keys, each behind its count of numbers.

use std::collections::BTreeMap;

use super::dtype::Dtype;
use super::error::{PickleError, shown};
use super::globals::Names;
use super::machine::{Unpickled, unpickle};
use super::value::Value;

/// 0x1950a86a20f9469cfc6c, as a pickle holds it.
const MAGIC: &[u8] = &[0x6c, 0xfc, 0x9c, 0x46, 0xf9, 0x20, 0x6a, 0xa8, 0x50, 0x19];
const PROTOCOL_VERSION: i64 = 1001;

pub struct Legacy<'a> {
    /// The object that was saved.
    pub object: Unpickled<'a>,
    /// Bytes of the storages by key: little-endian, whatever machine wrote them.
    pub storages: BTreeMap<&'a str, &'a [u8]>,
}

pub fn read(bytes: &[u8]) -> Result<Legacy<'_>, PickleError> {
    let mut rest = bytes;
    let mut next = || {
        let unpickled = unpickle(rest, Names::StateDict)?;
        rest = &rest[unpickled.length..];
        Ok(unpickled)
    };
    if next()?.value != Value::Long(MAGIC) {
        return Err(PickleError::NotTorch);
    }
    if next()?.value != Value::Int(PROTOCOL_VERSION) {
        return Err(PickleError::NotTorch);
    }
    next()?;
    let object = next()?;
    let keys = next()?;
    let Some(keys) = keys.heap.sequence(keys.value) else {
        return Err(PickleError::NotTorch);
    };
    let dtypes: BTreeMap<&str, Dtype> = object
        .heap
        .storages
        .iter()
        .map(|storage| (storage.key, storage.dtype))
        .collect();
    let mut storages = BTreeMap::new();
    for key in keys {
        let Value::Text(key) = *key else {
            return Err(PickleError::NotTorch);
        };
        let fault = |fault: String| PickleError::Storage {
            key: shown(key),
            fault,
        };
        let dtype = dtypes
            .get(key)
            .ok_or_else(|| fault("belongs to no tensor".to_owned()))?;
        let content = storage(&mut rest, *dtype)
            .ok_or_else(|| fault("is cut short; the download may have ended early".to_owned()))?;
        if storages.insert(key, content).is_some() {
            return Err(fault("is there twice".to_owned()));
        }
    }
    Ok(Legacy { object, storages })
}

/// Takes the next storage off the front: eight bytes with its count of numbers, then these.
fn storage<'a>(rest: &mut &'a [u8], dtype: Dtype) -> Option<&'a [u8]> {
    let (count, content) = rest.split_first_chunk::<8>()?;
    let count = usize::try_from(u64::from_le_bytes(*count)).ok()?;
    let length_bytes = count.checked_mul(dtype.width_bytes())?;
    let (storage, behind) = content.split_at_checked(length_bytes)?;
    *rest = behind;
    Some(storage)
}
