//! Layers that work on each number alone, softmax, dropout, and what does nothing.

use super::layer::{Layer, Type, int};
use crate::model::graph::Argument;

const IN_PLACE: &[&str] = &["inplace"];
const DROPOUT: &[&str] = &["p", "inplace"];

/// A layer without numbers of its own.
macro_rules! plain {
    ($name:literal, $arguments:expr, $operator:literal) => {
        Type {
            name: $name,
            module: "activation",
            arguments: $arguments,
            add: |layer| pointwise(layer, $operator, []),
        }
    };
}

/// A layer with one number, under the name of the layer's and of the operator's argument.
macro_rules! with_number {
    ($name:literal, $operator:literal, $argument:literal, $default:expr) => {
        Type {
            name: $name,
            module: "activation",
            arguments: &[$argument, "inplace"],
            add: |layer| {
                let number = layer.float_or($argument, $default)?;
                pointwise(layer, $operator, [($argument, Argument::Float(number))])
            },
        }
    };
}

pub const TYPES: &[Type] = &[
    plain!("ReLU", IN_PLACE, "aten.relu.default"),
    plain!("ReLU6", IN_PLACE, "aten.relu6.default"),
    with_number!(
        "LeakyReLU",
        "aten.leaky_relu.default",
        "negative_slope",
        0.01
    ),
    with_number!("ELU", "onnx.elu.default", "alpha", 1.0), // the operator that takes any alpha
    plain!("SELU", IN_PLACE, "aten.selu.default"),
    plain!("SiLU", IN_PLACE, "aten.silu.default"),
    plain!("Mish", IN_PLACE, "aten.mish.default"),
    plain!("Hardswish", IN_PLACE, "aten.hardswish.default"),
    plain!("Hardsigmoid", IN_PLACE, "aten.hardsigmoid.default"),
    plain!("Sigmoid", &[], "aten.sigmoid.default"),
    plain!("Tanh", &[], "aten.tanh.default"),
    plain!("Softplus", &[], "aten.softplus.default"),
    Type {
        name: "GELU",
        module: "activation",
        arguments: &["approximate"],
        add: gelu,
    },
    Type {
        name: "PReLU",
        module: "activation",
        arguments: &["num_parameters", "init"],
        add: prelu,
    },
    Type {
        name: "Softmax",
        module: "activation",
        arguments: &["dim"],
        add: softmax,
    },
    Type {
        name: "LogSoftmax",
        module: "activation",
        arguments: &["dim"],
        add: log_softmax,
    },
    Type {
        name: "Dropout",
        module: "dropout",
        arguments: DROPOUT,
        add: dropout,
    },
    Type {
        name: "Dropout2d",
        module: "dropout",
        arguments: DROPOUT,
        add: dropout2d,
    },
    // Leaves no trace in a graph, as in PyTorch's own exports.
    Type {
        name: "Identity",
        module: "linear",
        arguments: &[],
        add: |_| Some(()),
    },
];

fn pointwise<const N: usize>(
    layer: &mut Layer,
    operator: &str,
    arguments: [(&'static str, Argument); N],
) -> Option<()> {
    layer.bool_or("inplace", false)?; // the graph runs out of place in any case
    let shape = layer.shape()?;
    layer.call(operator, "self", arguments, shape)
}

fn gelu(layer: &mut Layer) -> Option<()> {
    let approximate = layer.option("approximate", &["none", "tanh"])?;
    let approximate = Argument::Text(approximate.to_owned());
    pointwise(layer, "aten.gelu.default", [("approximate", approximate)])
}

fn prelu(layer: &mut Layer) -> Option<()> {
    layer.float_or("init", 0.25)?; // where training starts
    let count = layer.int_or("num_parameters", 1, 1)?;
    let channels = *layer.shape()?.first()?;
    if count != 1 && count != channels {
        let message = format!("`num_parameters` is {count}, its input has {channels} channels");
        return layer.fault("num_parameters", message, format!("1 or {channels}"));
    }
    let weight = layer.parameter("weight", &[count]);
    pointwise(layer, "aten.prelu.default", [("weight", weight)])
}

fn softmax(layer: &mut Layer) -> Option<()> {
    over_classes(layer, "aten.softmax.int")
}

fn log_softmax(layer: &mut Layer) -> Option<()> {
    over_classes(layer, "aten.log_softmax.int")
}

fn over_classes(layer: &mut Layer, operator: &str) -> Option<()> {
    let dim = layer.int_or("dim", -1, 1)?;
    let dimensions = layer.shape()?.len() as i64;
    if !(-1..=dimensions).contains(&dim) || dim == 0 {
        let message = format!("there is no dimension {dim} to sum over");
        return layer.fault("dim", message, format!("1 to {dimensions}, or -1"));
    }
    pointwise(layer, operator, [("dim", int(dim))])
}

fn dropout(layer: &mut Layer) -> Option<()> {
    dropped(layer, "aten.dropout.default")
}

fn dropout2d(layer: &mut Layer) -> Option<()> {
    dropped(layer, "aten.feature_dropout.default")
}

fn dropped(layer: &mut Layer, operator: &str) -> Option<()> {
    let (share, in_place) = (layer.float_or("p", 0.5), layer.bool_or("inplace", false));
    let share = share?;
    in_place?;
    let shape = layer.shape()?;
    let arguments = [
        ("p", Argument::Float(share)),
        ("train", Argument::Bool(false)),
    ];
    layer.call(operator, "input", arguments, shape)
}
