//! Quantised tensors as QDQ writes them: whole numbers with a scale. They are computed in float32 from the values
//! that they stand for; activations are not rounded, so scores differ from an integer runtime's by its rounding.

use tch::Kind;

use super::super::call::Call;
use super::super::proto::data_type;
use super::super::traced::{Result, Traced, unsupported};
use super::{Row, one};
use crate::model::graph::{Argument, ValueId};

pub const TABLE: &[Row] = &[
    ("QuantizeLinear", quantise),
    ("DequantizeLinear", dequantise),
];

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
    let zero = match call.tensor_or_none(2)? {
        Some(zero) => call.trace.stored_type(zero),
        None => Some(data_type::UINT8),
    };
    let [low, high] = match zero {
        Some(data_type::UINT8) => [0.0, 255.0],
        Some(data_type::INT8) => [-128.0, 127.0],
        Some(data_type::UINT16) => [0.0, 65_535.0],
        Some(data_type::INT16) => [-32_768.0, 32_767.0],
        _ => return unsupported("a type other than whole numbers of 8 or 16 bits"),
    };
    let (Some(scale), Some(zero)) = (call.scalar(1), call.scalar_or_none(2)?.or(Some(0.0))) else {
        return unsupported("a scale for each channel of what is computed");
    };
    let arguments = vec![
        ("self", Argument::Tensor(input)),
        ("min", Argument::Float((low - zero) * scale)),
        ("max", Argument::Float((high - zero) * scale)),
    ];
    one(call.emit("aten.clamp.default", arguments)?)
}

/// (x − zero point) · scale, of whole numbers; what was never rounded stays.
fn dequantise(call: &mut Call) -> Result<Vec<Traced>> {
    call.no_matter("output_dtype");
    if call.int("block_size", 0)? != 0 {
        return unsupported("the attribute `block_size`");
    }
    let axis = call.int("axis", 1)?;
    let input = call.tensor(0)?;
    if call.trace.kind(input) == Kind::Float {
        return one(input);
    }
    let rank = call.trace.rank(input);
    let mut value = to_float(call, input)?;
    if let Some(zero) = call.tensor_or_none(2)? {
        let zero = to_float(call, zero)?;
        let zero = along(call, zero, axis, rank)?;
        value = pair(call, "aten.sub.Tensor", value, zero)?;
    }
    let scale = call.tensor(1)?;
    let scale = along(call, scale, axis, rank)?;
    one(pair(call, "aten.mul.Tensor", value, scale)?)
}

fn to_float(call: &mut Call, value: ValueId) -> Result<ValueId> {
    let arguments = vec![
        ("self", Argument::Tensor(value)),
        ("dtype", Argument::ScalarType(7)),
    ];
    call.emit("aten.to.dtype", arguments)
}

/// One number for all, or one for each place of an axis.
fn along(call: &mut Call, value: ValueId, axis: i64, rank: usize) -> Result<ValueId> {
    let sizes = call.trace.shape(value);
    if sizes.iter().product::<i64>() == 1 || rank == 0 {
        return Ok(value);
    }
    let axis = call.axis(axis, rank)?;
    let mut shape = vec![1; rank];
    shape[axis] = -1;
    let arguments = vec![
        ("self", Argument::Tensor(value)),
        ("shape", super::super::call::ints(&shape)),
    ];
    call.emit("aten.reshape.default", arguments)
}

fn pair(call: &mut Call, operator: &str, first: ValueId, second: ValueId) -> Result<ValueId> {
    let arguments = vec![
        ("self", Argument::Tensor(first)),
        ("other", Argument::Tensor(second)),
    ];
    call.emit(operator, arguments)
}
