//! Weights that lie in files beside the model.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use prost::bytes::Bytes;

use super::super::Fault;
use super::proto::StringStringEntryProto;
use crate::model::error::ModelError;

/// The data files of a model, read once each and only from its own folder.
pub struct External {
    folder: PathBuf,
    /// By the name the model gives them.
    files: RefCell<BTreeMap<String, Bytes>>,
}

impl External {
    pub fn new(model: &Path) -> Self {
        let folder = model
            .parent()
            .filter(|folder| !folder.as_os_str().is_empty());
        Self {
            folder: folder.unwrap_or(Path::new(".")).to_owned(),
            files: RefCell::default(),
        }
    }

    /// The `length` bytes that an entry names by `location`, `offset` and `length`.
    pub fn read(&self, entry: &[StringStringEntryProto], length: u64) -> Result<Bytes, Fault> {
        let text = |key: &str| {
            entry
                .iter()
                .find(|pair| pair.key == key)
                .map(|pair| &pair.value)
        };
        let number = |key: &str| {
            let parsed = text(key).map(|text| text.parse::<u64>());
            parsed
                .transpose()
                .map_err(|_| Fault::damaged(format!("its `{key}` is not a number")))
        };
        let Some(location) = text("location") else {
            return Err(Fault::damaged(
                "it does not say in which file its numbers lie",
            ));
        };
        let offset = number("offset")?.unwrap_or(0);
        if let Some(declared) = number("length")?.filter(|declared| *declared != length) {
            return Err(Fault::damaged(format!(
                "its shape needs {length} bytes and it declares {declared}"
            )));
        }
        let file = self.file(location)?;
        let end = offset
            .checked_add(length)
            .filter(|end| *end <= file.len() as u64);
        match end {
            Some(end) => Ok(file.slice(offset as usize..end as usize)),
            None => Err(Fault::damaged(format!(
                "its numbers reach beyond the {} bytes of `{location}`",
                file.len()
            ))),
        }
    }

    /// The contents of all files that were read, in the order of their names.
    pub fn contents(&self) -> Vec<Bytes> {
        self.files.borrow().values().cloned().collect()
    }

    fn file(&self, location: &str) -> Result<Bytes, Fault> {
        if let Some(content) = self.files.borrow().get(location) {
            return Ok(content.clone());
        }
        let of_model = |error| Fault::Other(Box::new(ModelError::File(error)));
        let inside = crate::fs::plain_file_below(&self.folder, Path::new(location));
        let Some(path) = inside.map_err(of_model)? else {
            return Err(Fault::not_supported(
                format!("its numbers lie in `{location}`, which is no file of the model's folder"),
                "put the data files beside the model",
            ));
        };
        let content = Bytes::from(crate::fs::read(&path).map_err(of_model)?);
        self.files
            .borrow_mut()
            .insert(location.to_owned(), content.clone());
        Ok(content)
    }
}
