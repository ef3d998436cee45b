//! Arithmetic on tensors and on sizes, reductions and softmax.

use tch::Tensor as T;

use super::Operation::{Check, Number, Tensor};
use super::{Arguments, Operand, OperatorError, Result, Row};

pub const TABLE: &[Row] = &[
    ("aten.add.Tensor", Tensor(|a| sum(a, 1.0))),
    ("aten.add.Scalar", Tensor(|a| sum(a, 1.0))),
    ("aten.sub.Tensor", Tensor(|a| sum(a, -1.0))),
    ("aten.sub.Scalar", Tensor(|a| sum(a, -1.0))),
    ("aten.mul.Tensor", Tensor(product)),
    ("aten.mul.Scalar", Tensor(product)),
    ("aten.div.Tensor", Tensor(quotient)),
    ("aten.div.Scalar", Tensor(quotient)),
    (
        "aten.pow.Tensor_Scalar",
        Tensor(|a| {
            Ok(a.tensor("self")?
                .f_pow_tensor_scalar(a.float("exponent")?)?)
        }),
    ),
    (
        "aten.mean.dim",
        Tensor(|a| {
            let (dims, keep) = (a.ints_or_none("dim")?, a.bool_or("keepdim", false)?);
            Ok(a.tensor("self")?
                .f_mean_dim(dims, keep, a.kind_or_none("dtype")?)?)
        }),
    ),
    (
        "aten.sum.dim_IntList",
        Tensor(|a| {
            let (dims, keep) = (a.ints_or_none("dim")?, a.bool_or("keepdim", false)?);
            Ok(a.tensor("self")?
                .f_sum_dim_intlist(dims, keep, a.kind_or_none("dtype")?)?)
        }),
    ),
    (
        "aten.amax.default",
        Tensor(|a| {
            let (dims, keep) = (a.ints_or("dim", &[])?, a.bool_or("keepdim", false)?);
            Ok(a.tensor("self")?.f_amax(dims, keep)?)
        }),
    ),
    (
        "aten.amin.default",
        Tensor(|a| {
            let (dims, keep) = (a.ints_or("dim", &[])?, a.bool_or("keepdim", false)?);
            Ok(a.tensor("self")?.f_amin(dims, keep)?)
        }),
    ),
    (
        "aten.logsumexp.default",
        Tensor(|a| {
            let (dims, keep) = (a.ints("dim")?, a.bool_or("keepdim", false)?);
            Ok(a.tensor("self")?.f_logsumexp(dims, keep)?)
        }),
    ),
    (
        "onnx.absolute_sum.default",
        Tensor(|a| {
            let (dims, keep) = (a.ints("dim")?, a.bool_or("keepdim", false)?);
            Ok(a.tensor("self")?
                .f_abs()?
                .f_sum_dim_intlist(dims, keep, None)?)
        }),
    ),
    (
        "onnx.square_sum.default",
        Tensor(|a| {
            let (dims, keep) = (a.ints("dim")?, a.bool_or("keepdim", false)?);
            Ok(a.tensor("self")?
                .f_square()?
                .f_sum_dim_intlist(dims, keep, None)?)
        }),
    ),
    (
        "aten.softmax.int",
        Tensor(|a| {
            Ok(a.tensor("self")?
                .f_softmax(a.int("dim")?, a.kind_or_none("dtype")?)?)
        }),
    ),
    (
        "aten._softmax.default",
        Tensor(|a| {
            a.only_bool("half_to_float", false)?;
            Ok(a.tensor("self")?.f_softmax(a.int("dim")?, None)?)
        }),
    ),
    (
        "aten.log_softmax.int",
        Tensor(|a| {
            Ok(a.tensor("self")?
                .f_log_softmax(a.int("dim")?, a.kind_or_none("dtype")?)?)
        }),
    ),
    (
        "aten._log_softmax.default",
        Tensor(|a| {
            a.only_bool("half_to_float", false)?;
            Ok(a.tensor("self")?.f_log_softmax(a.int("dim")?, None)?)
        }),
    ),
    ("aten.sym_size.int", Number(size)),
    ("_operator.add", Number(|a| of_two(a, i64::checked_add))),
    ("_operator.sub", Number(|a| of_two(a, i64::checked_sub))),
    ("_operator.mul", Number(|a| of_two(a, i64::checked_mul))),
    (
        "_operator.floordiv",
        Number(|a| of_two(a, i64::checked_div_euclid)),
    ),
    (
        "_operator.mod",
        Number(|a| of_two(a, i64::checked_rem_euclid)),
    ),
    (
        "_operator.eq",
        Number(|a| Ok(i64::from(a.int_at(0)? == a.int_at(1)?))),
    ),
    (
        "_operator.ne",
        Number(|a| Ok(i64::from(a.int_at(0)? != a.int_at(1)?))),
    ),
    (
        "_operator.ge",
        Number(|a| Ok(i64::from(a.int_at(0)? >= a.int_at(1)?))),
    ),
    (
        "_operator.gt",
        Number(|a| Ok(i64::from(a.int_at(0)? > a.int_at(1)?))),
    ),
    (
        "_operator.le",
        Number(|a| Ok(i64::from(a.int_at(0)? <= a.int_at(1)?))),
    ),
    (
        "_operator.lt",
        Number(|a| Ok(i64::from(a.int_at(0)? < a.int_at(1)?))),
    ),
    ("aten._assert_scalar.default", Check),
    ("aten._assert_tensor_metadata.default", Check),
    ("aten.sym_constrain_range.default", Check),
    ("aten.sym_constrain_range_for_size.default", Check),
];

/// `self + sign · alpha · other`.
fn sum(a: &Arguments, sign: f64) -> Result<T> {
    let input = a.tensor("self")?;
    let factor = sign * a.float_or("alpha", 1.0)?;
    Ok(match a.operand("other")? {
        Operand::Tensor(other) if factor == 1.0 => input.f_add(other)?,
        Operand::Tensor(other) if factor == -1.0 => input.f_sub(other)?,
        Operand::Tensor(other) => input.f_add(&other.f_mul_scalar(factor)?)?,
        Operand::Int(other) if factor == 1.0 => input.f_add_scalar(other)?,
        Operand::Int(other) if factor == -1.0 => input.f_sub_scalar(other)?,
        Operand::Int(other) => input.f_add_scalar(factor * other as f64)?,
        Operand::Float(other) => input.f_add_scalar(factor * other)?,
    })
}

fn product(a: &Arguments) -> Result<T> {
    let input = a.tensor("self")?;
    Ok(match a.operand("other")? {
        Operand::Tensor(other) => input.f_mul(other)?,
        Operand::Int(other) => input.f_mul_scalar(other)?,
        Operand::Float(other) => input.f_mul_scalar(other)?,
    })
}

fn quotient(a: &Arguments) -> Result<T> {
    let input = a.tensor("self")?;
    Ok(match a.operand("other")? {
        Operand::Tensor(other) => input.f_div(other)?,
        Operand::Int(other) => input.f_div_scalar(other)?,
        Operand::Float(other) => input.f_div_scalar(other)?,
    })
}

fn size(a: &Arguments) -> Result<i64> {
    let sizes = a.tensor("self")?.size();
    let dim = a.int("dim")?;
    let index = if dim < 0 {
        dim + sizes.len() as i64
    } else {
        dim
    };
    let size = usize::try_from(index)
        .ok()
        .and_then(|index| sizes.get(index));
    size.copied().ok_or(OperatorError::Value {
        argument: "dim",
        expected: format!("below {}", sizes.len()),
    })
}

/// On sizes, which are never negative: Euclid's division is then Python's.
fn of_two(a: &Arguments, operation: fn(i64, i64) -> Option<i64>) -> Result<i64> {
    operation(a.int_at(0)?, a.int_at(1)?).ok_or(OperatorError::Kind {
        argument: "operand".to_owned(),
        expected: "a size that can be computed",
    })
}
