//! Where in a checkpoint the state dict is.

use std::collections::{BTreeMap, BTreeSet};

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

/// Dicts and lists below the top that are looked through for weights under other keys.
const DEPTH: usize = 3;
/// Elements of a list that are looked at, and values altogether: a log of losses is no place for weights.
const LONGEST_LIST: usize = 16;
const MOST_VALUES: usize = 10_000;
/// Dicts with tensors that are told of: each is copied.
const MOST_CANDIDATES: usize = 32;

/// Names and tensors, as indices in [`Heap::tensors`].
type Named<'a> = BTreeMap<&'a str, usize>;

/// The state dict of a checkpoint.
pub struct StateDict<'a> {
    pub tensors: Named<'a>,
    /// Where it lies: `model`, `model.state_dict`; empty for the top.
    pub key: String,
    /// Where others lie that have tensors of the same shapes.
    pub others: Vec<String>,
}

/// The state dict: a dict with at least one tensor that lies under the key `wanted`; without one, under one of
/// [`KEYS`], at the top, or under whatever key is the only one. What else is in the checkpoint is left out.
pub fn state_dict<'a>(
    heap: &Heap<'a>,
    top: Value<'a>,
    wanted: Option<&str>,
) -> Result<StateDict<'a>, PickleError> {
    let candidates = candidates(heap, top);
    let paths = |of: &[(String, Named<'a>)]| -> Vec<String> {
        of.iter().map(|(path, _)| path.clone()).collect()
    };
    let (key, tensors) = match wanted {
        Some(wanted) => {
            let at = |(path, _): &&(String, Named<'a>)| path == wanted;
            let named = candidates.iter().find(at).cloned();
            named.ok_or_else(|| PickleError::NoSuchKey {
                key: shown(wanted),
                known: list(&paths(&candidates)),
            })?
        }
        None => {
            // The weights lie deeper than what stands beside them, such as a tensor with the accuracy.
            let usual = below(heap, top, LEVELS, "");
            let usual = usual.or_else(|| Some((String::new(), tensors(heap, top)?)));
            match (usual, candidates.as_slice()) {
                (Some(usual), _) => usual,
                (None, [only]) => only.clone(),
                (None, []) => return Err(nothing(heap, top)),
                (None, several) => {
                    return Err(PickleError::SeveralStateDicts {
                        keys: list(&paths(several)),
                    });
                }
            }
        }
    };
    let shapes = |of: &Named<'a>| {
        let mut shapes: Vec<&[i64]> = of
            .values()
            .map(|tensor| heap.tensors[*tensor].sizes.as_slice())
            .collect();
        shapes.sort_unstable();
        shapes.into_iter().map(<[i64]>::to_vec).collect::<Vec<_>>()
    };
    let own = shapes(&tensors);
    let others = candidates
        .iter()
        .filter(|(path, of)| *path != key && of.len() == tensors.len() && shapes(of) == own);
    let others = others.map(|(path, _)| path.clone()).collect();
    Ok(StateDict {
        tensors,
        key,
        others,
    })
}

fn nothing(heap: &Heap, top: Value) -> PickleError {
    match heap.objects.first() {
        Some(name) => PickleError::Object { name: name.clone() },
        None => PickleError::NoStateDict {
            found: description(heap, top),
        },
    }
}

fn below<'a>(
    heap: &Heap<'a>,
    value: Value<'a>,
    levels: usize,
    path: &str,
) -> Option<(String, Named<'a>)> {
    let entries = entries(heap, value)?;
    KEYS.iter()
        .filter_map(|key| Some((*key, entries.get(key)?)))
        .find_map(|(key, inner)| {
            let path = joined(path, key);
            let deeper = if levels > 1 {
                below(heap, *inner, levels - 1, &path)
            } else {
                None
            };
            deeper.or_else(|| Some((path, tensors(heap, *inner)?)))
        })
}

/// The dicts below the top that have tensors, in the order of the levels.
fn candidates<'a>(heap: &Heap<'a>, top: Value<'a>) -> Vec<(String, Named<'a>)> {
    let mut found = Vec::new();
    let mut seen: BTreeSet<(bool, usize)> = BTreeSet::new();
    let mut level = vec![(String::new(), top)];
    let mut left = MOST_VALUES;
    for depth in 0..=DEPTH {
        let mut next = Vec::new();
        for (path, value) in level {
            let place = match value {
                Value::Dict(index) => (true, index),
                Value::Tuple(index) | Value::List(index) => (false, index),
                _ => continue,
            };
            if depth > 0
                && found.len() < MOST_CANDIDATES
                && let Some(tensors) = tensors(heap, value)
            {
                found.push((path.clone(), tensors));
            }
            if !seen.insert(place) {
                continue; // the same dict under another key
            }
            for (key, inner) in children(heap, value) {
                if left == 0 {
                    return found;
                }
                left -= 1;
                next.push((joined(&path, &key), inner));
            }
        }
        level = next;
    }
    found
}

/// Dicts and lists in a dict or list.
fn children<'a>(heap: &Heap<'a>, value: Value<'a>) -> Vec<(String, Value<'a>)> {
    let holds = |value: &Value| matches!(value, Value::Dict(_) | Value::Tuple(_) | Value::List(_));
    if let Some(entries) = entries(heap, value) {
        let entries = entries.into_iter().filter(|(_, value)| holds(value));
        return entries
            .map(|(key, value)| (key.to_owned(), value))
            .collect();
    }
    let items = heap.sequence(value).unwrap_or_default().iter();
    let items = items.take(LONGEST_LIST).enumerate();
    let items = items.filter(|(_, value)| holds(value));
    items
        .map(|(index, value)| (index.to_string(), *value))
        .collect()
}

fn joined(path: &str, key: &str) -> String {
    match path.is_empty() {
        true => key.to_owned(),
        false => format!("{path}.{key}"),
    }
}

/// The tensors of a dict, if it has any.
fn tensors<'a>(heap: &Heap<'a>, value: Value<'a>) -> Option<Named<'a>> {
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
    let Some(entries) = entries(heap, top) else {
        return format!("{} only", top.kind());
    };
    if entries.is_empty() {
        return "an empty dict".to_owned();
    }
    let names: Vec<String> = entries.keys().map(|name| (*name).to_owned()).collect();
    format!("a dict of {}", list(&names))
}

/// The first few names, in backticks.
fn list(names: &[String]) -> String {
    const LISTED: usize = 8;
    let shown = names
        .iter()
        .take(LISTED)
        .map(|name| format!("`{}`", shown(name)));
    let more = if names.len() > LISTED { ", …" } else { "" };
    format!("{}{more}", shown.collect::<Vec<_>>().join(", "))
}
