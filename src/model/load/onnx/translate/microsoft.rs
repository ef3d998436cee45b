//! Operators of ONNX Runtime, domain `com.microsoft`: what its quantiser writes for whole numbers
//! (`QuantFormat.QOperator`), and what its optimiser joins. Their meaning: ContribOperators.md of ONNX Runtime.
//! Whole numbers are computed as in `quantised`.

use super::super::call::{Call, int, ints};
use super::super::traced::{Result, Traced, damaged, unsupported};
use super::convolution::{convolved, multiplied};
use super::quantised::{bounded, meant, pair, to_float};
use super::{Row, one};
use crate::model::graph::{Argument, ValueId};

pub const TABLE: &[Row] = &[
    ("com.microsoft.QLinearAdd", |call| {
        of_two(call, "aten.add.Tensor")
    }),
    ("com.microsoft.QLinearMul", |call| {
        of_two(call, "aten.mul.Tensor")
    }),
    ("com.microsoft.QLinearSigmoid", |call| {
        let input = meant(call, [0, 1, 2], 1)?;
        let output = call.emit_unary("aten.sigmoid.default", input)?;
        one(bounded(call, output, [3, 4])?)
    }),
    ("com.microsoft.QLinearLeakyRelu", |call| {
        let slope = call.float("alpha", 0.01)?;
        let input = meant(call, [0, 1, 2], 1)?;
        let output = leaky_relu(call, input, slope)?;
        one(bounded(call, output, [3, 4])?)
    }),
    ("com.microsoft.QLinearGlobalAveragePool", global_average),
    ("com.microsoft.QLinearConcat", concat),
    ("com.microsoft.QGemm", gemm_of_integers),
    ("com.microsoft.FusedConv", fused_conv),
    ("com.microsoft.FusedMatMul", fused_matmul),
    ("com.microsoft.Gelu", |call| gelu(call, "none", None)),
    ("com.microsoft.BiasGelu", |call| gelu(call, "none", Some(1))),
    ("com.microsoft.FastGelu", |call| gelu(call, "tanh", Some(1))),
    ("com.microsoft.QuickGelu", quick_gelu),
];

/// Inputs a, its scale and zero point, the same of b and of the result.
fn of_two(call: &mut Call, operator: &str) -> Result<Vec<Traced>> {
    let (a, b) = (meant(call, [0, 1, 2], 1)?, meant(call, [3, 4, 5], 1)?);
    let output = pair(call, operator, a, b)?;
    one(bounded(call, output, [6, 7])?)
}

fn global_average(call: &mut Call) -> Result<Vec<Traced>> {
    if call.bool("channels_last", false)? {
        return unsupported("the attribute `channels_last`");
    }
    let input = meant(call, [0, 1, 2], 1)?;
    let arguments = vec![
        ("self", Argument::Tensor(input)),
        ("output_size", ints(&[1, 1])),
    ];
    let output = call.emit("aten.adaptive_avg_pool2d.default", arguments)?;
    one(bounded(call, output, [3, 4])?)
}

/// Scale and zero point of the result, then each part with its own.
fn concat(call: &mut Call) -> Result<Vec<Traced>> {
    let axis = call.int("axis", 1)?;
    let parts = (2..call.inputs.len()).step_by(3);
    let parts = parts.map(|at| meant(call, [at, at + 1, at + 2], 1));
    let parts = parts.collect::<Result<Vec<ValueId>>>()?;
    let Some(first) = parts.first() else {
        return damaged("it joins nothing");
    };
    let axis = call.axis(axis, call.trace.rank(*first))?;
    let arguments = vec![
        (
            "tensors",
            Argument::Tensors(parts.into_iter().map(Some).collect()),
        ),
        ("dim", int(axis as i64)),
    ];
    let output = call.emit("aten.cat.default", arguments)?;
    one(bounded(call, output, [0, 1])?)
}

/// Inputs a, its scale and zero point, the same of b, a bias of the scale of the products, scale and zero point of
/// the result; without these the result is floating point.
fn gemm_of_integers(call: &mut Call) -> Result<Vec<Traced>> {
    if call.float("alpha", 1.0)? != 1.0 {
        return unsupported("the attribute `alpha`");
    }
    let (transpose_a, transpose_b) = (call.bool("transA", false)?, call.bool("transB", false)?);
    let of_columns = if transpose_b { 0 } else { 1 };
    let (mut a, mut b) = (
        meant(call, [0, 1, 2], 0)?,
        meant(call, [3, 4, 5], of_columns)?,
    );
    if transpose_a {
        a = call.emit_unary("aten.t.default", a)?;
    }
    if transpose_b {
        b = call.emit_unary("aten.t.default", b)?;
    }
    let mut output = multiplied(call, a, b)?;
    if let Some(bias) = call.tensor_or_none(6)? {
        let (of_a, of_b) = (call.tensor(1)?, call.tensor(4)?);
        let scale = pair(call, "aten.mul.Tensor", of_a, of_b)?;
        let bias = to_float(call, bias)?;
        let bias = pair(call, "aten.mul.Tensor", bias, scale)?;
        output = pair(call, "aten.add.Tensor", output, bias)?;
    }
    match call.tensor_or_none(7)? {
        Some(_) => one(bounded(call, output, [7, 8])?),
        None => one(output),
    }
}

/// activation(conv(x, w) + b + z).
fn fused_conv(call: &mut Call) -> Result<Vec<Traced>> {
    let input = call.tensor(0)?;
    let (weight, bias) = (call.tensor(1)?, call.tensor_or_none(2)?);
    let mut output = convolved(call, input, weight, bias)?;
    if let Some(sum) = call.tensor_or_none(3)? {
        output = pair(call, "aten.add.Tensor", output, sum)?;
    }
    let parameters = call
        .floats_or_none("activation_params")?
        .unwrap_or_default();
    let name = call.text("activation", "")?.to_owned();
    one(match (name.as_str(), parameters.as_slice()) {
        ("", _) => output,
        ("Relu", _) => call.emit_unary("aten.relu.default", output)?,
        ("Sigmoid", _) => call.emit_unary("aten.sigmoid.default", output)?,
        ("Tanh", _) => call.emit_unary("aten.tanh.default", output)?,
        ("LeakyRelu", [slope]) => leaky_relu(call, output, *slope)?,
        ("Clip", [low, high]) => {
            let arguments = vec![
                ("self", Argument::Tensor(output)),
                ("min", Argument::Float(*low)),
                ("max", Argument::Float(*high)),
            ];
            call.emit("aten.clamp.default", arguments)?
        }
        (other, _) => return unsupported(format!("the activation `{other}`")),
    })
}

/// α · a · b, each transposed in its last two axes where that is said.
fn fused_matmul(call: &mut Call) -> Result<Vec<Traced>> {
    for name in ["transBatchA", "transBatchB"] {
        if call.bool(name, false)? {
            return unsupported(format!("the attribute `{name}`"));
        }
    }
    let alpha = call.float("alpha", 1.0)?;
    let mut sides = [call.tensor(0)?, call.tensor(1)?];
    for (side, name) in sides.iter_mut().zip(["transA", "transB"]) {
        if call.bool(name, false)? {
            let arguments = vec![
                ("self", Argument::Tensor(*side)),
                ("dim0", int(-2)),
                ("dim1", int(-1)),
            ];
            *side = call.emit("aten.transpose.int", arguments)?;
        }
    }
    let product = multiplied(call, sides[0], sides[1])?;
    one(times(call, product, alpha)?)
}

/// Of the input, with a bias where input `bias` is there.
fn gelu(call: &mut Call, approximate: &str, bias: Option<usize>) -> Result<Vec<Traced>> {
    let mut input = call.tensor(0)?;
    let bias = bias.filter(|at| *at < call.inputs.len());
    if let Some(bias) = bias
        .map(|at| call.tensor_or_none(at))
        .transpose()?
        .flatten()
    {
        input = pair(call, "aten.add.Tensor", input, bias)?;
    }
    let arguments = vec![
        ("self", Argument::Tensor(input)),
        ("approximate", Argument::Text(approximate.to_owned())),
    ];
    one(call.emit("aten.gelu.default", arguments)?)
}

/// x · sigmoid(α · x).
fn quick_gelu(call: &mut Call) -> Result<Vec<Traced>> {
    let alpha = call.float("alpha", 1.702)?;
    let input = call.tensor(0)?;
    let scaled = times(call, input, alpha)?;
    let gate = call.emit_unary("aten.sigmoid.default", scaled)?;
    one(pair(call, "aten.mul.Tensor", input, gate)?)
}

fn times(call: &mut Call, value: ValueId, factor: f64) -> Result<ValueId> {
    if factor == 1.0 {
        return Ok(value);
    }
    let arguments = vec![
        ("self", Argument::Tensor(value)),
        ("other", Argument::Float(factor)),
    ];
    call.emit("aten.mul.Scalar", arguments)
}

fn leaky_relu(call: &mut Call, value: ValueId, slope: f64) -> Result<ValueId> {
    let arguments = vec![
        ("self", Argument::Tensor(value)),
        ("negative_slope", Argument::Float(slope)),
    ];
    call.emit("aten.leaky_relu.default", arguments)
}
