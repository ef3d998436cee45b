//! Windows of one axis or of three, and windows laid out as columns. Those of pictures stand in `convolution`
//! and `pooling`.

use super::Operation::{Leading, Tensor};
use super::{Arguments, Result, Row};

pub const TABLE: &[Row] = &[
    (
        "aten.conv1d.default",
        Tensor(|a| {
            let (weight, bias) = (a.tensor("weight")?, a.tensor_or_none("bias")?);
            let [stride, padding, dilation] = moved(a, 1)?;
            let groups = a.int_or("groups", 1)?;
            Ok(a.tensor("input")?
                .f_conv1d(weight, bias, stride, padding, dilation, groups)?)
        }),
    ),
    (
        "aten.conv1d.padding",
        Tensor(|a| {
            let (weight, bias) = (a.tensor("weight")?, a.tensor_or_none("bias")?);
            let (stride, dilation) = (a.ints_or("stride", &[1])?, a.ints_or("dilation", &[1])?);
            let (padding, groups) = (a.text_or("padding", "valid")?, a.int_or("groups", 1)?);
            Ok(a.tensor("input")?
                .f_conv1d_padding(weight, bias, stride, padding, dilation, groups)?)
        }),
    ),
    (
        "aten.conv3d.default",
        Tensor(|a| {
            let (weight, bias) = (a.tensor("weight")?, a.tensor_or_none("bias")?);
            let [stride, padding, dilation] = moved(a, 3)?;
            let groups = a.int_or("groups", 1)?;
            Ok(a.tensor("input")?
                .f_conv3d(weight, bias, stride, padding, dilation, groups)?)
        }),
    ),
    (
        "aten.conv3d.padding",
        Tensor(|a| {
            let (weight, bias) = (a.tensor("weight")?, a.tensor_or_none("bias")?);
            let (stride, dilation) = (
                a.ints_or("stride", &[1; 3])?,
                a.ints_or("dilation", &[1; 3])?,
            );
            let (padding, groups) = (a.text_or("padding", "valid")?, a.int_or("groups", 1)?);
            Ok(a.tensor("input")?
                .f_conv3d_padding(weight, bias, stride, padding, dilation, groups)?)
        }),
    ),
    (
        "aten.max_pool1d.default",
        Tensor(|a| {
            let [stride, padding, dilation] = moved(a, 1)?;
            let ceil = a.bool_or("ceil_mode", false)?;
            Ok(a.tensor("self")?.f_max_pool1d(
                a.ints("kernel_size")?,
                stride,
                padding,
                dilation,
                ceil,
            )?)
        }),
    ),
    (
        "aten.max_pool2d_with_indices.default",
        Leading(|a| {
            let [stride, padding, dilation] = moved(a, 2)?;
            let (kernel, ceil) = (a.ints("kernel_size")?, a.bool_or("ceil_mode", false)?);
            let input = a.tensor("self")?;
            let (maxima, places) =
                input.f_max_pool2d_with_indices(kernel, stride, padding, dilation, ceil)?;
            Ok(vec![maxima, places])
        }),
    ),
    (
        "aten.max_pool3d.default",
        Tensor(|a| Ok(max_pool3d(a)?.remove(0))),
    ),
    ("aten.max_pool3d_with_indices.default", Leading(max_pool3d)),
    (
        "aten.avg_pool1d.default",
        Tensor(|a| {
            let (stride, padding) = (a.ints_or("stride", &[])?, a.ints_or("padding", &[0])?);
            let (ceil, counted) = (
                a.bool_or("ceil_mode", false)?,
                a.bool_or("count_include_pad", true)?,
            );
            Ok(a.tensor("self")?.f_avg_pool1d(
                a.ints("kernel_size")?,
                stride,
                padding,
                ceil,
                counted,
            )?)
        }),
    ),
    (
        "aten.avg_pool3d.default",
        Tensor(|a| {
            let (stride, padding) = (a.ints_or("stride", &[])?, a.ints_or("padding", &[0])?);
            let (ceil, counted) = (
                a.bool_or("ceil_mode", false)?,
                a.bool_or("count_include_pad", true)?,
            );
            let (kernel, divisor) = (a.ints("kernel_size")?, a.int_or_none("divisor_override")?);
            Ok(a.tensor("self")?
                .f_contiguous()?
                .f_avg_pool3d(kernel, stride, padding, ceil, counted, divisor)?)
        }),
    ),
    (
        "aten.adaptive_avg_pool1d.default",
        Tensor(|a| {
            Ok(a.tensor("self")?
                .f_adaptive_avg_pool1d(a.ints("output_size")?)?)
        }),
    ),
    (
        "aten.adaptive_max_pool1d.default",
        Leading(|a| {
            let (maxima, places) = a
                .tensor("self")?
                .f_adaptive_max_pool1d(a.ints("output_size")?)?;
            Ok(vec![maxima, places])
        }),
    ),
    (
        "aten._adaptive_avg_pool3d.default",
        Tensor(|a| {
            Ok(a.tensor("self")?
                .f_contiguous()?
                .f_internal_adaptive_avg_pool3d(a.ints("output_size")?)?)
        }),
    ),
    (
        "aten.adaptive_avg_pool3d.default",
        Tensor(|a| {
            Ok(a.tensor("self")?
                .f_contiguous()?
                .f_adaptive_avg_pool3d(a.ints("output_size")?)?)
        }),
    ),
    (
        "aten.im2col.default",
        Tensor(|a| {
            let (kernel, [stride, padding, dilation]) = (a.ints("kernel_size")?, moved(a, 2)?);
            Ok(a.tensor("self")?
                .f_im2col(kernel, dilation, padding, stride)?)
        }),
    ),
    (
        "aten.col2im.default",
        Tensor(|a| {
            let (kernel, [stride, padding, dilation]) = (a.ints("kernel_size")?, moved(a, 2)?);
            let size = a.ints("output_size")?;
            Ok(a.tensor("self")?
                .f_col2im(size, kernel, dilation, padding, stride)?)
        }),
    ),
    (
        "aten.unfold.default",
        Tensor(|a| {
            let (size, step) = (a.int("size")?, a.int("step")?);
            Ok(a.tensor("self")?
                .f_unfold(a.int("dimension")?, size, step)?)
        }),
    ),
    (
        "aten.pixel_unshuffle.default",
        Tensor(|a| {
            Ok(a.tensor("self")?
                .f_pixel_unshuffle(a.int("downscale_factor")?)?)
        }),
    ),
];

/// Stride, padding and dilation. A pooling without a stride moves by the size of its window, a convolution by 1.
fn moved(a: &Arguments, axes: usize) -> Result<[Vec<i64>; 3]> {
    let still: &[i64] = match a.tensor_or_none("weight")? {
        Some(_) => &[1, 1, 1][..axes],
        None => &[],
    };
    Ok([
        a.ints_or("stride", still)?,
        a.ints_or("padding", &[0, 0, 0][..axes])?,
        a.ints_or("dilation", &[1, 1, 1][..axes])?,
    ])
}

fn max_pool3d(a: &Arguments) -> Result<Vec<tch::Tensor>> {
    let [stride, padding, dilation] = moved(a, 3)?;
    let (kernel, ceil) = (a.ints("kernel_size")?, a.bool_or("ceil_mode", false)?);
    // It knows no order of memory with channels last of four axes.
    let input = a.tensor("self")?.f_contiguous()?;
    let (maxima, places) =
        input.f_max_pool3d_with_indices(kernel, stride, padding, dilation, ceil)?;
    Ok(vec![maxima, places])
}
