//! Where in a checkpoint the state dict is.

use std::collections::BTreeMap;

use super::error::{PickleError, shown};
use super::value::{Heap, Value};

/// Keys under which training scripts keep the weights, the likelier ones first.
const KEYS: &[&str] = &[
    "state_dict",
    "model_state_dict",
    "model_state",
    "model",
    "net",
    "network",
    "module",
    "weights",
    "params",
    "state_dict_ema",
    "model_ema",
    "ema_state_dict",
    "ema",
    "params_ema",
];

/// Dicts below the top in which the keys are looked for: `{"model": {"state_dict": …}}`.
const LEVELS: usize = 2;

/// Names and tensors (as indices in [`Heap::tensors`]) of the state dict in a checkpoint: a dict with
/// at least one tensor that lies under one of the keys, or at the top. What else is in it is left out.
pub fn state_dict<'a>(
    heap: &Heap<'a>,
    top: Value<'a>,
) -> Result<BTreeMap<&'a str, usize>, PickleError> {
    // The weights lie deeper than what stands beside them, such as a tensor with the accuracy.
    let nested = below(heap, top, LEVELS);
    let found = nested.or_else(|| tensors(heap, top));
    found.ok_or_else(|| PickleError::NoStateDict {
        found: description(heap, top),
    })
}

fn below<'a>(heap: &Heap<'a>, value: Value<'a>, levels: usize) -> Option<BTreeMap<&'a str, usize>> {
    let entries = entries(heap, value)?;
    KEYS.iter()
        .filter_map(|key| entries.get(key))
        .find_map(|inner| {
            let deeper = if levels > 1 {
                below(heap, *inner, levels - 1)
            } else {
                None
            };
            deeper.or_else(|| tensors(heap, *inner))
        })
}

/// The tensors of a dict, if it has any.
fn tensors<'a>(heap: &Heap<'a>, value: Value<'a>) -> Option<BTreeMap<&'a str, usize>> {
    let tensors: BTreeMap<_, _> = entries(heap, value)?
        .into_iter()
        .filter_map(|(name, value)| match value {
            Value::Tensor(index) => Some((name, index)),
            _ => None,
        })
        .collect();
    (!tensors.is_empty()).then_some(tensors)
}

fn entries<'a>(heap: &Heap<'a>, value: Value<'a>) -> Option<BTreeMap<&'a str, Value<'a>>> {
    let Value::Dict(index) = value else {
        return None;
    };
    let named = heap.dicts[index]
        .iter()
        .filter_map(|(key, value)| match key {
            Value::Text(name) => Some((*name, *value)),
            _ => None,
        });
    Some(named.collect())
}

fn description(heap: &Heap, top: Value) -> String {
    const LISTED: usize = 8;
    let Some(entries) = entries(heap, top) else {
        return format!("{} only", top.kind());
    };
    if entries.is_empty() {
        return "an empty dict".to_owned();
    }
    let names = entries
        .keys()
        .take(LISTED)
        .map(|name| format!("`{}`", shown(name)));
    let more = if entries.len() > LISTED { ", …" } else { "" };
    format!("a dict of {}{more}", names.collect::<Vec<_>>().join(", "))
}
