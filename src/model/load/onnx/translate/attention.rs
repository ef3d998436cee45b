//! Attention as one operator, since opset 23.

use super::super::call::{Call, int, tensor_or_none};
use super::super::traced::{Result, Traced, damaged, unsupported};
use super::{Row, one};
use crate::model::graph::{Argument, Size, ValueId};

pub const TABLE: &[Row] = &[("Attention", attention)];

/// Of queries, keys and values [N, heads, tokens, features], or [N, tokens, heads · features] with the number of
/// heads beside them; without tokens of earlier runs.
fn attention(call: &mut Call) -> Result<Vec<Traced>> {
    call.no_matter("softmax_precision"); // float32 here as everything
    call.only_int("qk_matmul_output_mode", 0)?;
    if call.float("softcap", 0.0)? != 0.0 {
        return unsupported("the attribute `softcap`");
    }
    if (4..=6).any(|index| call.has(index)) {
        return unsupported("keys and values of earlier runs");
    }
    let (causal, scale) = (call.bool("is_causal", false)?, call.float_or_none("scale")?);
    let heads = [call.int("q_num_heads", 0)?, call.int("kv_num_heads", 0)?];
    let mut inputs = [call.tensor(0)?, call.tensor(1)?, call.tensor(2)?];
    let ranks = inputs.map(|value| call.trace.rank(value));
    let flat = ranks == [3; 3];
    if !flat && ranks != [4; 3] {
        return damaged(format!("its inputs have {ranks:?} axes"));
    }
    if flat {
        if heads.iter().any(|heads| *heads < 1) {
            return damaged("it does not say its number of heads");
        }
        for (input, heads) in inputs.iter_mut().zip([heads[0], heads[1], heads[1]]) {
            *input = split(call, *input, heads)?;
        }
    }
    let axes = inputs.map(|value| call.trace.shape(value)[1]);
    let mask = call.tensor_or_none(3)?;
    let [query, key, value] = inputs;
    let arguments = vec![
        ("query", Argument::Tensor(query)),
        ("key", Argument::Tensor(key)),
        ("value", Argument::Tensor(value)),
        ("attn_mask", tensor_or_none(mask)),
        ("is_causal", Argument::Bool(causal)),
        ("scale", scale.map_or(Argument::None, Argument::Float)),
        ("enable_gqa", Argument::Bool(axes[0] != axes[1])),
    ];
    let output = call.emit("aten.scaled_dot_product_attention.default", arguments)?;
    match flat {
        true => one(join(call, output)?),
        false => one(output),
    }
}

/// [N, tokens, heads · features] to [N, heads, tokens, features].
fn split(call: &mut Call, value: ValueId, heads: i64) -> Result<ValueId> {
    let sizes = Argument::Sizes([heads, -1].map(Size::Known).into());
    let arguments = vec![
        ("self", Argument::Tensor(value)),
        ("dim", int(2)),
        ("sizes", sizes),
    ];
    let value = call.emit("aten.unflatten.int", arguments)?;
    swap(call, value)
}

fn join(call: &mut Call, value: ValueId) -> Result<ValueId> {
    let value = swap(call, value)?;
    let arguments = vec![
        ("self", Argument::Tensor(value)),
        ("start_dim", int(2)),
        ("end_dim", int(3)),
    ];
    call.emit("aten.flatten.using_ints", arguments)
}

fn swap(call: &mut Call, value: ValueId) -> Result<ValueId> {
    let arguments = vec![
        ("self", Argument::Tensor(value)),
        ("dim0", int(1)),
        ("dim1", int(2)),
    ];
    call.emit("aten.transpose.int", arguments)
}
