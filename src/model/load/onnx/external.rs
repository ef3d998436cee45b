//! Weights that lie in files beside the model.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::rc::Rc;

use super::super::fault::Fault;
use super::super::tensor::Tensors;
use super::proto::StringStringEntryProto;
use crate::fs::Mapped;
use crate::model::error::ModelError;

/// A data file, and what makes tensors of it.
pub struct DataFile {
    pub content: Mapped,
    pub tensors: Tensors,
}

/// The data files of a model, opened once each and only from its own folder.
pub struct External {
    /// Makes tensors of what lies in the model file itself.
    pub model: Tensors,
    folder: PathBuf,
    /// By the name the model gives them.
    files: RefCell<BTreeMap<String, Rc<DataFile>>>,
}

impl External {
    pub fn new(path: &Path, model: &Mapped) -> Self {
        let folder = path
            .parent()
            .filter(|folder| !folder.as_os_str().is_empty());
        Self {
            model: Tensors::of(model),
            folder: folder.unwrap_or(Path::new(".")).to_owned(),
            files: RefCell::default(),
        }
    }

    /// The file and in it the place of the `length` bytes that an entry names by `location`, `offset` and
    /// `length`.
    pub fn find(
        &self,
        entry: &[StringStringEntryProto],
        length: u64,
    ) -> Result<(Rc<DataFile>, Range<usize>), Fault> {
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
            return Err(Fault::damaged("it does not name the file of its data"));
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
            .filter(|end| *end <= file.content.len() as u64);
        match end {
            Some(end) => Ok((file, offset as usize..end as usize)),
            None => Err(Fault::damaged(format!(
                "its data ends beyond the {} bytes of `{location}`",
                file.content.len()
            ))),
        }
    }

    /// All files that were opened, by the paths that the model gives them and in the order of these.
    pub fn files(&self) -> Vec<(String, Mapped)> {
        let files = self.files.borrow();
        files
            .iter()
            .map(|(path, file)| (path.clone(), file.content.clone()))
            .collect()
    }

    fn file(&self, location: &str) -> Result<Rc<DataFile>, Fault> {
        if let Some(content) = self.files.borrow().get(location) {
            return Ok(content.clone());
        }
        let of_model = |error| Fault::Other(Box::new(ModelError::File(error)));
        let inside = crate::fs::plain_file_below(&self.folder, Path::new(location));
        let Some(path) = inside.map_err(of_model)? else {
            return Err(Fault::not_supported(
                format!("its data is in `{location}`, which is not a file in the model's folder"),
                "put the data files beside the model",
            ));
        };
        let content = crate::fs::map(&path).map_err(of_model)?;
        let tensors = Tensors::of(&content);
        let content = Rc::new(DataFile { content, tensors });
        self.files
            .borrow_mut()
            .insert(location.to_owned(), content.clone());
        Ok(content)
    }
}
