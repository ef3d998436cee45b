//! Padding.

use super::super::call::{Call, ints};
use super::super::traced::{Result, Traced, damaged, unsupported};
use super::{Row, one};
use crate::model::graph::Argument;

pub const TABLE: &[Row] = &[("Pad", pad)];

/// ONNX lists all starts and then all ends; PyTorch start and end of each axis from the last.
fn pad(call: &mut Call) -> Result<Vec<Traced>> {
    let mode = call.text("mode", "constant")?;
    let input = call.tensor(0)?;
    let sizes = call.trace.shape(input);
    let rank = sizes.len();
    let (pads, value, axes) = match call.opset {
        ..11 => (
            call.ints_or_none("pads")?,
            Some(call.float("value", 0.0)?),
            None,
        ),
        _ => {
            let axes = call.has(3).then(|| call.known_sizes(3)).transpose()?;
            (Some(call.known_sizes(1)?), call.scalar_or_none(2)?, axes)
        }
    };
    let (pads, value) = (pads.unwrap_or_default(), value.unwrap_or(0.0));
    let axes = axes.unwrap_or_else(|| (0..rank as i64).collect());
    if pads.len() != 2 * axes.len() {
        return damaged(format!("{} numbers pad {} axes", pads.len(), axes.len()));
    }
    let mut by_axis = vec![[0, 0]; rank];
    for (index, axis) in axes.iter().enumerate() {
        let axis = call.axis(*axis, rank)?;
        by_axis[axis] = [pads[index], pads[index + axes.len()]];
    }
    if by_axis
        .iter()
        .flatten()
        .any(|pad| !(-1024..=1024).contains(pad))
    {
        return unsupported(format!("the padding {pads:?}"));
    }
    let unpadded = by_axis.iter().take_while(|pads| **pads == [0, 0]).count();
    let listed: Vec<i64> = by_axis[unpadded..]
        .iter()
        .rev()
        .flatten()
        .copied()
        .collect();
    let listed = match mode {
        _ if listed.is_empty() => return one(input),
        "constant" => listed,
        // These need all axes of the picture.
        _ if rank == 4 && unpadded >= 2 => [by_axis[3], by_axis[2]].concat(),
        _ => return unsupported(format!("the padding {pads:?} in the mode `{mode}`")),
    };
    let mut arguments = vec![("self", Argument::Tensor(input)), ("pad", ints(&listed))];
    let operator = match mode {
        "constant" => {
            arguments.push(("value", Argument::Float(value)));
            "aten.constant_pad_nd.default"
        }
        "reflect" | "edge" => {
            let mode = if mode == "edge" { "replicate" } else { mode };
            arguments.push(("mode", Argument::Text(mode.to_owned())));
            "aten.pad.default"
        }
        other => return unsupported(format!("the mode `{other}`")),
    };
    one(call.emit(operator, arguments)?)
}
