//! What attention over windows is made of: tables by index, shifted windows, masks, and tensors that are
//! made and filled as the network runs.

use tch::Tensor as T;

use super::Operation::Tensor;
use super::{Arguments, OperatorError, Result, Row};

pub const TABLE: &[Row] = &[
    (
        "aten.index.Tensor",
        Tensor(|a| Ok(a.tensor("self")?.f_index(&a.tensors_or_none("indices")?)?)),
    ),
    (
        "aten.roll.default",
        Tensor(|a| {
            Ok(a.tensor("self")?
                .f_roll(a.ints("shifts")?, a.ints_or("dims", &[])?)?)
        }),
    ),
    (
        "aten.zero.default",
        Tensor(|a| Ok(a.tensor("self")?.f_zeros_like()?)),
    ),
    (
        "aten.fill.Tensor",
        Tensor(|a| Ok(a.tensor("self")?.f_fill_tensor(a.tensor("value")?)?)),
    ),
    (
        "aten.fill.Scalar",
        Tensor(|a| Ok(a.tensor("self")?.f_full_like(a.float("value")?)?)),
    ),
    (
        "aten.slice_scatter.default",
        Tensor(|a| {
            Ok(a.tensor("self")?.f_slice_scatter(
                a.tensor("src")?,
                a.int_or("dim", 0)?,
                a.int_or_none("start")?,
                a.int_or_none("end")?,
                a.int_or("step", 1)?,
            )?)
        }),
    ),
    (
        "aten.expand_as.default",
        Tensor(|a| Ok(a.tensor("self")?.f_expand_as(a.tensor("other")?)?)),
    ),
    (
        "aten.swapaxes.default",
        Tensor(|a| {
            Ok(a.tensor("self")?
                .f_swapaxes(a.int("axis0")?, a.int("axis1")?)?)
        }),
    ),
    ("aten.linalg_vector_norm.default", Tensor(vector_norm)),
    ("aten.einsum.default", Tensor(einsum)),
];

fn vector_norm(a: &Arguments) -> Result<T> {
    let (order, keep) = (a.float_or("ord", 2.0)?, a.bool_or("keepdim", false)?);
    let input = match a.kind_or_none("dtype")? {
        Some(kind) => a.tensor("self")?.f_to_kind(kind)?,
        None => a.tensor("self")?.shallow_clone(),
    };
    Ok(input.f_norm_scalaropt_dim(order, a.ints_or("dim", &[])?, keep)?)
}

fn einsum(a: &Arguments) -> Result<T> {
    let equation = a.text_or("equation", "")?;
    if equation.is_empty() {
        return Err(OperatorError::Missing {
            argument: "equation",
        });
    }
    Ok(T::f_einsum(
        equation,
        &a.tensors("tensors")?,
        None::<Vec<i64>>,
    )?)
}
