//! What the CUDA runtime tells and libtorch's C interface does not: it is asked by the names of its
//! functions, which are there when libtorch was built for CUDA and nowhere else.

#![allow(unsafe_code)]

use std::ffi::{CStr, c_int, c_void};

type GetDevice = unsafe extern "C" fn(*mut c_int) -> c_int;
type SetDevice = unsafe extern "C" fn(c_int) -> c_int;
type MemGetInfo = unsafe extern "C" fn(*mut usize, *mut usize) -> c_int;
type DeviceGetAttribute = unsafe extern "C" fn(*mut c_int, c_int, c_int) -> c_int;

/// `cudaDevAttrComputeCapabilityMajor` of `enum cudaDeviceAttr`.
const MAJOR: c_int = 75;
/// `cudaSuccess`.
const SUCCESS: c_int = 0;

/// The address of a function of the process, by name.
fn function(name: &CStr) -> Option<*mut c_void> {
    // SAFETY: dlsym only reads the name, which ends in a zero byte.
    let address = unsafe { libc::dlsym(libc::RTLD_DEFAULT, name.as_ptr()) };
    (!address.is_null()).then_some(address)
}

/// Bytes that are free on a CUDA device. What libtorch keeps for later is not among them.
pub fn free_bytes(number: usize) -> Option<u64> {
    let number = c_int::try_from(number).ok()?;
    let get = function(c"cudaGetDevice")?;
    let set = function(c"cudaSetDevice")?;
    let info = function(c"cudaMemGetInfo")?;
    let (mut before, mut free, mut total) = (0, 0, 0);
    // SAFETY: the types are those of these functions in cuda_runtime_api.h, the pointers are of locals
    // that outlive the calls, and the thread's device is put back.
    let result = unsafe {
        let get: GetDevice = std::mem::transmute(get);
        let set: SetDevice = std::mem::transmute(set);
        let info: MemGetInfo = std::mem::transmute(info);
        if get(&raw mut before) != SUCCESS || set(number) != SUCCESS {
            return None;
        }
        let result = info(&raw mut free, &raw mut total);
        set(before);
        result
    };
    (result == SUCCESS).then_some(free as u64)
}

/// The first number of a CUDA device's compute capability: 8 for the A100.
pub fn capability(number: usize) -> Option<i32> {
    let number = c_int::try_from(number).ok()?;
    let attribute = function(c"cudaDeviceGetAttribute")?;
    let mut major = 0;
    // SAFETY: the type is that of the function in cuda_runtime_api.h; the pointer is of a local.
    let result = unsafe {
        let attribute: DeviceGetAttribute = std::mem::transmute(attribute);
        attribute(&raw mut major, MAJOR, number)
    };
    (result == SUCCESS).then_some(major)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn without_cuda_nothing_is_told() {
        if tch::Cuda::is_available() {
            assert!(free_bytes(0).is_some_and(|free| free > 0));
            assert!(capability(0).is_some_and(|major| major > 0));
        } else {
            assert_eq!((free_bytes(0), capability(0)), (None, None));
        }
        assert!(function(c"malloc").is_some());
    }
}
