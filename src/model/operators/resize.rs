//! Resizing, sampling by a grid, and padding by what is there.

use tch::Tensor as T;

use super::Operation::Tensor;
use super::{Arguments, Result, Row};

pub const TABLE: &[Row] = &[
    (
        "aten.upsample_nearest2d.default",
        Tensor(|a| {
            let [high, wide] = factors(a)?;
            Ok(a.tensor("self")?
                .f_upsample_nearest2d(a.ints("output_size")?, high, wide)?)
        }),
    ),
    (
        "aten._upsample_nearest_exact2d.default",
        Tensor(|a| {
            let [high, wide] = factors(a)?;
            let size = a.ints("output_size")?;
            Ok(a.tensor("self")?
                .f_internal_upsample_nearest_exact2d(size, high, wide)?)
        }),
    ),
    (
        "aten._upsample_nearest_exact2d.vec",
        Tensor(|a| {
            let (input, factors) = (a.tensor("input")?, a.floats("scale_factors")?);
            Ok(match a.ints_or_none("output_size")? {
                Some(size) => input.f_internal_upsample_nearest_exact2d(size, None, None)?,
                None => input.f_internal_upsample_nearest_exact2d_vec(None::<Vec<i64>>, factors)?,
            })
        }),
    ),
    (
        "aten.upsample_bilinear2d.default",
        Tensor(|a| smooth(a, T::f_upsample_bilinear2d)),
    ),
    (
        "aten.upsample_bicubic2d.default",
        Tensor(|a| smooth(a, T::f_upsample_bicubic2d)),
    ),
    (
        "aten._upsample_bilinear2d_aa.default",
        Tensor(|a| smooth(a, T::f_internal_upsample_bilinear2d_aa)),
    ),
    (
        "aten._upsample_bicubic2d_aa.default",
        Tensor(|a| smooth(a, T::f_internal_upsample_bicubic2d_aa)),
    ),
    (
        "aten.upsample_bicubic2d.vec",
        Tensor(|a| by_either(a, T::f_upsample_bicubic2d, T::f_upsample_bicubic2d_vec)),
    ),
    (
        "aten._upsample_bilinear2d_aa.vec",
        Tensor(|a| {
            let by_factors = T::f_internal_upsample_bilinear2d_aa_vec;
            by_either(a, T::f_internal_upsample_bilinear2d_aa, by_factors)
        }),
    ),
    (
        "aten._upsample_bicubic2d_aa.vec",
        Tensor(|a| {
            let by_factors = T::f_internal_upsample_bicubic2d_aa_vec;
            by_either(a, T::f_internal_upsample_bicubic2d_aa, by_factors)
        }),
    ),
    (
        "aten.upsample_nearest1d.vec",
        Tensor(|a| {
            let (input, factors) = (a.tensor("input")?, a.floats("scale_factors")?);
            Ok(match a.ints_or_none("output_size")? {
                Some(size) => input.f_upsample_nearest1d(size, None)?,
                None => input.f_upsample_nearest1d_vec(None::<Vec<i64>>, factors)?,
            })
        }),
    ),
    (
        "aten.upsample_linear1d.vec",
        Tensor(|a| {
            let (input, factors) = (a.tensor("input")?, a.floats("scale_factors")?);
            let corners = a.bool_or("align_corners", false)?;
            Ok(match a.ints_or_none("output_size")? {
                Some(size) => input.f_upsample_linear1d(size, corners, None)?,
                None => input.f_upsample_linear1d_vec(None::<Vec<i64>>, corners, factors)?,
            })
        }),
    ),
    ("aten.grid_sampler.default", Tensor(sampled)),
    ("aten.grid_sampler_2d.default", Tensor(sampled)),
    (
        "aten.affine_grid_generator.default",
        Tensor(|a| {
            let (size, corners) = (a.ints("size")?, a.bool_or("align_corners", false)?);
            Ok(T::f_affine_grid_generator(
                a.tensor("theta")?,
                size,
                corners,
            )?)
        }),
    ),
    (
        "aten.reflection_pad1d.default",
        Tensor(|a| Ok(a.tensor("self")?.f_reflection_pad1d(a.ints("padding")?)?)),
    ),
    (
        "aten.reflection_pad2d.default",
        Tensor(|a| Ok(a.tensor("self")?.f_reflection_pad2d(a.ints("padding")?)?)),
    ),
    (
        "aten.reflection_pad3d.default",
        Tensor(|a| Ok(a.tensor("self")?.f_reflection_pad3d(a.ints("padding")?)?)),
    ),
    (
        "aten.replication_pad1d.default",
        Tensor(|a| Ok(a.tensor("self")?.f_replication_pad1d(a.ints("padding")?)?)),
    ),
    (
        "aten.replication_pad2d.default",
        Tensor(|a| Ok(a.tensor("self")?.f_replication_pad2d(a.ints("padding")?)?)),
    ),
    (
        "aten.replication_pad3d.default",
        Tensor(|a| Ok(a.tensor("self")?.f_replication_pad3d(a.ints("padding")?)?)),
    ),
];

/// Factors for height and width, where they are said; they decide where samples lie.
fn factors(a: &Arguments) -> Result<[Option<f64>; 2]> {
    Ok([a.float_or_none("scales_h")?, a.float_or_none("scales_w")?])
}

type Smooth =
    fn(&T, Vec<i64>, bool, Option<f64>, Option<f64>) -> std::result::Result<T, tch::TchError>;
type ByFactors = fn(&T, Option<Vec<i64>>, bool, Vec<f64>) -> std::result::Result<T, tch::TchError>;

fn smooth(a: &Arguments, run: Smooth) -> Result<T> {
    let [high, wide] = factors(a)?;
    let corners = a.bool_or("align_corners", false)?;
    Ok(run(
        a.tensor("self")?,
        a.ints("output_size")?,
        corners,
        high,
        wide,
    )?)
}

/// To a size, or by factors.
fn by_either(a: &Arguments, to_size: Smooth, by_factors: ByFactors) -> Result<T> {
    let (input, factors) = (a.tensor("input")?, a.floats("scale_factors")?);
    let corners = a.bool_or("align_corners", false)?;
    Ok(match a.ints_or_none("output_size")? {
        Some(size) => to_size(input, size, corners, None, None)?,
        None => by_factors(input, None, corners, factors)?,
    })
}

fn sampled(a: &Arguments) -> Result<T> {
    let (mode, padding) = (
        a.int_or("interpolation_mode", 0)?,
        a.int_or("padding_mode", 0)?,
    );
    let corners = a.bool_or("align_corners", false)?;
    Ok(a.tensor("input")?
        .f_grid_sampler(a.tensor("grid")?, mode, padding, corners)?)
}
