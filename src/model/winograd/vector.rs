//! Several numbers that the processor computes with at once.
//!
//! All widths compute the same numbers to the last bit: every function works number by number, and a product that is added is
//! rounded once.

/// Float32 numbers beside each other.
///
/// # Safety
/// Every function may be called only where the processor has what [`Vector::is_here`] asks for, and is inlined into a function
/// that is compiled for it. `load` reads and `store` writes [`Vector::LANES`] numbers from the address on, aligned or not.
#[allow(unsafe_code)]
pub unsafe trait Vector: Copy {
    /// Numbers in one.
    const LANES: usize;
    /// Vectors of a row of a product that are computed together: with [`ROWS`] rows they fill the registers.
    const ACROSS: usize;

    unsafe fn load(from: *const f32) -> Self;
    unsafe fn store(self, to: *mut f32);
    unsafe fn all(number: f32) -> Self;
    unsafe fn add(self, other: Self) -> Self;
    unsafe fn sub(self, other: Self) -> Self;
    unsafe fn mul(self, other: Self) -> Self;
    /// self · factor + summand.
    unsafe fn mul_add(self, factor: Self, summand: Self) -> Self;
    /// summand − self · factor.
    unsafe fn neg_mul_add(self, factor: Self, summand: Self) -> Self;
    /// 0 where it is below; what is not a number stays so.
    unsafe fn relu(self) -> Self;
}

/// Rows of a product that are computed together.
pub const ROWS: usize = 6;

/// The largest [`Vector::ACROSS`].
pub const MOST_ACROSS: usize = 4;

/// Columns of a product that are computed together.
pub const fn columns<V: Vector>() -> usize {
    V::LANES * V::ACROSS
}

#[cfg(target_arch = "x86_64")]
mod x86 {
    use std::arch::x86_64::*;

    macro_rules! vector {
        ($name:ident, $register:ty, $lanes:literal, $across:literal, $load:ident, $store:ident, $all:ident, $add:ident,
            $sub:ident, $mul:ident, $max:ident, $mul_add:ident, $neg_mul_add:ident) => {
            #[derive(Clone, Copy)]
            pub struct $name($register);

            // SAFETY: each function is the instruction of its name.
            #[allow(unsafe_code)]
            unsafe impl super::Vector for $name {
                const LANES: usize = $lanes;
                const ACROSS: usize = $across;

                #[inline(always)]
                unsafe fn load(from: *const f32) -> Self {
                    Self(unsafe { $load(from) })
                }
                #[inline(always)]
                unsafe fn store(self, to: *mut f32) {
                    unsafe { $store(to, self.0) }
                }
                #[inline(always)]
                unsafe fn all(number: f32) -> Self {
                    Self(unsafe { $all(number) })
                }
                #[inline(always)]
                unsafe fn add(self, other: Self) -> Self {
                    Self(unsafe { $add(self.0, other.0) })
                }
                #[inline(always)]
                unsafe fn sub(self, other: Self) -> Self {
                    Self(unsafe { $sub(self.0, other.0) })
                }
                #[inline(always)]
                unsafe fn mul(self, other: Self) -> Self {
                    Self(unsafe { $mul(self.0, other.0) })
                }
                #[inline(always)]
                unsafe fn mul_add(self, factor: Self, summand: Self) -> Self {
                    Self(unsafe { $mul_add(self.0, factor.0, summand.0) })
                }
                #[inline(always)]
                unsafe fn neg_mul_add(self, factor: Self, summand: Self) -> Self {
                    Self(unsafe { $neg_mul_add(self.0, factor.0, summand.0) })
                }
                #[inline(always)]
                unsafe fn relu(self) -> Self {
                    // The second where one of both is no number.
                    Self(unsafe { $max($all(0.0), self.0) })
                }
            }
        };
    }

    vector!(
        Avx2,
        __m256,
        8,
        2,
        _mm256_loadu_ps,
        _mm256_storeu_ps,
        _mm256_set1_ps,
        _mm256_add_ps,
        _mm256_sub_ps,
        _mm256_mul_ps,
        _mm256_max_ps,
        _mm256_fmadd_ps,
        _mm256_fnmadd_ps
    );
    vector!(
        Avx512,
        __m512,
        16,
        4,
        _mm512_loadu_ps,
        _mm512_storeu_ps,
        _mm512_set1_ps,
        _mm512_add_ps,
        _mm512_sub_ps,
        _mm512_mul_ps,
        _mm512_max_ps,
        _mm512_fmadd_ps,
        _mm512_fnmadd_ps
    );
}

#[cfg(target_arch = "x86_64")]
pub use x86::{Avx2, Avx512};
