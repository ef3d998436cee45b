//! Which built-in architectures weights fit, and which they come near to.

use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;
use tch::Tensor;

use super::architecture_file::Index;
use super::built_in::indices;
use super::state_dict::without_prefix;
use super::weight_names::{counts_batches, is_unused, renamed};
use crate::model::error::ModelError;

/// A built-in architecture that weights fit or come near to.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Near {
    pub architecture: &'static str,
    /// Weights of the same name and shape.
    pub same: usize,
    /// Weights that differ, are missing or are too many.
    pub other: usize,
    /// same / (same + other), 0..1; 1 where the weights fit.
    pub share: f64,
}

/// Those that fit, else the nearest three of which more than half is the same.
pub fn nearest(weights: &BTreeMap<String, Tensor>) -> Result<Vec<Near>, ModelError> {
    const NEAREST: usize = 3;
    let mut near = Vec::new();
    for index in indices() {
        let (architecture, index) = index?;
        let Likeness { same, other } = Likeness::of(&index, weights);
        if same > other {
            near.push(Near {
                architecture,
                same,
                other,
                share: same as f64 / (same + other) as f64,
            });
        }
    }
    near.sort_by_key(|near| (near.other, near.architecture));
    match near.iter().take_while(|near| near.other == 0).count() {
        0 => near.truncate(NEAREST),
        fitting => near.truncate(fitting),
    }
    Ok(near)
}

/// `` that fit `…` or `…` `` for weights that come without an architecture, the nearest ones where
/// none fits, or nothing.
pub fn that_fit(weights: &BTreeMap<String, Tensor>) -> Result<String, ModelError> {
    let near = nearest(weights)?;
    let fitting = near.iter().filter(|near| near.other == 0);
    let fitting: Vec<_> = fitting
        .map(|near| format!("`{}`", near.architecture))
        .collect();
    if !fitting.is_empty() {
        return Ok(format!(" that fit {}", fitting.join(" or ")));
    }
    let near: Vec<_> = near
        .iter()
        .map(|near| format!("`{}` ({} of them differ)", near.architecture, near.other))
        .collect();
    Ok(match near.is_empty() {
        true => String::new(),
        false => format!(" that come near {}", near.join(" or ")),
    })
}

/// How many weights of a file and an architecture are the same by name and shape, and how many are not.
struct Likeness {
    same: usize,
    other: usize,
}

impl Likeness {
    fn of(index: &Index, weights: &BTreeMap<String, Tensor>) -> Self {
        let (mut same, mut other) = (0, 0);
        let mut found = BTreeSet::new();
        let is_known = |name: &str| {
            index.weights.contains_key(name)
                || index.weights.contains_key(&renamed(name, &index.renamed))
        };
        let shallow = weights
            .iter()
            .map(|(name, tensor)| (name.clone(), tensor.shallow_clone()));
        let weights = without_prefix(shallow.collect(), is_known);
        for (name, tensor) in &weights {
            let name = match index.weights.contains_key(name) {
                true => name.clone(),
                false => renamed(name, &index.renamed),
            };
            match index.weights.get(&name) {
                Some(sizes) if is_head_or_same(sizes, &tensor.size(), index, &name) => same += 1,
                None if counts_batches(&name) || is_unused(&name, &index.unused) => {}
                _ => other += 1,
            }
            found.insert(name);
        }
        other += index
            .weights
            .keys()
            .filter(|name| !found.contains(*name))
            .count();
        Self { same, other }
    }
}

/// The number of classes is up to the weights: the first size of the head is free.
fn is_head_or_same(expected: &[i64], got: &[i64], index: &Index, name: &str) -> bool {
    let free = usize::from(index.head.iter().any(|head| head == name));
    expected.len() == got.len() && expected.iter().zip(got).skip(free).all(|(e, g)| e == g)
}
