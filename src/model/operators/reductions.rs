//! What is taken over whole axes: truths, spread, extremes, order and running sums.

use tch::Tensor as T;

use super::Operation::{Leading, Tensor};
use super::{Arguments, OperatorError, Result, Row};

pub const TABLE: &[Row] = &[
    (
        "aten.any.default",
        Tensor(|a| Ok(a.tensor("self")?.f_any()?)),
    ),
    (
        "aten.any.dim",
        Tensor(|a| Ok(a.tensor("self")?.f_any_dim(a.int("dim")?, keep(a)?)?)),
    ),
    (
        "aten.any.dims",
        Tensor(|a| {
            Ok(a.tensor("self")?
                .f_any_dims(a.ints_or_none("dim")?, keep(a)?)?)
        }),
    ),
    (
        "aten.all.default",
        Tensor(|a| Ok(a.tensor("self")?.f_all()?)),
    ),
    (
        "aten.all.dim",
        Tensor(|a| Ok(a.tensor("self")?.f_all_dim(a.int("dim")?, keep(a)?)?)),
    ),
    (
        "aten.all.dims",
        Tensor(|a| {
            Ok(a.tensor("self")?
                .f_all_dims(a.ints_or_none("dim")?, keep(a)?)?)
        }),
    ),
    (
        "aten.mean.default",
        Tensor(|a| Ok(a.tensor("self")?.f_mean(a.kind_or_none("dtype")?)?)),
    ),
    (
        "aten.sum.default",
        Tensor(|a| Ok(a.tensor("self")?.f_sum(a.kind_or_none("dtype")?)?)),
    ),
    (
        "aten.prod.default",
        Tensor(|a| Ok(a.tensor("self")?.f_prod(a.kind_or_none("dtype")?)?)),
    ),
    (
        "aten.prod.dim_int",
        Tensor(|a| {
            let (dim, keep, kind) = (a.int("dim")?, keep(a)?, a.kind_or_none("dtype")?);
            Ok(a.tensor("self")?.f_prod_dim_int(dim, keep, kind)?)
        }),
    ),
    (
        "aten.std.default",
        Tensor(|a| Ok(a.tensor("self")?.f_std(a.bool_or("unbiased", true)?)?)),
    ),
    (
        "aten.var.default",
        Tensor(|a| Ok(a.tensor("self")?.f_var(a.bool_or("unbiased", true)?)?)),
    ),
    ("aten.std.dim", Tensor(|a| Ok(variance(a)?.f_sqrt()?))),
    ("aten.var.dim", Tensor(variance)),
    (
        "aten.std.correction",
        Tensor(|a| Ok(variance(a)?.f_sqrt()?)),
    ),
    ("aten.var.correction", Tensor(variance)),
    (
        "aten.std_mean.dim",
        Leading(|a| Ok(vec![variance(a)?.f_sqrt()?, mean(a)?])),
    ),
    (
        "aten.var_mean.dim",
        Leading(|a| Ok(vec![variance(a)?, mean(a)?])),
    ),
    (
        "aten.std_mean.correction",
        Leading(|a| Ok(vec![variance(a)?.f_sqrt()?, mean(a)?])),
    ),
    (
        "aten.var_mean.correction",
        Leading(|a| Ok(vec![variance(a)?, mean(a)?])),
    ),
    (
        "aten.max.default",
        Tensor(|a| Ok(a.tensor("self")?.f_max()?)),
    ),
    (
        "aten.min.default",
        Tensor(|a| Ok(a.tensor("self")?.f_min()?)),
    ),
    (
        "aten.max.dim",
        Leading(|a| pair(a.tensor("self")?.f_max_dim(a.int("dim")?, keep(a)?))),
    ),
    (
        "aten.min.dim",
        Leading(|a| pair(a.tensor("self")?.f_min_dim(a.int("dim")?, keep(a)?))),
    ),
    (
        "aten.median.default",
        Tensor(|a| Ok(a.tensor("self")?.f_median()?)),
    ),
    (
        "aten.median.dim",
        Leading(|a| pair(a.tensor("self")?.f_median_dim(a.int("dim")?, keep(a)?))),
    ),
    (
        "aten.aminmax.default",
        Leading(|a| pair(a.tensor("self")?.f_aminmax(a.int_or_none("dim")?, keep(a)?))),
    ),
    (
        "aten.argmax.default",
        Tensor(|a| {
            Ok(a.tensor("self")?
                .f_argmax(a.int_or_none("dim")?, keep(a)?)?)
        }),
    ),
    (
        "aten.argmin.default",
        Tensor(|a| {
            Ok(a.tensor("self")?
                .f_argmin(a.int_or_none("dim")?, keep(a)?)?)
        }),
    ),
    (
        "aten.topk.default",
        Leading(|a| {
            let (largest, sorted) = (a.bool_or("largest", true)?, a.bool_or("sorted", true)?);
            pair(
                a.tensor("self")?
                    .f_topk(a.int("k")?, a.int_or("dim", -1)?, largest, sorted),
            )
        }),
    ),
    (
        "aten.kthvalue.default",
        Leading(|a| {
            let keep = keep(a)?;
            pair(
                a.tensor("self")?
                    .f_kthvalue(a.int("k")?, a.int_or("dim", -1)?, keep),
            )
        }),
    ),
    ("aten.sort.default", Leading(sorted)),
    ("aten.sort.stable", Leading(sorted)),
    ("aten.argsort.default", Tensor(|a| Ok(sorted(a)?.remove(1)))),
    ("aten.argsort.stable", Tensor(|a| Ok(sorted(a)?.remove(1)))),
    (
        "aten.cumsum.default",
        Tensor(|a| {
            Ok(a.tensor("self")?
                .f_cumsum(a.int("dim")?, a.kind_or_none("dtype")?)?)
        }),
    ),
    (
        "aten.cumprod.default",
        Tensor(|a| {
            Ok(a.tensor("self")?
                .f_cumprod(a.int("dim")?, a.kind_or_none("dtype")?)?)
        }),
    ),
    (
        "aten.cummax.default",
        Leading(|a| pair(a.tensor("self")?.f_cummax(a.int("dim")?))),
    ),
    (
        "aten.cummin.default",
        Leading(|a| pair(a.tensor("self")?.f_cummin(a.int("dim")?))),
    ),
    (
        "aten.logcumsumexp.default",
        Tensor(|a| Ok(a.tensor("self")?.f_logcumsumexp(a.int("dim")?)?)),
    ),
    (
        "aten.count_nonzero.dim_IntList",
        Tensor(|a| {
            Ok(a.tensor("self")?
                .f_count_nonzero_dim_intlist(a.ints("dim")?)?)
        }),
    ),
    ("aten.norm.Scalar", Tensor(norm)),
    ("aten.norm.ScalarOpt_dim", Tensor(norm)),
    ("aten.frobenius_norm.dim", Tensor(norm)),
    ("aten.linalg_norm.default", Tensor(vector_norm)),
];

fn keep(a: &Arguments) -> Result<bool> {
    a.bool_or("keepdim", false)
}

fn pair(both: std::result::Result<(T, T), tch::TchError>) -> Result<Vec<T>> {
    let (values, places) = both?;
    Ok(vec![values, places])
}

/// By `unbiased` or by `correction`, of which an overload has one: the divisor is the count less that.
fn variance(a: &Arguments) -> Result<T> {
    let unbiased = if a.bool_or("unbiased", true)? {
        1.0
    } else {
        0.0
    };
    let correction = a.float_or_none("correction")?.unwrap_or(unbiased);
    Ok(a.tensor("self")?
        .f_var_correction(a.ints_or_none("dim")?, correction, keep(a)?)?)
}

fn mean(a: &Arguments) -> Result<T> {
    Ok(a.tensor("self")?
        .f_mean_dim(a.ints_or_none("dim")?, keep(a)?, None)?)
}

fn sorted(a: &Arguments) -> Result<Vec<T>> {
    let stable = a.bool_or("stable", false)?;
    let (dim, descending) = (a.int_or("dim", -1)?, a.bool_or("descending", false)?);
    pair(a.tensor("self")?.f_sort_stable(stable, dim, descending))
}

/// (Σ |x|^p)^(1/p) over axes, over all where none is named.
fn norm(a: &Arguments) -> Result<T> {
    let order = a.float_or("p", 2.0)?;
    Ok(a.tensor("self")?
        .f_norm_scalaropt_dim(order, a.ints_or("dim", &[])?, keep(a)?)?)
}

/// Along one axis, or of all elements by the order 2: a norm of matrices is another.
fn vector_norm(a: &Arguments) -> Result<T> {
    a.no_matter("dtype");
    let (order, dims) = (a.float_or_none("ord")?, a.ints_or_none("dim")?);
    match (order, dims) {
        (None, dims) => {
            Ok(a.tensor("self")?
                .f_norm_scalaropt_dim(2.0, dims.unwrap_or_default(), keep(a)?)?)
        }
        (Some(order), Some(dims)) if dims.len() == 1 => Ok(a
            .tensor("self")?
            .f_norm_scalaropt_dim(order, dims, keep(a)?)?),
        _ => Err(OperatorError::Value {
            argument: "dim",
            expected: "one axis".to_owned(),
        }),
    }
}
