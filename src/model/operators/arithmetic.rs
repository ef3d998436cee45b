//! Arithmetic on tensors and on sizes, reductions and softmax.

use tch::Tensor as T;

use super::Operation::{Binary, Check, Number, Tensor};
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
    ("aten.div.Tensor_mode", Tensor(rounded_quotient)),
    ("aten.div.Scalar_mode", Tensor(rounded_quotient)),
    ("aten.true_divide.Tensor", Tensor(quotient)),
    ("aten.divide.Tensor", Tensor(quotient)),
    ("aten.multiply.Tensor", Tensor(product)),
    ("aten.subtract.Tensor", Tensor(|a| sum(a, -1.0))),
    ("aten.floor_divide.default", Tensor(floored_quotient)),
    ("aten.floor_divide.Scalar", Tensor(floored_quotient)),
    ("aten.rsub.Scalar", Tensor(reversed_difference)),
    ("aten.rsub.Tensor", Tensor(reversed_difference)),
    ("aten.remainder.Tensor", Binary(T::f_remainder_tensor)),
    (
        "aten.remainder.Scalar",
        Tensor(|a| Ok(a.tensor("self")?.f_remainder(a.scalar("other")?)?)),
    ),
    (
        "aten.remainder.Scalar_Tensor",
        Tensor(|a| {
            let number = a.scalar("self")?;
            Ok(T::f_remainder_scalar_tensor(number, a.tensor("other")?)?)
        }),
    ),
    ("aten.fmod.Tensor", Binary(T::f_fmod_tensor)),
    (
        "aten.fmod.Scalar",
        Tensor(|a| Ok(a.tensor("self")?.f_fmod(a.scalar("other")?)?)),
    ),
    (
        "aten.pow.Scalar",
        Tensor(|a| {
            let base = a.scalar("self")?;
            Ok(T::f_pow_scalar(base, a.tensor("exponent")?)?)
        }),
    ),
    ("aten.lerp.Scalar", Tensor(lerp)),
    ("aten.lerp.Tensor", Tensor(lerp)),
    (
        "aten.addcmul.default",
        Tensor(|a| {
            let product = a.tensor("tensor1")?.f_mul(a.tensor("tensor2")?)?;
            let scaled = product.f_mul_scalar(a.float_or("value", 1.0)?)?;
            Ok(a.tensor("self")?.f_add(&scaled)?)
        }),
    ),
    (
        "aten.addcdiv.default",
        Tensor(|a| {
            let quotient = a.tensor("tensor1")?.f_div(a.tensor("tensor2")?)?;
            let scaled = quotient.f_mul_scalar(a.float_or("value", 1.0)?)?;
            Ok(a.tensor("self")?.f_add(&scaled)?)
        }),
    ),
    (
        "aten.pow.Tensor_Scalar",
        Tensor(|a| {
            Ok(a.tensor("self")?
                .f_pow_tensor_scalar(a.scalar("exponent")?)?)
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
    (
        "aten.sym_numel.default",
        Number(|a| Ok(a.tensor("self")?.size().iter().product())),
    ),
    ("aten.sym_stride.int", Number(stride)),
    // Of a tensor that lies by itself, as all that are computed here.
    (
        "aten.sym_storage_offset.default",
        Number(|a| a.tensor("self").map(|_| 0)),
    ),
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
    let input = a.tensor_of_number("self")?;
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
    let input = a.tensor_of_number("self")?;
    Ok(match a.operand("other")? {
        Operand::Tensor(other) => input.f_mul(other)?,
        Operand::Int(other) => input.f_mul_scalar(other)?,
        Operand::Float(other) => input.f_mul_scalar(other)?,
    })
}

fn quotient(a: &Arguments) -> Result<T> {
    let input = a.tensor_of_number("self")?;
    Ok(match a.operand("other")? {
        Operand::Tensor(other) => input.f_div(other)?,
        Operand::Int(other) => input.f_div_scalar(other)?,
        Operand::Float(other) => input.f_div_scalar(other)?,
    })
}

/// A quotient of two tensors or of a tensor and a number, rounded as it is asked for.
fn rounded_quotient(a: &Arguments) -> Result<T> {
    let mode = a.text_or("rounding_mode", "")?;
    if mode.is_empty() {
        return quotient(a);
    }
    let input = a.tensor("self")?;
    Ok(match a.operand("other")? {
        Operand::Tensor(other) => input.f_div_tensor_mode(other, mode)?,
        Operand::Int(other) => input.f_div_scalar_mode(other, mode)?,
        Operand::Float(other) => input.f_div_scalar_mode(other, mode)?,
    })
}

fn floored_quotient(a: &Arguments) -> Result<T> {
    let input = a.tensor("self")?;
    Ok(match a.operand("other")? {
        Operand::Tensor(other) => input.f_floor_divide(other)?,
        Operand::Int(other) => input.f_floor_divide_scalar(other)?,
        Operand::Float(other) => input.f_floor_divide_scalar(other)?,
    })
}

/// `other - alpha · self`.
fn reversed_difference(a: &Arguments) -> Result<T> {
    let factor = a.float_or("alpha", 1.0)?;
    let negated = match factor {
        1.0 => a.tensor("self")?.f_neg()?,
        factor => a.tensor("self")?.f_mul_scalar(-factor)?,
    };
    Ok(match a.operand("other")? {
        Operand::Tensor(other) => negated.f_add(other)?,
        Operand::Int(other) => negated.f_add_scalar(other)?,
        Operand::Float(other) => negated.f_add_scalar(other)?,
    })
}

fn lerp(a: &Arguments) -> Result<T> {
    let (input, end) = (a.tensor("self")?, a.tensor("end")?);
    Ok(match a.operand("weight")? {
        Operand::Tensor(weight) => input.f_lerp_tensor(end, weight)?,
        Operand::Int(weight) => input.f_lerp(end, weight)?,
        Operand::Float(weight) => input.f_lerp(end, weight)?,
    })
}

fn stride(a: &Arguments) -> Result<i64> {
    let strides = a.tensor("self")?.stride();
    along(&strides, a.int("dim")?)
}

fn size(a: &Arguments) -> Result<i64> {
    let sizes = a.tensor("self")?.size();
    along(&sizes, a.int("dim")?)
}

/// The entry of an axis that may be counted from the back.
fn along(sizes: &[i64], dim: i64) -> Result<i64> {
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
