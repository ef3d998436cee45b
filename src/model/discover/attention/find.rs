//! Attention as files hold it: one node, or a product, a softmax over the last axis and a product, with nodes
//! between them that scale, mask or reshape.

use std::collections::BTreeSet;

use crate::model::attention::Form;
use crate::model::discover::tried::{Tried, base};
use crate::model::graph::{Argument, Node, NodeId, Size, ValueId};
use crate::model::operators::fused;

pub struct Found {
    pub form: Form,
    pub weights: NodeId,
    pub mixed: NodeId,
}

/// Products of two tensors, with the names of their first and second factor.
const PRODUCTS: [(&str, &str); 5] = [
    ("matmul", "self"),
    ("bmm", "self"),
    ("mm", "self"),
    ("baddbmm", "batch1"),
    ("einsum", "tensors"),
];

/// What may lie between the softmax and the product with the values.
const BETWEEN: [&str; 17] = [
    "dropout",
    "clone",
    "contiguous",
    "alias",
    "identity",
    "view",
    "_unsafe_view",
    "reshape",
    "expand",
    "squeeze",
    "unsqueeze",
    "flatten",
    "to",
    "_to_copy",
    "type_as",
    "nan_to_num",
    "where",
];

/// What may lie between the product of queries and keys and the softmax, besides [`BETWEEN`].
const BEFORE: [&str; 9] = [
    "mul",
    "div",
    "add",
    "sub",
    "masked_fill",
    "clamp",
    "clamp_min",
    "clamp_max",
    "unflatten",
];

/// Those on the way to the scores, in the order in which they run.
pub fn find(tried: &Tried, scores: NodeId) -> Vec<Found> {
    let graph = tried.program.graph();
    let mut readers: Vec<Vec<NodeId>> = vec![Vec::new(); graph.values.len()];
    for (index, node) in graph.nodes.iter().enumerate() {
        for value in node.inputs() {
            readers[value.0].push(NodeId(index));
        }
    }
    let wanted = ancestors(tried, scores);
    let found = wanted.into_iter().filter_map(|id| {
        let node = tried.node(id);
        if fused::is_fused(&node.operator) {
            return Some(Found {
                form: Form::Fused,
                weights: id,
                mixed: id,
            });
        }
        let is_attention = is_softmax_of_a_square(tried, id) && comes_from_product(tried, node);
        let mixed = is_attention.then(|| product_behind(tried, &readers, id))??;
        Some(Found {
            form: Form::WrittenOut,
            weights: id,
            mixed,
        })
    });
    found.collect()
}

/// The node and those it depends on.
pub fn ancestors(tried: &Tried, id: NodeId) -> BTreeSet<NodeId> {
    let mut found = BTreeSet::from([id]);
    let mut open = vec![id];
    while let Some(id) = open.pop() {
        let inputs = tried.node(id).inputs();
        let before = inputs.iter().filter_map(|value| tried.producer(*value));
        open.extend(before.filter(|id| found.insert(*id)));
    }
    found
}

/// Softmax over the last axis of [.., N, N], N above 1.
fn is_softmax_of_a_square(tried: &Tried, id: NodeId) -> bool {
    let node = tried.node(id);
    let (Some([.., _, queries, keys]), true) = (
        tried.shape(id),
        matches!(base(node), "softmax" | "_softmax"),
    ) else {
        return false;
    };
    let rank = tried.shape(id).map_or(0, |shape| shape.len() as i64);
    let is_last = matches!(node.argument("dim"),
        Some(Argument::Size(Size::Known(dim))) if *dim == -1 || *dim == rank - 1);
    queries == keys && *keys > 1 && is_last
}

fn is_product(node: &Node) -> bool {
    PRODUCTS.iter().any(|(name, _)| *name == base(node))
}

fn comes_from_product(tried: &Tried, softmax: &Node) -> bool {
    let mut open: Vec<ValueId> = softmax.first_input().into_iter().collect();
    let mut seen = BTreeSet::new();
    while let Some(value) = open.pop() {
        let Some(id) = tried.producer(value).filter(|id| seen.insert(*id)) else {
            continue;
        };
        let node = tried.node(id);
        if is_product(node) {
            return true;
        }
        if BETWEEN.contains(&base(node)) || BEFORE.contains(&base(node)) {
            open.extend(node.inputs());
        }
    }
    false
}

/// The product whose first factor is the softmax.
fn product_behind(tried: &Tried, readers: &[Vec<NodeId>], softmax: NodeId) -> Option<NodeId> {
    let mut open = tried.node(softmax).outputs.clone();
    let mut seen = BTreeSet::new();
    while let Some(value) = open.pop() {
        for id in readers[value.0].iter().filter(|id| seen.insert(**id)) {
            let node = tried.node(*id);
            if is_product(node) && first_factor(node) == Some(value) {
                return Some(*id);
            }
            if BETWEEN.contains(&base(node)) {
                open.extend(&node.outputs);
            }
        }
    }
    None
}

fn first_factor(node: &Node) -> Option<ValueId> {
    let (_, name) = PRODUCTS.iter().find(|(name, _)| *name == base(node))?;
    node.argument(name)?.values().first().copied()
}
