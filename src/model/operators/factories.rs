//! Tensors that are made rather than computed: filled with one number, rising, or cut to a triangle.

use tch::Tensor as T;

use super::Operation::{Tensor, Tensors};
use super::{Arguments, Operand, Result, Row};

pub const TABLE: &[Row] = &[
    (
        "aten.full.default",
        Tensor(|a| {
            let whole = matches!(a.operand("fill_value"), Ok(Operand::Int(_)));
            let (kind, device) = a.options()?;
            let kind = match a.kind_or_none("dtype")? {
                None if whole => tch::Kind::Int64,
                _ => kind,
            };
            Ok(T::f_full(
                a.ints("size")?,
                a.scalar("fill_value")?,
                (kind, device),
            )?)
        }),
    ),
    (
        "aten.zeros.default",
        Tensor(|a| filled(a, a.ints("size")?, 0.into())),
    ),
    (
        "aten.ones.default",
        Tensor(|a| filled(a, a.ints("size")?, 1.into())),
    ),
    // What is empty is filled before it is read; zeros keep the result the same each time if it is not.
    (
        "aten.empty.memory_format",
        Tensor(|a| filled(a, a.ints("size")?, 0.into())),
    ),
    (
        "aten.empty_strided.default",
        Tensor(|a| {
            a.no_matter("stride");
            filled(a, a.ints("size")?, 0.into())
        }),
    ),
    (
        "aten.scalar_tensor.default",
        Tensor(|a| filled(a, Vec::new(), a.scalar("s")?)),
    ),
    (
        "aten.full_like.default",
        Tensor(|a| like(a, None, a.scalar("fill_value")?)),
    ),
    (
        "aten.zeros_like.default",
        Tensor(|a| like(a, None, 0.into())),
    ),
    (
        "aten.ones_like.default",
        Tensor(|a| like(a, None, 1.into())),
    ),
    (
        "aten.empty_like.default",
        Tensor(|a| like(a, None, 0.into())),
    ),
    (
        "aten.new_full.default",
        Tensor(|a| like(a, Some(a.ints("size")?), a.scalar("fill_value")?)),
    ),
    (
        "aten.new_zeros.default",
        Tensor(|a| like(a, Some(a.ints("size")?), 0.into())),
    ),
    (
        "aten.new_ones.default",
        Tensor(|a| like(a, Some(a.ints("size")?), 1.into())),
    ),
    (
        "aten.new_empty.default",
        Tensor(|a| like(a, Some(a.ints("size")?), 0.into())),
    ),
    ("aten.arange.default", Tensor(range)),
    ("aten.arange.start", Tensor(range)),
    ("aten.arange.start_step", Tensor(range)),
    (
        "aten.linspace.default",
        Tensor(|a| {
            let (start, end) = (a.float("start")?, a.float("end")?);
            Ok(T::f_linspace(start, end, a.int("steps")?, a.options()?)?)
        }),
    ),
    (
        "aten.eye.default",
        Tensor(|a| Ok(T::f_eye(a.int("n")?, a.options()?)?)),
    ),
    (
        "aten.eye.m",
        Tensor(|a| Ok(T::f_eye_m(a.int("n")?, a.int("m")?, a.options()?)?)),
    ),
    (
        "aten.tril.default",
        Tensor(|a| Ok(a.tensor("self")?.f_tril(a.int_or("diagonal", 0)?)?)),
    ),
    (
        "aten.triu.default",
        Tensor(|a| Ok(a.tensor("self")?.f_triu(a.int_or("diagonal", 0)?)?)),
    ),
    (
        "aten.meshgrid.default",
        Tensors(|a| Ok(T::f_meshgrid_indexing(&a.tensors("tensors")?, "ij")?)),
    ),
    (
        "aten.meshgrid.indexing",
        Tensors(|a| {
            let indexing = a.text_or("indexing", "ij")?;
            Ok(T::f_meshgrid_indexing(&a.tensors("tensors")?, indexing)?)
        }),
    ),
];

fn filled(a: &Arguments, size: Vec<i64>, number: tch::Scalar) -> Result<T> {
    Ok(T::f_full(size, number, a.options()?)?)
}

/// On the device and, but for what it is asked for, in the type of `self`.
fn like(a: &Arguments, size: Option<Vec<i64>>, number: tch::Scalar) -> Result<T> {
    for name in ["layout", "device", "pin_memory", "memory_format"] {
        a.no_matter(name);
    }
    let input = a.tensor("self")?;
    let kind = a.kind_or_none("dtype")?.unwrap_or(input.f_kind()?);
    let size = size.unwrap_or_else(|| input.size());
    Ok(T::f_full(size, number, (kind, input.device()))?)
}

/// From `start` to before `end`; whole where no type is said, as its bounds are.
fn range(a: &Arguments) -> Result<T> {
    let whole = ["start", "end", "step"].iter().all(|name| {
        a.float_or_none(name)
            .is_ok_and(|n| n.is_none_or(|n| n.fract() == 0.0))
    });
    let said = a.kind_or_none("dtype")?;
    let (kind, device) = a.options()?;
    let kind = match said {
        None if whole => tch::Kind::Int64,
        _ => kind,
    };
    let (start, end) = (a.float_or("start", 0.0)?, a.float("end")?);
    Ok(T::f_arange_start_step(
        start,
        end,
        a.float_or("step", 1.0)?,
        (kind, device),
    )?)
}
