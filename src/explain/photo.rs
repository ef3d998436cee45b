//! A photo of the report: known by its file, decoded when somebody asks, once.

use std::path::{Path, PathBuf};
use std::sync::{Arc, OnceLock};

use tch::{Device, Tensor};

use super::ExplainError;
use crate::picture::{Array, Changes, Input, InputError, Picture, Prepared, Preprocessing};

/// A photo as the network sees it: oriented, resized and cropped, not yet normalised; or an array in its place.
#[derive(Debug)]
pub struct Photo {
    /// Its `id` in the spec: what random streams and results go by.
    pub id: String,
    /// As figures show it; changes nothing that is computed.
    pub name: String,
    /// BLAKE3 of its file, in hexadecimal.
    pub digest: String,
    file: PathBuf,
    /// Name of the tensor, in a file of several.
    pub tensor_name: Option<String>,
    preprocessing: Arc<Preprocessing>,
    prepared: OnceLock<Prepared>,
}

impl Photo {
    /// Of a file that is not read yet.
    pub fn of_file(
        (id, name): (String, String),
        file: PathBuf,
        tensor_name: Option<String>,
        digest: String,
        preprocessing: Arc<Preprocessing>,
    ) -> Self {
        Self {
            id,
            name,
            digest,
            file,
            tensor_name,
            preprocessing,
            prepared: OnceLock::new(),
        }
    }

    /// A picture of the network's size, or an array of its shape.
    pub fn of_prepared(id: &str, prepared: Prepared, preprocessing: &Preprocessing) -> Self {
        Self {
            id: id.to_owned(),
            name: id.to_owned(),
            digest: String::new(),
            file: PathBuf::new(),
            tensor_name: None,
            preprocessing: Arc::new(preprocessing.clone()),
            prepared: OnceLock::from(prepared),
        }
    }

    /// A picture of the network's size.
    pub fn of_picture(id: &str, picture: Picture, preprocessing: &Preprocessing) -> Self {
        let prepared = Prepared {
            picture,
            array: None,
            changes: Changes::default(),
        };
        Self::of_prepared(id, prepared, preprocessing)
    }

    /// Its file, as a path from where the program runs; empty of a photo without one.
    pub fn file(&self) -> &Path {
        &self.file
    }

    /// Reads and prepares the file at the first call.
    pub fn prepared(&self) -> Result<&Prepared, InputError> {
        if let Some(prepared) = self.prepared.get() {
            return Ok(prepared);
        }
        let input = Input::open(&self.file, self.tensor_name.as_deref())?;
        let prepared = input.prepared(&self.file, &self.preprocessing)?;
        Ok(self.prepared.get_or_init(|| prepared))
    }

    /// Of the network's size; of an array, turned back into pixels for showing.
    pub fn picture(&self) -> Result<&Picture, InputError> {
        Ok(&self.prepared()?.picture)
    }

    /// Fed in place of the picture, as it is.
    pub fn array(&self) -> Result<Option<&Array>, InputError> {
        Ok(self.prepared()?.array.as_ref())
    }

    /// What the network gets, [1, C, H, W]: the picture normalised, or the array as it is.
    pub fn tensor(&self, device: Device) -> Result<Tensor, ExplainError> {
        Ok(self.prepared()?.tensor(&self.preprocessing, device))
    }
}
