//! Which node of a graph gives the scores.

use super::NodeId;
use super::error::ModelError;
use super::graph::Graph;

/// The node before a softmax, log-softmax or sigmoid at the very end of the graph, or the last one.
pub fn scores_node(graph: &Graph) -> Result<NodeId, ModelError> {
    const CLOSING: &[&str] = &[
        "softmax",
        "_softmax",
        "log_softmax",
        "_log_softmax",
        "sigmoid",
    ];
    let producers = graph.producers();
    let mut value = graph.output;
    loop {
        let Some(node) = producers[value.0] else {
            return Err(ModelError::NotAClassifier { shape: Vec::new() });
        };
        let described = &graph.nodes[node.0];
        match described.first_input() {
            Some(input) if CLOSING.contains(&described.operator_base()) => value = input,
            _ => return Ok(node),
        }
    }
}

/// Why a pass of zeros failed, and what the network was exported for.
pub fn does_not_run(
    graph: &Graph,
    [channels, height, width]: [i64; 3],
    source: ModelError,
) -> ModelError {
    let sizes: Vec<_> = graph
        .input_sizes
        .iter()
        .map(|s| s.map_or("N".to_owned(), |s| s.to_string()))
        .collect();
    let exported = match sizes.is_empty() {
        true => String::new(),
        false => format!("; it was exported for [{}]", sizes.join(", ")),
    };
    ModelError::DoesNotRun {
        shape: vec![1, channels, height, width],
        source: Box::new(source),
        exported,
    }
}
