//! The zip archives that PyTorch writes, looked at where they lie in memory: no path in one ever reaches
//! the disk, and nothing is unpacked.

use std::io::{Cursor, Read};

use super::fault::Fault;

/// An open archive.
pub struct Archive<'a> {
    bytes: &'a [u8],
    zip: zip::ZipArchive<Cursor<&'a [u8]>>,
    names: Vec<String>,
}

impl<'a> Archive<'a> {
    pub fn open(bytes: &'a [u8]) -> Result<Self, Fault> {
        let cut = |error| {
            Fault::damaged(format!(
                "the zip archive cannot be read ({error}), the download may have been cut short"
            ))
        };
        // Nothing stands before an archive of PyTorch's. Within it may: the example input of an exported
        // program is an archive of its own, which a search for the beginning would find.
        let config = zip::read::Config {
            archive_offset: zip::read::ArchiveOffset::Known(0),
        };
        let zip = zip::ZipArchive::with_config(config, Cursor::new(bytes)).map_err(cut)?;
        let names = zip.file_names().map(|name| name.map(|n| n.into_owned()));
        let names = names.collect::<Result<Vec<_>, _>>().map_err(cut)?;
        Ok(Self { bytes, zip, names })
    }

    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.names.iter().map(String::as_str)
    }

    pub fn holds(&self, name: &str) -> bool {
        self.names().any(|known| known == name)
    }

    /// The content of an entry that may be compressed, of at most `limit` bytes whatever it declares.
    pub fn unpacked(&mut self, name: &str, limit: u64) -> Result<Vec<u8>, Fault> {
        let fault = |error: String| Fault::damaged(format!("the entry `{name}` {error}"));
        let entry = self
            .zip
            .by_name(name)
            .map_err(|error| fault(format!("is missing ({error})")))?;
        let declared = entry.size();
        let mut content = Vec::new();
        let read = entry
            .take(limit.saturating_add(1))
            .read_to_end(&mut content);
        if declared > limit || content.len() as u64 > limit {
            return Err(fault("is far larger than a file of its kind".to_owned()));
        }
        read.map_err(|error| fault(format!("cannot be read ({error})")))?;
        Ok(content)
    }

    /// The content of an entry, its checksum verified: bytes of the archive itself. PyTorch never
    /// compresses; what is compressed is refused, so that a small file cannot grow into a huge one.
    pub fn read(&mut self, name: &str) -> Result<&'a [u8], Fault> {
        let fault = |error: String| Fault::damaged(format!("the entry `{name}` {error}"));
        let entry = self
            .zip
            .by_name(name)
            .map_err(|error| fault(format!("is missing ({error})")))?;
        if entry.compression() != zip::CompressionMethod::Stored {
            return Err(Fault::not_supported(
                format!("the entry `{name}` is compressed, which PyTorch never does"),
                "use the file as PyTorch wrote it",
            ));
        }
        if entry.encrypted() || entry.size() != entry.compressed_size() {
            return Err(fault("is not stored uncompressed".to_owned()));
        }
        let end = |start: usize| start.checked_add(usize::try_from(entry.size()).ok()?);
        let start = entry.data_start().and_then(|at| usize::try_from(at).ok());
        let content = start.and_then(|start| self.bytes.get(start..end(start)?));
        let content = content.ok_or_else(|| fault("is longer than the file".to_owned()))?;
        if crc32fast::hash(content) != entry.crc32() {
            return Err(fault("cannot be read (Invalid checksum)".to_owned()));
        }
        Ok(content)
    }
}
