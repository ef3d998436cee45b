//! Convolutions and dense layers.

use super::super::call::{Call, int, ints, tensor_or_none};
use super::super::traced::{ELEMENT_LIMIT, Result, Traced, damaged, unsupported};
use super::{Row, one};
use crate::model::graph::{Argument, ValueId};

pub const TABLE: &[Row] = &[
    ("Conv", conv),
    ("ConvTranspose", conv_transpose),
    ("Gemm", gemm),
    ("MatMul", matmul),
];

/// The kernel's size along each axis (one of a sequence, two of a picture, three of a volume), from the weight.
fn kernel(call: &Call, weight: ValueId) -> Result<Vec<i64>> {
    let sizes = call.trace.shape(weight);
    let [_, _, kernel @ ..] = &sizes[..] else {
        return damaged(format!("its weight is {sizes:?}"));
    };
    if !(1..=3).contains(&kernel.len()) {
        return unsupported(format!(
            "a weight of the shape {sizes:?}: one to three axes are convolved"
        ));
    }
    if let Some(declared) = call.ints_or_none("kernel_shape")?
        && declared != kernel
    {
        return damaged(format!(
            "its `kernel_shape` is {declared:?} and its weight {sizes:?}"
        ));
    }
    Ok(kernel.to_vec())
}

fn conv(call: &mut Call) -> Result<Vec<Traced>> {
    let input = call.tensor(0)?;
    let (weight, bias) = (call.tensor(1)?, call.tensor_or_none(2)?);
    one(convolved(call, input, weight, bias)?)
}

/// The convolution of the node's attributes; over two axes it is `conv2d`.
pub fn convolved(
    call: &mut Call,
    mut input: ValueId,
    weight: ValueId,
    bias: Option<ValueId>,
) -> Result<ValueId> {
    let kernel = kernel(call, weight)?;
    let axes = kernel.len();
    let stride = call.for_axes("strides", axes, 1, 1)?;
    let dilation = call.for_axes("dilations", axes, 1, 1)?;
    let groups = call.int("group", 1)?;
    let pads = call.for_axes("pads", 2 * axes, 0, 0)?;
    let (starts, ends) = pads.split_at(axes);
    let mut padding = vec![0; axes];
    match call.text("auto_pad", "NOTSET")? {
        "VALID" => {}
        "NOTSET" if starts == ends => padding = starts.to_vec(),
        "NOTSET" => {
            // Start and end of each axis, from the last.
            let pads: Vec<i64> = (0..axes)
                .rev()
                .flat_map(|axis| [starts[axis], ends[axis]])
                .collect();
            let arguments = vec![("self", Argument::Tensor(input)), ("pad", ints(&pads))];
            input = call.emit("aten.constant_pad_nd.default", arguments)?;
        }
        same @ ("SAME_UPPER" | "SAME_LOWER") => {
            let odd = kernel.iter().all(|size| size % 2 == 1);
            if odd && stride.iter().all(|stride| *stride == 1) {
                let half = |axis: usize| dilation[axis] * (kernel[axis] - 1) / 2;
                padding = (0..axes).map(half).collect();
            } else if axes != 2 {
                return unsupported(format!(
                    "the attribute `auto_pad` as `{same}` with the strides {stride:?} and the kernel {kernel:?}"
                ));
            } else {
                let arguments = vec![
                    ("self", Argument::Tensor(input)),
                    ("kernel_size", ints(&kernel)),
                    ("stride", ints(&stride)),
                    ("dilation", ints(&dilation)),
                    ("upper", Argument::Bool(same == "SAME_UPPER")),
                ];
                input = call.emit("onnx.pad_same.default", arguments)?;
            }
        }
        other => return unsupported(format!("the attribute `auto_pad` as `{other}`")),
    }
    let arguments = vec![
        ("input", Argument::Tensor(input)),
        ("weight", Argument::Tensor(weight)),
        ("bias", tensor_or_none(bias)),
        ("stride", ints(&stride)),
        ("padding", ints(&padding)),
        ("dilation", ints(&dilation)),
        ("groups", int(groups)),
    ];
    if axes == 2 {
        return call.emit("aten.conv2d.default", arguments);
    }
    let mut arguments = arguments;
    arguments.push(("transposed", Argument::Bool(false)));
    arguments.push(("output_padding", ints(&vec![0; axes])));
    call.emit("aten.convolution.default", arguments)
}

fn conv_transpose(call: &mut Call) -> Result<Vec<Traced>> {
    let (input, weight) = (call.tensor(0)?, call.tensor(1)?);
    let bias = call.tensor_or_none(2)?;
    let axes = kernel(call, weight)?.len();
    call.only_text("auto_pad", "NOTSET")?;
    if call.ints_or_none("output_shape")?.is_some() {
        return unsupported("the attribute `output_shape`");
    }
    let pads = call.for_axes("pads", 2 * axes, 0, 0)?;
    let (padding, ends) = pads.split_at(axes);
    if padding != ends {
        return unsupported("padding that is not the same on both sides");
    }
    let stride = call.for_axes("strides", axes, 1, 1)?;
    let sizes = call.trace.shape(input);
    if sizes.len() != axes + 2 {
        return unsupported(format!("an input of the shape {sizes:?}"));
    }
    let enlarged = sizes[2..].iter().zip(&stride);
    let enlarged: f64 = enlarged
        .map(|(size, stride)| (*size as f64) * (*stride as f64))
        .product();
    if enlarged > ELEMENT_LIMIT as f64 {
        return unsupported(format!("the attribute `strides` as {stride:?}"));
    }
    let output_padding = call.for_axes("output_padding", axes, 0, 0)?;
    let dilation = call.for_axes("dilations", axes, 1, 1)?;
    let mut arguments = vec![
        ("input", Argument::Tensor(input)),
        ("weight", Argument::Tensor(weight)),
        ("bias", tensor_or_none(bias)),
        ("stride", ints(&stride)),
        ("padding", ints(padding)),
        ("output_padding", ints(&output_padding)),
        ("groups", int(call.int("group", 1)?)),
        ("dilation", ints(&dilation)),
    ];
    let operator = match axes {
        2 => "aten.conv_transpose2d.input",
        _ => {
            arguments.push(("transposed", Argument::Bool(true)));
            "aten.convolution.default"
        }
    };
    one(call.emit(operator, arguments)?)
}

/// alpha · A · B + beta · C. With the usual factors and a bias of one axis it is a dense layer.
fn gemm(call: &mut Call) -> Result<Vec<Traced>> {
    let (mut a, mut b) = (call.tensor(0)?, call.tensor(1)?);
    let (alpha, beta) = (call.float("alpha", 1.0)?, call.float("beta", 1.0)?);
    let (transpose_a, transpose_b) = (call.bool("transA", false)?, call.bool("transB", false)?);
    call.no_matter("broadcast"); // of opset 6
    if call.trace.rank(a) != 2 || call.trace.rank(b) != 2 {
        return damaged("its inputs are not matrices");
    }
    if transpose_a {
        a = call.emit_unary("aten.t.default", a)?;
    }
    let bias = call.tensor_or_none(2)?;
    let outputs = call.trace.shape(b)[usize::from(!transpose_b)];
    let bias_fits = bias.is_none_or(|bias| {
        let sizes = call.trace.shape(bias);
        sizes == [outputs] || (sizes == [1, outputs] && call.trace.constants.contains_key(&bias))
    });
    if alpha == 1.0 && beta == 1.0 && bias_fits {
        let weight = match transpose_b {
            true => b,
            false => call.emit_unary("aten.t.default", b)?,
        };
        let bias = match bias {
            Some(bias) if call.trace.rank(bias) == 2 => Some(flat(call, bias)?),
            bias => bias,
        };
        let arguments = vec![
            ("input", Argument::Tensor(a)),
            ("weight", Argument::Tensor(weight)),
            ("bias", tensor_or_none(bias)),
        ];
        return one(call.emit("aten.linear.default", arguments)?);
    }
    if transpose_b {
        b = call.emit_unary("aten.t.default", b)?;
    }
    let mut product = multiplied(call, a, b)?;
    if alpha != 1.0 {
        product = scaled(call, product, alpha)?;
    }
    let Some(bias) = bias else {
        return one(product);
    };
    let arguments = vec![
        ("self", Argument::Tensor(product)),
        ("other", Argument::Tensor(bias)),
        ("alpha", Argument::Float(beta)),
    ];
    one(call.emit("aten.add.Tensor", arguments)?)
}

pub fn flat(call: &mut Call, value: ValueId) -> Result<ValueId> {
    let arguments = vec![("self", Argument::Tensor(value)), ("shape", ints(&[-1]))];
    call.emit("aten.reshape.default", arguments)
}

fn scaled(call: &mut Call, value: ValueId, factor: f64) -> Result<ValueId> {
    let arguments = vec![
        ("self", Argument::Tensor(value)),
        ("other", Argument::Float(factor)),
    ];
    call.emit("aten.mul.Scalar", arguments)
}

pub fn multiplied(call: &mut Call, a: ValueId, b: ValueId) -> Result<ValueId> {
    let (rows, columns) = (call.trace.shape(a), call.trace.shape(b));
    let count = |sizes: &[i64], without: usize| {
        let kept = sizes
            .iter()
            .rev()
            .enumerate()
            .filter(|(place, _)| *place != without);
        kept.map(|(_, size)| *size as f64).product::<f64>()
    };
    if count(&rows, 0) * count(&columns, 1) > ELEMENT_LIMIT as f64 * 16.0 {
        return unsupported(format!("a product of the shapes {rows:?} and {columns:?}"));
    }
    let arguments = vec![
        ("self", Argument::Tensor(a)),
        ("other", Argument::Tensor(b)),
    ];
    call.emit("aten.matmul.default", arguments)
}

fn matmul(call: &mut Call) -> Result<Vec<Traced>> {
    let (a, b) = (call.tensor(0)?, call.tensor(1)?);
    one(multiplied(call, a, b)?)
}
