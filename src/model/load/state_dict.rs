//! State dicts: weights by name, without a graph.

use std::collections::{BTreeMap, BTreeSet};

use safetensors::{Dtype, SafeTensors};
use tch::{Kind, Tensor};

use super::fault::Fault;
use super::tensor::Tensors;
use crate::fs::Mapped;

/// What a file of weights holds.
pub struct StateDict {
    /// Every type of floating point as float32.
    pub weights: BTreeMap<String, Tensor>,
    /// Where in the file they lie: `model`, `model.state_dict`; empty for the whole of it.
    pub key: String,
    /// Where others of the same shapes lie.
    pub others: Vec<String>,
}

impl StateDict {
    pub fn of(weights: BTreeMap<String, Tensor>) -> Self {
        Self {
            weights,
            key: String::new(),
            others: Vec::new(),
        }
    }

    pub fn unwrapped(self) -> Self {
        Self {
            weights: unwrapped(self.weights),
            ..self
        }
    }
}

/// Prefixes that wrappers put before every name: `DataParallel` and `torch.compile`.
const WRAPPERS: &[&str] = &["module.", "_orig_mod."];

/// The tensors of a safetensors file by name; of those under `key`, where their names begin with it.
pub fn read(file: &Mapped, key: Option<&str>) -> Result<StateDict, Fault> {
    let tensors = Tensors::of(file);
    let file = SafeTensors::deserialize(file).map_err(|error| {
        Fault::damaged(format!("it is not a complete safetensors file ({error})"))
    })?;
    let mut weights = BTreeMap::new();
    for (name, view) in file.iter() {
        let sizes: Vec<i64> = view.shape().iter().map(|size| *size as i64).collect();
        let tensor = kind(view.dtype())
            .and_then(|kind| tensors.contiguous(view.data(), kind, &sizes))
            .map_err(|fault| fault.of_tensor(name))?;
        weights.insert(name.to_owned(), tensor);
    }
    let Some(key) = key else {
        return Ok(StateDict::of(weights).unwrapped());
    };
    let prefix = format!("{key}.");
    let chosen: BTreeMap<String, Tensor> = weights
        .into_iter()
        .filter_map(|(name, tensor)| Some((name.strip_prefix(&prefix)?.to_owned(), tensor)))
        .collect();
    if chosen.is_empty() {
        return Err(Fault::not_supported(
            format!("no tensor's name begins with `{prefix}`"),
            "leave out `model: weights:` or `--weights`, or name a prefix that is there",
        ));
    }
    Ok(StateDict {
        key: key.to_owned(),
        ..StateDict::of(chosen).unwrapped()
    })
}

/// The names without the prefix that makes most of them known (`model.` of Lightning, `backbone.`,
/// `_orig_mod.module.`); names without it stay. Among equals the shortest prefix, so that names that are known
/// already are left alone.
pub fn without_prefix(
    weights: BTreeMap<String, Tensor>,
    is_known: impl Fn(&str) -> bool,
) -> BTreeMap<String, Tensor> {
    const DEEPEST: usize = 3;
    let mut known: BTreeMap<&str, usize> = BTreeMap::new();
    for name in weights.keys() {
        let dots = name.match_indices('.').take(DEEPEST);
        for length in std::iter::once(0).chain(dots.map(|(at, _)| at + 1)) {
            if is_known(&name[length..]) {
                *known.entry(&name[..length]).or_insert(0) += 1;
            }
        }
    }
    let best = known
        .into_iter()
        .max_by_key(|(prefix, count)| (*count, std::cmp::Reverse(prefix.len())));
    let prefix = match best {
        Some((prefix, _)) if !prefix.is_empty() => prefix.to_owned(),
        _ => return weights,
    };
    let names: BTreeSet<String> = weights.keys().cloned().collect();
    let renamed = weights.into_iter().map(|(name, tensor)| {
        let short = name.strip_prefix(&prefix);
        // Where both names are there, neither may take the other's place.
        let short = short.filter(|short| !names.contains(*short));
        (short.map(str::to_owned).unwrap_or(name), tensor)
    });
    renamed.collect()
}

fn kind(dtype: Dtype) -> Result<Kind, Fault> {
    Ok(match dtype {
        Dtype::F16 => Kind::Half,
        Dtype::BF16 => Kind::BFloat16,
        Dtype::F32 => Kind::Float,
        Dtype::F64 => Kind::Double,
        Dtype::I8 => Kind::Int8,
        Dtype::U8 => Kind::Uint8,
        Dtype::I16 => Kind::Int16,
        Dtype::I32 => Kind::Int,
        Dtype::I64 => Kind::Int64,
        Dtype::BOOL => Kind::Uint8,
        other => {
            return Err(Fault::not_supported(
                format!("elements of the type {other:?}"),
                "save the weights as float32 or float16",
            ));
        }
    })
}

/// The names without the prefix of a wrapper, if all of them have it.
fn unwrapped(weights: BTreeMap<String, Tensor>) -> BTreeMap<String, Tensor> {
    let prefix = WRAPPERS.iter().find(|prefix| {
        !weights.is_empty() && weights.keys().all(|name| name.starts_with(**prefix))
    });
    match prefix {
        None => weights,
        Some(prefix) => weights
            .into_iter()
            .map(|(name, tensor)| (name[prefix.len()..].to_owned(), tensor))
            .collect(),
    }
}
