//! Joining and cutting, of tensors and of lists of sizes.

use super::super::call::{Call, SIZES_LIMIT, int, ints};
use super::super::traced::{Number, Result, Sizes, Traced, damaged, unsupported};
use super::{Row, one};
use crate::model::graph::{Argument, Size, ValueId};

pub const TABLE: &[Row] = &[
    ("Concat", concat),
    ("Split", split),
    ("Slice", slice),
    ("DepthToSpace", depth_to_space),
];

fn concat(call: &mut Call) -> Result<Vec<Traced>> {
    let axis = call.int("axis", 1)?;
    let count = call.inputs.len();
    let sizes: Option<Vec<_>> = (0..count).map(|index| call.as_sizes(index)).collect();
    if let Some(sizes) = sizes
        && sizes.iter().all(|sizes| !sizes.scalar)
        && sizes.iter().map(|sizes| sizes.numbers.len()).sum::<usize>() <= SIZES_LIMIT
    {
        let numbers = sizes.into_iter().flat_map(|sizes| sizes.numbers);
        return Ok(vec![Traced::Sizes(Sizes {
            numbers: numbers.collect(),
            scalar: false,
        })]);
    }
    let mut values = (0..count)
        .map(|index| call.tensor(index))
        .collect::<Result<Vec<_>>>()?;
    let Some(rank) = values.first().map(|value| call.trace.rank(*value)) else {
        return damaged("it joins nothing");
    };
    let axis = call.axis(axis, rank)?;
    let of_pictures = |call: &Call, value: &ValueId| !call.trace.constants.contains_key(value);
    if call.trace.batch_is_fixed && axis != 0 && values.iter().any(|value| of_pictures(call, value))
    {
        // A class token that the exporter repeated for its number of pictures is repeated for ours.
        for value in &mut values {
            if !of_pictures(call, value) && call.trace.shape(*value).first() == Some(&1) {
                let mut sizes = vec![Size::Known(-1); rank];
                sizes[0] = Size::Value(batch(call)?);
                let arguments = vec![
                    ("self", Argument::Tensor(*value)),
                    ("size", Argument::Sizes(sizes)),
                ];
                *value = call.emit("aten.expand.default", arguments)?;
            }
        }
    }
    let tensors = values.into_iter().map(Some).collect();
    let arguments = vec![
        ("tensors", Argument::Tensors(tensors)),
        ("dim", int(axis as i64)),
    ];
    one(call.emit("aten.cat.default", arguments)?)
}

/// The number of pictures.
fn batch(call: &mut Call) -> Result<ValueId> {
    let number = call.trace.dimension(call.trace.input, 0);
    match call.trace.size(number)? {
        Size::Value(value) => Ok(value),
        Size::Known(_) | Size::Batch => damaged("the number of pictures is not known"),
    }
}

/// Equal parts, unless sizes are given as an attribute or, from opset 13 on, as an input.
fn split(call: &mut Call) -> Result<Vec<Traced>> {
    let axis = call.int("axis", 0)?;
    let sizes = match call.opset {
        ..13 => call.ints_or_none("split")?,
        _ if call.has(1) => Some(call.known_sizes(1)?),
        _ => None,
    };
    call.no_matter("num_outputs"); // as many as there are
    let count = call.node.outputs.len();
    if let Some(list) = call
        .as_sizes(0)
        .filter(|_| matches!(call.inputs[0], Some(Traced::Sizes(_))))
    {
        return split_sizes(list, sizes, count);
    }
    let input = call.tensor(0)?;
    let shape = call.trace.shape(input);
    let axis = call.axis(axis, shape.len())?;
    let length = shape[axis];
    let sizes = sizes.unwrap_or_else(|| {
        let part = (length + count as i64 - 1) / count.max(1) as i64;
        let parts = (0..count as i64).map(|index| part.min(length - index * part).max(0));
        parts.collect()
    });
    if sizes.len() != count {
        return damaged(format!("it has {count} outputs and {} sizes", sizes.len()));
    }
    let arguments = vec![
        ("self", Argument::Tensor(input)),
        ("split_sizes", ints(&sizes)),
        ("dim", int(axis as i64)),
    ];
    let parts = call
        .trace
        .emit_many("aten.split_with_sizes.default", arguments, count)?;
    Ok(parts.into_iter().map(Traced::Tensor).collect())
}

fn split_sizes(list: Sizes, parts: Option<Vec<i64>>, count: usize) -> Result<Vec<Traced>> {
    let length = list.numbers.len();
    let parts = parts.unwrap_or_else(|| vec![(length / count.max(1)) as i64; count]);
    if parts.iter().any(|part| *part < 0) || parts.iter().sum::<i64>() != length as i64 {
        return damaged("its sizes do not fit its input");
    }
    let mut rest = list.numbers.into_iter();
    let part = |part: i64| {
        let numbers = rest.by_ref().take(part as usize).collect();
        Traced::Sizes(Sizes {
            numbers,
            scalar: false,
        })
    };
    Ok(parts.into_iter().map(part).collect())
}

fn slice(call: &mut Call) -> Result<Vec<Traced>> {
    let (starts, ends, axes, steps) = if call.opset < 10 {
        let list = |name: &str| -> Result<Option<Vec<_>>> {
            let numbers = call.ints_or_none(name)?;
            Ok(numbers.map(|numbers| numbers.into_iter().map(Number::known).collect()))
        };
        let (starts, ends) = (list("starts")?, list("ends")?);
        let (Some(starts), Some(ends)) = (starts, ends) else {
            return damaged("it does not say from where to where");
        };
        (starts, ends, call.ints_or_none("axes")?, None)
    } else {
        let known = |index| call.has(index).then(|| call.known_sizes(index)).transpose();
        let (starts, ends) = (call.sizes(1)?.numbers, call.sizes(2)?.numbers);
        (starts, ends, known(3)?, known(4)?)
    };
    let count = starts.len();
    let axes = axes.unwrap_or_else(|| (0..count as i64).collect());
    let steps = steps.unwrap_or_else(|| vec![1; count]);
    if ends.len() != count || axes.len() != count || steps.len() != count {
        return damaged("its starts, ends, axes and steps are of different lengths");
    }
    if steps == [-1] {
        return reversed(call, starts[0], ends[0], axes[0]);
    }
    if steps.iter().any(|step| *step < 1) {
        return unsupported(format!("the steps {steps:?}"));
    }
    if let Some(Traced::Sizes(list)) = call.inputs[0].clone() {
        let cut = starts
            .first()
            .zip(ends.first())
            .filter(|_| count == 1 && !list.scalar);
        return match cut {
            Some((start, end)) if start.is_known() && end.is_known() => {
                let length = list.numbers.len() as i64;
                let place = |at: i64| {
                    if at < 0 {
                        at.saturating_add(length)
                    } else {
                        at
                    }
                    .clamp(0, length) as usize
                };
                let numbers = list
                    .numbers
                    .iter()
                    .take(place(end.now))
                    .skip(place(start.now));
                let numbers = numbers.step_by(steps[0] as usize).copied().collect();
                Ok(vec![Traced::Sizes(Sizes {
                    numbers,
                    scalar: false,
                })])
            }
            _ => unsupported("a list of sizes cut at a place that is not known"),
        };
    }
    let mut value = call.tensor(0)?;
    for index in 0..count {
        let axis = call.axis(axes[index], call.trace.rank(value))?;
        let arguments = vec![
            ("self", Argument::Tensor(value)),
            ("dim", int(axis as i64)),
            ("start", Argument::Size(call.trace.size(starts[index])?)),
            ("end", Argument::Size(call.trace.size(ends[index])?)),
            ("step", int(steps[index])),
        ];
        value = call.emit("aten.slice.Tensor", arguments)?;
    }
    one(value)
}

/// A whole axis from its end to its beginning.
fn reversed(call: &mut Call, start: Number, end: Number, axis: i64) -> Result<Vec<Traced>> {
    let input = call.tensor(0)?;
    let sizes = call.trace.shape(input);
    let axis = call.axis(axis, sizes.len())?;
    let known = start.is_known() && end.is_known();
    let from_end = start.now == -1 || start.now >= sizes[axis] - 1;
    if !known || !from_end || end.now >= -sizes[axis] {
        return unsupported("a part of an axis from its end");
    }
    let arguments = vec![
        ("self", Argument::Tensor(input)),
        ("dims", ints(&[axis as i64])),
    ];
    one(call.emit("aten.flip.default", arguments)?)
}

/// Blocks of channels to blocks of pixels. PyTorch has channels in the order `CRD`.
fn depth_to_space(call: &mut Call) -> Result<Vec<Traced>> {
    let block = call.int("blocksize", 0)?;
    let mut value = call.tensor(0)?;
    let sizes = call.trace.shape(value);
    let [_, channels, _, _] = sizes[..] else {
        return unsupported(format!("an input of the shape {sizes:?}"));
    };
    if !(1..=64).contains(&block) || channels % (block * block) != 0 {
        return damaged(format!("blocks of {block} in {channels} channels"));
    }
    match call.text("mode", "DCR")? {
        "CRD" => {}
        "DCR" => {
            let unflatten = vec![
                ("self", Argument::Tensor(value)),
                ("dim", int(1)),
                ("sizes", ints(&[block * block, channels / (block * block)])),
            ];
            value = call.emit("aten.unflatten.int", unflatten)?;
            let swap = vec![
                ("self", Argument::Tensor(value)),
                ("dim0", int(1)),
                ("dim1", int(2)),
            ];
            value = call.emit("aten.transpose.int", swap)?;
            let flatten = vec![
                ("self", Argument::Tensor(value)),
                ("start_dim", int(1)),
                ("end_dim", int(2)),
            ];
            value = call.emit("aten.flatten.using_ints", flatten)?;
        }
        other => return unsupported(format!("the mode `{other}`")),
    }
    let arguments = vec![
        ("self", Argument::Tensor(value)),
        ("upscale_factor", int(block)),
    ];
    one(call.emit("aten.pixel_shuffle.default", arguments)?)
}
