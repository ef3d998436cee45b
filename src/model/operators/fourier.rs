//! Fourier transforms and complex numbers.

use tch::Tensor as T;

use super::Operation::{Tensor, Unary};
use super::{Arguments, Result, Row};

pub const TABLE: &[Row] = &[
    (
        "aten.fft_rfft2.default",
        Tensor(|a| of_axes(a, T::f_fft_rfftn)),
    ),
    (
        "aten.fft_irfft2.default",
        Tensor(|a| of_axes(a, T::f_fft_irfftn)),
    ),
    (
        "aten.fft_fft2.default",
        Tensor(|a| of_axes(a, T::f_fft_fftn)),
    ),
    (
        "aten.fft_ifft2.default",
        Tensor(|a| of_axes(a, T::f_fft_ifftn)),
    ),
    (
        "aten.fft_rfftn.default",
        Tensor(|a| of_axes(a, T::f_fft_rfftn)),
    ),
    (
        "aten.fft_irfftn.default",
        Tensor(|a| of_axes(a, T::f_fft_irfftn)),
    ),
    (
        "aten.fft_fftn.default",
        Tensor(|a| of_axes(a, T::f_fft_fftn)),
    ),
    (
        "aten.fft_ifftn.default",
        Tensor(|a| of_axes(a, T::f_fft_ifftn)),
    ),
    (
        "aten.fft_rfft.default",
        Tensor(|a| of_axis(a, T::f_fft_rfft)),
    ),
    (
        "aten.fft_irfft.default",
        Tensor(|a| of_axis(a, T::f_fft_irfft)),
    ),
    ("aten.fft_fft.default", Tensor(|a| of_axis(a, T::f_fft_fft))),
    (
        "aten.fft_ifft.default",
        Tensor(|a| of_axis(a, T::f_fft_ifft)),
    ),
    (
        "aten.fft_fftshift.default",
        Tensor(|a| Ok(a.tensor("self")?.f_fft_fftshift(a.ints_or_none("dim")?)?)),
    ),
    (
        "aten.fft_ifftshift.default",
        Tensor(|a| Ok(a.tensor("self")?.f_fft_ifftshift(a.ints_or_none("dim")?)?)),
    ),
    (
        "aten._fft_r2c.default",
        Tensor(|a| {
            let (normalisation, half) = (a.int("normalization")?, a.bool_or("onesided", true)?);
            Ok(a.tensor("self")?
                .f_internal_fft_r2c(a.ints("dim")?, normalisation, half)?)
        }),
    ),
    (
        "aten._fft_c2r.default",
        Tensor(|a| {
            let (normalisation, last) = (a.int("normalization")?, a.int("last_dim_size")?);
            Ok(a.tensor("self")?
                .f_internal_fft_c2r(a.ints("dim")?, normalisation, last)?)
        }),
    ),
    (
        "aten._fft_c2c.default",
        Tensor(|a| {
            let (normalisation, forward) = (a.int("normalization")?, a.bool_or("forward", true)?);
            Ok(a.tensor("self")?
                .f_internal_fft_c2c(a.ints("dim")?, normalisation, forward)?)
        }),
    ),
    (
        "aten.view_as_real.default",
        Unary(|x| x.f_resolve_conj()?.f_view_as_real()),
    ),
    (
        "aten.view_as_complex.default",
        Unary(|x| x.f_contiguous()?.f_view_as_complex()),
    ),
    ("aten.real.default", Unary(T::f_real)),
    ("aten.imag.default", Unary(T::f_imag)),
    ("aten.conj.default", Unary(T::f_conj)),
    ("aten._conj.default", Unary(T::f_conj)),
    ("aten.resolve_conj.default", Unary(T::f_resolve_conj)),
    (
        "aten.complex.default",
        Tensor(|a| Ok(T::f_complex(a.tensor("real")?, a.tensor("imag")?)?)),
    ),
    (
        "aten.polar.default",
        Tensor(|a| Ok(T::f_polar(a.tensor("abs")?, a.tensor("angle")?)?)),
    ),
];

type OfAxes =
    fn(&T, Option<Vec<i64>>, Option<Vec<i64>>, &str) -> std::result::Result<T, tch::TchError>;
type OfAxis = fn(&T, Option<i64>, i64, &str) -> std::result::Result<T, tch::TchError>;

/// Over axes: the last two where the operator says two and names none.
fn of_axes(a: &Arguments, run: OfAxes) -> Result<T> {
    let size = a.ints_or_none("s")?;
    let of_two = a.operator().ends_with("2.default");
    let dims = a.ints_or_none("dim")?.or(of_two.then(|| vec![-2, -1]));
    Ok(run(
        a.tensor("self")?,
        size,
        dims,
        a.text_or("norm", "backward")?,
    )?)
}

fn of_axis(a: &Arguments, run: OfAxis) -> Result<T> {
    let (size, dim) = (a.int_or_none("n")?, a.int_or("dim", -1)?);
    Ok(run(
        a.tensor("self")?,
        size,
        dim,
        a.text_or("norm", "backward")?,
    )?)
}
