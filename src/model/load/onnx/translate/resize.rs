//! Resizing, where PyTorch computes the same.

use super::super::call::Call;
use super::super::traced::{ELEMENT_LIMIT, Number, Result, Traced, damaged, unsupported};
use super::{Row, one};
use crate::model::graph::Argument;

pub const TABLE: &[Row] = &[("Resize", resize), ("Upsample", upsample)];

/// By how much height and width grow, or what they become.
enum Target {
    Scales([f64; 2]),
    Sizes([Number; 2]),
}

fn upsample(call: &mut Call) -> Result<Vec<Traced>> {
    let scales = match call.floats_or_none("scales")? {
        Some(scales) => scales,
        None => floats(call, 1)?,
    };
    match call.text("mode", "nearest")? {
        "nearest" => nearest(call, &Target::Scales(last_two(&scales)?)),
        mode => unsupported(format!("the mode `{mode}` of before opset 11")),
    }
}

fn resize(call: &mut Call) -> Result<Vec<Traced>> {
    call.only_int("antialias", 0)?;
    call.only_int("exclude_outside", 0)?;
    call.only_text("keep_aspect_ratio_policy", "stretch")?;
    call.no_matter("extrapolation_value"); // of another mode
    let coefficient = call.float("cubic_coeff_a", -0.75)?;
    let mode = call.text("mode", "nearest")?;
    let before = call.opset < 11;
    let (scales, sizes) = if before { (1, usize::MAX) } else { (2, 3) };
    let place = match before {
        true => "asymmetric",
        false => call.text("coordinate_transformation_mode", "half_pixel")?,
    };
    let rounding = match before {
        true => "floor",
        false => call.text("nearest_mode", "round_prefer_floor")?,
    };
    let target = match call.has(sizes) {
        true => {
            let sizes = call.sizes(sizes)?.numbers;
            Target::Sizes(chosen(call, &sizes)?)
        }
        false => {
            let scales = floats(call, scales)?;
            Target::Scales(chosen(call, &scales)?)
        }
    };
    let whole = match target {
        Target::Scales(scales) => scales
            .iter()
            .all(|scale| scale.fract() == 0.0 && *scale >= 1.0),
        Target::Sizes(_) => false,
    };
    match (mode, place, rounding) {
        ("nearest", "asymmetric", "floor") => nearest(call, &target),
        // Midway between two pixels nothing lies if the scale is whole: all of these are the same.
        (
            "nearest",
            "half_pixel" | "half_pixel_symmetric" | "pytorch_half_pixel",
            "round_prefer_floor" | "round_prefer_ceil",
        ) if whole => nearest(call, &target),
        ("linear", "half_pixel" | "pytorch_half_pixel", _) => bilinear(call, &target, false),
        ("linear", "align_corners", _) => bilinear(call, &target, true),
        ("cubic", "half_pixel" | "pytorch_half_pixel", _) if coefficient == -0.75 => {
            bicubic(call, &target, false)
        }
        ("cubic", "align_corners", _) if coefficient == -0.75 => bicubic(call, &target, true),
        _ => unsupported(format!(
            "the mode `{mode}` with coordinates `{place}` and rounding `{rounding}`"
        )),
    }
}

/// The numbers of height and width, out of those of all axes or of `axes`.
fn chosen<T: Copy>(call: &Call, numbers: &[T]) -> Result<[T; 2]> {
    match call.ints_or_none("axes")?.as_deref() {
        None => last_two(numbers),
        Some([2, 3] | [-2, -1]) if numbers.len() == 2 => Ok([numbers[0], numbers[1]]),
        Some(axes) => unsupported(format!("the axes {axes:?}")),
    }
}

fn last_two<T: Copy>(numbers: &[T]) -> Result<[T; 2]> {
    match numbers {
        [_, _, height, width] => Ok([*height, *width]),
        _ => unsupported(format!(
            "{} axes: pictures in a network have four",
            numbers.len()
        )),
    }
}

fn floats(call: &mut Call, index: usize) -> Result<Vec<f64>> {
    let value = call.tensor(index)?;
    match call.trace.constants.get(&value) {
        Some(constant) if constant.tensor.dim() == 1 && constant.tensor.numel() <= 4 => Ok(
            Vec::<f64>::try_from(&constant.tensor.f_to_kind(tch::Kind::Double)?)?,
        ),
        _ => unsupported("scales that depend on the size of the picture"),
    }
}

/// The arguments that say how large the picture becomes; PyTorch has an operator for each way.
fn target(call: &mut Call, target: &Target) -> Result<Vec<(&'static str, Argument)>> {
    let input = call.tensor(0)?;
    let sizes = call.trace.shape(input);
    let [count, channels, height, width] = sizes[..] else {
        return unsupported(format!("an input of the shape {sizes:?}"));
    };
    let [new_height, new_width] = match target {
        Target::Scales([y, x]) => [height as f64 * y, width as f64 * x],
        Target::Sizes(sizes) => sizes.map(|size| size.now as f64),
    };
    let numbers = (count * channels) as f64 * new_height * new_width;
    if !(new_height >= 1.0 && new_width >= 1.0 && numbers <= ELEMENT_LIMIT as f64) {
        return damaged(format!("a picture of {new_height} × {new_width}"));
    }
    Ok(match target {
        Target::Scales(scales) => vec![
            ("input", Argument::Tensor(input)),
            ("scale_factors", Argument::Floats(scales.to_vec())),
        ],
        Target::Sizes(sizes) => vec![
            ("self", Argument::Tensor(input)),
            ("output_size", call.trace.sizes(sizes)?),
        ],
    })
}

fn nearest(call: &mut Call, to: &Target) -> Result<Vec<Traced>> {
    let operator = match to {
        Target::Scales(_) => "aten.upsample_nearest2d.vec",
        Target::Sizes(_) => "aten.upsample_nearest2d.default",
    };
    let arguments = target(call, to)?;
    one(call.emit(operator, arguments)?)
}

fn bilinear(call: &mut Call, to: &Target, align_corners: bool) -> Result<Vec<Traced>> {
    let operator = match to {
        Target::Scales(_) => "aten.upsample_bilinear2d.vec",
        Target::Sizes(_) => "aten.upsample_bilinear2d.default",
    };
    let mut arguments = target(call, to)?;
    arguments.push(("align_corners", Argument::Bool(align_corners)));
    one(call.emit(operator, arguments)?)
}

/// PyTorch's coefficient is -0.75, as the default of ONNX.
fn bicubic(call: &mut Call, to: &Target, align_corners: bool) -> Result<Vec<Traced>> {
    let operator = match to {
        Target::Scales(_) => "aten.upsample_bicubic2d.vec",
        Target::Sizes(_) => "aten.upsample_bicubic2d.default",
    };
    let mut arguments = target(call, to)?;
    arguments.push(("align_corners", Argument::Bool(align_corners)));
    one(call.emit(operator, arguments)?)
}
