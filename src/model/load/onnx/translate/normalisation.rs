//! Normalisation, as it is when predicting.

use super::super::call::{Call, int, ints, tensor_or_none};
use super::super::traced::{Refusal, Result, Traced, unsupported};
use super::{Row, one};
use crate::model::graph::Argument;

pub const TABLE: &[Row] = &[
    ("BatchNormalization", batch_norm),
    ("InstanceNormalization", instance_norm),
    ("LayerNormalization", layer_norm),
    ("GroupNormalization", group_norm),
    ("RMSNormalization", rms_norm),
    ("LRN", local_response_norm),
];

fn batch_norm(call: &mut Call) -> Result<Vec<Traced>> {
    if call.int("training_mode", 0)? != 0 {
        return Err(Refusal::Training);
    }
    call.no_matter("momentum"); // moves the running statistics, which stay
    call.only_int("spatial", 1)?;
    let arguments = vec![
        ("input", Argument::Tensor(call.tensor(0)?)),
        ("weight", Argument::Tensor(call.tensor(1)?)),
        ("bias", Argument::Tensor(call.tensor(2)?)),
        ("running_mean", Argument::Tensor(call.tensor(3)?)),
        ("running_var", Argument::Tensor(call.tensor(4)?)),
        ("training", Argument::Bool(false)),
        ("eps", Argument::Float(call.float("epsilon", 1e-5)?)),
    ];
    one(call.emit("aten.batch_norm.default", arguments)?)
}

fn instance_norm(call: &mut Call) -> Result<Vec<Traced>> {
    let arguments = vec![
        ("input", Argument::Tensor(call.tensor(0)?)),
        ("weight", Argument::Tensor(call.tensor(1)?)),
        ("bias", Argument::Tensor(call.tensor(2)?)),
        ("eps", Argument::Float(call.float("epsilon", 1e-5)?)),
    ];
    one(call.emit("aten.instance_norm.default", arguments)?)
}

fn layer_norm(call: &mut Call) -> Result<Vec<Traced>> {
    let mut arguments = scaled_from_axis(call)?;
    let bias = call.tensor_or_none(2)?;
    arguments.push(("bias", tensor_or_none(bias)));
    arguments.push(("eps", Argument::Float(call.float("epsilon", 1e-5)?)));
    one(call.emit("aten.layer_norm.default", arguments)?)
}

fn rms_norm(call: &mut Call) -> Result<Vec<Traced>> {
    let mut arguments = scaled_from_axis(call)?;
    arguments.push(("eps", Argument::Float(call.float("epsilon", 1e-5)?)));
    one(call.emit("aten.rms_norm.default", arguments)?)
}

/// Input and scale of a norm over all axes from `axis` on.
fn scaled_from_axis(call: &mut Call) -> Result<Vec<(&'static str, Argument)>> {
    call.no_matter("stash_type"); // of the mean, which is float32 here as everything
    let (input, weight) = (call.tensor(0)?, call.tensor(1)?);
    let rank = call.trace.rank(input);
    let axis = call.int("axis", -1)?;
    let axis = call.axis(axis, rank)?;
    let normalised = call.trace.shape(weight);
    if normalised.len() != rank - axis {
        return unsupported(format!(
            "a scale of the shape {normalised:?} from axis {axis} of {rank}"
        ));
    }
    Ok(vec![
        ("input", Argument::Tensor(input)),
        ("normalized_shape", ints(&normalised)),
        ("weight", Argument::Tensor(weight)),
    ])
}

/// Since opset 21 scale and bias are for each channel, as in PyTorch; before for each group.
fn group_norm(call: &mut Call) -> Result<Vec<Traced>> {
    call.no_matter("stash_type");
    if call.opset < 21 {
        return unsupported("the form of before opset 21");
    }
    let groups = call.int("num_groups", 0)?;
    if groups < 1 {
        return unsupported(format!("the attribute `num_groups` as {groups}"));
    }
    let arguments = vec![
        ("input", Argument::Tensor(call.tensor(0)?)),
        ("num_groups", int(groups)),
        ("weight", Argument::Tensor(call.tensor(1)?)),
        ("bias", Argument::Tensor(call.tensor(2)?)),
        ("eps", Argument::Float(call.float("epsilon", 1e-5)?)),
    ];
    one(call.emit("aten.group_norm.default", arguments)?)
}

fn local_response_norm(call: &mut Call) -> Result<Vec<Traced>> {
    let size = call.int("size", 0)?;
    if !(1..=1024).contains(&size) {
        return unsupported(format!("the attribute `size` as {size}"));
    }
    let arguments = vec![
        ("self", Argument::Tensor(call.tensor(0)?)),
        ("size", int(size)),
        ("alpha", Argument::Float(call.float("alpha", 1e-4)?)),
        ("beta", Argument::Float(call.float("beta", 0.75)?)),
        ("k", Argument::Float(call.float("bias", 1.0)?)),
    ];
    one(call.emit("onnx.local_response_norm.default", arguments)?)
}
