//! State dicts: weights by name, without a graph.

use std::collections::BTreeMap;

use safetensors::{Dtype, SafeTensors};
use tch::{Kind, Tensor};

use super::fault::Fault;
use super::tensor::Tensors;
use crate::fs::Mapped;

/// Prefixes that wrappers put before every name: `DataParallel` and `torch.compile`.
const WRAPPERS: &[&str] = &["module.", "_orig_mod."];

/// The tensors of a safetensors file by name, every type of floating point as float32.
pub fn read(file: &Mapped) -> Result<BTreeMap<String, Tensor>, Fault> {
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
    Ok(unwrapped(weights))
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
pub fn unwrapped(weights: BTreeMap<String, Tensor>) -> BTreeMap<String, Tensor> {
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
