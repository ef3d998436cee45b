//! Which built-in architectures weights fit, and which they come near to.

use std::collections::{BTreeMap, BTreeSet};

use tch::Tensor;

use super::architecture_file::Index;
use super::built_in::indices;
use super::weight_names::{counts_batches, is_unused, renamed};
use crate::model::error::ModelError;

/// `` that fit `…` or `…` `` for weights that come without an architecture, the nearest ones where
/// none fits, or nothing.
pub fn that_fit(weights: &BTreeMap<String, Tensor>) -> Result<String, ModelError> {
    const NEAREST: usize = 3;
    let mut fitting = Vec::new();
    let mut near = Vec::new();
    for index in indices() {
        let (name, index) = index?;
        let likeness = Likeness::of(&index, weights);
        if likeness.other == 0 {
            fitting.push(format!("`{name}`"));
        } else if likeness.same > likeness.other {
            near.push((likeness.other, name));
        }
    }
    if !fitting.is_empty() {
        return Ok(format!(" that fit {}", fitting.join(" or ")));
    }
    near.sort_unstable();
    let near: Vec<_> = near
        .iter()
        .take(NEAREST)
        .map(|(other, name)| format!("`{name}` ({other} of them differ)"))
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
        for (name, tensor) in weights {
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
