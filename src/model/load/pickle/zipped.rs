//! Files of PyTorch 1.6 and later: a zip archive with the pickle in `<name>/data.pkl` and each storage
//! in `<name>/data/<key>`. The names only ever look entries up; none becomes a path on disk.

use std::borrow::Cow;

use super::super::archive::Archive;
use super::super::fault::Fault;
use super::error::shown;
use super::tensors::fault_of;
use super::value::StorageRef;
use crate::model::export::EXPORT;

const PICKLE: &str = "data.pkl";

pub struct Zipped<'a> {
    archive: Archive<'a>,
    /// `<name>/`, before every entry.
    folder: String,
    byte_order: ByteOrder,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum ByteOrder {
    Little,
    Big,
}

impl<'a> Zipped<'a> {
    pub fn open(bytes: &'a [u8]) -> Result<Self, Fault> {
        let mut archive = Archive::open(bytes)?;
        let folder = |name: &str| {
            let folder = name.strip_suffix(PICKLE)?;
            (folder.is_empty() || folder.ends_with('/')).then(|| folder.to_owned())
        };
        // The outermost one: the code of TorchScript may have files of any name.
        let folder = archive.names().filter_map(folder).min_by_key(String::len);
        let folder = folder.ok_or_else(|| Fault::damaged("the zip archive has no `data.pkl`"))?;
        let below = |name: &str| {
            archive
                .names()
                .any(|n| n.strip_prefix(&folder) == Some(name))
        };
        let code = format!("{folder}code/");
        if below("constants.pkl") || archive.names().any(|name| name.starts_with(&code)) {
            return Err(Fault::not_supported(
                "it is TorchScript, which holds code",
                format!("export the model with `{EXPORT}`"),
            ));
        }
        let byte_order = if below("byteorder") {
            match archive.read(&format!("{folder}byteorder"))? {
                b"little" => ByteOrder::Little,
                b"big" => ByteOrder::Big,
                _ => return Err(Fault::damaged("its byte order is neither little nor big")),
            }
        } else {
            ByteOrder::Little // files of before PyTorch 2.1
        };
        Ok(Self {
            archive,
            folder,
            byte_order,
        })
    }

    pub fn pickle(&mut self) -> Result<&'a [u8], Fault> {
        self.archive.read(&format!("{}{PICKLE}", self.folder))
    }

    /// The bytes of a storage, little-endian.
    pub fn storage(&mut self, storage: &StorageRef) -> Result<Cow<'a, [u8]>, Fault> {
        if shown(storage.key) != storage.key {
            return Err(fault_of(storage, "has a name that PyTorch never gives"));
        }
        let bytes = self
            .archive
            .read(&format!("{}data/{}", self.folder, storage.key))?;
        if self.byte_order == ByteOrder::Big {
            let mut turned = bytes.to_vec();
            let numbers = turned.chunks_exact_mut(storage.dtype.width_bytes());
            numbers.for_each(<[u8]>::reverse);
            return Ok(Cow::Owned(turned));
        }
        Ok(Cow::Borrowed(bytes))
    }
}
