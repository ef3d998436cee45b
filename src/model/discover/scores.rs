//! Where the scores come out of a graph: the walk from the output back to a closing softmax or sigmoid.

use super::preserving::{Preserves, unbounded, value_preserved};
use super::tried::{Tried, base};
use crate::model::error::ModelError;
use crate::model::facts::OutputFacts;
use crate::model::graph::{Argument, Graph, NodeId, Size, ValueId};
use crate::model::run::Program;

/// The operator at the end that makes probabilities of scores.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Closing {
    Softmax,
    LogSoftmax,
    Sigmoid,
    LogSigmoid,
}

/// What is seen of the end of a graph.
#[derive(Debug)]
pub struct End {
    pub output: OutputFacts,
    pub closing: Option<Closing>,
    /// Whether the numbers come from a layer of weights, so that no range holds them.
    pub is_unbounded: bool,
}

/// The node of the output.
pub fn last(graph: &Graph) -> Result<NodeId, ModelError> {
    graph.producers()[graph.output.0].ok_or(ModelError::NotAClassifier { shape: Vec::new() })
}

/// Walks back from the output through nodes that change no value.
pub fn end(program: &Program, shapes: &[Option<Vec<i64>>]) -> Result<End, ModelError> {
    let graph = program.graph();
    let tried = Tried {
        program,
        producers: graph.producers(),
        shapes,
    };
    let last = last(graph)?;
    let found = tried.closing(last);
    let (closing, scores, left_out) = match found {
        Some((closing, scores, left_out)) => (Some(closing), scores, left_out),
        None => (None, last, Vec::new()),
    };
    Ok(End {
        output: OutputFacts {
            name: graph.values[graph.output.0].clone(),
            scores,
            scores_name: graph.nodes[scores.0].name.clone(),
            left_out,
        },
        closing,
        is_unbounded: closing.is_none() && unbounded(&tried, last),
    })
}

impl Tried<'_> {
    /// The first node, from `start` backwards, that changes values, and whether a clamp to 0..1 lies between.
    pub fn before_preserving(&self, start: NodeId) -> (NodeId, bool) {
        let (mut id, mut is_clamped) = (start, false);
        while let Some((value, preserves)) = value_preserved(self, id)
            && let Some(producer) = self.producer(value)
        {
            is_clamped |= preserves == Preserves::Probabilities;
            id = producer;
        }
        (id, is_clamped)
    }

    /// The closing operator, the node whose output are the scores, and the operators left out, the last first.
    fn closing(&self, last: NodeId) -> Option<(Closing, NodeId, Vec<String>)> {
        let (at, is_clamped) = self.before_preserving(last);
        let node = self.node(at);
        let inner = || Some(self.before_preserving(self.producer(node.first_input()?)?));
        // exp(log_softmax(x)) is softmax(x), and the reverse; with sigmoid the same.
        let (closing, operator, mut left_out) = match base(node) {
            "exp" => {
                let (inner, _) = inner()?;
                let closing = match self.plain(inner)? {
                    Closing::LogSoftmax => Closing::Softmax,
                    Closing::LogSigmoid => Closing::Sigmoid,
                    Closing::Softmax | Closing::Sigmoid => return None,
                };
                (closing, inner, vec![node.operator.clone()])
            }
            "log" => {
                let (inner, _) = inner()?; // a clamp keeps the logarithm finite
                let closing = match self.plain(inner)? {
                    Closing::Softmax => Closing::LogSoftmax,
                    Closing::Sigmoid => Closing::LogSigmoid,
                    Closing::LogSoftmax | Closing::LogSigmoid => return None,
                };
                (closing, inner, vec![node.operator.clone()])
            }
            _ if self.written_log_sigmoid(at).is_some() => (Closing::LogSigmoid, at, Vec::new()),
            _ => (self.plain(at)?, at, Vec::new()),
        };
        if is_clamped && matches!(closing, Closing::LogSoftmax | Closing::LogSigmoid) {
            return None;
        }
        left_out.push(self.node(operator).operator.clone());
        let written = self.written_log_sigmoid(operator);
        let scores = self.producer(written.or(self.node(operator).first_input())?)?;
        // One row a picture, of as many numbers as the output has.
        let (scores_shape, shape) = (self.shape(scores)?, self.shape(last)?);
        let count = |shape: &[i64]| shape.iter().product::<i64>();
        let fits = scores_shape.first() == Some(&1) && count(scores_shape) == count(shape);
        fits.then_some((closing, scores, left_out))
    }

    /// The input x of a log-sigmoid that is written out: min(x, 0) − ln(1 + exp(−|x|)), as `run_decompositions()`
    /// leaves it, or −softplus(−x).
    fn written_log_sigmoid(&self, id: NodeId) -> Option<ValueId> {
        let node = self.node(id);
        let before = |value: ValueId, operator: &str| {
            let node = self.node(self.producer(value)?);
            (base(node) == operator).then(|| node.first_input())?
        };
        match base(node) {
            "neg" => before(before(node.first_input()?, "softplus")?, "neg"),
            "sub" => {
                let [least, log] = ["self", "other"].map(|name| match node.argument(name) {
                    Some(Argument::Tensor(value)) => Some(*value),
                    _ => None,
                });
                let x = ["log1p", "exp", "neg", "abs"]
                    .iter()
                    .try_fold(log?, |value, operator| before(value, operator))?;
                let least = self.node(self.producer(least?)?);
                (base(least) == "minimum" && least.inputs().contains(&x)).then_some(x)
            }
            _ => None,
        }
    }

    /// A closing operator by itself, over all classes.
    fn plain(&self, id: NodeId) -> Option<Closing> {
        let node = self.node(id);
        let closing = match base(node) {
            "softmax" | "_softmax" => Closing::Softmax,
            "log_softmax" | "_log_softmax" => Closing::LogSoftmax,
            "sigmoid" => return Some(Closing::Sigmoid),
            "log_sigmoid" | "log_sigmoid_forward" => return Some(Closing::LogSigmoid),
            _ => return None,
        };
        let shape = self.shape(id)?;
        let dimension = match node.argument("dim") {
            Some(Argument::Size(Size::Known(dimension))) => *dimension,
            _ => return None,
        };
        let rank = shape.len() as i64;
        let dimension = if dimension < 0 {
            dimension + rank
        } else {
            dimension
        };
        let numbers: i64 = shape.iter().product();
        let over = shape.get(usize::try_from(dimension).ok()?)?;
        (dimension > 0 && *over == numbers).then_some(closing)
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
        true => {
            "; the file does not say which size it takes: name it with `size`, or with `--input`"
                .to_owned()
        }
        false => format!("; it was exported for [{}]", sizes.join(", ")),
    };
    ModelError::DoesNotRun {
        shape: vec![1, channels, height, width],
        source: Box::new(source),
        exported,
    }
}

#[cfg(test)]
#[path = "scores_tests.rs"]
mod tests;
