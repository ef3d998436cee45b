//! Tensors from raw little-endian bytes.

use tch::{Kind, Tensor};

use super::Fault;

/// How a tensor lies in its bytes.
pub struct Layout<'a> {
    pub kind: Kind,
    pub sizes: &'a [i64],
    /// In elements, as `offset`.
    pub strides: &'a [i64],
    pub offset: i64,
}

/// The tensor of a layout, every type of floating point as float32. `Err` says what is wrong with it.
pub fn strided(bytes: &[u8], layout: &Layout) -> Result<Tensor, Fault> {
    let Layout {
        kind,
        sizes,
        strides,
        offset,
    } = layout;
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
    if negative(sizes) || negative(strides) || *offset < 0 {
        return Err(beyond());
    }
    let count = sizes
        .iter()
        .try_fold(1i64, |product, size| product.checked_mul(*size));
    let count = count.filter(|count| *count <= stored).ok_or_else(beyond)?;
    if count > 0 {
        let last = sizes
            .iter()
            .zip(*strides)
            .try_fold(*offset, |last, (size, stride)| {
                (size - 1)
                    .checked_mul(*stride)
                    .and_then(|step| last.checked_add(step))
            });
        last.filter(|last| *last < stored).ok_or_else(beyond)?;
    }
    let torch = |error: tch::TchError| Fault::damaged(crate::model::error::first_line(&error));
    let build = || {
        if count == 0 {
            return Tensor::f_zeros(*sizes, (*kind, tch::Device::Cpu));
        }
        let flat = Tensor::f_from_data_size(bytes, &[stored], *kind)?;
        let tensor = flat.f_as_strided(*sizes, *strides, *offset)?;
        let as_float = matches!(kind, Kind::Half | Kind::BFloat16 | Kind::Double);
        if as_float {
            tensor.f_to_kind(Kind::Float)?.f_contiguous()
        } else {
            tensor.f_contiguous()
        }
    };
    build().map_err(torch)
}

/// The tensor of bytes that lie one behind the other.
pub fn contiguous(bytes: &[u8], kind: Kind, sizes: &[i64]) -> Result<Tensor, Fault> {
    let mut strides = vec![1i64; sizes.len()];
    for index in (1..sizes.len()).rev() {
        strides[index - 1] = strides[index].saturating_mul(sizes[index].max(1));
    }
    strided(
        bytes,
        &Layout {
            kind,
            sizes,
            strides: &strides,
            offset: 0,
        },
    )
}
