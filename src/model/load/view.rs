//! Tensors whose elements are the pages of a mapped file.

use tch::{Device, Kind, TchError, Tensor};

use crate::fs::Mapped;

/// The tensor whose elements are contiguous in `part` of a mapped file; `None` where `part` is not of the
/// file, has another length or is unaligned, so that the elements have to be copied.
#[allow(unsafe_code)]
pub fn view(
    file: &Mapped,
    part: &[u8],
    kind: Kind,
    sizes: &[i64],
) -> Option<Result<Tensor, TchError>> {
    let width = kind.elt_size_in_bytes();
    let needed = sizes.iter().try_fold(width, |product, size| {
        product.checked_mul(usize::try_from(*size).ok()?)
    });
    let aligned = part.as_ptr().addr().is_multiple_of(width);
    if !file.holds(part) || needed != Some(part.len()) || !aligned {
        return None;
    }
    file.keep_for_ever();
    // SAFETY: `part` is as long as the tensor, aligned, and stays mapped until the process ends, so that
    // every clone and view of the tensor, and whatever autograd keeps of it, has its numbers. They can
    // only be read: nothing in this crate writes into a weight (operators that work in place run out
    // of place), and libtorch would be stopped by the kernel if it tried.
    Some(unsafe { Tensor::f_from_blob(part.as_ptr(), sizes, &[], kind, Device::Cpu) })
}
