//! What each operator does to the field of what it reads.

use super::field::{Dim, Field};
use super::{Call, windows};
use crate::model::graph::{Argument, Node};

/// Whether the node reads shapes only.
pub fn gives_sizes(node: &Node) -> bool {
    matches!(node.operator_base(), "sym_size" | "sizes" | "range")
}

/// Whether every place of the operator's output depends on the same place of what it reads; `base` is its name without
/// the type.
pub fn is_of_each_place(base: &str) -> bool {
    EACH_PLACE.contains(&base)
}

/// The field of the output; `None` where the operator is none of those below.
pub fn apply(call: &Call) -> Option<Field> {
    let base = call.node.operator_base();
    let base = base.strip_suffix('_').unwrap_or(base);
    if is_of_each_place(base) {
        return joined(call);
    }
    match base {
        "conv2d" | "convolution" => windows::convolution(call),
        "max_pool2d" | "avg_pool2d" => windows::pooling(call),
        "conv_transpose2d" => windows::enlarged(call),
        base if base.starts_with("upsample_") => windows::enlarged(call),
        "pixel_shuffle" | "pixel_unshuffle" => windows::enlarged(call),
        "adaptive_avg_pool2d" | "_adaptive_avg_pool2d" => windows::adaptive_pooling(call),
        "pad" | "constant_pad_nd" => windows::padding(call),
        "mean" | "sum" | "amax" | "amin" | "std" | "var" | "any" | "all" | "prod" | "norm"
        | "linalg_vector_norm" | "logsumexp" => reduced(call),
        // By value along one axis; over all axes they have another rule, which is that of the unknown.
        "max" | "min" | "median" => call.int("dim").and_then(|_| reduced(call)),
        "cumsum" | "cumprod" => mixed(call, &[call.int("dim")?]),
        "softmax" | "_softmax" | "log_softmax" | "_log_softmax" => mixed(call, &[call.int("dim")?]),
        "layer_norm" | "rms_norm" => {
            let count = call.ints("normalized_shape")?.len() as i64;
            mixed(call, &(-count..0).collect::<Vec<_>>())
        }
        "group_norm" => mixed(call, &[1, 2, 3]),
        "instance_norm" => match call.node.argument("use_input_stats") {
            Some(Argument::Bool(false)) => joined(call),
            _ => mixed(call, &[2, 3]),
        },
        "linear" => mixed(call, &[-1]),
        "addmm" => product(call.tensor("mat1"), call.tensor("mat2")),
        "baddbmm" => product(call.tensor("batch1"), call.tensor("batch2")),
        "mm" | "bmm" => product(call.tensor("self"), call.tensor("mat2")),
        "matmul" => product(call.tensor("self"), call.tensor("other")),
        "scaled_dot_product_attention" => attention(call),
        "flatten" | "unflatten" | "view" | "_unsafe_view" | "reshape" | "reshape_as"
        | "view_as" | "ravel" | "squeeze" | "unsqueeze" => call.first_input()?.viewed(call.shape?),
        "transpose" | "t" | "permute" => permuted(call),
        "cat" | "concat" => concatenated(call),
        "stack" => stacked(call),
        "select" | "slice" => cut(call),
        "chunk" | "split" | "split_with_sizes" | "unbind" => divided(call),
        "index_select" | "channel_shuffle" => taken(call),
        _ => None,
    }
}

/// Operators whose every place depends on the same place of what they read. `local_response_norm` looks at
/// neighbouring channels.
const EACH_PLACE: &[&str] = &[
    "relu",
    "relu6",
    "hardtanh",
    "clamp",
    "clamp_min",
    "clamp_max",
    "leaky_relu",
    "prelu",
    "elu",
    "softplus",
    "selu",
    "silu",
    "mish",
    "gelu",
    "hardswish",
    "hardsigmoid",
    "sigmoid",
    "tanh",
    "exp",
    "log",
    "sqrt",
    "rsqrt",
    "abs",
    "neg",
    "reciprocal",
    "erf",
    "floor",
    "ceil",
    "dropout",
    "feature_dropout",
    "alpha_dropout",
    "alias",
    "lift_fresh_copy",
    "detach",
    "clone",
    "contiguous",
    "to",
    "add",
    "sub",
    "mul",
    "div",
    "pow",
    "maximum",
    "minimum",
    "where",
    "expand",
    "batch_norm",
    "_native_batch_norm_legit_no_training",
    "local_response_norm",
    "acos",
    "acosh",
    "asin",
    "asinh",
    "atan",
    "atanh",
    "erfc",
    "exp2",
    "expm1",
    "frac",
    "log10",
    "log1p",
    "log2",
    "round",
    "sign",
    "sgn",
    "sin",
    "cos",
    "tan",
    "sinh",
    "cosh",
    "square",
    "trunc",
    "log_sigmoid",
    "sinc",
    "absolute",
    "negative",
    "celu",
    "threshold",
    "hardshrink",
    "softshrink",
    "rrelu",
    "clip",
    "logit",
    "nan_to_num",
    "native_dropout",
    "feature_alpha_dropout",
    "positive",
    "lift_fresh",
    "_to_copy",
    "type_as",
    "float",
    "remainder",
    "fmod",
    "rsub",
    "true_divide",
    "divide",
    "multiply",
    "subtract",
    "floor_divide",
    "lerp",
    "addcmul",
    "addcdiv",
    "eq",
    "ne",
    "gt",
    "ge",
    "lt",
    "le",
    "logical_and",
    "logical_or",
    "logical_xor",
    "logical_not",
    "bitwise_and",
    "bitwise_or",
    "bitwise_xor",
    "bitwise_not",
    "isnan",
    "isinf",
    "isfinite",
    "masked_fill",
    "full_like",
    "zeros_like",
    "ones_like",
    "atan2",
    "hypot",
    "fmax",
    "fmin",
    "logaddexp",
    "xlogy",
    "copysign",
    "expand_as",
    "broadcast_to",
    "softsign",
    "truth",
];

fn joined(call: &Call) -> Option<Field> {
    let mut inputs = call.inputs().into_iter();
    let first = inputs.next()?.clone();
    let joined = inputs.fold(first, |joined, field| joined.join(field));
    match call.shape {
        // A constant may have more dimensions than what it is added to.
        Some(shape) => {
            let blank = |size: &i64| Dim {
                size: Some(*size),
                axes: [false; 2],
            };
            let missing = shape.len().checked_sub(joined.dims.len())?;
            let mut dims: Vec<_> = shape[..missing].iter().map(blank).collect();
            dims.extend(joined.dims);
            Some(Field { dims, ..joined })
        }
        None => Some(joined),
    }
}

fn mixed(call: &Call, dims: &[i64]) -> Option<Field> {
    let mut field = call.first_input()?;
    for dim in dims {
        let dim = field.index(*dim)?;
        field.mix(dim);
    }
    Some(field)
}

fn reduced(call: &Call) -> Option<Field> {
    let mut field = call.first_input()?;
    let given = call.ints("dim")?;
    let mut dims = given
        .iter()
        .map(|dim| field.index(*dim))
        .collect::<Option<Vec<_>>>()?;
    if dims.is_empty() {
        dims = (0..field.dims.len()).collect();
    }
    dims.iter().for_each(|dim| field.mix(*dim));
    if call.node.argument("keepdim") != Some(&Argument::Bool(true)) {
        dims.sort_unstable();
        dims.iter().rev().for_each(|dim| {
            field.dims.remove(*dim);
        });
    }
    Some(field)
}

/// A matrix product sums over the last dimension of `a` and the last but one of `b`. An entry sees one place
/// of each, which are not the same: what it sees is no interval, until something sums over the places.
fn product(a: Option<&Field>, b: Option<&Field>) -> Option<Field> {
    let summed = |field: &Field, dim: i64| {
        let mut field = field.clone();
        let index = field.index(dim)?;
        field.mix(index);
        field.dims[index].axes = [false; 2];
        Some(field)
    };
    match (a, b) {
        (Some(a), None) => summed(a, -1),
        (None, Some(b)) => summed(b, -2),
        (Some(a), Some(b)) => {
            let joined = summed(a, -1)?.join(&summed(b, -2)?);
            let extents = joined.extents.map(|extent| extent.lost());
            Some(Field { extents, ..joined })
        }
        (None, None) => None,
    }
}

fn attention(call: &Call) -> Option<Field> {
    let mut field = joined(call)?;
    let tokens = field.index(-2)?;
    field.mix(tokens);
    Some(field)
}

fn permuted(call: &Call) -> Option<Field> {
    let mut field = call.first_input()?;
    match call.node.operator_base() {
        "permute" => {
            let order = call.ints("dims")?;
            let dims = order.iter().map(|dim| Some(field.dims[field.index(*dim)?]));
            field.dims = dims.collect::<Option<_>>()?;
        }
        "t" => field.dims.reverse(),
        _ => {
            let [a, b] = ["dim0", "dim1"].map(|name| field.index(call.int(name)?));
            field.dims.swap(a?, b?);
        }
    }
    Some(field)
}

fn concatenated(call: &Call) -> Option<Field> {
    let several = call.inputs().len() > 1;
    let mut field = joined(call)?;
    let dim = field.index(call.int("dim").unwrap_or(0))?;
    if several {
        field.lose(dim); // maps side by side: a place means another pixel in each
    }
    Some(field)
}

fn stacked(call: &Call) -> Option<Field> {
    let mut inputs = call.inputs().into_iter();
    let first = inputs.next()?.clone();
    let mut field = inputs.fold(first, |joined, field| joined.join(field));
    let dim = call.int("dim").unwrap_or(0);
    let rank = field.dims.len() as i64;
    let index = usize::try_from(if dim < 0 { dim + rank + 1 } else { dim }).ok()?;
    if index > field.dims.len() {
        return None;
    }
    let blank = Dim {
        size: None,
        axes: [false; 2],
    };
    field.dims.insert(index, blank);
    Some(field)
}

fn cut(call: &Call) -> Option<Field> {
    let mut field = call.first_input()?;
    let dim = field.index(call.int("dim").unwrap_or(0))?;
    let selects = call.node.operator_base() == "select";
    let from = call
        .int(if selects { "index" } else { "start" })
        .unwrap_or(0);
    let from = if from < 0 {
        from + field.dims[dim].size?
    } else {
        from
    };
    let step = call.int("step").unwrap_or(1);
    if (from, step, selects) != (0, 1, false) {
        if field.dims[dim].axes == [true; 2] {
            field.lose(dim);
        } else {
            field.window(dim, 1, step, from.checked_neg()?, 1);
        }
    }
    if selects {
        field.dims.remove(dim);
    }
    Some(field)
}

fn divided(call: &Call) -> Option<Field> {
    let mut field = call.first_input()?;
    let dim = field.index(call.int("dim").unwrap_or(0))?;
    field.lose(dim);
    if call.node.operator_base() == "unbind" {
        field.dims.remove(dim);
    } else {
        field.dims[dim].size = None;
    }
    Some(field)
}

fn taken(call: &Call) -> Option<Field> {
    let mut field = call.first_input()?;
    let dim = match call.node.operator_base() {
        "channel_shuffle" => 1,
        _ => field.index(call.int("dim")?)?,
    };
    if dim < field.dims.len() {
        field.lose(dim);
    }
    Some(field)
}
