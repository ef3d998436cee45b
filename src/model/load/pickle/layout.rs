//! How a tensor lies in its storage, and its numbers one behind the other.

use std::borrow::Cow;

use super::value::{StorageRef, TensorRef};

/// A tensor whose numbers all lie in its storage, each in a place of its own.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Layout {
    /// Place of the first number, in numbers from the start of the storage.
    first: usize,
    /// Size and stride, in numbers, of each dimension that is longer than 1.
    dimensions: Vec<(usize, usize)>,
    /// Numbers in the tensor, at most those of the storage.
    count: usize,
}

impl Layout {
    /// Checks what the pickle declares against the `storage.count` numbers that the storage was found
    /// to hold. An error says what is wrong with the tensor.
    pub fn check(tensor: &TensorRef, storage: &StorageRef) -> Result<Self, String> {
        let TensorRef { sizes, strides, .. } = tensor;
        let beyond = || {
            let count = storage.count;
            format!("of the shape {sizes:?} reaches beyond the {count} numbers of its storage")
        };
        let mut dimensions = Vec::with_capacity(sizes.len());
        let (mut count, mut extent) = (1usize, 1i64);
        for (size, stride) in sizes.iter().zip(strides) {
            let (Ok(size), Ok(stride)) = (usize::try_from(*size), usize::try_from(*stride)) else {
                return Err(format!("has the size {size} with the stride {stride}"));
            };
            // Not zero where the count is: what has no numbers may still have no impossible shape.
            extent = extent.checked_mul(size.max(1) as i64).ok_or_else(beyond)?;
            count = count.saturating_mul(size);
            if size > 1 {
                dimensions.push((size, stride));
            }
        }
        if count == 0 {
            return Ok(Self {
                first: 0,
                dimensions: Vec::new(),
                count,
            });
        }
        // From the finest dimension to the coarsest, each step must lead past all places so far.
        let mut by_stride = dimensions.clone();
        by_stride.sort_unstable_by_key(|(_, stride)| *stride);
        let mut last = 0usize;
        for (size, stride) in by_stride {
            if stride <= last {
                return Err(format!(
                    "of the shape {sizes:?} uses numbers of its storage twice (strides {strides:?})"
                ));
            }
            let step = stride.checked_mul(size - 1).ok_or_else(beyond)?;
            last = last.checked_add(step).ok_or_else(beyond)?;
        }
        let (start, available) = storage.view.unwrap_or((0, storage.count));
        let offset = u64::try_from(tensor.offset).map_err(|_| beyond())?;
        let fits = start
            .checked_add(available)
            .is_some_and(|end| end <= storage.count)
            && offset
                .checked_add(last as u64)
                .is_some_and(|last| last < available);
        let first = fits.then(|| usize::try_from(start + offset).ok()).flatten();
        let first = first.ok_or_else(beyond)?;
        Ok(Self {
            first,
            dimensions,
            count,
        })
    }

    /// The numbers in row-major order, out of the bytes of the storage.
    pub fn gather<'s>(&self, storage: &'s [u8], width_bytes: usize) -> Cow<'s, [u8]> {
        let mut place = self.first * width_bytes;
        if self.count == 0 || self.is_contiguous() {
            return Cow::Borrowed(&storage[place..place + self.count * width_bytes]);
        }
        let mut gathered = Vec::with_capacity(self.count * width_bytes);
        let mut index = vec![0; self.dimensions.len()];
        for _ in 0..self.count {
            gathered.extend_from_slice(&storage[place..place + width_bytes]);
            for (index, (size, stride)) in index.iter_mut().zip(&self.dimensions).rev() {
                *index += 1;
                place += stride * width_bytes;
                if *index < *size {
                    break;
                }
                place -= size * stride * width_bytes;
                *index = 0;
            }
        }
        Cow::Owned(gathered)
    }

    fn is_contiguous(&self) -> bool {
        let mut expected = 1;
        self.dimensions.iter().rev().all(|(size, stride)| {
            let matches = *stride == expected;
            expected *= size;
            matches
        })
    }
}

#[cfg(test)]
mod tests {
    use super::super::dtype::Dtype;
    use super::*;

    const STORAGE: StorageRef = StorageRef {
        key: "0",
        dtype: Dtype::UInt8,
        count: 6,
        view: None,
    };

    fn layout(offset: i64, sizes: &[i64], strides: &[i64]) -> Result<Layout, String> {
        let (sizes, strides) = (sizes.to_vec(), strides.to_vec());
        Layout::check(
            &TensorRef {
                storage: 0,
                offset,
                sizes,
                strides,
            },
            &STORAGE,
        )
    }

    fn gathered(offset: i64, sizes: &[i64], strides: &[i64]) -> Vec<u8> {
        let layout = layout(offset, sizes, strides).expect("a layout within the storage");
        layout.gather(&[0, 1, 2, 3, 4, 5], 1).into_owned()
    }

    #[test]
    fn reads_any_order_of_the_numbers() {
        assert_eq!(gathered(0, &[2, 3], &[3, 1]), [0, 1, 2, 3, 4, 5]);
        assert_eq!(gathered(0, &[3, 2], &[1, 3]), [0, 3, 1, 4, 2, 5]);
        assert_eq!(gathered(1, &[2, 2], &[3, 1]), [1, 2, 4, 5]);
        assert_eq!(gathered(1, &[3], &[2]), [1, 3, 5]);
        assert_eq!(gathered(5, &[], &[]), [5]);
        assert_eq!(gathered(4, &[1, 2], &[i64::MAX, 1]), [4, 5]);
        assert!(gathered(0, &[0, 3], &[3, 1]).is_empty());
        let layout = layout(1, &[2], &[1]).expect("a layout within the storage");
        assert_eq!(*layout.gather(&[0, 1, 2, 3, 4, 5], 2), [2, 3, 4, 5]);
    }

    #[test]
    fn refuses_what_reaches_beyond_the_storage() {
        let huge = 1 << 60;
        for (offset, sizes, strides) in [
            (1, &[2i64, 3][..], &[3i64, 1][..]),
            (-1, &[2], &[1]),
            (6, &[], &[]),
            (i64::MAX, &[2], &[1]),
            (0, &[huge], &[1]),
            (0, &[huge, huge], &[1, 1]),
            (0, &[huge, huge, 0], &[1, 1, 1]),
            (0, &[0, huge, huge], &[1, 1, 1]),
            (0, &[2], &[i64::MAX]),
            (0, &[3, 3], &[i64::MAX, 1]),
        ] {
            let error = layout(offset, sizes, strides).expect_err("beyond the storage");
            assert!(error.contains("beyond the 6 numbers"), "{sizes:?}: {error}");
        }
        assert!(layout(0, &[-2], &[1]).is_err() && layout(0, &[2], &[-1]).is_err());
    }

    #[test]
    fn refuses_numbers_that_are_used_twice() {
        for (sizes, strides) in [
            (&[3i64][..], &[0i64][..]),
            (&[2, 2], &[1, 1]),
            (&[2, 3], &[2, 1]),
            (&[1 << 20, 1 << 20], &[0, 0]),
        ] {
            let error = layout(0, sizes, strides).expect_err("numbers used twice");
            assert!(error.contains("twice"), "{sizes:?}: {error}");
        }
    }

    #[test]
    fn keeps_within_the_view_of_a_storage() {
        let check = |view, offset| {
            let tensor = TensorRef {
                storage: 0,
                offset,
                sizes: vec![2],
                strides: vec![1],
            };
            Layout::check(
                &tensor,
                &StorageRef {
                    view: Some(view),
                    ..STORAGE
                },
            )
        };
        let layout = check((3, 3), 1).expect("within the view");
        assert_eq!(*layout.gather(&[0, 1, 2, 3, 4, 5], 1), [4, 5]);
        assert!(check((3, 3), 2).is_err(), "past the view");
        assert!(check((3, 4), 0).is_err(), "a view past the storage");
        assert!(check((u64::MAX, 3), 0).is_err(), "a view that overflows");
    }
}
