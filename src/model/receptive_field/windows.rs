//! Operators that move a window over the maps, and the numbers that say how.

use super::Call;
use super::field::Field;
use crate::model::graph::{Argument, Size};

pub fn convolution(call: &Call) -> Option<Field> {
    let mut field = call.tensor("input")?.clone();
    let Argument::Tensor(weight) = call.node.argument("weight")? else {
        return None;
    };
    let weight = (call.stored)(*weight)?;
    let (4, [_, _, height, width]) = (field.dims.len(), weight.as_slice()) else {
        return None;
    };
    if call.node.argument("transposed") == Some(&Argument::Bool(true)) {
        return enlarged(call);
    }
    let kernel = [*height, *width];
    let (stride, dilation) = (call.pair("stride", [1; 2])?, call.pair("dilation", [1; 2])?);
    let padding = match call.node.argument("padding") {
        Some(Argument::Text(mode)) if mode == "same" => {
            [0, 1].map(|axis| (kernel[axis] - 1).saturating_mul(dilation[axis]) / 2)
        }
        Some(Argument::Text(_)) => [0; 2],
        _ => call.pair("padding", [0; 2])?,
    };
    field.mix(1);
    for axis in 0..2 {
        let moved = (kernel[axis], stride[axis], padding[axis], dilation[axis]);
        field.window(2 + axis, moved.0, moved.1, moved.2, moved.3);
    }
    Some(field)
}

/// Maps of another size, in which a place stands for a part of a pixel or for several: its extent is not worked
/// out, but channels stay channels, so that a convolution behind it does not seem to see the whole photo.
pub fn enlarged(call: &Call) -> Option<Field> {
    let maps = call.inputs().into_iter().next()?;
    let field = Field {
        extents: maps.extents.map(|extent| extent.lost()),
        ..maps.clone()
    };
    (field.dims.len() == 4).then_some(field)
}

pub fn pooling(call: &Call) -> Option<Field> {
    let mut field = call.first_input().filter(|field| field.dims.len() == 4)?;
    if matches!(call.node.argument("auto_pad"), Some(Argument::Text(mode)) if mode != "NOTSET") {
        return None; // where such a window begins depends on the size of the map
    }
    let kernel = call.pair("kernel_size", [1; 2])?;
    let stride = call.pair("stride", kernel)?; // left out: the size of the kernel
    let padding = match call.ints("padding")?.as_slice() {
        [top, left, _, _] => [*top, *left], // ONNX pads each side by itself
        _ => call.pair("padding", [0; 2])?,
    };
    let dilation = call.pair("dilation", [1; 2])?;
    for axis in 0..2 {
        let moved = (kernel[axis], stride[axis], padding[axis], dilation[axis]);
        field.window(2 + axis, moved.0, moved.1, moved.2, moved.3);
    }
    Some(field)
}

/// Windows of one size where the output's size divides the input's; else they differ from place to place.
pub fn adaptive_pooling(call: &Call) -> Option<Field> {
    let mut field = call.first_input().filter(|field| field.dims.len() == 4)?;
    let shape = call.shape.filter(|shape| shape.len() == 4)?;
    for (dim, after) in shape.iter().copied().enumerate().skip(2) {
        let before = field.dims[dim].size?;
        if after == 1 {
            field.mix(dim);
        } else if after > 1 && before % after == 0 {
            field.window(dim, before / after, before / after, 0, 1);
        } else {
            field.lose(dim);
        }
    }
    Some(field)
}

/// Pairs of before and after, from the last dimension on.
pub fn padding(call: &Call) -> Option<Field> {
    let mut field = call.first_input()?;
    for (index, pair) in call.ints("pad")?.chunks(2).enumerate() {
        let dim = field.index(-1 - index as i64)?;
        if pair != [0, 0] {
            field.window(dim, 1, 1, pair[0], 1);
        }
    }
    Some(field)
}

impl Call<'_> {
    pub(super) fn int(&self, name: &str) -> Option<i64> {
        match self.node.argument(name)? {
            Argument::Size(Size::Known(number)) => Some(*number),
            _ => None,
        }
    }

    /// Known numbers only; the empty list where the argument is left out.
    pub(super) fn ints(&self, name: &str) -> Option<Vec<i64>> {
        let known = |size: &Size| match size {
            Size::Known(number) => Some(*number),
            Size::Value(_) | Size::Batch => None,
        };
        match self.node.argument(name) {
            None | Some(Argument::None) => Some(Vec::new()),
            Some(Argument::Sizes(sizes)) => sizes.iter().map(known).collect(),
            Some(Argument::Size(size)) => Some(vec![known(size)?]),
            Some(_) => None,
        }
    }

    /// A number for height and one for width; one stands for both, none for `default`.
    pub(super) fn pair(&self, name: &str, default: [i64; 2]) -> Option<[i64; 2]> {
        match self.ints(name)?.as_slice() {
            [] => Some(default),
            [one] => Some([*one; 2]),
            [height, width] => Some([*height, *width]),
            _ => None,
        }
    }
}
