//! Pooling.

use super::super::call::{Call, ints};
use super::super::traced::{Result, Traced, unsupported};
use super::{Row, one};
use crate::model::graph::Argument;

pub const TABLE: &[Row] = &[
    ("MaxPool", |call| pool(call, Pool::Max)),
    ("AveragePool", |call| pool(call, Pool::Average)),
    ("GlobalAveragePool", |call| {
        let input = call.tensor(0)?;
        spatial(call, input)?;
        let arguments = vec![
            ("self", Argument::Tensor(input)),
            ("output_size", ints(&[1, 1])),
        ];
        one(call.emit("aten.adaptive_avg_pool2d.default", arguments)?)
    }),
    ("GlobalMaxPool", |call| {
        let input = call.tensor(0)?;
        spatial(call, input)?;
        let arguments = vec![
            ("self", Argument::Tensor(input)),
            ("dim", ints(&[-2, -1])),
            ("keepdim", Argument::Bool(true)),
        ];
        one(call.emit("aten.amax.default", arguments)?)
    }),
];

#[derive(Clone, Copy, PartialEq)]
enum Pool {
    Max,
    Average,
}

fn spatial(call: &Call, input: crate::model::graph::ValueId) -> Result<()> {
    match call.trace.rank(input) {
        4 => Ok(()),
        rank => unsupported(format!(
            "an input of {rank} axes: pictures in a network have four"
        )),
    }
}

/// The usual forms are PyTorch's; padding that differs between the sides or is wider than half of the
/// kernel is our own.
fn pool(call: &mut Call, pool: Pool) -> Result<Vec<Traced>> {
    let input = call.tensor(0)?;
    spatial(call, input)?;
    if call.attribute("kernel_shape").is_none() {
        return unsupported("no `kernel_shape`");
    }
    let kernel = call.pair("kernel_shape", 1, 1)?;
    let stride = call.pair("strides", 1, 1)?;
    let dilation = call.pair("dilations", 1, 1)?;
    let ceil = call.bool("ceil_mode", false)?;
    let [top, left, bottom, right] = call.pads()?;
    let auto_pad = call.text("auto_pad", "NOTSET")?;
    let mut arguments = vec![
        ("self", Argument::Tensor(input)),
        ("kernel_size", ints(&kernel)),
        ("stride", ints(&stride)),
        ("ceil_mode", Argument::Bool(ceil)),
    ];
    match pool {
        Pool::Max => {
            call.no_matter("storage_order"); // of the indices, which are not given
            arguments.push(("dilation", ints(&dilation)));
        }
        Pool::Average if dilation != [1, 1] => {
            return unsupported(format!("the attribute `dilations` as {dilation:?}"));
        }
        Pool::Average => {
            let counted = call.bool("count_include_pad", false)?;
            arguments.push(("count_include_pad", Argument::Bool(counted)));
        }
    }
    let as_pytorch =
        top == bottom && left == right && 2 * top <= kernel[0] && 2 * left <= kernel[1];
    let (name, padding) = match (pool, auto_pad) {
        (_, "VALID") | (_, "NOTSET") if as_pytorch || auto_pad == "VALID" => {
            let padding = if auto_pad == "VALID" {
                [0, 0]
            } else {
                [top, left]
            };
            let name = match pool {
                Pool::Max => "aten.max_pool2d.default",
                Pool::Average => "aten.avg_pool2d.default",
            };
            (name, ints(&padding))
        }
        (_, "NOTSET" | "SAME_UPPER" | "SAME_LOWER") => {
            arguments.push(("auto_pad", Argument::Text(auto_pad.to_owned())));
            let name = match pool {
                Pool::Max => "onnx.max_pool2d.default",
                Pool::Average => "onnx.avg_pool2d.default",
            };
            (name, ints(&[top, left, bottom, right]))
        }
        (_, other) => return unsupported(format!("the attribute `auto_pad` as `{other}`")),
    };
    arguments.push(("padding", padding));
    one(call.emit(name, arguments)?)
}
