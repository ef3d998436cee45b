//! Layers that make pictures smaller or flat.

use super::layer::{Layer, Type, int, ints};
use crate::model::graph::Argument;

const MAX: &[&str] = &[
    "kernel_size",
    "stride",
    "padding",
    "dilation",
    "ceil_mode",
    "return_indices",
];
const AVERAGE: &[&str] = &[
    "kernel_size",
    "stride",
    "padding",
    "ceil_mode",
    "count_include_pad",
    "divisor_override",
];

pub const TYPES: &[Type] = &[
    Type {
        name: "MaxPool2d",
        module: "pooling",
        arguments: MAX,
        add: max_pool,
    },
    Type {
        name: "AvgPool2d",
        module: "pooling",
        arguments: AVERAGE,
        add: average_pool,
    },
    Type {
        name: "AdaptiveAvgPool2d",
        module: "pooling",
        arguments: &["output_size"],
        add: adaptive_average,
    },
    Type {
        name: "AdaptiveMaxPool2d",
        module: "pooling",
        arguments: &["output_size", "return_indices"],
        add: adaptive_max,
    },
    Type {
        name: "Flatten",
        module: "flatten",
        arguments: &["start_dim", "end_dim"],
        add: flatten,
    },
];

/// Kernel, stride, padding and whether the last window may reach beyond the edge.
struct Window {
    kernel: [i64; 2],
    stride: [i64; 2],
    padding: [i64; 2],
    ceil: bool,
}

fn window(layer: &mut Layer) -> Option<Window> {
    let (kernel, stride) = (
        layer.pair("kernel_size", 1),
        layer.pair_or_none("stride", 1),
    );
    let (padding, ceil) = (
        layer.pair_or("padding", 0, 0),
        layer.bool_or("ceil_mode", false),
    );
    let (kernel, padding) = (kernel?, padding?);
    let stride = stride?.unwrap_or(kernel);
    if (0..2).any(|axis| 2 * padding[axis] > kernel[axis]) {
        let message = "`padding` is more than half of `kernel_size`".to_owned();
        return layer.fault("padding", message, "at most half of it");
    }
    Some(Window {
        kernel,
        stride,
        padding,
        ceil: ceil?,
    })
}

impl Window {
    /// Windows along an axis of `length` px, as PyTorch counts them.
    fn count(&self, axis: usize, length: i64, dilation: i64) -> i64 {
        let (stride, padding) = (self.stride[axis], self.padding[axis]);
        let way = length + 2 * padding - dilation * (self.kernel[axis] - 1) - 1;
        if !self.ceil {
            return way.div_euclid(stride) + 1;
        }
        let count = (way + stride - 1).div_euclid(stride) + 1;
        // The last window starts inside the picture or its padding before.
        match (count - 1) * stride >= length + padding {
            true => count - 1,
            false => count,
        }
    }
}

fn max_pool(layer: &mut Layer) -> Option<()> {
    let (window, dilation) = (window(layer), layer.pair_or("dilation", 1, 1));
    let places = layer.bool_or("return_indices", false)?;
    let (window, dilation) = (window?, dilation?);
    one_output(layer, places)?;
    let [channels, height, width] = layer.image()?;
    let shape = vec![
        channels,
        window.count(0, height, dilation[0]),
        window.count(1, width, dilation[1]),
    ];
    let arguments = [
        ("kernel_size", ints(&window.kernel)),
        ("stride", ints(&window.stride)),
        ("padding", ints(&window.padding)),
        ("dilation", ints(&dilation)),
        ("ceil_mode", Argument::Bool(window.ceil)),
    ];
    layer.call("aten.max_pool2d.default", "self", arguments, shape)
}

fn one_output(layer: &mut Layer, places: bool) -> Option<()> {
    if !places {
        return Some(());
    }
    let message = "a layer here gives one tensor".to_owned();
    layer.fault("return_indices", message, "leave it out")
}

fn average_pool(layer: &mut Layer) -> Option<()> {
    let (window, padded) = (window(layer), layer.bool_or("count_include_pad", true));
    let divisor = layer.int_or_none("divisor_override", 1);
    let (window, padded, divisor) = (window?, padded?, divisor?);
    let [channels, height, width] = layer.image()?;
    let shape = vec![
        channels,
        window.count(0, height, 1),
        window.count(1, width, 1),
    ];
    let arguments = [
        ("kernel_size", ints(&window.kernel)),
        ("stride", ints(&window.stride)),
        ("padding", ints(&window.padding)),
        ("ceil_mode", Argument::Bool(window.ceil)),
        ("count_include_pad", Argument::Bool(padded)),
        ("divisor_override", divisor.map_or(Argument::None, int)),
    ];
    layer.call("aten.avg_pool2d.default", "self", arguments, shape)
}

fn adaptive_average(layer: &mut Layer) -> Option<()> {
    adaptive(layer, "aten.adaptive_avg_pool2d.default")
}

fn adaptive_max(layer: &mut Layer) -> Option<()> {
    let places = layer.bool_or("return_indices", false)?;
    one_output(layer, places)?;
    adaptive(layer, "sequential.adaptive_max_pool2d.default")
}

fn adaptive(layer: &mut Layer, operator: &str) -> Option<()> {
    let size = layer.pair("output_size", 1)?;
    let [channels, ..] = layer.image()?;
    let shape = vec![channels, size[0], size[1]];
    layer.call(operator, "self", [("output_size", ints(&size))], shape)
}

fn flatten(layer: &mut Layer) -> Option<()> {
    let (start, end) = (
        layer.int_or("start_dim", 1, 1)?,
        layer.int_or("end_dim", -1, -1)?,
    );
    let shape = layer.shape()?;
    if start != 1 || (end != -1 && end != shape.len() as i64) {
        let message = "only everything after the batch is made flat here".to_owned();
        let key = if start != 1 { "start_dim" } else { "end_dim" };
        return layer.fault(key, message, "leave `start_dim` and `end_dim` out");
    }
    let arguments = [("start_dim", int(1)), ("end_dim", int(-1))];
    let product = shape
        .iter()
        .try_fold(1i64, |all, size| all.checked_mul(*size));
    let flat = vec![product.unwrap_or(i64::MAX)]; // refused as too large
    layer.call("aten.flatten.using_ints", "self", arguments, flat)
}
