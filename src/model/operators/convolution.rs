//! Convolutions and dense layers.

use super::{Operation::Tensor, OperatorError, Row};

pub const TABLE: &[Row] = &[
    (
        "aten.conv2d.default",
        Tensor(|a| {
            Ok(a.tensor("input")?.f_conv2d(
                a.tensor("weight")?,
                a.tensor_or_none("bias")?,
                a.ints_or("stride", &[1])?,
                a.ints_or("padding", &[0])?,
                a.ints_or("dilation", &[1])?,
                a.int_or("groups", 1)?,
            )?)
        }),
    ),
    (
        "aten.conv2d.padding",
        Tensor(|a| {
            Ok(a.tensor("input")?.f_conv2d_padding(
                a.tensor("weight")?,
                a.tensor_or_none("bias")?,
                a.ints_or("stride", &[1])?,
                a.text_or("padding", "valid")?,
                a.ints_or("dilation", &[1])?,
                a.int_or("groups", 1)?,
            )?)
        }),
    ),
    (
        "aten.convolution.default",
        Tensor(|a| {
            Ok(a.tensor("input")?.f_convolution(
                a.tensor("weight")?,
                a.tensor_or_none("bias")?,
                a.ints("stride")?,
                a.ints("padding")?,
                a.ints("dilation")?,
                a.bool_or("transposed", false)?,
                a.ints("output_padding")?,
                a.int("groups")?,
            )?)
        }),
    ),
    (
        "aten.conv_transpose2d.input",
        Tensor(|a| {
            Ok(a.tensor("input")?.f_conv_transpose2d(
                a.tensor("weight")?,
                a.tensor_or_none("bias")?,
                a.ints_or("stride", &[1])?,
                a.ints_or("padding", &[0])?,
                a.ints_or("output_padding", &[0])?,
                a.int_or("groups", 1)?,
                a.ints_or("dilation", &[1])?,
            )?)
        }),
    ),
    (
        "aten.linear.default",
        Tensor(|a| {
            Ok(a.tensor("input")?
                .f_linear(a.tensor("weight")?, a.tensor_or_none("bias")?)?)
        }),
    ),
    (
        "aten.mm.default",
        Tensor(|a| Ok(a.tensor("self")?.f_mm(a.tensor("mat2")?)?)),
    ),
    (
        "aten.bmm.default",
        Tensor(|a| Ok(a.tensor("self")?.f_bmm(a.tensor("mat2")?)?)),
    ),
    (
        "aten.matmul.default",
        Tensor(|a| Ok(a.tensor("self")?.f_matmul(a.tensor("other")?)?)),
    ),
    (
        "aten.scaled_dot_product_attention.default",
        Tensor(|a| {
            if a.float_or("dropout_p", 0.0)? != 0.0 {
                return Err(OperatorError::Value {
                    argument: "dropout_p",
                    expected: "0".to_owned(),
                });
            }
            Ok(tch::Tensor::f_scaled_dot_product_attention(
                a.tensor("query")?,
                a.tensor("key")?,
                a.tensor("value")?,
                a.tensor_or_none("attn_mask")?,
                0.0,
                a.bool_or("is_causal", false)?,
                a.float_or_none("scale")?,
                a.bool_or("enable_gqa", false)?,
            )?)
        }),
    ),
];
