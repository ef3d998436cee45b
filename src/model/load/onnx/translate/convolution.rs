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

/// Height and width of the kernel, from the weight.
fn kernel(call: &Call, weight: ValueId) -> Result<[i64; 2]> {
    let sizes = call.trace.shape(weight);
    let [_, _, height, width] = sizes[..] else {
        return unsupported(format!(
            "a weight of the shape {sizes:?}: a picture has two axes"
        ));
    };
    if let Some(declared) = call.ints_or_none("kernel_shape")?
        && declared != [height, width]
    {
        return damaged(format!(
            "its `kernel_shape` is {declared:?} and its weight {sizes:?}"
        ));
    }
    Ok([height, width])
}

fn conv(call: &mut Call) -> Result<Vec<Traced>> {
    let mut input = call.tensor(0)?;
    let (weight, bias) = (call.tensor(1)?, call.tensor_or_none(2)?);
    let kernel = kernel(call, weight)?;
    let (stride, dilation) = (call.pair("strides", 1, 1)?, call.pair("dilations", 1, 1)?);
    let groups = call.int("group", 1)?;
    let [top, left, bottom, right] = call.pads()?;
    let mut padding = [0, 0];
    match call.text("auto_pad", "NOTSET")? {
        "VALID" => {}
        "NOTSET" if top == bottom && left == right => padding = [top, left],
        "NOTSET" => {
            let pads = [left, right, top, bottom];
            let arguments = vec![("self", Argument::Tensor(input)), ("pad", ints(&pads))];
            input = call.emit("aten.constant_pad_nd.default", arguments)?;
        }
        same @ ("SAME_UPPER" | "SAME_LOWER") => {
            let odd = kernel.iter().all(|size| size % 2 == 1);
            if odd && stride == [1, 1] {
                padding = [0, 1].map(|axis| dilation[axis] * (kernel[axis] - 1) / 2);
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
    one(call.emit("aten.conv2d.default", arguments)?)
}

fn conv_transpose(call: &mut Call) -> Result<Vec<Traced>> {
    let (input, weight) = (call.tensor(0)?, call.tensor(1)?);
    let bias = call.tensor_or_none(2)?;
    kernel(call, weight)?;
    call.only_text("auto_pad", "NOTSET")?;
    if call.ints_or_none("output_shape")?.is_some() {
        return unsupported("the attribute `output_shape`");
    }
    let [top, left, bottom, right] = call.pads()?;
    if top != bottom || left != right {
        return unsupported("padding that is not the same on both sides");
    }
    let stride = call.pair("strides", 1, 1)?;
    let sizes = call.trace.shape(input);
    let [_, _, height, width] = sizes[..] else {
        return unsupported(format!("an input of the shape {sizes:?}"));
    };
    if height * stride[0] * width * stride[1] > ELEMENT_LIMIT {
        return unsupported(format!("the attribute `strides` as {stride:?}"));
    }
    let arguments = vec![
        ("input", Argument::Tensor(input)),
        ("weight", Argument::Tensor(weight)),
        ("bias", tensor_or_none(bias)),
        ("stride", ints(&stride)),
        ("padding", ints(&[top, left])),
        ("output_padding", ints(&call.pair("output_padding", 0, 0)?)),
        ("groups", int(call.int("group", 1)?)),
        ("dilation", ints(&call.pair("dilations", 1, 1)?)),
    ];
    one(call.emit("aten.conv_transpose2d.input", arguments)?)
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

fn multiplied(call: &mut Call, a: ValueId, b: ValueId) -> Result<ValueId> {
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
