//! Order within an axis: running sums, the largest entries and their places.

use super::super::call::{Call, int};
use super::super::traced::{Result, Traced, damaged, unsupported};
use super::{Row, one};
use crate::model::graph::{Argument, ValueId};

pub const TABLE: &[Row] = &[
    ("CumSum", running_sum),
    ("TopK", largest),
    ("ArgMax", |call| place(call, "aten.argmax.default")),
    ("ArgMin", |call| place(call, "aten.argmin.default")),
];

fn running_sum(call: &mut Call) -> Result<Vec<Traced>> {
    call.only_int("exclusive", 0)?;
    let reverse = call.bool("reverse", false)?;
    let input = call.tensor(0)?;
    let Some(axis) = call.scalar(1) else {
        return unsupported("an axis that is not a constant number");
    };
    let axis = call.axis(axis as i64, call.trace.rank(input))? as i64;
    let sum = |call: &mut Call, value: ValueId| {
        call.emit(
            "aten.cumsum.default",
            vec![("self", Argument::Tensor(value)), ("dim", int(axis))],
        )
    };
    if !reverse {
        return one(sum(call, input)?);
    }
    let turn = |call: &mut Call, value: ValueId| {
        let dims = super::super::call::ints(&[axis]);
        call.emit(
            "aten.flip.default",
            vec![("self", Argument::Tensor(value)), ("dims", dims)],
        )
    };
    let turned = turn(call, input)?;
    let summed = sum(call, turned)?;
    one(turn(call, summed)?)
}

/// Values and places. Since opset 10 an input says how many.
fn largest(call: &mut Call) -> Result<Vec<Traced>> {
    let input = call.tensor(0)?;
    let count = match call.opset {
        ..10 => call.int_or_none("k")?,
        _ => call.known_sizes(1)?.first().copied(),
    };
    let axis = call.int("axis", -1)?;
    let axis = call.axis(axis, call.trace.rank(input))?;
    let length = call.trace.shape(input)[axis];
    let Some(count) = count.filter(|count| (0..=length).contains(count)) else {
        return damaged(format!("it asks for {count:?} of {length}"));
    };
    let arguments = vec![
        ("self", Argument::Tensor(input)),
        ("k", int(count)),
        ("dim", int(axis as i64)),
        ("largest", Argument::Bool(call.bool("largest", true)?)),
        ("sorted", Argument::Bool(call.bool("sorted", true)?)),
    ];
    let both = call.trace.emit_many("aten.topk.default", arguments, 2)?;
    Ok(both.into_iter().map(Traced::Tensor).collect())
}

fn place(call: &mut Call, operator: &str) -> Result<Vec<Traced>> {
    call.only_int("select_last_index", 0)?;
    let input = call.tensor(0)?;
    let axis = call.int("axis", 0)?;
    let axis = call.axis(axis, call.trace.rank(input))?;
    let arguments = vec![
        ("self", Argument::Tensor(input)),
        ("dim", int(axis as i64)),
        ("keepdim", Argument::Bool(call.bool("keepdims", true)?)),
    ];
    one(call.emit(operator, arguments)?)
}
