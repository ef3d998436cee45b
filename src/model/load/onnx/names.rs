//! Names of values in an ONNX graph: defined once, before they are read, and read at all.

use std::collections::{BTreeMap, BTreeSet};

use prost::bytes::Bytes;

use super::super::fault::Fault;
use super::model::OnnxNode;

/// The name, with a number behind it where it is taken.
pub fn unique(names: &mut BTreeSet<String>, name: String) -> String {
    let mut chosen = name.clone();
    let mut number = 1;
    while !names.insert(chosen.clone()) {
        number += 1;
        chosen = format!("{name}_{number}");
    }
    chosen
}

pub fn twice(name: &str) -> Fault {
    Fault::damaged(format!("its graph names `{name}` twice"))
}

/// The nodes with each behind those that it reads from, in the order of the file where that leaves a choice: some
/// converters append theirs at the end, and runtimes sort them. Nodes in a circle stay at the end as they are.
pub fn in_order(nodes: Vec<OnnxNode>) -> Vec<OnnxNode> {
    let mut producers: BTreeMap<&str, usize> = BTreeMap::new();
    for (index, node) in nodes.iter().enumerate() {
        for output in node.outputs.iter().filter(|name| !name.is_empty()) {
            producers.entry(output).or_insert(index);
        }
    }
    let mut missing = vec![0; nodes.len()];
    let mut readers = vec![Vec::new(); nodes.len()];
    for (index, node) in nodes.iter().enumerate() {
        let read = node.inputs.iter();
        let read: BTreeSet<_> = read
            .filter_map(|name| producers.get(name.as_str()))
            .collect();
        missing[index] = read.len();
        read.into_iter()
            .for_each(|producer| readers[*producer].push(index));
    }
    let mut ready: BTreeSet<usize> = (0..nodes.len())
        .filter(|index| missing[*index] == 0)
        .collect();
    let mut order = Vec::with_capacity(nodes.len());
    while let Some(index) = ready.pop_first() {
        order.push(index);
        for reader in &readers[index] {
            missing[*reader] -= 1;
            if missing[*reader] == 0 {
                ready.insert(*reader);
            }
        }
    }
    let sorted: BTreeSet<usize> = order.iter().copied().collect();
    order.extend((0..nodes.len()).filter(|index| !sorted.contains(index)));
    let mut nodes: Vec<_> = nodes.into_iter().map(Some).collect();
    order
        .into_iter()
        .filter_map(|index| nodes[index].take())
        .collect()
}

/// Every name is defined once, and before it is read.
pub fn check_names(
    nodes: &[OnnxNode],
    initialisers: &BTreeMap<String, Bytes>,
    input: &str,
    output: &str,
) -> Result<(), Fault> {
    let mut defined: BTreeSet<&str> = initialisers.keys().map(String::as_str).collect();
    defined.insert(input);
    let missing = |name: &str, reader: &str| {
        Fault::damaged(format!(
            "its graph uses `{name}` in `{reader}` before it is defined"
        ))
    };
    for node in nodes {
        let read = node.inputs.iter().filter(|name| !name.is_empty());
        for name in read {
            if !defined.contains(name.as_str()) {
                return Err(missing(name, &node.name));
            }
        }
        for name in node.outputs.iter().filter(|name| !name.is_empty()) {
            if !defined.insert(name) {
                return Err(twice(name));
            }
        }
    }
    match defined.contains(output) && !output.is_empty() {
        true => Ok(()),
        false => Err(missing(output, "the output")),
    }
}

/// The nodes that the output depends on; outputs that none of them reads lose their name.
pub fn needed(mut nodes: Vec<OnnxNode>, output: &str) -> Vec<OnnxNode> {
    let mut read = BTreeSet::from([output.to_owned()]);
    let mut kept = Vec::new();
    while let Some(mut node) = nodes.pop() {
        for name in &mut node.outputs {
            if !read.contains(name) {
                name.clear();
            }
        }
        if node.outputs.iter().any(|name| !name.is_empty()) {
            let inputs = node.inputs.iter().filter(|name| !name.is_empty());
            read.extend(inputs.cloned());
            kept.push(node);
        }
    }
    kept.reverse();
    kept
}
