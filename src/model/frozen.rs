//! Tensors that nobody writes into any more.

use std::ops::Deref;

use tch::Tensor;

/// A tensor that is only read from now on, by any number of threads.
pub struct Frozen(Tensor);

impl From<Tensor> for Frozen {
    fn from(tensor: Tensor) -> Self {
        Self(tensor)
    }
}

impl Deref for Frozen {
    type Target = Tensor;

    fn deref(&self) -> &Tensor {
        &self.0
    }
}

// SAFETY: tch does not call its tensors `Sync`, for some of its functions write through a shared reference. libtorch lets any
// number of threads read a tensor and count its owners; what holds a frozen one calls nothing else.
#[allow(unsafe_code)]
unsafe impl Sync for Frozen {}
