//! Weights without a network: what they are called and how large they are, and which networks they may be of.

use serde::Serialize;

use crate::model::Source;
use crate::model::load::fitting::{Near, nearest};
use crate::model::load::weights_of;

#[derive(Debug, Serialize)]
pub struct Weights {
    /// Where in the file they lie: `model`, `model.state_dict`; empty for the whole of it.
    pub key: String,
    /// Where others of the same shapes lie.
    pub others: Vec<String>,
    /// In the order of their names.
    pub tensors: Vec<TensorRow>,
    /// Built-in architectures that they fit, or come near to.
    pub near: Vec<Near>,
}

#[derive(Debug, Serialize)]
pub struct TensorRow {
    pub name: String,
    pub shape: Vec<i64>,
}

/// `None` where the file holds no weights, or something else as well.
pub fn of(source: &Source) -> Option<Weights> {
    let found = weights_of(source).ok()??;
    let near = nearest(&found.weights).unwrap_or_default();
    let tensors = found.weights.iter().map(|(name, tensor)| TensorRow {
        name: name.clone(),
        shape: tensor.size(),
    });
    Some(Weights {
        tensors: tensors.collect(),
        key: found.key,
        others: found.others,
        near,
    })
}
