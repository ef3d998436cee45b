//! Comparisons and truths. On sizes they are known; on tensors they become masks.

use tch::Kind;

use super::super::call::Call;
use super::super::traced::{Result, Traced, damaged, unsupported};
use super::arithmetic::check_broadcast;
use super::{Row, one};
use crate::model::graph::Argument;

pub const TABLE: &[Row] = &[
    ("Greater", |call| compare(call, "aten.gt.Tensor")),
    ("GreaterOrEqual", |call| compare(call, "aten.ge.Tensor")),
    ("Less", |call| compare(call, "aten.lt.Tensor")),
    ("LessOrEqual", |call| compare(call, "aten.le.Tensor")),
    ("And", |call| truths(call, "aten.logical_and.default")),
    ("Or", |call| truths(call, "aten.logical_or.default")),
    ("Xor", |call| truths(call, "aten.logical_xor.default")),
    ("Not", not),
];

/// Where two tensors stand in a relation, as truths.
pub fn compare(call: &mut Call, operator: &str) -> Result<Vec<Traced>> {
    let (a, b) = (call.tensor(0)?, call.tensor(1)?);
    check_broadcast(&call.trace.shape(a), &call.trace.shape(b))?;
    let arguments = vec![
        ("self", Argument::Tensor(a)),
        ("other", Argument::Tensor(b)),
    ];
    one(call.emit(operator, arguments)?)
}

fn truths(call: &mut Call, operator: &str) -> Result<Vec<Traced>> {
    for index in 0..2 {
        let value = call.tensor(index)?;
        check_truth(call, value)?;
    }
    compare(call, operator)
}

fn not(call: &mut Call) -> Result<Vec<Traced>> {
    let value = call.tensor(0)?;
    check_truth(call, value)?;
    one(call.emit_unary("aten.logical_not.default", value)?)
}

/// Truths that were computed from sizes are whole numbers here.
fn check_truth(call: &Call, value: crate::model::graph::ValueId) -> Result<()> {
    match call.trace.kind(value) {
        Kind::Bool | Kind::Int64 => Ok(()),
        _ => damaged("its inputs are not booleans"),
    }
}

/// The condition of a choice between tensors, as truths.
pub fn condition(call: &mut Call, index: usize) -> Result<crate::model::graph::ValueId> {
    let value = call.tensor(index)?;
    match call.trace.kind(value) {
        Kind::Bool => Ok(value),
        Kind::Int64 => call.emit_unary("onnx.truth.default", value),
        _ => unsupported("a condition that is not a boolean"),
    }
}
