//! How a graphics card is set up before the first network runs on it.

#![allow(unsafe_code)]

use std::ffi::c_int;
use std::sync::OnceLock;

unsafe extern "C" {
    /// `settings.cpp`, beside this file.
    fn cnn_report_repeatable_and_full() -> c_int;
}

/// Makes the card compute in full float32 and, where libtorch can, the same numbers each time. Whether it did.
/// Settings of the process, made once: the CPU's numbers do not depend on them.
pub fn repeatable_and_full() -> bool {
    static MADE: OnceLock<bool> = OnceLock::new();
    // SAFETY: the function takes nothing, catches every exception, and runs once.
    *MADE.get_or_init(|| unsafe { cnn_report_repeatable_and_full() == 0 })
}

#[cfg(test)]
mod tests {
    use super::*;
    use tch::{Kind, Tensor};

    #[test]
    fn the_settings_can_be_made_and_leave_the_cpus_numbers_alone() {
        let (a, b) = (
            Tensor::linspace(-1, 1, 64, (Kind::Float, tch::Device::Cpu)).view([8, 8]),
            Tensor::linspace(0, 3, 64, (Kind::Float, tch::Device::Cpu)).view([8, 8]),
        );
        let before = a.matmul(&b);
        assert!(repeatable_and_full());
        assert_eq!(a.matmul(&b), before);
    }
}
