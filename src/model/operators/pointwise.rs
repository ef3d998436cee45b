//! Activations and what leaves its input as it is.

use super::onnx::celu;
use super::{
    Arguments,
    Operation::{Leading, Tensor},
    OperatorError, Result, Row,
};

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
    ("aten.elu.default", Tensor(elu)),
    ("aten.celu.default", Tensor(celu)),
    ("aten.softplus.default", Tensor(softplus)),
    ("aten.threshold.default", Tensor(threshold)),
    ("aten.hardshrink.default", Tensor(hardshrink)),
    ("aten.softshrink.default", Tensor(softshrink)),
    ("aten.rrelu.default", Tensor(rrelu)),
    ("aten.rrelu_with_noise.default", Tensor(rrelu)),
    (
        "aten.rrelu_with_noise_functional.default",
        Leading(|a| Ok(vec![rrelu(a)?])),
    ),
    ("aten.clip.default", Tensor(clamp)),
    ("aten.clamp.Tensor", Tensor(clamp_by_tensors)),
    (
        "aten.clamp_min.Tensor",
        Tensor(|a| Ok(a.tensor("self")?.f_clamp_min_tensor(a.tensor("min")?)?)),
    ),
    (
        "aten.clamp_max.Tensor",
        Tensor(|a| Ok(a.tensor("self")?.f_clamp_max_tensor(a.tensor("max")?)?)),
    ),
    (
        "aten.glu.default",
        Tensor(|a| Ok(a.tensor("self")?.f_glu(a.int_or("dim", -1)?)?)),
    ),
    (
        "aten.logit.default",
        Tensor(|a| Ok(a.tensor("self")?.f_logit(a.float_or_none("eps")?)?)),
    ),
    (
        "aten.nan_to_num.default",
        Tensor(|a| {
            let [nan, high, low] = ["nan", "posinf", "neginf"].map(|name| a.float_or_none(name));
            Ok(a.tensor("self")?.f_nan_to_num(nan?, high?, low?)?)
        }),
    ),
    ("aten.clamp.default", Tensor(clamp)),
    (
        "aten.clamp_min.default",
        Tensor(|a| Ok(a.tensor("self")?.f_clamp_min(a.scalar("min")?)?)),
    ),
    (
        "aten.clamp_max.default",
        Tensor(|a| Ok(a.tensor("self")?.f_clamp_max(a.scalar("max")?)?)),
    ),
    ("aten.leaky_relu.default", Tensor(leaky_relu)),
    (
        "aten.prelu.default",
        Tensor(|a| Ok(a.tensor("self")?.f_prelu(a.tensor("weight")?)?)),
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
    ("aten.dropout.default", Tensor(dropout)),
    ("aten.feature_dropout.default", Tensor(dropout)),
    ("aten.alpha_dropout.default", Tensor(dropout)),
    ("aten.feature_alpha_dropout.default", Tensor(dropout)),
    (
        "aten.native_dropout.default",
        Leading(|a| Ok(vec![dropout(a)?])),
    ),
    ("aten.positive.default", Tensor(same)),
    ("aten.lift_fresh.default", Tensor(same)),
    ("aten.alias_copy.default", Tensor(same)),
    ("aten.resolve_neg.default", Tensor(same)),
    ("aten.to.device", Tensor(converted)),
    ("aten.to.dtype_layout", Tensor(converted)),
    ("aten._to_copy.default", Tensor(converted)),
    ("aten.to.other", Tensor(as_other)),
    ("aten.type_as.default", Tensor(as_other)),
    (
        "aten.float.default",
        Tensor(|a| Ok(a.tensor("self")?.f_to_kind(tch::Kind::Float)?)),
    ),
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

/// Bounds are numbers of either kind: whole numbers stay whole between whole bounds.
fn clamp(a: &Arguments) -> Result<tch::Tensor> {
    let input = a.tensor("self")?;
    let given = |name| Ok::<bool, OperatorError>(a.float_or_none(name)?.is_some());
    Ok(match (given("min")?, given("max")?) {
        (true, true) => input.f_clamp(a.scalar("min")?, a.scalar("max")?)?,
        (true, false) => input.f_clamp_min(a.scalar("min")?)?,
        (false, true) => input.f_clamp_max(a.scalar("max")?)?,
        (false, false) => return Err(OperatorError::Missing { argument: "min" }),
    })
}

/// x above zero, α · (exp(γ · x) − 1) below, all times a scale.
fn elu(a: &Arguments) -> Result<tch::Tensor> {
    let input = a.tensor("self")?;
    let [alpha, scale, slope] = ["alpha", "scale", "input_scale"].map(|name| a.float_or(name, 1.0));
    let (alpha, scale, slope) = (alpha?, scale?, slope?);
    if (alpha, scale, slope) == (1.0, 1.0, 1.0) {
        return Ok(input.f_elu()?);
    }
    let negative = input.f_clamp_max(0.0)?.f_mul_scalar(slope)?.f_expm1()?;
    let below = negative.f_mul_scalar(alpha)?;
    Ok(input.f_clamp_min(0.0)?.f_add(&below)?.f_mul_scalar(scale)?)
}

/// log(1 + exp(β · x)) / β, and x itself where β · x is above the threshold.
fn softplus(a: &Arguments) -> Result<tch::Tensor> {
    let input = a.tensor("self")?;
    let (beta, threshold) = (a.float_or("beta", 1.0)?, a.float_or("threshold", 20.0)?);
    let scaled = input.f_mul_scalar(beta)?;
    let smooth = scaled.f_softplus()?.f_div_scalar(beta)?;
    Ok(match threshold {
        20.0 => smooth,
        threshold => input.f_where_self(&scaled.f_gt(threshold)?, &smooth)?,
    })
}

/// x above the threshold, else a value.
fn threshold(a: &Arguments) -> Result<tch::Tensor> {
    Ok(a.tensor("self")?
        .f_threshold(a.float("threshold")?, a.float("value")?)?)
}

/// x beyond λ on either side, else 0.
fn hardshrink(a: &Arguments) -> Result<tch::Tensor> {
    let input = a.tensor("self")?;
    let outside = input.f_abs()?.f_gt(a.float_or("lambd", 0.5)?)?;
    Ok(input.f_mul(&outside)?)
}

/// x moved towards 0 by λ, and 0 where it would cross it.
fn softshrink(a: &Arguments) -> Result<tch::Tensor> {
    let (input, lambda) = (a.tensor("self")?, a.float_or("lambd", 0.5)?);
    Ok(input.f_sub(&input.f_clamp(-lambda, lambda)?)?)
}

/// As it is when predicting: a leaky ReLU of the middle slope.
fn rrelu(a: &Arguments) -> Result<tch::Tensor> {
    a.only_bool("training", false)?;
    a.no_matter("generator");
    a.no_matter("noise");
    let (low, high) = (a.float_or("lower", 0.125)?, a.float_or("upper", 1.0 / 3.0)?);
    let input = a.tensor("self")?;
    let below = input.f_clamp_max(0.0)?.f_mul_scalar((low + high) / 2.0)?;
    Ok(input.f_clamp_min(0.0)?.f_add(&below)?)
}

fn clamp_by_tensors(a: &Arguments) -> Result<tch::Tensor> {
    let (low, high) = (a.tensor_or_none("min")?, a.tensor_or_none("max")?);
    Ok(a.tensor("self")?.f_clamp_tensor(low, high)?)
}

/// Another type of number. The device is the pass's own, whatever the network was exported on.
fn converted(a: &Arguments) -> Result<tch::Tensor> {
    for name in ["layout", "device", "pin_memory", "non_blocking", "copy"] {
        a.no_matter(name);
    }
    let kind = a.kind_or_none("dtype")?;
    let input = same(a)?;
    Ok(match kind {
        Some(kind) => input.f_to_kind(kind)?,
        None => input,
    })
}

fn as_other(a: &Arguments) -> Result<tch::Tensor> {
    for name in ["non_blocking", "copy"] {
        a.no_matter(name);
    }
    Ok(same(a)?.f_to_kind(a.tensor("other")?.f_kind()?)?)
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
