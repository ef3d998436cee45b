//! Normalisation, as it is when predicting.

use super::Operation::{Leading, Tensor};
use super::{Arguments, OperatorError, Result, Row};

pub const TABLE: &[Row] = &[
    ("aten.batch_norm.default", Tensor(batch_norm)),
    // Only the first output: the others are what a backward pass of training reads.
    (
        "aten.native_batch_norm.default",
        Leading(|a| Ok(vec![batch_norm(a)?])),
    ),
    (
        "aten._native_batch_norm_legit_no_training.default",
        Leading(|a| Ok(vec![batch_norm(a)?])),
    ),
    (
        "aten._native_batch_norm_legit.no_stats",
        Leading(|a| Ok(vec![norm_of_one(a)?])),
    ),
    (
        "aten._native_batch_norm_legit.default",
        Leading(|a| Ok(vec![batch_norm(a)?])),
    ),
    ("aten.rms_norm.default", Tensor(rms_norm)),
    (
        "aten._fused_rms_norm.default",
        Leading(|a| Ok(vec![rms_norm(a)?])),
    ),
    ("aten._weight_norm.default", Tensor(weight_norm)),
    (
        "aten._weight_norm_interface.default",
        Leading(|a| Ok(vec![weight_norm(a)?])),
    ),
    (
        "aten.layer_norm.default",
        Tensor(|a| {
            a.no_matter("cudnn_enable");
            Ok(a.tensor("input")?.f_layer_norm(
                a.ints("normalized_shape")?,
                a.tensor_or_none("weight")?,
                a.tensor_or_none("bias")?,
                a.float_or("eps", 1e-5)?,
                true,
            )?)
        }),
    ),
    (
        "aten.group_norm.default",
        Tensor(|a| {
            a.no_matter("cudnn_enabled");
            Ok(a.tensor("input")?.f_group_norm(
                a.int("num_groups")?,
                a.tensor_or_none("weight")?,
                a.tensor_or_none("bias")?,
                a.float_or("eps", 1e-5)?,
                true,
            )?)
        }),
    ),
    (
        "aten.instance_norm.default",
        Tensor(|a| {
            for name in ["momentum", "cudnn_enabled"] {
                a.no_matter(name);
            }
            Ok(a.tensor("input")?.f_instance_norm(
                a.tensor_or_none("weight")?,
                a.tensor_or_none("bias")?,
                a.tensor_or_none("running_mean")?,
                a.tensor_or_none("running_var")?,
                a.bool_or("use_input_stats", true)?,
                0.0, // momentum moves the running statistics, which must stay
                a.float_or("eps", 1e-5)?,
                true,
            )?)
        }),
    ),
];

/// As it is when predicting. In training form it normalises by its input's own statistics: that is
/// weight standardisation where the input is a weight, and a network that was not set to predict elsewhere.
fn batch_norm(a: &Arguments) -> Result<tch::Tensor> {
    for name in ["momentum", "cudnn_enabled"] {
        a.no_matter(name);
    }
    let training = a.bool_or("training", false)?;
    if training && !a.is_of_weights() {
        return Err(statistics("training"));
    }
    let running = |name| match training {
        true => {
            a.no_matter(name);
            Ok(None)
        }
        false => a.tensor_or_none(name),
    };
    Ok(a.tensor("input")?.f_batch_norm(
        a.tensor_or_none("weight")?,
        a.tensor_or_none("bias")?,
        running("running_mean")?,
        running("running_var")?,
        training,
        0.0,
        a.float_or("eps", 1e-5)?,
        true,
    )?)
}

/// By the statistics of one entry of the batch, as an instance norm is written after its pictures and
/// channels were laid side by side.
fn norm_of_one(a: &Arguments) -> Result<tch::Tensor> {
    a.no_matter("momentum");
    a.no_matter("training");
    let input = a.tensor("input")?;
    if input.size().first() != Some(&1) && !a.is_of_weights() {
        return Err(statistics("input"));
    }
    let (weight, bias) = (a.tensor_or_none("weight")?, a.tensor_or_none("bias")?);
    let epsilon = a.float_or("eps", 1e-5)?;
    Ok(input.f_batch_norm(weight, bias, None, None, true, 0.0, epsilon, true)?)
}

fn statistics(argument: &'static str) -> OperatorError {
    OperatorError::Statistics { argument }
}

/// x / √(mean(x²) + ε), times a weight.
fn rms_norm(a: &Arguments) -> Result<tch::Tensor> {
    Ok(a.tensor("input")?.f_rms_norm(
        a.ints("normalized_shape")?,
        a.tensor_or_none("weight")?,
        a.float_or_none("eps")?,
    )?)
}

/// g · v / |v|, the norm taken over all axes but one.
fn weight_norm(a: &Arguments) -> Result<tch::Tensor> {
    let (direction, length) = (a.tensor("v")?, a.tensor("g")?);
    Ok(tch::Tensor::f_internal_weight_norm(
        direction,
        length,
        a.int_or("dim", 0)?,
    )?)
}
