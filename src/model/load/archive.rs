//! The zip archives that PyTorch writes, read from memory: no path in one ever reaches the disk.

use std::io::{Cursor, Read};

use super::Fault;

/// An open archive.
pub struct Archive<'a> {
    zip: zip::ZipArchive<Cursor<&'a [u8]>>,
    names: Vec<String>,
    /// Bytes of the whole file: no entry can be longer.
    length: u64,
}

impl<'a> Archive<'a> {
    pub fn open(bytes: &'a [u8]) -> Result<Self, Fault> {
        let cut = |error| {
            Fault::damaged(format!(
                "the zip archive cannot be read ({error}), as when a download was cut short"
            ))
        };
        let zip = zip::ZipArchive::new(Cursor::new(bytes)).map_err(cut)?;
        let names = zip.file_names().map(|name| name.map(|n| n.into_owned()));
        let names = names.collect::<Result<Vec<_>, _>>().map_err(cut)?;
        Ok(Self {
            zip,
            names,
            length: bytes.len() as u64,
        })
    }

    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.names.iter().map(String::as_str)
    }

    /// The content of an entry, its checksum verified. PyTorch never compresses; what is compressed is
    /// refused, so that a small file cannot grow into a huge one.
    pub fn read(&mut self, name: &str) -> Result<Vec<u8>, Fault> {
        let fault = |error: String| Fault::damaged(format!("the entry `{name}` {error}"));
        let mut entry = self
            .zip
            .by_name(name)
            .map_err(|error| fault(format!("is missing ({error})")))?;
        if entry.compression() != zip::CompressionMethod::Stored {
            return Err(Fault::not_supported(
                format!("the entry `{name}` is compressed, which PyTorch never does"),
                "use the file as PyTorch wrote it",
            ));
        }
        if entry.size() > self.length {
            return Err(fault("is longer than the file".to_owned()));
        }
        let mut content = Vec::with_capacity(entry.size() as usize);
        let limit = self.length + 1;
        let read = entry.by_ref().take(limit).read_to_end(&mut content);
        read.map_err(|error| fault(format!("cannot be read ({error})")))?;
        Ok(content)
    }
}
