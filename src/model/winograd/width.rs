//! The widest vectors that this processor computes with.

use super::tiles::Work;
use super::vector::Vector;

/// What the processor has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Width {
    #[cfg(target_arch = "x86_64")]
    Avx2,
    #[cfg(target_arch = "x86_64")]
    Avx512,
}

#[cfg(target_arch = "x86_64")]
fn here() -> Option<Width> {
    use std::sync::OnceLock;
    static HERE: OnceLock<Option<Width>> = OnceLock::new();
    *HERE.get_or_init(|| {
        if std::is_x86_feature_detected!("avx512f") {
            Some(Width::Avx512)
        } else if std::is_x86_feature_detected!("avx2") && std::is_x86_feature_detected!("fma") {
            Some(Width::Avx2)
        } else {
            None
        }
    })
}

#[cfg(not(target_arch = "x86_64"))]
fn here() -> Option<Width> {
    None
}

/// Output channels of a block of filters; `None` on a processor without such vectors.
pub fn columns() -> Option<usize> {
    Some(match here()? {
        #[cfg(target_arch = "x86_64")]
        Width::Avx2 => super::vector::columns::<super::vector::Avx2>(),
        #[cfg(target_arch = "x86_64")]
        Width::Avx512 => super::vector::columns::<super::vector::Avx512>(),
    })
}

/// Numbers of a vector: channels come in multiples of it.
pub fn lanes() -> Option<usize> {
    Some(match here()? {
        #[cfg(target_arch = "x86_64")]
        Width::Avx2 => super::vector::Avx2::LANES,
        #[cfg(target_arch = "x86_64")]
        Width::Avx512 => super::vector::Avx512::LANES,
    })
}

/// This thread's share of a convolution whose filters were made for [`columns`].
#[allow(unsafe_code)]
pub fn run(work: &Work) {
    match here() {
        // SAFETY: the processor has what the functions are compiled for.
        #[cfg(target_arch = "x86_64")]
        Some(Width::Avx2) => unsafe { run_avx2(work) },
        #[cfg(target_arch = "x86_64")]
        Some(Width::Avx512) => unsafe { run_avx512(work) },
        None => (),
    }
}

#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx2,fma")]
#[allow(unsafe_code)]
fn run_avx2(work: &Work) {
    // SAFETY: compiled for these vectors; filters are made for the processor's own.
    unsafe { work.run::<super::vector::Avx2>() }
}

#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx512f")]
#[allow(unsafe_code)]
fn run_avx512(work: &Work) {
    // SAFETY: as above.
    unsafe { work.run::<super::vector::Avx512>() }
}
