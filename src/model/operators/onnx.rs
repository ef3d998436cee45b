//! What ONNX has and PyTorch has no operator for, and a few operators that only ONNX files bring along.

use tch::{Kind, Tensor as T};

use super::Operation::Tensor;
use super::{Arguments, OperatorError, Result, Row};

pub const TABLE: &[Row] = &[
    (
        "aten.pow.Tensor_Tensor",
        Tensor(|a| Ok(a.tensor("self")?.f_pow(a.tensor("exponent")?)?)),
    ),
    (
        "aten.index_select.default",
        Tensor(|a| {
            Ok(a.tensor("self")?
                .f_index_select(a.int("dim")?, a.tensor("index")?)?)
        }),
    ),
    ("onnx.sizes.default", Tensor(sizes)),
    ("onnx.range.default", Tensor(range)),
    ("onnx.gather.default", Tensor(gather)),
    ("onnx.elu.default", Tensor(elu)),
    ("onnx.celu.default", Tensor(celu)),
    ("onnx.softsign.default", Tensor(softsign)),
    ("onnx.thresholded_relu.default", Tensor(thresholded_relu)),
    ("onnx.hardsigmoid.default", Tensor(hard_sigmoid)),
    ("onnx.prelu.default", Tensor(prelu)),
    (
        "onnx.local_response_norm.default",
        Tensor(local_response_norm),
    ),
    ("onnx.pad_same.default", Tensor(pad_same)),
    ("onnx.max_pool2d.default", Tensor(max_pool)),
    ("onnx.avg_pool2d.default", Tensor(average_pool)),
];

/// Sizes as a tensor, on the device of `self`.
fn sizes(a: &Arguments) -> Result<T> {
    let device = a.tensor("self")?.device();
    let kind = a.kind_or_none("dtype")?.unwrap_or(Kind::Int64);
    let tensor = T::f_from_slice(&a.ints("sizes")?)?
        .f_to_kind(kind)?
        .f_to_device(device)?;
    Ok(match a.bool_or("scalar", false)? {
        true => tensor.f_reshape([] as [i64; 0])?,
        false => tensor,
    })
}

/// Whole numbers from `start` to before `end`, none where `step` leads away from it, on the device of
/// `self`.
fn range(a: &Arguments) -> Result<T> {
    let options = (Kind::Int64, a.tensor("self")?.device());
    let (start, step) = (a.int("start")?, a.int("step")?);
    let end = match (a.int("end")?, step > 0) {
        (end, true) => end.max(start),
        (end, false) => end.min(start),
    };
    Ok(T::f_arange_start_step(start, end, step, options)?)
}

/// Entries along `dim` by a table of numbers, whose axes take the place of `dim`.
fn gather(a: &Arguments) -> Result<T> {
    let (input, index, dim) = (a.tensor("self")?, a.tensor("index")?, a.int("dim")?);
    let chosen = input.f_index_select(dim, &index.f_reshape([-1])?)?;
    Ok(match index.dim() {
        0 => chosen.f_squeeze_dim(dim)?,
        1 => chosen,
        _ => chosen.f_unflatten(dim, index.size())?,
    })
}

/// x above zero, α · (exp(x) − 1) below.
pub fn elu(a: &Arguments) -> Result<T> {
    let input = a.tensor("self")?;
    let below = input
        .f_clamp_max(0.0)?
        .f_expm1()?
        .f_mul_scalar(a.float("alpha")?)?;
    Ok(input.f_clamp_min(0.0)?.f_add(&below)?)
}

/// x above zero, α · (exp(x / α) − 1) below.
pub fn celu(a: &Arguments) -> Result<T> {
    let (input, alpha) = (a.tensor("self")?, a.float("alpha")?);
    let below = input
        .f_clamp_max(0.0)?
        .f_div_scalar(alpha)?
        .f_expm1()?
        .f_mul_scalar(alpha)?;
    Ok(input.f_clamp_min(0.0)?.f_add(&below)?)
}

/// x / (1 + |x|).
fn softsign(a: &Arguments) -> Result<T> {
    let input = a.tensor("self")?;
    Ok(input.f_div(&input.f_abs()?.f_add_scalar(1.0)?)?)
}

/// x above α, else 0.
fn thresholded_relu(a: &Arguments) -> Result<T> {
    let input = a.tensor("self")?;
    let above = input.f_gt(a.float("alpha")?)?;
    Ok(input.f_mul(&above)?)
}

/// α · x + β, bounded by 0 and 1.
fn hard_sigmoid(a: &Arguments) -> Result<T> {
    let scaled = a.tensor("self")?.f_mul_scalar(a.float("alpha")?)?;
    Ok(scaled.f_add_scalar(a.float("beta")?)?.f_clamp(0.0, 1.0)?)
}

/// x above zero, slope · x below, with a slope of any shape that fits.
fn prelu(a: &Arguments) -> Result<T> {
    let input = a.tensor("self")?;
    let below = input.f_clamp_max(0.0)?.f_mul(a.tensor("slope")?)?;
    Ok(input.f_clamp_min(0.0)?.f_add(&below)?)
}

/// x / (k + α · mean over `size` neighbouring channels of x²)^β, channels beyond the ends counted as zero.
/// Krizhevsky et al. 2012, section 3.3; for an even size the one more channel lies behind.
fn local_response_norm(a: &Arguments) -> Result<T> {
    let input = a.tensor("self")?;
    let size = a.int("size")?;
    let (before, behind) = ((size - 1) / 2, size / 2);
    let squares = input.f_square()?.f_unsqueeze(1)?;
    let padded = squares.f_pad([0, 0, 0, 0, before, behind], "constant", 0.0)?;
    let mean = padded.f_avg_pool3d([size, 1, 1], [1, 1, 1], [0, 0, 0], false, true, None::<i64>)?;
    let scale = mean.f_squeeze_dim(1)?.f_mul_scalar(a.float("alpha")?)?;
    let scale = scale
        .f_add_scalar(a.float("k")?)?
        .f_pow_tensor_scalar(a.float("beta")?)?;
    Ok(input.f_div(&scale)?)
}

/// A window that moves along one axis.
struct Window {
    kernel: i64,
    stride: i64,
    dilation: i64,
}

impl Window {
    fn of(a: &Arguments, axis: usize) -> Result<Self> {
        let at = |name: &'static str, default: i64| {
            let numbers = a.ints_or(name, &[default; 2])?;
            let number = numbers.get(axis).copied().filter(|number| *number > 0);
            number.ok_or(OperatorError::Value {
                argument: name,
                expected: "two numbers above 0".to_owned(),
            })
        };
        Ok(Self {
            kernel: at("kernel_size", 1)?,
            stride: at("stride", 1)?,
            dilation: at("dilation", 1)?,
        })
    }

    /// From the first to the last pixel it sees, both included.
    fn reach(&self) -> i64 {
        (self.kernel - 1) * self.dilation + 1
    }

    /// Padding in front and behind with which every `stride`th of `length` pixels has a window: what is
    /// odd goes behind for `upper`, in front otherwise.
    fn same(&self, length: i64, upper: bool) -> (i64, i64) {
        let windows = (length + self.stride - 1) / self.stride;
        let total = ((windows - 1) * self.stride + self.reach() - length).max(0);
        let (less, more) = (total / 2, total - total / 2);
        if upper { (less, more) } else { (more, less) }
    }
}

/// Height and width.
fn picture(input: &T) -> Result<[i64; 2]> {
    match input.size()[..] {
        [_, _, height, width] => Ok([height, width]),
        _ => Err(OperatorError::Value {
            argument: "self",
            expected: "of four axes".to_owned(),
        }),
    }
}

/// Zeros around the picture, so that a convolution with a stride gives ⌈size / stride⌉ pixels.
fn pad_same(a: &Arguments) -> Result<T> {
    let input = a.tensor("self")?;
    let upper = a.bool_or("upper", true)?;
    let [height, width] = picture(input)?;
    let (top, bottom) = Window::of(a, 0)?.same(height, upper);
    let (left, right) = Window::of(a, 1)?.same(width, upper);
    Ok(input.f_pad([left, right, top, bottom], "constant", 0.0)?)
}

/// Padding of a pooling along one axis.
struct Padding {
    front: i64,
    /// As declared.
    behind: i64,
    /// With what the last window needs or less where none reaches that far.
    used: i64,
}

fn padding(a: &Arguments, axis: usize, length: i64) -> Result<Padding> {
    let window = Window::of(a, axis)?;
    let declared = a.ints("padding")?;
    let ceil = a.bool_or("ceil_mode", false)?;
    let (front, behind) = match (a.text_or("auto_pad", "NOTSET")?, declared.as_slice()) {
        ("SAME_UPPER", _) => window.same(length, true),
        ("SAME_LOWER", _) => window.same(length, false),
        (_, [top, left, bottom, right]) => [(*top, *bottom), (*left, *right)][axis],
        _ => {
            return Err(OperatorError::Value {
                argument: "padding",
                expected: "four numbers".to_owned(),
            });
        }
    };
    let room = length + front + behind - window.reach();
    let mut windows = if ceil {
        (room + window.stride - 1) / window.stride + 1
    } else {
        room.div_euclid(window.stride) + 1
    };
    if ceil && (windows - 1) * window.stride >= length + front {
        windows -= 1; // it would begin behind the picture
    }
    let used = (windows - 1) * window.stride + window.reach() - length - front;
    Ok(Padding {
        front,
        behind,
        used,
    })
}

fn paddings(a: &Arguments, input: &T) -> Result<[Padding; 2]> {
    let [height, width] = picture(input)?;
    Ok([padding(a, 0, height)?, padding(a, 1, width)?])
}

fn max_pool(a: &Arguments) -> Result<T> {
    let input = a.tensor("self")?;
    let [rows, columns] = paddings(a, input)?;
    let pads = [columns.front, columns.used, rows.front, rows.used];
    let padded = input.f_pad(pads, "constant", f64::NEG_INFINITY)?;
    let (kernel, stride) = (a.ints("kernel_size")?, a.ints("stride")?);
    Ok(padded.f_max_pool2d(
        kernel,
        stride,
        [0, 0],
        a.ints_or("dilation", &[1, 1])?,
        false,
    )?)
}

/// The sum of each window over the number of its pixels: those of the picture, and of the declared
/// padding if that is counted.
fn average_pool(a: &Arguments) -> Result<T> {
    let input = a.tensor("self")?;
    let counted = a.bool_or("count_include_pad", false)?;
    let [rows, columns] = paddings(a, input)?;
    let pads = [columns.front, columns.used, rows.front, rows.used];
    let sum = |padded: &T| {
        let (kernel, stride) = (a.ints("kernel_size")?, a.ints("stride")?);
        Ok::<T, OperatorError>(padded.f_avg_pool2d(kernel, stride, [0, 0], false, true, 1)?)
    };
    let [height, width] = picture(input)?;
    let options = (input.f_kind()?, input.device());
    let pixels = if counted {
        let height = height + rows.front + rows.behind;
        let width = width + columns.front + columns.behind;
        let rest = [0, columns.used - columns.behind, 0, rows.used - rows.behind];
        T::f_ones([1, 1, height, width], options)?.f_pad(rest, "constant", 0.0)?
    } else {
        T::f_ones([1, 1, height, width], options)?.f_pad(pads, "constant", 0.0)?
    };
    let padded = input.f_pad(pads, "constant", 0.0)?;
    Ok(sum(&padded)?.f_div(&sum(&pixels)?)?)
}
