//! Which nodes are ReLUs, and which of them decide whether a node can be above zero. A clamp whose lower
//! bound is zero (ReLU6, hardtanh from 0) counts as a ReLU throughout this crate.

use super::graph::{Argument, Graph, Node, NodeId, Size};

/// Whether the node is a ReLU: max(x, 0), with or without an upper bound.
pub fn is_relu(node: &Node) -> bool {
    let lower_bound = |name: &str| match node.argument(name) {
        Some(Argument::Float(bound)) => *bound == 0.0,
        Some(Argument::Size(Size::Known(bound))) => *bound == 0,
        _ => false,
    };
    match node.operator_base() {
        "relu" | "relu_" | "relu6" | "relu6_" => true,
        "hardtanh" | "hardtanh_" => lower_bound("min_val"),
        "threshold" | "threshold_" => lower_bound("threshold") && lower_bound("value"),
        "clamp" | "clamp_" | "clamp_min" | "clamp_min_" => lower_bound("min"),
        _ => false,
    }
}

/// Every ReLU of a graph, in the order in which they run.
pub fn all(graph: &Graph) -> Vec<NodeId> {
    let nodes = graph.nodes.iter().enumerate();
    nodes
        .filter(|(_, node)| is_relu(node))
        .map(|(index, _)| NodeId(index))
        .collect()
}

/// The ReLUs that decide whether `node` can be above zero: itself, or those before it seen through
/// operators that keep zero at zero and mix nothing in. In the order of the graph.
pub fn gates(graph: &Graph, node: NodeId) -> Vec<NodeId> {
    let producers = graph.producers();
    let mut seen = vec![false; graph.nodes.len()];
    let mut open = vec![node];
    let mut found = Vec::new();
    while let Some(next) = open.pop() {
        let Some(known) = seen.get_mut(next.0) else {
            continue;
        };
        if std::mem::replace(known, true) {
            continue;
        }
        let described = &graph.nodes[next.0];
        if is_relu(described) {
            found.push(next);
        } else if SEEN_THROUGH.contains(&described.operator_base()) {
            open.extend(
                described
                    .inputs()
                    .iter()
                    .filter_map(|value| producers[value.0]),
            );
        }
    }
    found.sort();
    found
}

/// Pooling, dropout, concatenation, flatten and identity. `mean` is how some networks write global
/// average pooling.
const SEEN_THROUGH: &[&str] = &[
    "max_pool2d",
    "avg_pool2d",
    "adaptive_avg_pool2d",
    "_adaptive_avg_pool2d",
    "mean",
    "dropout",
    "dropout_",
    "feature_dropout",
    "cat",
    "concat",
    "flatten",
    "view",
    "reshape",
    "alias",
    "clone",
    "contiguous",
];

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::graph::ValueId;

    /// Every node reads the values of the nodes it lists; value 0 is the input.
    fn graph(nodes: &[(&str, &[usize])]) -> Graph {
        let node = |(index, (operator, inputs)): (usize, &(&str, &[usize]))| Node {
            name: format!("node_{index}"),
            operator: format!("aten.{operator}.default"),
            arguments: vec![(
                "tensors".to_owned(),
                Argument::Tensors(inputs.iter().map(|value| Some(ValueId(*value))).collect()),
            )],
            outputs: vec![ValueId(index + 1)],
            modules: Vec::new(),
        };
        Graph {
            values: (0..=nodes.len()).map(|value| value.to_string()).collect(),
            nodes: nodes.iter().enumerate().map(node).collect(),
            input: ValueId(0),
            input_sizes: Vec::new(),
            stored: Vec::new(),
            output: ValueId(nodes.len()),
        }
    }

    #[test]
    fn gates_are_seen_through_pooling_and_concatenation_only() {
        let graph = graph(&[
            ("conv2d", &[0]),
            ("relu_", &[1]),
            ("conv2d", &[2]),
            ("relu", &[3]),
            ("sigmoid", &[2]),
            ("cat", &[2, 4, 5]),
            ("max_pool2d", &[6]),
            ("flatten", &[7]),
            ("add", &[8, 8]),
        ]);
        assert_eq!(gates(&graph, NodeId(7)), [NodeId(1), NodeId(3)]);
        assert_eq!(gates(&graph, NodeId(3)), [NodeId(3)]);
        assert_eq!(gates(&graph, NodeId(2)), []);
        assert_eq!(gates(&graph, NodeId(8)), []);
    }

    #[test]
    fn bounds_decide_what_is_a_relu() {
        let with = |operator: &str, name: &str, bound: Argument| {
            let mut node = graph(&[(operator, &[0])]).nodes.remove(0);
            node.arguments.push((name.to_owned(), bound));
            is_relu(&node)
        };
        assert!(with("hardtanh_", "min_val", Argument::Float(0.0)));
        assert!(!with("hardtanh", "min_val", Argument::Float(-1.0)));
        assert!(with("clamp_min", "min", Argument::Size(Size::Known(0))));
        assert!(!with("clamp", "max", Argument::Float(0.0)));
        assert!(!with("silu", "min", Argument::Float(0.0)));
        assert!(!with("threshold", "threshold", Argument::Float(0.0))); // its value is not said
    }
}
