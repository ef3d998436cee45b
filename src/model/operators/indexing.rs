//! Entries of a tensor by tables of places, read and written, as ONNX describes them.

use tch::Tensor as T;

use super::Operation::Tensor;
use super::{Arguments, Result, Row};

pub const TABLE: &[Row] = &[
    ("onnx.gather_nd.default", Tensor(gather_nd)),
    ("onnx.scatter_nd.default", Tensor(scatter_nd)),
    (
        "aten.flip.default",
        Tensor(|a| Ok(a.tensor("self")?.f_flip(a.ints("dims")?)?)),
    ),
    (
        "aten.repeat.default",
        Tensor(|a| Ok(a.tensor("self")?.f_repeat(a.ints("repeats")?)?)),
    ),
    (
        "aten.gather.default",
        Tensor(|a| {
            Ok(a.tensor("self")?
                .f_gather(a.int("dim")?, a.tensor("index")?, false)?)
        }),
    ),
];

/// One table of places for each of the first axes, from the last axis of `index`; counted from the back
/// below zero.
fn places(index: &T) -> Result<Vec<Option<T>>> {
    Ok(index.f_unbind(-1)?.into_iter().map(Some).collect())
}

/// `self` at the places that stand in the last axis of `index`.
fn gather_nd(a: &Arguments) -> Result<T> {
    Ok(a.tensor("self")?.f_index(&places(a.tensor("index")?)?)?)
}

/// A copy of `self` with `updates` at the places that stand in the last axis of `index`.
fn scatter_nd(a: &Arguments) -> Result<T> {
    let (input, updates) = (a.tensor("self")?, a.tensor("updates")?);
    Ok(input.f_index_put(&places(a.tensor("index")?)?, updates, false)?)
}
