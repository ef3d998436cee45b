//! Layers with weights: convolutions, dense layers, batch norms.

use super::layer::{Layer, Type, int, ints};
use crate::model::graph::{Argument, StoredKind};

const CONVOLUTION: &[&str] = &[
    "in_channels",
    "out_channels",
    "kernel_size",
    "stride",
    "padding",
    "dilation",
    "groups",
    "bias",
    "padding_mode",
];
const TRANSPOSED: &[&str] = &[
    "in_channels",
    "out_channels",
    "kernel_size",
    "stride",
    "padding",
    "output_padding",
    "groups",
    "bias",
    "dilation",
    "padding_mode",
];
const NORM: &[&str] = &[
    "num_features",
    "eps",
    "momentum",
    "affine",
    "track_running_stats",
];

pub const TYPES: &[Type] = &[
    Type {
        name: "Conv2d",
        module: "conv",
        arguments: CONVOLUTION,
        add: conv2d,
    },
    Type {
        name: "ConvTranspose2d",
        module: "conv",
        arguments: TRANSPOSED,
        add: conv_transpose2d,
    },
    Type {
        name: "Linear",
        module: "linear",
        arguments: &["in_features", "out_features", "bias"],
        add: linear,
    },
    Type {
        name: "BatchNorm2d",
        module: "batchnorm",
        arguments: NORM,
        add: batch_norm2d,
    },
    Type {
        name: "BatchNorm1d",
        module: "batchnorm",
        arguments: NORM,
        add: batch_norm1d,
    },
];

fn conv2d(layer: &mut Layer) -> Option<()> {
    let same = layer.is_text("padding", "same");
    let padding = match same || layer.is_text("padding", "valid") {
        true => Some([0; 2]),
        false => layer.pair_or("padding", 0, 0),
    };
    let (out, kernel, stride) = (
        layer.int("out_channels", 1),
        layer.pair("kernel_size", 1),
        layer.pair_or("stride", 1, 1),
    );
    let (dilation, groups, bias) = (
        layer.pair_or("dilation", 1, 1),
        layer.int_or("groups", 1, 1),
        layer.bool_or("bias", true),
    );
    layer.option("padding_mode", &["zeros"])?;
    let (out, kernel, stride, padding) = (out?, kernel?, stride?, padding?);
    let (dilation, groups) = (dilation?, groups?);
    let [channels, height, width] = layer.image()?;
    layer.follows("in_channels", channels)?;
    check_groups(layer, groups, channels, out)?;
    if same && stride != [1; 2] {
        let message = "`padding: same` goes with a stride of 1 only".to_owned();
        return layer.fault("padding", message, "write the padding as a number");
    }
    let weight = layer.parameter("weight", &[out, channels / groups, kernel[0], kernel[1]]);
    let bias = match bias? {
        true => layer.parameter("bias", &[out]),
        false => Argument::None,
    };
    let side = |axis: usize, length: i64| match same {
        true => length,
        false => {
            let reach = dilation[axis] * (kernel[axis] - 1) + 1;
            (length + 2 * padding[axis] - reach).div_euclid(stride[axis]) + 1
        }
    };
    let (operator, padding) = match same {
        true => ("aten.conv2d.padding", Argument::Text("same".to_owned())),
        false => ("aten.conv2d.default", ints(&padding)),
    };
    let arguments = [
        ("weight", weight),
        ("bias", bias),
        ("stride", ints(&stride)),
        ("padding", padding),
        ("dilation", ints(&dilation)),
        ("groups", int(groups)),
    ];
    let shape = vec![out, side(0, height), side(1, width)];
    layer.call(operator, "input", arguments, shape)
}

fn conv_transpose2d(layer: &mut Layer) -> Option<()> {
    let (out, kernel, stride) = (
        layer.int("out_channels", 1),
        layer.pair("kernel_size", 1),
        layer.pair_or("stride", 1, 1),
    );
    let (padding, extra, dilation) = (
        layer.pair_or("padding", 0, 0),
        layer.pair_or("output_padding", 0, 0),
        layer.pair_or("dilation", 1, 1),
    );
    let (groups, bias) = (layer.int_or("groups", 1, 1), layer.bool_or("bias", true));
    layer.option("padding_mode", &["zeros"])?;
    let (out, kernel, stride, padding) = (out?, kernel?, stride?, padding?);
    let (extra, dilation, groups) = (extra?, dilation?, groups?);
    let [channels, height, width] = layer.image()?;
    layer.follows("in_channels", channels)?;
    check_groups(layer, groups, channels, out)?;
    let weight = layer.parameter("weight", &[channels, out / groups, kernel[0], kernel[1]]);
    let bias = match bias? {
        true => layer.parameter("bias", &[out]),
        false => Argument::None,
    };
    let side = |axis: usize, length: i64| {
        let reach = dilation[axis] * (kernel[axis] - 1) + 1;
        (length - 1) * stride[axis] - 2 * padding[axis] + reach + extra[axis]
    };
    let arguments = [
        ("weight", weight),
        ("bias", bias),
        ("stride", ints(&stride)),
        ("padding", ints(&padding)),
        ("output_padding", ints(&extra)),
        ("groups", int(groups)),
        ("dilation", ints(&dilation)),
    ];
    let shape = vec![out, side(0, height), side(1, width)];
    layer.call("aten.conv_transpose2d.input", "input", arguments, shape)
}

fn check_groups(layer: &mut Layer, groups: i64, channels: i64, out: i64) -> Option<()> {
    if channels % groups == 0 && out % groups == 0 {
        return Some(());
    }
    let message = format!("{channels} and {out} channels are not divided by {groups} groups");
    layer.fault("groups", message, "a number that divides both")
}

fn linear(layer: &mut Layer) -> Option<()> {
    let (out, bias) = (layer.int("out_features", 1), layer.bool_or("bias", true));
    let (out, bias) = (out?, bias?);
    let shape = layer.shape()?;
    let [features] = shape.as_slice() else {
        let message = format!("its input is {shape:?} for each picture");
        return layer.fault("type", message, "put a `Flatten` before the `Linear`");
    };
    layer.follows("in_features", *features)?;
    let weight = layer.parameter("weight", &[out, *features]);
    let bias = match bias {
        true => layer.parameter("bias", &[out]),
        false => Argument::None,
    };
    layer.call(
        "aten.linear.default",
        "input",
        [("weight", weight), ("bias", bias)],
        vec![out],
    )
}

fn batch_norm2d(layer: &mut Layer) -> Option<()> {
    layer.image()?;
    batch_norm(layer)
}

fn batch_norm1d(layer: &mut Layer) -> Option<()> {
    let shape = layer.shape()?;
    if shape.len() != 1 {
        let message = format!("its input is {shape:?} for each picture");
        return layer.fault("type", message, "`BatchNorm2d` is for pictures");
    }
    batch_norm(layer)
}

fn batch_norm(layer: &mut Layer) -> Option<()> {
    let (eps, momentum) = (layer.float_or("eps", 1e-5), layer.float_or("momentum", 0.1));
    let (affine, tracked) = (
        layer.bool_or("affine", true),
        layer.bool_or("track_running_stats", true),
    );
    let (eps, affine) = (eps?, affine?);
    momentum?;
    if !tracked? {
        let message = "a network that predicts needs statistics of its training".to_owned();
        return layer.fault("track_running_stats", message, "leave it out");
    }
    let shape = layer.shape()?;
    let features = *shape.first()?;
    layer.follows("num_features", features)?;
    let mut learned = |name: &str| match affine {
        true => layer.parameter(name, &[features]),
        false => Argument::None,
    };
    let (weight, bias) = (learned("weight"), learned("bias"));
    let mut buffer = |name: &str| layer.stored(name, &[features], StoredKind::Buffer);
    let arguments = [
        ("weight", weight),
        ("bias", bias),
        ("running_mean", buffer("running_mean")),
        ("running_var", buffer("running_var")),
        ("training", Argument::Bool(false)),
        ("eps", Argument::Float(eps)),
    ];
    layer.call("aten.batch_norm.default", "input", arguments, shape)
}
