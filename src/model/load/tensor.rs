//! Tensors from raw little-endian bytes.

use std::cell::Cell;

use tch::{Kind, Tensor};

use super::fault::Fault;
use super::view::view;
use crate::fs::Mapped;

/// Bytes of all tensors together, in multiples of the file: parameters may share their numbers, as those
/// of a flattened network do, and half precision doubles.
const LIMIT: usize = 4;

/// How a tensor lies in its bytes.
pub struct Layout<'a> {
    pub kind: Kind,
    pub sizes: &'a [i64],
    /// In elements, as `offset`.
    pub strides: &'a [i64],
    pub offset: i64,
}

/// Makes the tensors of one file. Every floating-point type becomes float32. Contiguous elements that are
/// float32 or integers already are not copied: the tensor is a view of the mapped file.
pub struct Tensors {
    file: Option<Mapped>,
    /// What tensors may still take, so that many that overlap cannot fill the memory.
    left_bytes: Cell<usize>,
}

impl Tensors {
    pub fn of(file: &Mapped) -> Self {
        Self {
            file: Some(file.clone()),
            ..Self::of_memory(file.len())
        }
    }

    /// Of bytes that are in memory and `length_bytes` long in all: every tensor is copied.
    pub fn of_memory(length_bytes: usize) -> Self {
        Self {
            file: None,
            left_bytes: Cell::new(LIMIT.saturating_mul(length_bytes)),
        }
    }

    /// The tensor of a layout. `Err` says what is wrong with it.
    pub fn strided(&self, bytes: &[u8], layout: &Layout) -> Result<Tensor, Fault> {
        let Layout {
            kind,
            sizes,
            strides,
            offset,
        } = *layout;
        let count = checked_count(bytes, layout)?;
        if count == 0 {
            return Tensor::f_zeros(sizes, (kind, tch::Device::Cpu)).map_err(torch);
        }
        if is_contiguous(sizes, strides) {
            // Both lie within the bytes: they were checked.
            let width = kind.elt_size_in_bytes();
            let begin = offset as usize * width;
            return self.one_piece(&bytes[begin..begin + count * width], kind, sizes);
        }
        self.spend(count, kind)?;
        let stored = (bytes.len() / kind.elt_size_in_bytes()) as i64;
        let build = || {
            let flat = self.view(bytes, kind, &[stored])?;
            let tensor = flat.f_as_strided(sizes, strides, offset)?;
            // A tensor of one number would otherwise keep all of them.
            float32(tensor, kind)?.f_contiguous()
        };
        build().map_err(torch)
    }

    /// The tensor of bytes that lie one behind the other.
    pub fn contiguous(&self, bytes: &[u8], kind: Kind, sizes: &[i64]) -> Result<Tensor, Fault> {
        let mut strides = vec![1i64; sizes.len()];
        for index in (1..sizes.len()).rev() {
            strides[index - 1] = strides[index].saturating_mul(sizes[index].max(1));
        }
        self.strided(
            bytes,
            &Layout {
                kind,
                sizes,
                strides: &strides,
                offset: 0,
            },
        )
    }

    fn one_piece(&self, bytes: &[u8], kind: Kind, sizes: &[i64]) -> Result<Tensor, Fault> {
        self.spend(bytes.len() / kind.elt_size_in_bytes(), kind)?;
        let tensor = self.view(bytes, kind, sizes);
        tensor
            .and_then(|tensor| float32(tensor, kind))
            .map_err(torch)
    }

    fn view(&self, bytes: &[u8], kind: Kind, sizes: &[i64]) -> Result<Tensor, tch::TchError> {
        let mapped = self.file.as_ref();
        mapped
            .and_then(|file| view(file, bytes, kind, sizes))
            .unwrap_or_else(|| Tensor::f_from_data_size(bytes, sizes, kind))
    }

    /// Views count too: another order in memory copies them later.
    fn spend(&self, count: usize, kind: Kind) -> Result<(), Fault> {
        let width = if is_float(kind) {
            4
        } else {
            kind.elt_size_in_bytes()
        };
        let left = self
            .left_bytes
            .get()
            .checked_sub(count.saturating_mul(width));
        self.left_bytes.set(left.ok_or_else(|| {
            Fault::damaged("its tensors overlap: together they are far larger than the file")
        })?);
        Ok(())
    }
}

fn torch(error: tch::TchError) -> Fault {
    Fault::damaged(crate::model::libtorch::first_line(&error))
}

fn is_float(kind: Kind) -> bool {
    matches!(
        kind,
        Kind::Float | Kind::Half | Kind::BFloat16 | Kind::Double
    )
}

fn float32(tensor: Tensor, kind: Kind) -> Result<Tensor, tch::TchError> {
    if is_float(kind) {
        tensor.f_to_kind(Kind::Float)
    } else {
        Ok(tensor)
    }
}

/// How many numbers the tensor has; all of them lie within the bytes.
fn checked_count(bytes: &[u8], layout: &Layout) -> Result<usize, Fault> {
    let Layout {
        kind,
        sizes,
        strides,
        offset,
    } = *layout;
    let width = kind.elt_size_in_bytes();
    let stored = (bytes.len() / width) as i64;
    if !bytes.len().is_multiple_of(width) || sizes.len() != strides.len() {
        return Err(Fault::damaged(format!(
            "{} bytes cannot hold the shape {sizes:?}",
            bytes.len()
        )));
    }
    let beyond = || {
        Fault::damaged(format!(
            "the shape {sizes:?} reaches beyond the {} bytes there are",
            bytes.len()
        ))
    };
    let negative = |numbers: &[i64]| numbers.iter().any(|number| *number < 0);
    if negative(sizes) || negative(strides) || offset < 0 {
        return Err(beyond());
    }
    let count = sizes
        .iter()
        .try_fold(1i64, |product, size| product.checked_mul(*size));
    let count = count.filter(|count| *count <= stored).ok_or_else(beyond)?;
    if count > 0 {
        let last = sizes
            .iter()
            .zip(strides)
            .try_fold(offset, |last, (size, stride)| {
                (size - 1)
                    .checked_mul(*stride)
                    .and_then(|step| last.checked_add(step))
            });
        last.filter(|last| *last < stored).ok_or_else(beyond)?;
    }
    Ok(count as usize)
}

/// Whether the numbers lie one behind the other, the last axis running fastest.
fn is_contiguous(sizes: &[i64], strides: &[i64]) -> bool {
    let mut expected = 1;
    sizes.iter().zip(strides).rev().all(|(size, stride)| {
        let follows = *size == 1 || *stride == expected;
        expected *= size;
        follows
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Write;

    /// Twelve float32 from 0 to 11 behind `before` bytes.
    fn mapped(before: usize) -> Mapped {
        let mut file = tempfile::NamedTempFile::new().unwrap();
        file.write_all(&vec![0; before]).unwrap();
        for number in 0..12 {
            file.write_all(&(number as f32).to_le_bytes()).unwrap();
        }
        crate::fs::map(file.path()).unwrap()
    }

    fn layout<'a>(sizes: &'a [i64], strides: &'a [i64], offset: i64) -> Layout<'a> {
        Layout {
            kind: Kind::Float,
            sizes,
            strides,
            offset,
        }
    }

    fn numbers(tensor: &Tensor) -> Vec<f32> {
        Vec::try_from(tensor.flatten(0, -1)).unwrap()
    }

    #[test]
    fn whole_aligned_numbers_are_the_pages_of_the_file_and_others_are_copied() {
        let aligned = mapped(8);
        let tensor = Tensors::of(&aligned)
            .strided(&aligned[8..], &layout(&[2, 1, 3], &[3, 99, 1], 5))
            .unwrap();
        assert_eq!(tensor.data_ptr().addr(), aligned[28..].as_ptr().addr());
        drop(aligned);
        assert_eq!(numbers(&tensor), [5., 6., 7., 8., 9., 10.]);
        let unaligned = mapped(3);
        let tensor = Tensors::of(&unaligned)
            .contiguous(&unaligned[3..], Kind::Float, &[3, 4])
            .unwrap();
        assert_ne!(tensor.data_ptr().addr(), unaligned[3..].as_ptr().addr());
        assert_eq!(numbers(&tensor)[11], 11.0);
    }

    #[test]
    fn another_order_is_put_straight() {
        let file = mapped(0);
        let transposed = Tensors::of(&file)
            .strided(&file, &layout(&[3, 2], &[1, 3], 6))
            .unwrap();
        assert_eq!(numbers(&transposed), [6., 9., 7., 10., 8., 11.]);
        assert!(transposed.is_contiguous());
    }

    #[test]
    fn overlapping_tensors_run_out_of_room() {
        let file = mapped(0);
        let tensors = Tensors::of(&file);
        let whole = || tensors.contiguous(&file, Kind::Float, &[12]);
        assert!((0..4).all(|_| whole().is_ok()));
        assert!(matches!(whole(), Err(Fault::Damaged(fault)) if fault.contains("overlap")));
    }

    #[test]
    fn no_size_reaches_beyond_the_file() {
        let file = mapped(0);
        let huge = 1 << 60;
        for (sizes, strides, offset) in [
            (&[huge][..], &[1i64][..], 0),
            (&[huge, huge], &[0, 0], 0),
            (&[2], &[i64::MAX], 1),
            (&[13], &[1], 0),
            (&[12], &[1], 1),
            (&[1], &[1], i64::MAX),
            (&[-1], &[1], 0),
            (&[2], &[-1], 1),
            (&[2, 2], &[1], 0),
        ] {
            let tensor = Tensors::of(&file).strided(&file, &layout(sizes, strides, offset));
            assert!(tensor.is_err(), "{sizes:?} {strides:?} {offset}");
        }
    }
}
