//! Entries by place.

use tch::Kind;

use super::super::call::{Call, int, ints};
use super::super::traced::{ELEMENT_LIMIT, Result, Sizes, Traced, damaged, unsupported};
use super::{Row, one};
use crate::model::graph::{Argument, ValueId};

pub const TABLE: &[Row] = &[
    ("Gather", gather),
    ("GatherND", gather_nd),
    ("GatherElements", gather_elements),
    ("ScatterND", scatter_nd),
    ("Tile", tile),
    ("Einsum", einsum),
];

/// Entries along an axis. Numbers that are known now need no node of our own.
fn gather(call: &mut Call) -> Result<Vec<Traced>> {
    let axis = call.int("axis", 0)?;
    if let Some(Traced::Sizes(list)) = call.inputs[0].clone() {
        let indices = call.sizes(1)?;
        let Some(known) = indices.known().filter(|_| !list.scalar) else {
            return unsupported("a size at a place that is not known");
        };
        let places = known
            .iter()
            .map(|index| call.axis(*index, list.numbers.len()));
        let numbers = places
            .map(|place| Ok(list.numbers[place?]))
            .collect::<Result<_>>()?;
        let scalar = indices.scalar;
        return Ok(vec![Traced::Sizes(Sizes { numbers, scalar })]);
    }
    let (input, indices) = (call.tensor(0)?, call.tensor(1)?);
    let sizes = call.trace.shape(input);
    let axis = call.axis(axis, sizes.len())?;
    let Some(constant) = call.trace.constants.get(&indices) else {
        if call.trace.kind(indices) != Kind::Int64 {
            return damaged("its indices are not whole numbers");
        }
        let arguments = vec![
            ("self", Argument::Tensor(input)),
            ("dim", int(axis as i64)),
            ("index", Argument::Tensor(indices)),
        ];
        return one(call.emit("onnx.gather.default", arguments)?);
    };
    let indices_sizes = constant.tensor.size();
    if constant.tensor.kind() != Kind::Int64 {
        return damaged("its indices are not whole numbers");
    }
    let flat = constant.tensor.f_reshape([-1])?;
    let numbers = Vec::<i64>::try_from(&flat)?;
    if let Some(beyond) = numbers
        .iter()
        .find(|number| !(-sizes[axis]..sizes[axis]).contains(*number))
    {
        return damaged(format!("there is no entry {beyond} of {}", sizes[axis]));
    }
    if let ([], [index]) = (indices_sizes.as_slice(), numbers.as_slice()) {
        let arguments = vec![
            ("self", Argument::Tensor(input)),
            ("dim", int(axis as i64)),
            ("index", int(*index)),
        ];
        return one(call.emit("aten.select.int", arguments)?);
    }
    let front: Vec<_> = numbers
        .iter()
        .map(|number| {
            if *number < 0 {
                number + sizes[axis]
            } else {
                *number
            }
        })
        .collect();
    let index = call
        .trace
        .constant(tch::Tensor::f_from_slice(&front)?, false, None);
    let arguments = vec![
        ("self", Argument::Tensor(input)),
        ("dim", int(axis as i64)),
        ("index", Argument::Tensor(index)),
    ];
    let value = call.emit("aten.index_select.default", arguments)?;
    if indices_sizes.len() == 1 {
        return one(value);
    }
    let arguments = vec![
        ("self", Argument::Tensor(value)),
        ("dim", int(axis as i64)),
        ("sizes", ints(&indices_sizes)),
    ];
    one(call.emit("aten.unflatten.int", arguments)?)
}

/// A table of places.
fn places(call: &mut Call, index: usize) -> Result<ValueId> {
    let value = call.tensor(index)?;
    match call.trace.kind(value) {
        Kind::Int64 => Ok(value),
        _ => damaged("its indices are not whole numbers"),
    }
}

/// The places of `indices` name the first axes of `input`.
fn check_places(call: &Call, input: ValueId, indices: ValueId) -> Result<()> {
    let named = call.trace.shape(indices).last().copied();
    match named {
        Some(1..) if named <= Some(call.trace.rank(input) as i64) => Ok(()),
        _ => damaged("its indices do not name axes of its input"),
    }
}

fn gather_nd(call: &mut Call) -> Result<Vec<Traced>> {
    call.only_int("batch_dims", 0)?;
    let (input, indices) = (call.tensor(0)?, places(call, 1)?);
    check_places(call, input, indices)?;
    let arguments = vec![
        ("self", Argument::Tensor(input)),
        ("index", Argument::Tensor(indices)),
    ];
    one(call.emit("onnx.gather_nd.default", arguments)?)
}

fn scatter_nd(call: &mut Call) -> Result<Vec<Traced>> {
    call.only_text("reduction", "none")?;
    let (input, indices, updates) = (call.tensor(0)?, places(call, 1)?, call.tensor(2)?);
    check_places(call, input, indices)?;
    let arguments = vec![
        ("self", Argument::Tensor(input)),
        ("index", Argument::Tensor(indices)),
        ("updates", Argument::Tensor(updates)),
    ];
    one(call.emit("onnx.scatter_nd.default", arguments)?)
}

fn gather_elements(call: &mut Call) -> Result<Vec<Traced>> {
    let axis = call.int("axis", 0)?;
    let (input, indices) = (call.tensor(0)?, places(call, 1)?);
    let axis = call.axis(axis, call.trace.rank(input))?;
    let constant = call.trace.constants.get(&indices);
    if constant.is_some_and(|constant| constant.tensor.lt(0).any().int64_value(&[]) != 0) {
        return unsupported("indices that are counted from the back");
    }
    let arguments = vec![
        ("self", Argument::Tensor(input)),
        ("dim", int(axis as i64)),
        ("index", Argument::Tensor(indices)),
    ];
    one(call.emit("aten.gather.default", arguments)?)
}

fn tile(call: &mut Call) -> Result<Vec<Traced>> {
    let (input, repeats) = (call.tensor(0)?, call.sizes(1)?.numbers);
    let sizes = call.trace.shape(input);
    if repeats.len() != sizes.len() {
        return damaged("its repeats are not one for each axis");
    }
    let numbers = sizes.iter().zip(&repeats);
    let count: f64 = numbers
        .map(|(size, n)| *size as f64 * n.now as f64)
        .product();
    if repeats.iter().any(|number| number.now < 0) || count > ELEMENT_LIMIT as f64 {
        return damaged("its result has no valid shape");
    }
    let repeats = call.trace.sizes(&repeats)?;
    let arguments = vec![("self", Argument::Tensor(input)), ("repeats", repeats)];
    one(call.emit("aten.repeat.default", arguments)?)
}

/// Sums of products over named axes; the notation is PyTorch's.
fn einsum(call: &mut Call) -> Result<Vec<Traced>> {
    let equation = call.text("equation", "")?.replace(' ', "");
    let inputs = (0..call.inputs.len()).map(|index| call.tensor(index));
    let inputs = inputs.collect::<Result<Vec<_>>>()?;
    check_einsum(call, &equation, &inputs)?;
    let arguments = vec![
        ("equation", Argument::Text(equation)),
        (
            "tensors",
            Argument::Tensors(inputs.into_iter().map(Some).collect()),
        ),
    ];
    one(call.emit("aten.einsum.default", arguments)?)
}

/// The result, and all products if none were summed, stay below the limit.
fn check_einsum(call: &Call, equation: &str, inputs: &[ValueId]) -> Result<()> {
    let Some((terms, output)) = equation.split_once("->") else {
        return unsupported("a sum of products that does not name the axes of its result");
    };
    let mut sizes = std::collections::BTreeMap::new();
    for (term, input) in terms.split(',').zip(inputs) {
        let shape = call.trace.shape(*input);
        if term.len() != shape.len() || !term.bytes().all(|byte| byte.is_ascii_alphabetic()) {
            return unsupported(format!("the term `{term}` for a tensor of {shape:?}"));
        }
        sizes.extend(term.bytes().zip(shape));
    }
    let product = |letters: &mut dyn Iterator<Item = u8>| -> f64 {
        let size = |letter| sizes.get(&letter).map_or(1.0, |size| *size as f64);
        letters.map(size).product()
    };
    let result = product(&mut output.bytes());
    let work = product(&mut sizes.keys().copied());
    match result > ELEMENT_LIMIT as f64 || work > (ELEMENT_LIMIT as f64) * 4096.0 {
        true => unsupported("products of tensors that large"),
        false => Ok(()),
    }
}
