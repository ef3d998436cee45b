//! Comparisons and what is made of them: masks of attention, parts of functions in pieces.

use tch::{Kind, Tensor as T};

use super::Operation::Tensor;
use super::{Arguments, Result, Row};

pub const TABLE: &[Row] = &[
    ("aten.eq.Tensor", Tensor(|a| pair(a, T::f_eq_tensor))),
    ("aten.gt.Tensor", Tensor(|a| pair(a, T::f_gt_tensor))),
    ("aten.ge.Tensor", Tensor(|a| pair(a, T::f_ge_tensor))),
    ("aten.lt.Tensor", Tensor(|a| pair(a, T::f_lt_tensor))),
    ("aten.le.Tensor", Tensor(|a| pair(a, T::f_le_tensor))),
    (
        "aten.logical_and.default",
        Tensor(|a| pair(a, T::f_logical_and)),
    ),
    (
        "aten.logical_or.default",
        Tensor(|a| pair(a, T::f_logical_or)),
    ),
    (
        "aten.logical_xor.default",
        Tensor(|a| pair(a, T::f_logical_xor)),
    ),
    (
        "aten.logical_not.default",
        Tensor(|a| Ok(a.tensor("self")?.f_logical_not()?)),
    ),
    // A truth is a type of its own in ONNX, and a cast to it is no cast to a number.
    (
        "onnx.truth.default",
        Tensor(|a| Ok(a.tensor("self")?.f_to_kind(Kind::Bool)?)),
    ),
];

fn pair(a: &Arguments, run: fn(&T, &T) -> std::result::Result<T, tch::TchError>) -> Result<T> {
    Ok(run(a.tensor("self")?, a.tensor("other")?)?)
}
