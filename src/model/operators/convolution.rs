//! Convolutions and dense layers.

use super::products::{self, Given};
use super::{Arguments, Operation::Tensor, OperatorError, Result, Row};
use crate::model::winograd::{self, Moves};

pub const TABLE: &[Row] = &[
    ("aten.conv2d.default", Tensor(conv2d)),
    ("aten.conv2d.padding", Tensor(conv2d_padded_by_name)),
    (
        "aten.convolution.default",
        Tensor(|a| {
            let is_transposed = a.bool_or("transposed", false)?;
            let given = Given {
                stride: a.ints("stride")?,
                padding: a.ints("padding")?,
                dilation: a.ints("dilation")?,
                groups: a.int("groups")?,
            };
            let (output_padding, bias) = (a.ints("output_padding")?, a.tensor_or_none("bias")?);
            let (input, weight) = (a.tensor("input")?, a.tensor("weight")?);
            if !is_transposed {
                return convolution(a, input, weight, bias, given);
            }
            Ok(input.f_convolution(
                weight,
                bias,
                given.stride,
                given.padding,
                given.dilation,
                true,
                output_padding,
                given.groups,
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
            let (input, weight) = (a.tensor("input")?, a.tensor("weight")?);
            Ok(products::linear(input, weight, a.tensor_or_none("bias")?)?)
        }),
    ),
    (
        "aten.mm.default",
        Tensor(|a| {
            let (first, second) = (a.tensor("self")?, a.tensor("mat2")?);
            match products::with_weights(first, second, None)? {
                Some(product) => Ok(product),
                None => Ok(first.f_mm(second)?),
            }
        }),
    ),
    (
        "aten.bmm.default",
        Tensor(|a| Ok(a.tensor("self")?.f_bmm(a.tensor("mat2")?)?)),
    ),
    (
        "aten.matmul.default",
        Tensor(|a| {
            let (first, second) = (a.tensor("self")?, a.tensor("other")?);
            match products::with_weights(first, second, None)? {
                Some(product) => Ok(product),
                None => Ok(first.f_matmul(second)?),
            }
        }),
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

/// `valid`, or `same`: an output as large as the input.
fn conv2d_padded_by_name(a: &Arguments) -> Result<tch::Tensor> {
    let (input, weight) = (a.tensor("input")?, a.tensor("weight")?);
    let bias = a.tensor_or_none("bias")?;
    let (stride, dilation) = (a.ints_or("stride", &[1])?, a.ints_or("dilation", &[1])?);
    let (padding, groups) = (a.text_or("padding", "valid")?, a.int_or("groups", 1)?);
    let moves = Moves {
        stride: &stride,
        padding: if padding == "same" { &[1] } else { &[0] }, // of a kernel of 3 × 3
        dilation: &dilation,
        groups,
    };
    let found = a
        .fast()
        .map(|fast| winograd::convolution(fast, input, weight, bias, &moves));
    match found.transpose()?.flatten() {
        Some(found) => Ok(found),
        None => Ok(input.f_conv2d_padding(weight, bias, stride, padding, dilation, groups)?),
    }
}

fn conv2d(a: &Arguments) -> Result<tch::Tensor> {
    let given = Given {
        stride: a.ints_or("stride", &[1])?,
        padding: a.ints_or("padding", &[0])?,
        dilation: a.ints_or("dilation", &[1])?,
        groups: a.int_or("groups", 1)?,
    };
    let (input, weight) = (a.tensor("input")?, a.tensor("weight")?);
    let bias = a.tensor_or_none("bias")?;
    convolution(a, input, weight, bias, given)
}

fn convolution(
    a: &Arguments,
    input: &tch::Tensor,
    weight: &tch::Tensor,
    bias: Option<&tch::Tensor>,
    given: Given,
) -> Result<tch::Tensor> {
    let moves = Moves {
        stride: &given.stride,
        padding: &given.padding,
        dilation: &given.dilation,
        groups: given.groups,
    };
    let found = a
        .fast()
        .map(|fast| winograd::convolution(fast, input, weight, bias, &moves));
    match found.transpose()?.flatten() {
        Some(found) => Ok(found),
        None => Ok(products::convolution(input, weight, bias, given)?),
    }
}
