//! Reshaping, of tensors and of lists of sizes, and what leaves its input as it is.

use tch::Kind;

use super::super::call::{Call, int, ints};
use super::super::proto::data_type;
use super::super::traced::{
    ELEMENT_LIMIT, Number, Origin, Refusal, Result, Sizes, Traced, damaged, unsupported,
};
use super::{Row, one};
use crate::model::graph::{Argument, Size};

pub const TABLE: &[Row] = &[
    ("Identity", identity),
    ("Dropout", dropout),
    ("Cast", cast),
    ("Flatten", flatten),
    ("Reshape", reshape),
    ("Transpose", transpose),
    ("Squeeze", squeeze),
    ("Unsqueeze", unsqueeze),
    ("Expand", expand),
];

/// A weight that several modules share comes with an `Identity` for each: it is named again.
fn identity(call: &mut Call) -> Result<Vec<Traced>> {
    let input = call.input(0)?.clone();
    if let Traced::Tensor(value) = input
        && let Some(constant) = call.trace.constants.get(&value)
    {
        let (tensor, is_weight) = (constant.tensor.shallow_clone(), constant.is_weight);
        let name = call.node.outputs.first().cloned();
        return one(call.trace.constant(tensor, is_weight, name));
    }
    Ok(vec![input])
}

/// Only as it is when predicting, where it does nothing.
fn dropout(call: &mut Call) -> Result<Vec<Traced>> {
    for name in ["ratio", "seed"] {
        call.no_matter(name);
    }
    if call.has(2) {
        let training = match call.input(2)? {
            Traced::Tensor(value) => call.trace.constants.get(value),
            Traced::Sizes(_) => None,
        };
        let off = training
            .is_some_and(|constant| constant.tensor.f_any().is_ok_and(|any| !any_true(&any)));
        if !off {
            return Err(Refusal::Training);
        }
    }
    Ok(vec![call.input(0)?.clone()])
}

fn any_true(tensor: &tch::Tensor) -> bool {
    tensor.f_int64_value(&[]).is_ok_and(|number| number != 0)
}

/// Every type of floating point is float32 here, every whole number int64.
fn cast(call: &mut Call) -> Result<Vec<Traced>> {
    call.no_matter("saturate");
    call.no_matter("round_mode");
    let to = call.int("to", 0)? as i32;
    let kind = match to {
        code if data_type::is_float(code) => Kind::Float,
        data_type::BOOL => Kind::Bool,
        data_type::INT64 | data_type::INT32 => Kind::Int64,
        code => return unsupported(format!("the type {}", data_type::name(code))),
    };
    let input = call.input(0)?.clone();
    let value = match &input {
        Traced::Sizes(_) if kind == Kind::Int64 => return Ok(vec![input]),
        Traced::Sizes(sizes) => return one(call.sizes_as_tensor(sizes, kind)?),
        Traced::Tensor(value) => *value,
    };
    if call.trace.kind(value) == kind {
        return Ok(vec![input]);
    }
    if let Some(constant) = call.trace.constants.get(&value) {
        let (tensor, is_weight) = (constant.tensor.f_to_kind(kind)?, constant.is_weight);
        call.trace.take_room(&tensor)?;
        return one(call.trace.constant(tensor, is_weight, None));
    }
    let code = match kind {
        Kind::Float => 7,
        Kind::Int64 => 5,
        _ => return one(call.emit_unary("onnx.truth.default", value)?),
    };
    let arguments = vec![
        ("self", Argument::Tensor(value)),
        ("dtype", Argument::ScalarType(code)),
    ];
    one(call.emit("aten.to.dtype", arguments)?)
}

/// To a matrix: the axes before `axis` together and those from it on.
fn flatten(call: &mut Call) -> Result<Vec<Traced>> {
    let input = call.tensor(0)?;
    let rank = call.trace.rank(input);
    let axis = call.int("axis", 1)?;
    let axis = match axis {
        axis if axis == rank as i64 => rank,
        axis => call.axis(axis, rank)?,
    };
    let together = |call: &mut Call, value, first: usize, last: i64| {
        let arguments = vec![
            ("self", Argument::Tensor(value)),
            ("start_dim", int(first as i64)),
            ("end_dim", int(last)),
        ];
        call.emit("aten.flatten.using_ints", arguments)
    };
    if axis == 0 || axis == rank {
        let shape = if axis == 0 { [1, -1] } else { [-1, 1] };
        let arguments = vec![("self", Argument::Tensor(input)), ("shape", ints(&shape))];
        return one(call.emit("aten.reshape.default", arguments)?);
    }
    let mut value = together(call, input, axis, -1)?;
    if axis > 1 {
        value = together(call, value, 0, axis as i64 - 1)?;
    }
    one(value)
}

/// 0 takes over the size of the input, -1 is what remains.
fn reshape(call: &mut Call) -> Result<Vec<Traced>> {
    let literal_zero = call.bool("allowzero", false)?;
    let shape = match call.opset {
        ..5 => return unsupported("the form of before opset 5"),
        _ => call.sizes(1)?,
    };
    if let Some(Traced::Sizes(list)) = call.inputs[0].clone() {
        let scalar = match shape.known().as_deref() {
            Some([]) if list.numbers.len() == 1 => Some(true),
            Some([length]) if *length == -1 || *length == list.numbers.len() as i64 => Some(false),
            _ => None, // a table of places, from here on a tensor
        };
        if let Some(scalar) = scalar {
            return Ok(vec![Traced::Sizes(Sizes { scalar, ..list })]);
        }
    }
    let input = call.tensor(0)?;
    let mut numbers = shape.numbers;
    for (index, number) in numbers.iter_mut().enumerate() {
        if number.is_known() && number.now == 0 && !literal_zero {
            if index >= call.trace.rank(input) {
                return damaged(format!("its input has no axis {index} to take over"));
            }
            *number = call.trace.dimension(input, index);
        }
        if number.now < -1 {
            return damaged(format!("{} is not a valid size", number.now));
        }
    }
    // One size that is not known is what remains: no need to ask for it when the network runs.
    let open: Vec<_> = (0..numbers.len())
        .filter(|index| !numbers[*index].is_known() || numbers[*index].now == -1)
        .collect();
    let empty = numbers.iter().any(|number| number.now == 0);
    if let ([one], false) = (open.as_slice(), empty) {
        numbers[*one] = Number::known(-1);
    }
    let arguments = vec![
        ("self", Argument::Tensor(input)),
        ("shape", call.trace.sizes(&numbers)?),
    ];
    one(call.emit("aten.reshape.default", arguments)?)
}

fn transpose(call: &mut Call) -> Result<Vec<Traced>> {
    let input = call.tensor(0)?;
    let rank = call.trace.rank(input) as i64;
    let permutation = call.ints_or_none("perm")?;
    let permutation = permutation.unwrap_or_else(|| (0..rank).rev().collect());
    let arguments = vec![
        ("self", Argument::Tensor(input)),
        ("dims", ints(&permutation)),
    ];
    one(call.emit("aten.permute.default", arguments)?)
}

/// Without axes all of size 1 go, except that of the pictures: a batch of one stays a batch.
fn squeeze(call: &mut Call) -> Result<Vec<Traced>> {
    let axes = call.axes(1, 13)?;
    if let Some(Traced::Sizes(list)) = call.inputs[0].clone() {
        return match list.numbers.len() {
            1 => Ok(vec![Traced::Sizes(Sizes {
                scalar: true,
                ..list
            })]),
            _ => damaged("it takes the axis from a list of several sizes"),
        };
    }
    let input = call.tensor(0)?;
    let sizes = call.trace.shape(input);
    let axes = match axes {
        Some(axes) => axes,
        None => {
            let constant = call.trace.constants.contains_key(&input);
            let all = (0..sizes.len()).filter(|axis| sizes[*axis] == 1);
            all.filter(|axis| *axis > 0 || constant)
                .map(|axis| axis as i64)
                .collect()
        }
    };
    for axis in &axes {
        let axis = call.axis(*axis, sizes.len())?;
        if sizes[axis] != 1 {
            return damaged(format!("it takes away an axis of size {}", sizes[axis]));
        }
    }
    let arguments = vec![("self", Argument::Tensor(input)), ("dim", ints(&axes))];
    one(call.emit("aten.squeeze.dims", arguments)?)
}

fn unsqueeze(call: &mut Call) -> Result<Vec<Traced>> {
    let Some(axes) = call.axes(1, 13)? else {
        return damaged("it names no axes");
    };
    if let Some(Traced::Sizes(list)) = call.inputs[0].clone()
        && let (true, [0 | -1]) = (list.scalar, axes.as_slice())
    {
        let scalar = false;
        return Ok(vec![Traced::Sizes(Sizes { scalar, ..list })]);
    }
    let mut value = call.tensor(0)?;
    let rank = call.trace.rank(value) + axes.len();
    let axes = axes.iter().map(|axis| call.axis(*axis, rank));
    let mut axes = axes.collect::<Result<Vec<_>>>()?;
    axes.sort_unstable();
    for axis in axes {
        let arguments = vec![("self", Argument::Tensor(value)), ("dim", int(axis as i64))];
        value = call.emit("aten.unsqueeze.default", arguments)?;
    }
    one(value)
}

/// A size of 1 keeps that of the input, as does a missing one.
fn expand(call: &mut Call) -> Result<Vec<Traced>> {
    let input = call.tensor(0)?;
    let sizes = call.trace.shape(input);
    let target = call.sizes(1)?.numbers;
    let rank = sizes.len().max(target.len());
    let mut expanded = Vec::with_capacity(rank);
    let mut count = 1.0;
    for index in 0..rank {
        let of_input = (index + sizes.len()).checked_sub(rank);
        let of_target = (index + target.len())
            .checked_sub(rank)
            .map(|at| target[at]);
        let kept = of_target.is_none_or(|number| {
            let grows = of_input.is_some_and(|at| sizes[at] != 1);
            (number.is_known() && number.now == 1)
                || number.now == -1
                || (grows && !number.is_known())
        });
        let now = of_target
            .map_or(1, |number| number.now)
            .max(of_input.map_or(1, |at| sizes[at]));
        count *= now as f64;
        expanded.push(match (kept, of_input, of_target) {
            (true, Some(_), _) | (_, _, None) => Size::Known(-1),
            (true, None, Some(_)) => Size::Known(1),
            (false, _, Some(number)) => call.trace.size(number)?,
        });
    }
    if count > ELEMENT_LIMIT as f64 {
        return unsupported("a value with too many numbers");
    }
    let arguments = vec![
        ("self", Argument::Tensor(input)),
        ("size", Argument::Sizes(expanded)),
    ];
    one(call.emit("aten.expand.default", arguments)?)
}

/// Whether the number is a size of a tensor, which is never negative.
pub fn is_dimension(number: &Number) -> bool {
    matches!(number.origin, Origin::Dimension(..))
}
