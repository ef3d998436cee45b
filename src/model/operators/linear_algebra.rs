//! Products of vectors and matrices, and distances.

use tch::Tensor as T;

use super::Operation::{Binary, Tensor};
use super::{Arguments, Result, Row, products};

pub const TABLE: &[Row] = &[
    (
        "aten.mv.default",
        Tensor(|a| Ok(a.tensor("self")?.f_mv(a.tensor("vec")?)?)),
    ),
    (
        "aten.dot.default",
        Tensor(|a| Ok(a.tensor("self")?.f_dot(a.tensor("tensor")?)?)),
    ),
    ("aten.vdot.default", Binary(T::f_vdot)),
    (
        "aten.outer.default",
        Tensor(|a| Ok(a.tensor("self")?.f_outer(a.tensor("vec2")?)?)),
    ),
    ("aten.inner.default", Binary(T::f_inner)),
    (
        "aten.baddbmm.default",
        Tensor(|a| added(a, a.tensor("batch1")?.f_bmm(a.tensor("batch2")?)?)),
    ),
    ("aten.addmm.default", Tensor(addmm)),
    (
        "aten.addmv.default",
        Tensor(|a| added(a, a.tensor("mat")?.f_mv(a.tensor("vec")?)?)),
    ),
    (
        "aten.linalg_vecdot.default",
        Tensor(|a| {
            Ok(T::f_linalg_vecdot(
                a.tensor("x")?,
                a.tensor("y")?,
                a.int_or("dim", -1)?,
            )?)
        }),
    ),
    (
        "aten.bilinear.default",
        Tensor(|a| {
            let (first, second) = (a.tensor("input1")?, a.tensor("input2")?);
            Ok(T::f_bilinear(
                first,
                second,
                a.tensor("weight")?,
                a.tensor_or_none("bias")?,
            )?)
        }),
    ),
    (
        "aten.cdist.default",
        Tensor(|a| distance(a, "compute_mode")),
    ),
    (
        "aten._cdist_forward.default",
        Tensor(|a| distance(a, "compute_mode")),
    ),
    (
        "aten._pdist_forward.default",
        Tensor(|a| Ok(a.tensor("self")?.f_pdist(a.float_or("p", 2.0)?)?)),
    ),
    (
        "aten.pairwise_distance.default",
        Tensor(|a| {
            let (order, epsilon) = (a.float_or("p", 2.0)?, a.float_or("eps", 1e-6)?);
            let keep = a.bool_or("keepdim", false)?;
            Ok(T::f_pairwise_distance(
                a.tensor("x1")?,
                a.tensor("x2")?,
                order,
                epsilon,
                keep,
            )?)
        }),
    ),
    (
        "aten.cosine_similarity.default",
        Tensor(|a| {
            let (dim, epsilon) = (a.int_or("dim", 1)?, a.float_or("eps", 1e-8)?);
            Ok(T::f_cosine_similarity(
                a.tensor("x1")?,
                a.tensor("x2")?,
                dim,
                epsilon,
            )?)
        }),
    ),
    (
        "aten.linalg_inv_ex.default",
        super::Operation::Leading(|a| {
            let (inverse, info) =
                T::f_linalg_inv_ex(a.tensor("A")?, a.bool_or("check_errors", false)?)?;
            Ok(vec![inverse, info])
        }),
    ),
    (
        "aten.linalg_inv.default",
        Tensor(|a| Ok(T::f_linalg_inv(a.tensor("A")?)?)),
    ),
    (
        "aten.linalg_matrix_exp.default",
        Tensor(|a| Ok(a.tensor("self")?.f_linalg_matrix_exp()?)),
    ),
];

/// β · self + α · product.
fn added(a: &Arguments, product: T) -> Result<T> {
    let (beta, alpha) = (a.float_or("beta", 1.0)?, a.float_or("alpha", 1.0)?);
    let input = a.tensor("self")?;
    Ok(match (beta, alpha) {
        (1.0, 1.0) => input.f_add(&product)?,
        _ => input
            .f_mul_scalar(beta)?
            .f_add(&product.f_mul_scalar(alpha)?)?,
    })
}

fn addmm(a: &Arguments) -> Result<T> {
    let (first, second) = (a.tensor("mat1")?, a.tensor("mat2")?);
    match (a.float_or("beta", 1.0)?, a.float_or("alpha", 1.0)?) {
        (1.0, 1.0) => match products::with_weights(first, second, Some(a.tensor("self")?))? {
            Some(product) => Ok(product),
            None => Ok(a.tensor("self")?.f_addmm(first, second)?),
        },
        _ => added(a, first.f_mm(second)?),
    }
}

fn distance(a: &Arguments, mode: &'static str) -> Result<T> {
    a.no_matter(mode); // a choice of algorithm
    Ok(T::f_cdist(
        a.tensor("x1")?,
        a.tensor("x2")?,
        a.float_or("p", 2.0)?,
        None::<i64>,
    )?)
}
