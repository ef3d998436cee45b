//! Entries taken from places and put to places, as PyTorch describes them.

use tch::Tensor as T;

use super::Operation::{Binary, Tensor, Unary};
use super::{Arguments, Operand, Result, Row};

pub const TABLE: &[Row] = &[
    (
        "aten._unsafe_index.Tensor",
        Tensor(|a| Ok(a.tensor("self")?.f_index(&a.tensors_or_none("indices")?)?)),
    ),
    ("aten.index_put.default", Tensor(index_put)),
    ("aten._unsafe_index_put.default", Tensor(index_put)),
    ("aten.scatter.src", Tensor(scattered)),
    ("aten.scatter.value", Tensor(scattered)),
    (
        "aten.scatter_add.default",
        Tensor(|a| {
            let (index, source) = (a.tensor("index")?, a.tensor("src")?);
            Ok(a.tensor("self")?
                .f_scatter_add(a.int("dim")?, index, source)?)
        }),
    ),
    (
        "aten.scatter_reduce.two",
        Tensor(|a| {
            a.only_bool("include_self", true)?;
            let (index, source) = (a.tensor("index")?, a.tensor("src")?);
            let reduce = a.text_or("reduce", "sum")?;
            Ok(a.tensor("self")?
                .f_scatter_reduce(a.int("dim")?, index, source, reduce)?)
        }),
    ),
    (
        "aten.select_scatter.default",
        Tensor(|a| {
            let (dim, index) = (a.int("dim")?, a.int("index")?);
            Ok(a.tensor("self")?
                .f_select_scatter(a.tensor("src")?, dim, index)?)
        }),
    ),
    (
        "aten.diagonal_scatter.default",
        Tensor(|a| {
            let [offset, first, second] = diagonal(a)?;
            Ok(a.tensor("self")?
                .f_diagonal_scatter(a.tensor("src")?, offset, first, second)?)
        }),
    ),
    (
        "aten.masked_scatter.default",
        Tensor(|a| {
            let mask = a.tensor("mask")?.f_to_kind(tch::Kind::Bool)?;
            Ok(a.tensor("self")?
                .f_masked_scatter(&mask, a.tensor("source")?)?)
        }),
    ),
    (
        "aten.index_add.default",
        Tensor(|a| {
            let source = a
                .tensor("source")?
                .f_mul_scalar(a.float_or("alpha", 1.0)?)?;
            Ok(a.tensor("self")?
                .f_index_add(a.int("dim")?, a.tensor("index")?, &source)?)
        }),
    ),
    ("aten.copy.default", Tensor(copied)),
    (
        "aten.embedding.default",
        Tensor(|a| {
            for name in ["padding_idx", "scale_grad_by_freq", "sparse"] {
                a.no_matter(name);
            }
            Ok(T::f_embedding(
                a.tensor("weight")?,
                a.tensor("indices")?,
                -1,
                false,
                false,
            )?)
        }),
    ),
    (
        "aten.take.default",
        Tensor(|a| Ok(a.tensor("self")?.f_take(a.tensor("index")?)?)),
    ),
    (
        "aten.take_along_dim.default",
        Tensor(|a| {
            Ok(a.tensor("self")?
                .f_take_along_dim(a.tensor("indices")?, a.int_or_none("dim")?)?)
        }),
    ),
    (
        "aten.diagonal.default",
        Tensor(|a| {
            let [offset, first, second] = diagonal(a)?;
            Ok(a.tensor("self")?.f_diagonal(offset, first, second)?)
        }),
    ),
    (
        "aten.diag_embed.default",
        Tensor(|a| {
            let (first, second) = (a.int_or("dim1", -2)?, a.int_or("dim2", -1)?);
            Ok(a.tensor("self")?
                .f_diag_embed(a.int_or("offset", 0)?, first, second)?)
        }),
    ),
    (
        "aten.as_strided.default",
        Tensor(|a| {
            let (size, stride) = (a.ints("size")?, a.ints("stride")?);
            // Strides were written for numbers that lie in their order.
            let input = a.tensor("self")?.f_contiguous()?;
            Ok(input.f_as_strided(size, stride, a.int_or_none("storage_offset")?)?)
        }),
    ),
    (
        "aten.narrow.default",
        Tensor(|a| {
            let (start, length) = (a.int("start")?, a.int("length")?);
            Ok(a.tensor("self")?.f_narrow(a.int("dim")?, start, length)?)
        }),
    ),
    (
        "aten.repeat_interleave.self_int",
        Tensor(|a| {
            a.no_matter("output_size");
            let dim = a.int_or_none("dim")?;
            Ok(a.tensor("self")?.f_repeat_interleave_self_int(
                a.int("repeats")?,
                dim,
                None::<i64>,
            )?)
        }),
    ),
    (
        "aten.repeat_interleave.self_Tensor",
        Tensor(|a| {
            a.no_matter("output_size");
            let dim = a.int_or_none("dim")?;
            Ok(a.tensor("self")?.f_repeat_interleave_self_tensor(
                a.tensor("repeats")?,
                dim,
                None::<i64>,
            )?)
        }),
    ),
    (
        "aten.tile.default",
        Tensor(|a| Ok(a.tensor("self")?.f_tile(a.ints("dims")?)?)),
    ),
    (
        "aten.rot90.default",
        Tensor(|a| {
            Ok(a.tensor("self")?
                .f_rot90(a.int_or("k", 1)?, a.ints_or("dims", &[0, 1])?)?)
        }),
    ),
    ("aten.fliplr.default", Unary(T::f_fliplr)),
    ("aten.flipud.default", Unary(T::f_flipud)),
    ("aten.reshape_as.default", Binary(T::f_reshape_as)),
    ("aten.view_as.default", Binary(T::f_reshape_as)),
];

fn diagonal(a: &Arguments) -> Result<[i64; 3]> {
    Ok([
        a.int_or("offset", 0)?,
        a.int_or("dim1", 0)?,
        a.int_or("dim2", 1)?,
    ])
}

fn index_put(a: &Arguments) -> Result<T> {
    let places = a.tensors_or_none("indices")?;
    let (values, accumulate) = (a.tensor("values")?, a.bool_or("accumulate", false)?);
    Ok(a.tensor("self")?.f_index_put(&places, values, accumulate)?)
}

fn scattered(a: &Arguments) -> Result<T> {
    let (input, dim, index) = (a.tensor("self")?, a.int("dim")?, a.tensor("index")?);
    Ok(match a.tensor_or_none("src")? {
        Some(source) => input.f_scatter(dim, index, source)?,
        None => match a.operand("value")? {
            Operand::Int(value) => input.f_scatter_value(dim, index, value)?,
            Operand::Float(value) => input.f_scatter_value(dim, index, value)?,
            Operand::Tensor(value) => input.f_scatter(dim, index, value)?,
        },
    })
}

/// The numbers of `src` in the shape and type of `self`.
fn copied(a: &Arguments) -> Result<T> {
    a.no_matter("non_blocking");
    let (input, source) = (a.tensor("self")?, a.tensor("src")?);
    Ok(source
        .f_to_kind(input.f_kind()?)?
        .f_expand(input.size(), false)?
        .f_contiguous()?)
}
