//! Quantised networks: whole numbers with a scale and a zero point. They are computed in float32 from the values
//! that they stand for; activations are bounded as the whole numbers bound them and not rounded, so scores differ
//! from an integer runtime's by its rounding.
//!
//! What is quantised of the picture is here the value itself. A node that takes it for whole numbers, other than
//! those of this file and such as only move values, is refused.

use tch::Kind;

use super::super::call::{Call, ints};
use super::super::proto::data_type;
use super::super::traced::{Refusal, Result, Traced, unsupported};
use super::convolution::{convolved, multiplied};
use super::{Row, one};
use crate::model::graph::{Argument, ValueId};

pub const TABLE: &[Row] = &[
    ("QuantizeLinear", quantise),
    ("DequantizeLinear", dequantise),
    ("DynamicQuantizeLinear", quantise_by_range),
    ("QLinearConv", conv),
    ("QLinearMatMul", matmul),
    ("ConvInteger", conv_of_integers),
    ("MatMulInteger", matmul_of_integers),
];

/// Nodes that read quantised values as such.
const READERS: &[&str] = &[
    "DequantizeLinear",
    "QLinearConv",
    "QLinearMatMul",
    "ConvInteger",
    "MatMulInteger",
    "Shape",
    "Size",
];

/// Nodes that give their inputs' values again, each as it is.
const MOVERS: &[&str] = &[
    "Concat",
    "DepthToSpace",
    "Expand",
    "Flatten",
    "Gather",
    "Identity",
    "MaxPool",
    "Reshape",
    "Slice",
    "SpaceToDepth",
    "Split",
    "Squeeze",
    "Tile",
    "Transpose",
    "Unsqueeze",
];

pub fn is_quantised(operator: &str) -> bool {
    TABLE.iter().any(|(known, _)| *known == operator) || is_of_runtime(operator)
}

/// Operators of whole numbers that only ONNX Runtime has.
fn is_of_runtime(operator: &str) -> bool {
    operator.starts_with("com.microsoft.Q") && operator != "com.microsoft.QuickGelu"
}

/// Hands the scale of quantised inputs on to the outputs of the node, or refuses them.
pub fn follow(call: &mut Call, outputs: &[Traced]) -> Result<()> {
    let operator = call.node.operator.as_str();
    let inputs = call.node.inputs.iter();
    let scales: Vec<f64> = inputs.filter_map(|name| call.trace.rounded(name)).collect();
    let given = match operator {
        "QuantizeLinear" | "QLinearConv" | "QLinearMatMul" => match outputs.first() {
            Some(Traced::Tensor(value)) => call.trace.scale(*value),
            _ => None,
        },
        // One without a scale for its result gives floating point.
        _ if is_of_runtime(operator) => match outputs.first() {
            Some(Traced::Tensor(value)) => call.trace.scale(*value),
            _ => None,
        },
        _ if READERS.contains(&operator) => None,
        _ => match scales.split_first() {
            None => None,
            Some((scale, others))
                if MOVERS.contains(&operator) && others.iter().all(|other| other == scale) =>
            {
                Some(*scale)
            }
            Some(_) => {
                return unsupported("whole numbers that the picture's values were rounded to");
            }
        },
    };
    let Some(scale) = given else {
        return Ok(());
    };
    for (name, output) in call.node.outputs.iter().zip(outputs) {
        if let Traced::Tensor(value) = output {
            call.trace.note_rounded(name, *value, scale);
        }
    }
    Ok(())
}

/// Bounded as the whole numbers bound it, which is how many files write a ReLU, and not rounded.
fn quantise(call: &mut Call) -> Result<Vec<Traced>> {
    for name in [
        "axis",
        "saturate",
        "block_size",
        "output_dtype",
        "precision",
    ] {
        call.no_matter(name); // of the rounding
    }
    let input = call.tensor(0)?;
    if call.trace.kind(input) != Kind::Float {
        return unsupported("numbers that are not floating point");
    }
    if call.trace.constants.contains_key(&input) {
        return one(input); // a weight lies within its own bounds
    }
    one(bounded(call, input, [1, 2])?)
}

/// Clamped to what the whole numbers of a scale and a zero point, the inputs `at`, can say.
pub fn bounded(call: &mut Call, value: ValueId, [scale, zero]: [usize; 2]) -> Result<ValueId> {
    let kind = match call.tensor_or_none(zero)? {
        Some(zero) => call.trace.stored_type(zero),
        None => Some(data_type::UINT8),
    };
    let [low, high] = match kind {
        Some(data_type::UINT8) => [0.0, 255.0],
        Some(data_type::INT8) => [-128.0, 127.0],
        Some(data_type::UINT16) => [0.0, 65_535.0],
        Some(data_type::INT16) => [-32_768.0, 32_767.0],
        _ => return unsupported("a type other than whole numbers of 8 or 16 bits"),
    };
    let zero = call.scalar_or_none(zero)?.unwrap_or(0.0);
    let Some(scale) = call.scalar(scale) else {
        return unsupported("a scale for each channel of what is computed");
    };
    let arguments = vec![
        ("self", Argument::Tensor(value)),
        ("min", Argument::Float((low - zero) * scale)),
        ("max", Argument::Float((high - zero) * scale)),
    ];
    let bounded = call.emit("aten.clamp.default", arguments)?;
    call.trace.note_scale(bounded, scale);
    Ok(bounded)
}

/// The scale follows the picture; with a scale of 1 and no zero point the values stay what they are.
fn quantise_by_range(call: &mut Call) -> Result<Vec<Traced>> {
    let input = call.tensor(0)?;
    let copied = call.emit_unary("aten.clone.default", input)?;
    let mut number = |number: f32| {
        let tensor = tch::Tensor::f_from_slice(&[number])?.f_squeeze()?;
        Ok::<_, Refusal>(Traced::Tensor(call.trace.constant(tensor, false, None)))
    };
    let (scale, zero) = (number(1.0)?, number(0.0)?);
    Ok(vec![Traced::Tensor(copied), scale, zero])
}

/// (x − zero point) · scale, of whole numbers; what was never rounded stays.
fn dequantise(call: &mut Call) -> Result<Vec<Traced>> {
    call.no_matter("output_dtype");
    if call.int("block_size", 0)? != 0 {
        return unsupported("the attribute `block_size`");
    }
    let axis = call.int("axis", 1)?;
    one(meant(call, [0, 1, 2], axis)?)
}

/// The values that an input stands for, of the inputs number, scale and zero point; `axis` is that of several scales.
pub fn meant(call: &mut Call, [input, scale, zero]: [usize; 3], axis: i64) -> Result<ValueId> {
    let input = call.tensor(input)?;
    if call.trace.kind(input) == Kind::Float {
        return Ok(input);
    }
    let value = less_zero(call, input, zero, axis)?;
    let rank = call.trace.rank(input);
    let scale = call.tensor(scale)?;
    let scale = along(call, scale, axis, rank)?;
    pair(call, "aten.mul.Tensor", value, scale)
}

/// Whole numbers less the zero point that is input `zero`.
fn less_zero(call: &mut Call, input: ValueId, zero: usize, axis: i64) -> Result<ValueId> {
    let rank = call.trace.rank(input);
    let value = to_float(call, input)?;
    let Some(zero) = call.tensor_or_none(zero)? else {
        return Ok(value);
    };
    let zero = to_float(call, zero)?;
    let zero = along(call, zero, axis, rank)?;
    pair(call, "aten.sub.Tensor", value, zero)
}

/// Inputs x, its scale and zero point, the same of the weight and of the result, bias.
fn conv(call: &mut Call) -> Result<Vec<Traced>> {
    let (input, weight) = (meant(call, [0, 1, 2], 1)?, meant(call, [3, 4, 5], 0)?);
    let bias = match call.tensor_or_none(8)? {
        None => None,
        Some(bias) => {
            // Whole numbers of the scale of the products.
            let (input_scale, weight_scale) = (call.tensor(1)?, call.tensor(4)?);
            let scale = pair(call, "aten.mul.Tensor", input_scale, weight_scale)?;
            let bias = to_float(call, bias)?;
            let scaled = pair(call, "aten.mul.Tensor", bias, scale)?;
            Some(super::convolution::flat(call, scaled)?)
        }
    };
    let result = convolved(call, input, weight, bias)?;
    one(bounded(call, result, [6, 7])?)
}

/// Inputs a, its scale and zero point, the same of b and of the result.
fn matmul(call: &mut Call) -> Result<Vec<Traced>> {
    let (a, b) = (meant(call, [0, 1, 2], -2)?, meant(call, [3, 4, 5], -1)?);
    let product = multiplied(call, a, b)?;
    one(bounded(call, product, [6, 7])?)
}

fn conv_of_integers(call: &mut Call) -> Result<Vec<Traced>> {
    let (input, weight) = (integers(call, 0, 2, 1)?, integers(call, 1, 3, 0)?);
    one(convolved(call, input, weight, None)?)
}

fn matmul_of_integers(call: &mut Call) -> Result<Vec<Traced>> {
    let (a, b) = (integers(call, 0, 2, -2)?, integers(call, 1, 3, -1)?);
    one(multiplied(call, a, b)?)
}

/// The whole numbers of an input less their zero point, not rounded.
fn integers(call: &mut Call, input: usize, zero: usize, axis: i64) -> Result<ValueId> {
    let value = call.tensor(input)?;
    match (call.trace.kind(value), call.trace.scale(value)) {
        (Kind::Float, None) => Ok(value), // of a scale of 1
        (Kind::Float, Some(scale)) => {
            let arguments = vec![
                ("self", Argument::Tensor(value)),
                ("other", Argument::Float(1.0 / scale)),
            ];
            call.emit("aten.mul.Scalar", arguments)
        }
        _ => less_zero(call, value, zero, axis),
    }
}

pub fn to_float(call: &mut Call, value: ValueId) -> Result<ValueId> {
    let arguments = vec![
        ("self", Argument::Tensor(value)),
        ("dtype", Argument::ScalarType(7)),
    ];
    call.emit("aten.to.dtype", arguments)
}

/// One number for all, or one for each place of an axis.
fn along(call: &mut Call, value: ValueId, axis: i64, rank: usize) -> Result<ValueId> {
    let sizes = call.trace.shape(value);
    if sizes.len() != 1 || sizes[0] == 1 || rank == 0 {
        return Ok(value);
    }
    let axis = call.axis(axis, rank)?;
    let mut shape = vec![1; rank];
    shape[axis] = -1;
    let arguments = vec![("self", Argument::Tensor(value)), ("shape", ints(&shape))];
    call.emit("aten.reshape.default", arguments)
}

pub fn pair(call: &mut Call, operator: &str, first: ValueId, second: ValueId) -> Result<ValueId> {
    let arguments = vec![
        ("self", Argument::Tensor(first)),
        ("other", Argument::Tensor(second)),
    ];
    call.emit(operator, arguments)
}
