//! Activations and what leaves its input as it is.

use super::{Arguments, Operation::Tensor, OperatorError, Result, Row};

pub const TABLE: &[Row] = &[
    (
        "aten.relu.default",
        Tensor(|a| Ok(a.tensor("self")?.f_relu()?)),
    ),
    (
        "aten.relu6.default",
        Tensor(|a| Ok(a.tensor("self")?.f_relu6()?)),
    ),
    ("aten.hardtanh.default", Tensor(hardtanh)),
    ("aten.clamp.default", Tensor(clamp)),
    (
        "aten.clamp_min.default",
        Tensor(|a| Ok(a.tensor("self")?.f_clamp_min(a.float("min")?)?)),
    ),
    (
        "aten.clamp_max.default",
        Tensor(|a| Ok(a.tensor("self")?.f_clamp_max(a.float("max")?)?)),
    ),
    ("aten.leaky_relu.default", Tensor(leaky_relu)),
    (
        "aten.prelu.default",
        Tensor(|a| Ok(a.tensor("self")?.f_prelu(a.tensor("weight")?)?)),
    ),
    (
        "aten.elu.default",
        Tensor(|a| {
            for name in ["alpha", "scale", "input_scale"] {
                a.only_float(name, 1.0)?;
            }
            Ok(a.tensor("self")?.f_elu()?)
        }),
    ),
    (
        "aten.softplus.default",
        Tensor(|a| {
            a.only_float("beta", 1.0)?;
            a.only_float("threshold", 20.0)?;
            Ok(a.tensor("self")?.f_softplus()?)
        }),
    ),
    (
        "aten.selu.default",
        Tensor(|a| Ok(a.tensor("self")?.f_selu()?)),
    ),
    (
        "aten.silu.default",
        Tensor(|a| Ok(a.tensor("self")?.f_silu()?)),
    ),
    (
        "aten.mish.default",
        Tensor(|a| Ok(a.tensor("self")?.f_mish()?)),
    ),
    (
        "aten.gelu.default",
        Tensor(|a| {
            Ok(a.tensor("self")?
                .f_gelu(a.text_or("approximate", "none")?)?)
        }),
    ),
    (
        "aten.hardswish.default",
        Tensor(|a| Ok(a.tensor("self")?.f_hardswish()?)),
    ),
    (
        "aten.hardsigmoid.default",
        Tensor(|a| Ok(a.tensor("self")?.f_hardsigmoid()?)),
    ),
    (
        "aten.sigmoid.default",
        Tensor(|a| Ok(a.tensor("self")?.f_sigmoid()?)),
    ),
    (
        "aten.tanh.default",
        Tensor(|a| Ok(a.tensor("self")?.f_tanh()?)),
    ),
    (
        "aten.exp.default",
        Tensor(|a| Ok(a.tensor("self")?.f_exp()?)),
    ),
    (
        "aten.log.default",
        Tensor(|a| Ok(a.tensor("self")?.f_log()?)),
    ),
    (
        "aten.sqrt.default",
        Tensor(|a| Ok(a.tensor("self")?.f_sqrt()?)),
    ),
    (
        "aten.rsqrt.default",
        Tensor(|a| Ok(a.tensor("self")?.f_rsqrt()?)),
    ),
    (
        "aten.abs.default",
        Tensor(|a| Ok(a.tensor("self")?.f_abs()?)),
    ),
    (
        "aten.neg.default",
        Tensor(|a| Ok(a.tensor("self")?.f_neg()?)),
    ),
    (
        "aten.reciprocal.default",
        Tensor(|a| Ok(a.tensor("self")?.f_reciprocal()?)),
    ),
    ("aten.dropout.default", Tensor(dropout)),
    ("aten.feature_dropout.default", Tensor(dropout)),
    ("aten.alpha_dropout.default", Tensor(dropout)),
    ("aten.alias.default", Tensor(same)),
    ("aten.lift_fresh_copy.default", Tensor(same)),
    ("aten.detach.default", Tensor(|a| Ok(same(a)?.f_detach()?))),
    ("aten.clone.default", Tensor(same)),
    (
        "aten.contiguous.default",
        Tensor(|a| Ok(same(a)?.f_contiguous()?)),
    ),
    (
        "aten.to.dtype",
        Tensor(|a| {
            let kind = a
                .kind_or_none("dtype")?
                .ok_or(OperatorError::Missing { argument: "dtype" })?;
            a.no_matter("non_blocking");
            a.no_matter("copy");
            Ok(same(a)?.f_to_kind(kind)?)
        }),
    ),
];

/// tch has no bounds for it: the two usual ones by their own calls; others by `clamp`, whose gradient
/// differs only where the input lies on a bound.
fn hardtanh(a: &Arguments) -> Result<tch::Tensor> {
    let input = a.tensor("self")?;
    let (low, high) = (a.float_or("min_val", -1.0)?, a.float_or("max_val", 1.0)?);
    Ok(match (low, high) {
        (0.0, 6.0) => input.f_relu6()?,
        (-1.0, 1.0) => input.f_hardtanh()?,
        (low, high) => input.f_clamp(low, high)?,
    })
}

fn clamp(a: &Arguments) -> Result<tch::Tensor> {
    let input = a.tensor("self")?;
    Ok(match (a.float_or_none("min")?, a.float_or_none("max")?) {
        (Some(low), Some(high)) => input.f_clamp(low, high)?,
        (Some(low), None) => input.f_clamp_min(low)?,
        (None, Some(high)) => input.f_clamp_max(high)?,
        (None, None) => return Err(OperatorError::Missing { argument: "min" }),
    })
}

/// tch has no slope for it; a PReLU of one constant weight is the same, gradient at 0 included.
fn leaky_relu(a: &Arguments) -> Result<tch::Tensor> {
    let input = a.tensor("self")?;
    let slope = a.float_or("negative_slope", 0.01)?;
    let weight = tch::Tensor::f_full([1], slope, (input.f_kind()?, input.device()))?;
    Ok(input.f_prelu(&weight)?)
}

/// Only as it is when predicting, where it does nothing.
fn dropout(a: &Arguments) -> Result<tch::Tensor> {
    a.no_matter("p");
    a.only_bool("train", false)?;
    same(a)
}

fn same(a: &Arguments) -> Result<tch::Tensor> {
    a.no_matter("memory_format"); // how numbers lie in memory does not change them
    Ok(match a.tensor_or_none("self")? {
        Some(input) => input.shallow_clone(),
        None => a.tensor("input")?.shallow_clone(),
    })
}
