//! What stands for a photo in a file: a picture, or an array that is fed as it is.

use std::path::{Path, PathBuf};

use tch::Device;

use super::array::{self, Stored, Unreadable, in_words};
use super::source::FileSource;
use super::{Array, Changes, Picture, PictureError, Preprocessing};
use crate::fs::{self, FileError};

#[derive(Debug, Clone, PartialEq)]
pub enum Input {
    Picture(Picture, Changes),
    /// Never resized, never normalised.
    Array(Stored),
}

/// What a file holds for the network.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum InputKind {
    Picture,
    Array,
}

/// An input brought to the network's size.
#[derive(Debug, Clone, PartialEq)]
pub struct Prepared {
    /// 8-bit, of the network's size; of an array, turned back into pixels and clipped.
    pub picture: Picture,
    /// What the network gets in the picture's place.
    pub array: Option<Array>,
    /// What decoding changed.
    pub changes: Changes,
}

impl Prepared {
    /// Of numbers that the network gets as they are, [C, H, W]; `None` where they are not as many as its input has.
    pub fn of_numbers(values: Vec<f32>, preprocessing: &Preprocessing) -> Option<Self> {
        let array = Array::of_shape(preprocessing.input_shape(), values)?;
        Some(Self::of_array(array, preprocessing))
    }

    fn of_array(array: Array, preprocessing: &Preprocessing) -> Self {
        Self {
            picture: preprocessing.picture(&array.tensor(Device::Cpu).squeeze_dim(0)),
            array: Some(array),
            changes: Changes::default(),
        }
    }

    /// What the network gets, [1, C, H, W]: the picture normalised, or the array as it is.
    pub fn tensor(&self, preprocessing: &Preprocessing, device: Device) -> tch::Tensor {
        match &self.array {
            Some(array) => array.tensor(device),
            None => preprocessing.tensor(&[&self.picture], device),
        }
    }
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
    #[error("the array `{}` is {found}, but the network's input is {wanted}; arrays are used as they are and never resized", path.display())]
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
            None => {
                let (picture, changes) = Picture::decode(path, &bytes)?;
                Ok(Self::Picture(picture, changes))
            }
        }
    }

    /// What a file is, with a look at its header only: at most 64 kB of a picture, and as much again as
    /// a longer header takes. [`Input::open`] and [`Input::prepared`] refuse the same files, and those
    /// with damaged pixels or numbers that are not finite.
    pub fn check_header(
        path: &Path,
        preprocessing: &Preprocessing,
    ) -> Result<InputKind, InputError> {
        let file = FileSource::open(path)?;
        match array::shape_in(&file)? {
            None => {
                Picture::dimensions_in(path, &file)?;
                Ok(InputKind::Picture)
            }
            Some(Ok(shape)) if array::fits(&shape, preprocessing.input_shape()) => {
                Ok(InputKind::Array)
            }
            Some(Ok(shape)) => Err(wrong_shape(path, &shape, preprocessing)),
            Some(Err(Unreadable::Name(reason) | Unreadable::Broken(reason))) => {
                Err(InputError::Array {
                    path: path.to_owned(),
                    reason,
                })
            }
        }
    }

    /// Brought to the network's size; an array must have it. `path` is for the error.
    pub fn prepared(
        self,
        path: &Path,
        preprocessing: &Preprocessing,
    ) -> Result<Prepared, InputError> {
        let stored = match self {
            Self::Picture(picture, changes) => {
                return Ok(Prepared {
                    picture: preprocessing.apply(&picture),
                    array: None,
                    changes,
                });
            }
            Self::Array(stored) => stored,
        };
        let wrong = wrong_shape(path, &stored.shape, preprocessing);
        let array = stored.fitted(preprocessing.input_shape()).ok_or(wrong)?;
        Ok(Prepared::of_array(array, preprocessing))
    }
}

fn wrong_shape(path: &Path, found: &[usize], preprocessing: &Preprocessing) -> InputError {
    InputError::Shape {
        path: path.to_owned(),
        found: in_words(found),
        wanted: in_words(&preprocessing.input_shape()),
    }
}
