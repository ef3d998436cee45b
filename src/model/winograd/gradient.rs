//! The convolution as a function that libtorch differentiates.

use std::ffi::{CStr, c_char, c_int, c_void};
use std::sync::Arc;

use tch::{TchError, Tensor};

use super::known::Known;
use super::sizes::{Sizes, Then};

/// Pictures, height, width, padding of rows and of columns.
type Shape = [i64; 5];

/// Computes one direction: filters of a [`Known`], whether back, sizes of the input, bias or null, input and output in
/// channels-last order.
type Compute = extern "C" fn(*const c_void, c_int, *const Shape, *const f32, *const f32, *mut f32);

#[allow(unsafe_code)]
unsafe extern "C" {
    /// `gradient.cpp`, beside this file. Null, or what went wrong, to be freed. Takes over `filters`, whatever it returns.
    fn cnn_report_convolution(
        output: *mut *mut c_void,
        input: *const c_void,
        weight: *const c_void,
        bias: *const c_void,
        padding: *const i64,
        filters: *const c_void,
        compute: Compute,
        release: extern "C" fn(*const c_void),
    ) -> *mut c_char;
}

/// The output of `input`, which asks for gradients.
pub fn convolution(
    input: &Tensor,
    bias: Option<&Tensor>,
    filters: Arc<Known>,
    sizes: Sizes,
) -> Result<Tensor, TchError> {
    let weight = filters.weight().shallow_clone();
    let padding = sizes.padding.map(|padding| padding as i64);
    let bias = bias.map_or(std::ptr::null(), |bias| bias.as_ptr() as *const c_void);
    let mut output = std::ptr::null_mut();
    // SAFETY: pointers of live tensors, which the function only reads; the filters go over to it with their count.
    #[allow(unsafe_code)]
    unsafe {
        let fault = cnn_report_convolution(
            &raw mut output,
            input.as_ptr() as *const c_void,
            weight.as_ptr() as *const c_void,
            bias,
            padding.as_ptr(),
            Arc::into_raw(filters).cast(),
            compute,
            release,
        );
        if !fault.is_null() {
            let message = CStr::from_ptr(fault).to_string_lossy().into_owned();
            libc::free(fault.cast());
            return Err(TchError::Torch(message));
        }
        Ok(Tensor::from_ptr(output.cast()))
    }
}

#[allow(unsafe_code)]
extern "C" fn compute(
    filters: *const c_void,
    is_back: c_int,
    shape: *const Shape,
    bias: *const f32,
    input: *const f32,
    output: *mut f32,
) {
    // SAFETY: `filters` is the one that was handed over and is not released yet; the C++ side gives the sizes of its tensors.
    unsafe {
        let filters = &*filters.cast::<Known>();
        let [pictures, height, width, rows, columns] =
            (*shape).map(|side| usize::try_from(side).unwrap_or(0));
        let sizes = Sizes {
            pictures,
            height,
            width,
            padding: [rows, columns],
        };
        let filters = if is_back == 0 {
            filters.forth()
        } else {
            filters.back()
        };
        super::run(
            &sizes,
            filters,
            ((!bias.is_null()).then_some(bias), Then::Nothing),
            (input, output),
        );
    }
}

#[allow(unsafe_code)]
extern "C" fn release(filters: *const c_void) {
    // SAFETY: called once for each that was handed over.
    drop(unsafe { Arc::from_raw(filters.cast::<Known>()) });
}
