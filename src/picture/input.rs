//! What stands for a photo in a file: a picture, or an array that is fed as it is.

use std::path::{Path, PathBuf};

use tch::Device;

use super::array::{self, Stored, Unreadable, in_words};
use super::{Array, Picture, PictureError, Preprocessing};
use crate::fs::{self, FileError};

#[derive(Debug, Clone, PartialEq)]
pub enum Input {
    Picture(Picture),
    /// Never resized, never normalised.
    Array(Stored),
}

/// An input brought to the network's size.
#[derive(Debug, Clone, PartialEq)]
pub struct Prepared {
    /// 8-bit, of the network's size; of an array, turned back into pixels and clipped.
    pub picture: Picture,
    /// What the network gets in the picture's place.
    pub array: Option<Array>,
}

/// Why a file did not become an input.
#[derive(Debug, thiserror::Error)]
pub enum InputError {
    #[error(transparent)]
    File(#[from] FileError),
    #[error(transparent)]
    Picture(#[from] PictureError),
    #[error("the array `{}` cannot be read: {reason}", path.display())]
    Array { path: PathBuf, reason: String },
    #[error("the array `{}` is {found} and the network's input {wanted}; an array is fed as it is, and never resized", path.display())]
    Shape {
        path: PathBuf,
        found: String,
        wanted: String,
    },
    #[error("the array `{}` cannot be read: {reason}", path.display())]
    NoSuchTensor { path: PathBuf, reason: String },
    #[error("`{}` has no tensors with names; `tensor` is for `.safetensors` files", path.display())]
    NoTensors { path: PathBuf },
}

impl Input {
    /// The picture or array of a file, told by its content. `tensor` names one of several in a
    /// `.safetensors` file.
    pub fn open(path: &Path, tensor: Option<&str>) -> Result<Self, InputError> {
        let bytes = fs::read(path)?;
        if tensor.is_some() && !array::has_named_tensors(&bytes) {
            let path = path.to_owned();
            return Err(InputError::NoTensors { path });
        }
        match array::read(&bytes, tensor) {
            Some(Ok(stored)) => Ok(Self::Array(stored)),
            Some(Err(Unreadable::Name(reason))) => Err(InputError::NoSuchTensor {
                path: path.to_owned(),
                reason,
            }),
            Some(Err(Unreadable::Broken(reason))) => Err(InputError::Array {
                path: path.to_owned(),
                reason,
            }),
            None => Ok(Self::Picture(Picture::decode(path, &bytes)?)),
        }
    }

    /// Whether [`Input::open`] and [`Input::prepared`] would succeed, with a look at a picture's header
    /// only; `true` for an array.
    pub fn is_array(path: &Path, preprocessing: &Preprocessing) -> Result<bool, InputError> {
        let bytes = fs::read(path)?;
        if array::read(&bytes, None).is_none() {
            Picture::dimensions_in(path, &bytes)?;
            return Ok(false);
        }
        Self::open(path, None)?.prepared(path, preprocessing)?;
        Ok(true)
    }

    /// Brought to the network's size; an array must have it. `path` is for the error.
    pub fn prepared(
        self,
        path: &Path,
        preprocessing: &Preprocessing,
    ) -> Result<Prepared, InputError> {
        let stored = match self {
            Self::Picture(picture) => {
                return Ok(Prepared {
                    picture: preprocessing.apply(&picture),
                    array: None,
                });
            }
            Self::Array(stored) => stored,
        };
        let (wanted, found) = (preprocessing.input_shape(), in_words(&stored.shape));
        let array = stored.fitted(wanted).ok_or_else(|| InputError::Shape {
            path: path.to_owned(),
            found,
            wanted: in_words(&wanted),
        })?;
        Ok(Prepared {
            picture: preprocessing.picture(&array.tensor(Device::Cpu).squeeze_dim(0)),
            array: Some(array),
        })
    }
}
