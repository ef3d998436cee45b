//! Joining, cutting and reshaping.

use super::Operation::{Tensor, Tensors, Unary};
use super::{Arguments, OperatorError, Result, Row};

pub const TABLE: &[Row] = &[
    ("aten.cat.default", Tensor(cat)),
    ("aten.concat.default", Tensor(cat)),
    ("aten.concatenate.default", Tensor(cat)),
    (
        "aten.hstack.default",
        Tensor(|a| Ok(tch::Tensor::f_hstack(&a.tensors("tensors")?)?)),
    ),
    (
        "aten.vstack.default",
        Tensor(|a| Ok(tch::Tensor::f_vstack(&a.tensors("tensors")?)?)),
    ),
    (
        "aten.dstack.default",
        Tensor(|a| Ok(tch::Tensor::f_dstack(&a.tensors("tensors")?)?)),
    ),
    ("aten.ravel.default", Unary(tch::Tensor::f_ravel)),
    ("aten.numpy_T.default", Unary(tch::Tensor::f_numpy_t)),
    ("aten.mT.default", Unary(tch::Tensor::f_mt)),
    ("aten.adjoint.default", Unary(tch::Tensor::f_adjoint)),
    (
        "aten.broadcast_to.default",
        Tensor(|a| Ok(a.tensor("self")?.f_broadcast_to(a.ints("size")?)?)),
    ),
    (
        "aten._reshape_copy.default",
        Tensor(|a| Ok(a.tensor("self")?.f_reshape(a.ints("size")?)?)),
    ),
    (
        "aten.view.dtype",
        Tensor(|a| {
            // Only where it changes nothing: the bits of a number as those of another type are no number.
            let input = a.tensor("self")?;
            match a.kind_or_none("dtype")? == Some(input.f_kind()?) {
                true => Ok(input.shallow_clone()),
                false => Err(OperatorError::Value {
                    argument: "dtype",
                    expected: "the type of its input".to_owned(),
                }),
            }
        }),
    ),
    (
        "aten.movedim.intlist",
        Tensor(|a| {
            Ok(a.tensor("self")?
                .f_movedim(a.ints("source")?, a.ints("destination")?)?)
        }),
    ),
    (
        "aten.movedim.int",
        Tensor(|a| {
            let (source, destination) = (a.int("source")?, a.int("destination")?);
            Ok(a.tensor("self")?.f_movedim_int(source, destination)?)
        }),
    ),
    (
        "aten.swapdims.default",
        Tensor(|a| {
            Ok(a.tensor("self")?
                .f_transpose(a.int("dim0")?, a.int("dim1")?)?)
        }),
    ),
    (
        "aten.tensor_split.sections",
        Tensors(|a| {
            Ok(a.tensor("self")?
                .f_tensor_split(a.int("sections")?, a.int_or("dim", 0)?)?)
        }),
    ),
    (
        "aten.tensor_split.indices",
        Tensors(|a| {
            let dim = a.int_or("dim", 0)?;
            Ok(a.tensor("self")?
                .f_tensor_split_indices(a.ints("indices")?, dim)?)
        }),
    ),
    (
        "aten.unsafe_chunk.default",
        Tensors(|a| {
            Ok(a.tensor("self")?
                .f_chunk(a.int("chunks")?, a.int_or("dim", 0)?)?)
        }),
    ),
    (
        "aten.unsafe_split.Tensor",
        Tensors(|a| {
            Ok(a.tensor("self")?
                .f_split(a.int("split_size")?, a.int_or("dim", 0)?)?)
        }),
    ),
    (
        "aten.split.sizes",
        Tensors(|a| {
            Ok(a.tensor("self")?
                .f_split_with_sizes(a.ints("split_size")?, a.int_or("dim", 0)?)?)
        }),
    ),
    (
        "aten.unsafe_split_with_sizes.default",
        Tensors(split_with_sizes),
    ),
    (
        "aten.split_copy.Tensor",
        Tensors(|a| {
            Ok(a.tensor("self")?
                .f_split(a.int("split_size")?, a.int_or("dim", 0)?)?)
        }),
    ),
    (
        "aten.native_channel_shuffle.default",
        Tensor(|a| Ok(a.tensor("self")?.f_channel_shuffle(a.int("groups")?)?)),
    ),
    (
        "aten.stack.default",
        Tensor(|a| {
            Ok(tch::Tensor::f_stack(
                &a.tensors("tensors")?,
                a.int_or("dim", 0)?,
            )?)
        }),
    ),
    (
        "aten.flatten.using_ints",
        Tensor(|a| {
            Ok(a.tensor("self")?
                .f_flatten(a.int_or("start_dim", 0)?, a.int_or("end_dim", -1)?)?)
        }),
    ),
    (
        "aten.unflatten.int",
        Tensor(|a| {
            Ok(a.tensor("self")?
                .f_unflatten(a.int("dim")?, a.ints("sizes")?)?)
        }),
    ),
    // `reshape` is `view` wherever that is possible.
    (
        "aten.view.default",
        Tensor(|a| Ok(a.tensor("self")?.f_reshape(a.ints("size")?)?)),
    ),
    (
        "aten._unsafe_view.default",
        Tensor(|a| Ok(a.tensor("self")?.f_reshape(a.ints("size")?)?)),
    ),
    (
        "aten.reshape.default",
        Tensor(|a| Ok(a.tensor("self")?.f_reshape(a.ints("shape")?)?)),
    ),
    (
        "aten.expand.default",
        Tensor(|a| {
            a.no_matter("implicit");
            Ok(a.tensor("self")?.f_expand(a.ints("size")?, false)?)
        }),
    ),
    (
        "aten.transpose.int",
        Tensor(|a| {
            Ok(a.tensor("self")?
                .f_transpose(a.int("dim0")?, a.int("dim1")?)?)
        }),
    ),
    ("aten.t.default", Tensor(|a| Ok(a.tensor("self")?.f_tr()?))),
    (
        "aten.permute.default",
        Tensor(|a| Ok(a.tensor("self")?.f_permute(a.ints("dims")?)?)),
    ),
    (
        "aten.squeeze.default",
        Tensor(|a| Ok(a.tensor("self")?.f_squeeze()?)),
    ),
    (
        "aten.squeeze.dim",
        Tensor(|a| Ok(a.tensor("self")?.f_squeeze_dim(a.int("dim")?)?)),
    ),
    (
        "aten.squeeze.dims",
        Tensor(|a| Ok(a.tensor("self")?.f_squeeze_dims(a.ints("dim")?)?)),
    ),
    (
        "aten.unsqueeze.default",
        Tensor(|a| Ok(a.tensor("self")?.f_unsqueeze(a.int("dim")?)?)),
    ),
    (
        "aten.select.int",
        Tensor(|a| Ok(a.tensor("self")?.f_select(a.int("dim")?, a.int("index")?)?)),
    ),
    (
        "aten.slice.Tensor",
        Tensor(|a| {
            Ok(a.tensor("self")?.f_slice(
                a.int_or("dim", 0)?,
                a.int_or_none("start")?,
                a.int_or_none("end")?,
                a.int_or("step", 1)?,
            )?)
        }),
    ),
    (
        "aten.chunk.default",
        Tensors(|a| {
            Ok(a.tensor("self")?
                .f_chunk(a.int("chunks")?, a.int_or("dim", 0)?)?)
        }),
    ),
    (
        "aten.split.Tensor",
        Tensors(|a| {
            Ok(a.tensor("self")?
                .f_split(a.int("split_size")?, a.int_or("dim", 0)?)?)
        }),
    ),
    ("aten.split_with_sizes.default", Tensors(split_with_sizes)),
    (
        "aten.unbind.int",
        Tensors(|a| Ok(a.tensor("self")?.f_unbind(a.int_or("dim", 0)?)?)),
    ),
    (
        "aten.channel_shuffle.default",
        Tensor(|a| Ok(a.tensor("self")?.f_channel_shuffle(a.int("groups")?)?)),
    ),
    (
        "aten.pixel_shuffle.default",
        Tensor(|a| {
            Ok(a.tensor("self")?
                .f_pixel_shuffle(a.int("upscale_factor")?)?)
        }),
    ),
];

fn cat(a: &Arguments) -> Result<tch::Tensor> {
    Ok(tch::Tensor::f_cat(
        &a.tensors("tensors")?,
        a.int_or("dim", 0)?,
    )?)
}

fn split_with_sizes(a: &Arguments) -> Result<Vec<tch::Tensor>> {
    Ok(a.tensor("self")?
        .f_split_with_sizes(a.ints("split_sizes")?, a.int_or("dim", 0)?)?)
}
