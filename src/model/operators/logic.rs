//! Comparisons and what is made of them: masks of attention, parts of functions in pieces.

use tch::{Kind, Tensor as T};

use super::Operation::{Binary, Tensor, Unary};
use super::{Arguments, Operand, Result, Row};

pub const TABLE: &[Row] = &[
    ("aten.eq.Tensor", Binary(T::f_eq_tensor)),
    ("aten.ne.Tensor", Binary(T::f_ne_tensor)),
    ("aten.gt.Tensor", Binary(T::f_gt_tensor)),
    ("aten.ge.Tensor", Binary(T::f_ge_tensor)),
    ("aten.lt.Tensor", Binary(T::f_lt_tensor)),
    ("aten.le.Tensor", Binary(T::f_le_tensor)),
    ("aten.greater.Tensor", Binary(T::f_gt_tensor)),
    ("aten.greater_equal.Tensor", Binary(T::f_ge_tensor)),
    ("aten.less.Tensor", Binary(T::f_lt_tensor)),
    ("aten.less_equal.Tensor", Binary(T::f_le_tensor)),
    ("aten.not_equal.Tensor", Binary(T::f_ne_tensor)),
    (
        "aten.eq.Scalar",
        Tensor(|a| Ok(a.tensor("self")?.f_eq(a.scalar("other")?)?)),
    ),
    (
        "aten.ne.Scalar",
        Tensor(|a| Ok(a.tensor("self")?.f_ne(a.scalar("other")?)?)),
    ),
    (
        "aten.gt.Scalar",
        Tensor(|a| Ok(a.tensor("self")?.f_gt(a.scalar("other")?)?)),
    ),
    (
        "aten.ge.Scalar",
        Tensor(|a| Ok(a.tensor("self")?.f_ge(a.scalar("other")?)?)),
    ),
    (
        "aten.lt.Scalar",
        Tensor(|a| Ok(a.tensor("self")?.f_lt(a.scalar("other")?)?)),
    ),
    (
        "aten.le.Scalar",
        Tensor(|a| Ok(a.tensor("self")?.f_le(a.scalar("other")?)?)),
    ),
    ("aten.logical_and.default", Binary(T::f_logical_and)),
    ("aten.logical_or.default", Binary(T::f_logical_or)),
    ("aten.logical_xor.default", Binary(T::f_logical_xor)),
    ("aten.logical_not.default", Unary(T::f_logical_not)),
    ("aten.bitwise_and.Tensor", Binary(T::f_bitwise_and_tensor)),
    (
        "aten.bitwise_and.Scalar",
        Tensor(|a| Ok(a.tensor("self")?.f_bitwise_and(a.scalar("other")?)?)),
    ),
    ("aten.bitwise_or.Tensor", Binary(T::f_bitwise_or_tensor)),
    (
        "aten.bitwise_or.Scalar",
        Tensor(|a| Ok(a.tensor("self")?.f_bitwise_or(a.scalar("other")?)?)),
    ),
    ("aten.bitwise_xor.Tensor", Binary(T::f_bitwise_xor_tensor)),
    (
        "aten.bitwise_xor.Scalar",
        Tensor(|a| Ok(a.tensor("self")?.f_bitwise_xor(a.scalar("other")?)?)),
    ),
    (
        "aten.bitwise_left_shift.Tensor",
        Binary(T::f_bitwise_left_shift),
    ),
    (
        "aten.bitwise_left_shift.Tensor_Scalar",
        Tensor(|a| {
            Ok(a.tensor("self")?
                .f_bitwise_left_shift_tensor_scalar(a.scalar("other")?)?)
        }),
    ),
    (
        "aten.bitwise_right_shift.Tensor",
        Binary(T::f_bitwise_right_shift),
    ),
    (
        "aten.bitwise_right_shift.Tensor_Scalar",
        Tensor(|a| {
            Ok(a.tensor("self")?
                .f_bitwise_right_shift_tensor_scalar(a.scalar("other")?)?)
        }),
    ),
    ("aten.__and__.Tensor", Binary(T::f_bitwise_and_tensor)),
    ("aten.__or__.Tensor", Binary(T::f_bitwise_or_tensor)),
    ("aten.__xor__.Tensor", Binary(T::f_bitwise_xor_tensor)),
    ("aten.bitwise_not.default", Unary(T::f_bitwise_not)),
    ("aten.isnan.default", Unary(T::f_isnan)),
    ("aten.isinf.default", Unary(T::f_isinf)),
    ("aten.isfinite.default", Unary(T::f_isfinite)),
    ("aten.where.ScalarSelf", Tensor(choice)),
    ("aten.where.ScalarOther", Tensor(choice)),
    ("aten.where.Scalar", Tensor(choice)),
    (
        "aten.masked_fill.Tensor",
        Tensor(|a| {
            let value = a.tensor("value")?;
            Ok(a.tensor("self")?
                .f_masked_fill_tensor(&truth(a, "mask")?, value)?)
        }),
    ),
    (
        "aten.masked_fill.Scalar",
        Tensor(|a| {
            let value = a.scalar("value")?;
            Ok(a.tensor("self")?.f_masked_fill(&truth(a, "mask")?, value)?)
        }),
    ),
    (
        "aten.where.self",
        Tensor(|a| {
            Ok(a.tensor("self")?
                .f_where_self(&truth(a, "condition")?, a.tensor("other")?)?)
        }),
    ),
    (
        "aten.isclose.default",
        Tensor(|a| {
            let (relative, absolute) = (a.float_or("rtol", 1e-5)?, a.float_or("atol", 1e-8)?);
            let other = a.tensor("other")?;
            Ok(a.tensor("self")?.f_isclose(
                other,
                relative,
                absolute,
                a.bool_or("equal_nan", false)?,
            )?)
        }),
    ),
    // A truth is a type of its own in ONNX, and a cast to it is no cast to a number.
    (
        "onnx.truth.default",
        Tensor(|a| Ok(a.tensor("self")?.f_to_kind(Kind::Bool)?)),
    ),
];

/// A mask as truths: files hold those of a constant as bytes.
fn truth(a: &Arguments, name: &'static str) -> Result<T> {
    Ok(a.tensor(name)?.f_to_kind(Kind::Bool)?)
}

/// `where` with a number on either side or on both.
fn choice(a: &Arguments) -> Result<T> {
    let condition = truth(a, "condition")?;
    Ok(match (a.operand("self")?, a.operand("other")?) {
        (Operand::Tensor(first), Operand::Tensor(second)) => {
            first.f_where_self(&condition, second)?
        }
        (Operand::Tensor(first), _) => first.f_where_scalarother(&condition, a.scalar("other")?)?,
        (_, Operand::Tensor(second)) => {
            T::f_where_scalarself(&condition, a.scalar("self")?, second)?
        }
        _ => T::f_where_scalar(&condition, a.scalar("self")?, a.scalar("other")?)?,
    })
}
