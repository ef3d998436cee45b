//! Activations and softmax.

use super::super::call::{Call, int};
use super::super::traced::{Result, Traced, unsupported};
use super::convolution::flat;
use super::{Row, one};
use crate::model::graph::Argument;

pub const TABLE: &[Row] = &[
    ("Relu", |call| unary(call, "aten.relu.default")),
    ("Sigmoid", |call| unary(call, "aten.sigmoid.default")),
    ("Tanh", |call| unary(call, "aten.tanh.default")),
    ("Softplus", |call| unary(call, "aten.softplus.default")),
    ("HardSwish", |call| unary(call, "aten.hardswish.default")),
    ("Mish", |call| unary(call, "aten.mish.default")),
    ("LeakyRelu", |call| {
        let slope = call.float("alpha", 0.01)?;
        with_number(call, "aten.leaky_relu.default", "negative_slope", slope)
    }),
    ("Elu", |call| {
        let alpha = call.float("alpha", 1.0)?;
        match alpha == 1.0 {
            true => unary(call, "aten.elu.default"),
            false => with_number(call, "onnx.elu.default", "alpha", alpha),
        }
    }),
    ("Selu", selu),
    ("Celu", |call| {
        let alpha = call.float("alpha", 1.0)?;
        with_number(call, "onnx.celu.default", "alpha", alpha)
    }),
    ("Softsign", |call| unary(call, "onnx.softsign.default")),
    ("ThresholdedRelu", |call| {
        let alpha = call.float("alpha", 1.0)?;
        with_number(call, "onnx.thresholded_relu.default", "alpha", alpha)
    }),
    ("HardSigmoid", hard_sigmoid),
    ("Gelu", |call| {
        let approximate = Argument::Text(call.text("approximate", "none")?.to_owned());
        let input = call.tensor(0)?;
        let arguments = vec![
            ("self", Argument::Tensor(input)),
            ("approximate", approximate),
        ];
        one(call.emit("aten.gelu.default", arguments)?)
    }),
    // Since opset 24: x · sigmoid(α · x).
    ("Swish", |call| {
        let alpha = call.float("alpha", 1.0)?;
        if alpha == 1.0 {
            return unary(call, "aten.silu.default");
        }
        let input = call.tensor(0)?;
        let scale = vec![
            ("self", Argument::Tensor(input)),
            ("other", Argument::Float(alpha)),
        ];
        let scaled = call.emit("aten.mul.Scalar", scale)?;
        let gate = call.emit_unary("aten.sigmoid.default", scaled)?;
        let product = vec![
            ("self", Argument::Tensor(input)),
            ("other", Argument::Tensor(gate)),
        ];
        one(call.emit("aten.mul.Tensor", product)?)
    }),
    ("PRelu", prelu),
    ("Clip", clip),
    ("Softmax", |call| softmax(call, "aten.softmax.int")),
    ("LogSoftmax", |call| softmax(call, "aten.log_softmax.int")),
];

pub fn unary(call: &mut Call, operator: &str) -> Result<Vec<Traced>> {
    call.no_matter("consumed_inputs"); // of opset 1, still written by some
    let input = call.tensor(0)?;
    one(call.emit_unary(operator, input)?)
}

fn with_number(call: &mut Call, operator: &str, name: &str, number: f64) -> Result<Vec<Traced>> {
    let input = call.tensor(0)?;
    let arguments = vec![
        ("self", Argument::Tensor(input)),
        (name, Argument::Float(number)),
    ];
    one(call.emit(operator, arguments)?)
}

fn selu(call: &mut Call) -> Result<Vec<Traced>> {
    // Klambauer et al. 2017, as float32.
    let (alpha, gamma) = (
        call.float("alpha", 1.673_263_2)?,
        call.float("gamma", 1.050_701)?,
    );
    if (alpha - 1.673_263_2).abs() > 1e-4 || (gamma - 1.050_701).abs() > 1e-4 {
        return unsupported(format!(
            "the attributes `alpha` {alpha} and `gamma` {gamma}"
        ));
    }
    unary(call, "aten.selu.default")
}

fn hard_sigmoid(call: &mut Call) -> Result<Vec<Traced>> {
    let (alpha, beta) = (call.float("alpha", 0.2)?, call.float("beta", 0.5)?);
    if (alpha - 1.0 / 6.0).abs() < 1e-6 && beta == 0.5 {
        return unary(call, "aten.hardsigmoid.default");
    }
    let input = call.tensor(0)?;
    let arguments = vec![
        ("self", Argument::Tensor(input)),
        ("alpha", Argument::Float(alpha)),
        ("beta", Argument::Float(beta)),
    ];
    one(call.emit("onnx.hardsigmoid.default", arguments)?)
}

/// One slope for all or one for each channel is PyTorch's; Keras may have one for each pixel.
fn prelu(call: &mut Call) -> Result<Vec<Traced>> {
    let (input, slope) = (call.tensor(0)?, call.tensor(1)?);
    let (input_sizes, sizes) = (call.trace.shape(input), call.trace.shape(slope));
    let constant = call.trace.constants.contains_key(&slope);
    let per_channel = match (input_sizes.as_slice(), sizes.as_slice()) {
        ([_, channels, _, _], [1, c, 1, 1] | [c, 1, 1]) => c == channels,
        _ => sizes.iter().all(|size| *size == 1),
    };
    if constant && per_channel {
        let weight = flat(call, slope)?;
        let arguments = vec![
            ("self", Argument::Tensor(input)),
            ("weight", Argument::Tensor(weight)),
        ];
        return one(call.emit("aten.prelu.default", arguments)?);
    }
    let arguments = vec![
        ("self", Argument::Tensor(input)),
        ("slope", Argument::Tensor(slope)),
    ];
    one(call.emit("onnx.prelu.default", arguments)?)
}

/// Bounds that float32 cannot reach are none.
fn clip(call: &mut Call) -> Result<Vec<Traced>> {
    let (low, high) = match call.opset {
        ..11 => (call.float_or_none("min")?, call.float_or_none("max")?),
        _ => (call.scalar_or_none(1)?, call.scalar_or_none(2)?),
    };
    let low = low.filter(|low| *low > f64::from(f32::MIN));
    let high = high.filter(|high| *high < f64::from(f32::MAX));
    let input = call.tensor(0)?;
    let mut arguments = vec![("self", Argument::Tensor(input))];
    let operator = match (low, high) {
        (None, None) => return one(input),
        (Some(low), None) => {
            arguments.push(("min", Argument::Float(low)));
            "aten.clamp_min.default"
        }
        (None, Some(high)) => {
            arguments.push(("max", Argument::Float(high)));
            "aten.clamp_max.default"
        }
        (Some(low), Some(high)) => {
            arguments.push(("min_val", Argument::Float(low)));
            arguments.push(("max_val", Argument::Float(high)));
            "aten.hardtanh.default"
        }
    };
    one(call.emit(operator, arguments)?)
}

/// Before opset 13 the axes from `axis` on were taken together.
fn softmax(call: &mut Call, operator: &str) -> Result<Vec<Traced>> {
    let input = call.tensor(0)?;
    let sizes = call.trace.shape(input);
    let together = call.opset < 13;
    let axis = call.int("axis", if together { 1 } else { -1 })?;
    let axis = call.axis(axis, sizes.len())?;
    let run = |call: &mut Call, value, dim: usize| {
        let arguments = vec![("self", Argument::Tensor(value)), ("dim", int(dim as i64))];
        call.emit(operator, arguments)
    };
    let rest = &sizes[axis + 1..];
    if !together || rest.iter().all(|size| *size == 1) {
        return one(run(call, input, axis)?);
    }
    let shape: Vec<_> = (0..sizes.len())
        .map(|dim| call.trace.dimension(input, dim))
        .collect();
    let flatten = vec![
        ("self", Argument::Tensor(input)),
        ("start_dim", int(axis as i64)),
        ("end_dim", int(-1)),
    ];
    let value = call.emit("aten.flatten.using_ints", flatten)?;
    let value = run(call, value, axis)?;
    let unflatten = vec![
        ("self", Argument::Tensor(value)),
        ("dim", int(axis as i64)),
        ("sizes", call.trace.sizes(&shape[axis..])?),
    ];
    one(call.emit("aten.unflatten.int", unflatten)?)
}
