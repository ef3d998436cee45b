//! Normalisation, as it is when predicting.

use super::Operation::{Tensor, Tensors};
use super::{Arguments, Result, Row};

pub const TABLE: &[Row] = &[
    (
        "aten.batch_norm.default",
        Tensor(|a| {
            a.only_bool("training", false)?; // `model.eval()` before the export
            batch_norm(a)
        }),
    ),
    (
        "aten._native_batch_norm_legit_no_training.default",
        // The second and third output are statistics of training: empty here as in PyTorch.
        Tensors(|a| {
            let output = batch_norm(a)?;
            let empty = || tch::Tensor::f_zeros([0], (output.f_kind()?, output.device()));
            Ok(vec![output.shallow_clone(), empty()?, empty()?])
        }),
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

fn batch_norm(a: &Arguments) -> Result<tch::Tensor> {
    for name in ["momentum", "cudnn_enabled"] {
        a.no_matter(name);
    }
    Ok(a.tensor("input")?.f_batch_norm(
        a.tensor_or_none("weight")?,
        a.tensor_or_none("bias")?,
        a.tensor_or_none("running_mean")?,
        a.tensor_or_none("running_var")?,
        false,
        0.0,
        a.float_or("eps", 1e-5)?,
        true,
    )?)
}
