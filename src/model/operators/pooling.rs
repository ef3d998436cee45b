//! Pooling, resizing and padding.

use super::Operation::{Tensor, Tensors};
use super::error::Result;
use super::{Arguments, Row};

pub const TABLE: &[Row] = &[
    (
        "aten.max_pool2d.default",
        Tensor(|a| {
            Ok(a.tensor("self")?.f_max_pool2d(
                a.ints("kernel_size")?,
                a.ints_or("stride", &[])?, // empty: the size of the kernel
                a.ints_or("padding", &[0])?,
                a.ints_or("dilation", &[1])?,
                a.bool_or("ceil_mode", false)?,
            )?)
        }),
    ),
    (
        "aten.avg_pool2d.default",
        Tensor(|a| {
            Ok(a.tensor("self")?.f_avg_pool2d(
                a.ints("kernel_size")?,
                a.ints_or("stride", &[])?,
                a.ints_or("padding", &[0])?,
                a.bool_or("ceil_mode", false)?,
                a.bool_or("count_include_pad", true)?,
                a.int_or_none("divisor_override")?,
            )?)
        }),
    ),
    (
        "aten.adaptive_avg_pool2d.default",
        Tensor(|a| {
            Ok(a.tensor("self")?
                .f_adaptive_avg_pool2d(a.ints("output_size")?)?)
        }),
    ),
    // A layer spelled out in report.yaml: the maxima without their places.
    (
        "sequential.adaptive_max_pool2d.default",
        Tensor(|a| {
            let size = a.ints("output_size")?;
            Ok(a.tensor("self")?.f_adaptive_max_pool2d(size)?.0)
        }),
    ),
    (
        "aten._adaptive_avg_pool2d.default",
        Tensor(|a| {
            Ok(a.tensor("self")?
                .f_adaptive_avg_pool2d(a.ints("output_size")?)?)
        }),
    ),
    (
        "aten.upsample_nearest2d.vec",
        Tensor(|a| {
            let input = a.tensor("input")?;
            let factors = a.floats("scale_factors")?;
            Ok(match a.ints_or_none("output_size")? {
                // The call for either takes an empty list of factors for one that was given.
                Some(size) => input.f_upsample_nearest2d(size, None, None)?,
                None => input.f_upsample_nearest2d_vec(None::<Vec<i64>>, factors)?,
            })
        }),
    ),
    (
        "aten.upsample_bilinear2d.vec",
        Tensor(|a| {
            let input = a.tensor("input")?;
            let (corners, factors) = (
                a.bool_or("align_corners", false)?,
                a.floats("scale_factors")?,
            );
            Ok(match a.ints_or_none("output_size")? {
                Some(size) => input.f_upsample_bilinear2d(size, corners, None, None)?,
                None => input.f_upsample_bilinear2d_vec(None::<Vec<i64>>, corners, factors)?,
            })
        }),
    ),
    (
        "aten.adaptive_max_pool2d.default",
        // The second output says where each maximum lies.
        Tensors(|a| {
            let size = a.ints("output_size")?;
            let (output, places) = a.tensor("self")?.f_adaptive_max_pool2d(size)?;
            Ok(vec![output, places])
        }),
    ),
    (
        "aten.pad.default",
        Tensor(|a| {
            Ok(a.tensor("self")?.f_pad(
                a.ints("pad")?,
                a.text_or("mode", "constant")?,
                a.float_or_none("value")?,
            )?)
        }),
    ),
    (
        "aten.constant_pad_nd.default",
        Tensor(|a| {
            let value = a.float_or("value", 0.0)?;
            Ok(a.tensor("self")?.f_pad(a.ints("pad")?, "constant", value)?)
        }),
    ),
];

/// What a max pooling of these arguments gives of `input` [N, C, H, W], and for each of these numbers its place in the
/// plane [H, W], row by row.
pub fn max_pool2d_with_places(
    input: &tch::Tensor,
    a: &Arguments,
) -> Result<(tch::Tensor, tch::Tensor)> {
    Ok(input.f_max_pool2d_with_indices(
        a.ints("kernel_size")?,
        a.ints_or("stride", &[])?,
        a.ints_or("padding", &[0])?,
        a.ints_or("dilation", &[1])?,
        a.bool_or("ceil_mode", false)?,
    )?)
}
