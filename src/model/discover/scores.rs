//! Where the scores come out of a graph.

use crate::model::error::ModelError;
use crate::model::facts::OutputFacts;
use crate::model::graph::Graph;

/// The node before a softmax, log-softmax or sigmoid at the very end of the graph, or the last one.
pub fn output(graph: &Graph) -> Result<OutputFacts, ModelError> {
    const CLOSING: &[&str] = &[
        "softmax",
        "_softmax",
        "log_softmax",
        "_log_softmax",
        "sigmoid",
    ];
    let producers = graph.producers();
    let mut left_out = Vec::new();
    let mut value = graph.output;
    loop {
        let Some(node) = producers[value.0] else {
            return Err(ModelError::NotAClassifier { shape: Vec::new() });
        };
        let described = &graph.nodes[node.0];
        match described.first_input() {
            Some(input) if CLOSING.contains(&described.operator_base()) => {
                left_out.push(described.operator.clone());
                value = input;
            }
            _ => {
                return Ok(OutputFacts {
                    name: graph.values[graph.output.0].clone(),
                    scores: node,
                    scores_name: described.name.clone(),
                    left_out,
                });
            }
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
