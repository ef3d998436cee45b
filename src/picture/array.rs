//! The network's input as it was saved: `.npy` of numpy, or a tensor of a `.safetensors` file.

mod element;
mod npy;
mod tensors;

use std::sync::Arc;

use tch::{Device, Tensor};

use super::source::{FileSource, Source};
use crate::fs::FileError;

/// An input of the network, normalised already.
#[derive(Debug, Clone, PartialEq)]
pub struct Array {
    /// Channels, height, width.
    shape: [usize; 3],
    /// `channels * height * width` finite numbers, row-major.
    values: Arc<[f32]>,
}

/// Numbers of any shape, as a file holds them.
#[derive(Debug, Clone, PartialEq)]
pub struct Stored {
    pub(super) shape: Vec<usize>,
    /// Row-major.
    values: Vec<f32>,
}

/// Why a file gives no array, in words.
pub(super) enum Unreadable {
    /// It has no tensor of this name.
    Name(String),
    Broken(String),
}

/// The array in a file's bytes, or why there is none; `None` if they are something else. `tensor` names
/// one of several in a `.safetensors` file.
pub(super) fn read(bytes: &[u8], tensor: Option<&str>) -> Option<Result<Stored, Unreadable>> {
    let stored = if npy::is_npy(bytes) {
        npy::read(bytes).map_err(Unreadable::Broken)
    } else if tensors::is_safetensors(bytes, bytes.len() as u64) {
        tensors::read(bytes, tensor)
    } else {
        return None;
    };
    let finite = |stored: Stored| match stored.values.iter().find(|value| !value.is_finite()) {
        Some(value) => {
            let reason = format!("it holds `{value}`, which is not a finite number");
            Err(Unreadable::Broken(reason))
        }
        None => Ok(stored),
    };
    Some(stored.and_then(finite))
}

/// Shape and numbers of a `.npy` file, row-major, also those that are not finite; or why it is none.
pub fn numbers_of_npy(bytes: &[u8]) -> Result<(Vec<usize>, Vec<f32>), String> {
    match npy::is_npy(bytes) {
        true => npy::read(bytes).map(|stored| (stored.shape, stored.values)),
        false => Err("it is no `.npy` file".to_owned()),
    }
}

/// The shape of the array in a file, from its header, or why there is none; `None` if the file is
/// something else. [`read`] refuses the same files, and those with numbers that are not finite.
pub(super) fn shape_in(
    file: &FileSource,
) -> Result<Option<Result<Vec<usize>, Unreadable>>, FileError> {
    Ok(if npy::is_npy(&file.start) {
        Some(npy::shape(&file.start, file.length()).map_err(Unreadable::Broken))
    } else if tensors::is_safetensors(&file.start, file.length()) {
        let header = file.bytes_at(0, tensors::header_bytes(&file.start))?;
        Some(tensors::shape(&header, file.length()))
    } else {
        None
    })
}

/// Whether only `.safetensors` files begin so.
pub(super) fn has_named_tensors(bytes: &[u8]) -> bool {
    tensors::is_safetensors(bytes, bytes.len() as u64)
}

impl Stored {
    /// In its own shape.
    pub fn tensor(&self) -> Tensor {
        let shape: Vec<i64> = self.shape.iter().map(|size| *size as i64).collect();
        Tensor::from_slice(&self.values).view(&shape[..])
    }

    /// The array for a network of the input `wanted` (channels, height, width): of this shape, with a 1
    /// before it or, for one channel, without the channels. `None` for every other shape.
    pub(super) fn fitted(self, wanted: [usize; 3]) -> Option<Array> {
        fits(&self.shape, wanted).then(|| Array {
            shape: wanted,
            values: self.values.into(),
        })
    }
}

/// See [`Stored::fitted`].
pub(super) fn fits(shape: &[usize], wanted: [usize; 3]) -> bool {
    let [channels, height, width] = wanted;
    match *shape {
        [rows, columns] => channels == 1 && [rows, columns] == [height, width],
        [c, rows, columns] | [1, c, rows, columns] => [c, rows, columns] == wanted,
        _ => false,
    }
}

impl Array {
    /// Of channels, height and width; `None` where the numbers are more or fewer.
    pub fn of_shape(shape: [usize; 3], values: Vec<f32>) -> Option<Self> {
        let count: usize = shape.iter().product();
        (values.len() == count).then(|| Self {
            shape,
            values: values.into(),
        })
    }

    /// [1, C, H, W].
    pub fn tensor(&self, device: Device) -> Tensor {
        let [channels, height, width] = self.shape.map(|size| size as i64);
        let flat = Tensor::from_slice(&self.values);
        flat.view([1, channels, height, width]).to_device(device)
    }

    /// The numbers of each channel, row-major.
    pub fn channels(&self) -> impl Iterator<Item = &[f32]> {
        let [_, height, width] = self.shape;
        self.values.chunks_exact((height * width).max(1))
    }

    /// The same shape with other numbers.
    ///
    /// # Panics
    /// If there are more or fewer of them.
    pub fn with_values(&self, values: Vec<f32>) -> Self {
        assert_eq!(values.len(), self.values.len(), "one number a place");
        Self {
            shape: self.shape,
            values: values.into(),
        }
    }
}

/// `3 × 64 × 64`
pub(super) fn in_words(shape: &[usize]) -> String {
    let sides: Vec<_> = shape.iter().map(usize::to_string).collect();
    match sides.as_slice() {
        [] => "a single number".to_owned(),
        sides => sides.join(" × "),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shapes_fit_with_or_without_leading_ones() {
        let fits = |shape: &[usize], wanted| {
            let stored = Stored {
                shape: shape.to_vec(),
                values: vec![0.5; shape.iter().product()],
            };
            stored.fitted(wanted).is_some()
        };
        for shape in [&[3, 4, 5][..], &[1, 3, 4, 5]] {
            assert!(fits(shape, [3, 4, 5]));
        }
        for shape in [&[4, 5][..], &[1, 4, 5], &[1, 1, 4, 5]] {
            assert!(fits(shape, [1, 4, 5]));
        }
        for shape in [&[4, 5][..], &[4, 5, 3], &[2, 3, 4, 5], &[60], &[]] {
            assert!(!fits(shape, [3, 4, 5]), "{shape:?}");
        }
        let scalar = in_words(&[]);
        assert_eq!(
            (in_words(&[1, 4]).as_str(), scalar.as_str()),
            ("1 × 4", "a single number")
        );
    }
}
