//! What of a graph a pass has to run, and how long each value is needed.

use super::fold::Fold;
use super::pass::Pass;
use super::weights::Weights;
use crate::model::error::ModelError;
use crate::model::graph::{Graph, NodeId, ValueId};

/// How a node is run in a pass.
#[derive(Clone, Copy)]
pub enum Step<'a> {
    Call,
    /// Bypassed: gives its first input.
    PassThrough,
    /// The batch norm at the end of a fold, whose convolution runs in its place.
    Folded(&'a Fold),
    /// The size of the batch, which a pass that starts in the middle knows too.
    CountPictures,
}

pub struct Demand<'a> {
    /// By node; `None` for one that does not run.
    pub steps: Vec<Option<Step<'a>>>,
    /// How often each value is still read; a value that is wanted is read once more, by the caller.
    readers: Vec<usize>,
    /// Whether each value is read by one node only, and not wanted.
    read_once: Vec<bool>,
}

impl<'a> Demand<'a> {
    pub fn new(
        graph: &Graph,
        folds: &'a [Fold],
        weights: &Weights,
        pass: &Pass,
    ) -> Result<Self, ModelError> {
        let nodes = graph.nodes.len();
        let mut named = pass.wanted.iter().chain(pass.bypass).chain(pass.changed);
        if let Some(beyond) = named.find(|node| node.0 >= nodes) {
            return Err(ModelError::NodeUnknown {
                node: beyond.0,
                nodes,
            });
        }
        let producers = graph.producers();
        let mut there = vec![false; graph.values.len()];
        for (value, _) in &pass.given {
            there[value.0] = true;
        }
        let folded = folded(graph, folds, pass, &there);
        let mut steps: Vec<Option<Step>> = vec![None; nodes];
        let mut readers = vec![0; graph.values.len()];
        let mut open = Vec::new();
        for node in pass.wanted {
            let outputs = &graph.nodes[node.0].outputs;
            outputs.iter().for_each(|output| readers[output.0] += 1);
            if outputs.iter().any(|output| !there[output.0]) {
                open.push(*node);
            }
        }
        let mut from_input = false;
        while let Some(node) = open.pop() {
            if steps[node.0].is_some() {
                continue;
            }
            let step = match folded[node.0] {
                _ if pass.bypass.contains(&node) => Step::PassThrough,
                _ if graph.counts_pictures(node) => Step::CountPictures,
                Some(fold) => Step::Folded(fold),
                None => Step::Call,
            };
            steps[node.0] = Some(step);
            for value in reads(graph, node, step) {
                readers[value.0] += 1;
                // What is made of weights was computed when the network was loaded.
                if !there[value.0] && weights.value(value).is_none() {
                    open.extend(producers[value.0]);
                    from_input |= value == graph.input;
                }
            }
        }
        let read_once = readers.iter().map(|readers| *readers == 1).collect();
        let demand = Self {
            steps,
            readers,
            read_once,
        };
        match from_input {
            true => Err(demand.uncut(graph, pass, there)),
            false => Ok(demand),
        }
    }

    /// Whether the node's own operator runs.
    pub fn is_called(&self, node: NodeId) -> bool {
        matches!(self.steps[node.0], Some(Step::Call))
    }

    /// Whether one node reads the value, and nobody else.
    pub fn is_read_once(&self, value: ValueId) -> bool {
        self.read_once[value.0]
    }

    /// Counts the reads of a node that has run; the values that nobody reads any more.
    pub fn read(&mut self, graph: &Graph, node: NodeId, step: Step) -> Vec<ValueId> {
        let mut last = Vec::new();
        for value in reads(graph, node, step) {
            self.readers[value.0] -= 1;
            if self.readers[value.0] == 0 {
                last.push(value);
            }
        }
        last
    }

    /// What is missing where the given values do not keep the pass off the network's input: the first
    /// value that does not come from them and is read together with one that does.
    fn uncut(&self, graph: &Graph, pass: &Pass, mut behind: Vec<bool>) -> ModelError {
        let mut of_input = vec![false; graph.values.len()];
        of_input[graph.input.0] = true;
        let name = |value: ValueId| match graph.producers()[value.0] {
            Some(node) => format!("the output of `{}`", graph.nodes[node.0].name),
            None => "the network's input".to_owned(),
        };
        for (index, node) in graph.nodes.iter().enumerate() {
            let Some(step) = self.steps[index] else {
                continue;
            };
            let read = reads(graph, NodeId(index), step);
            let is_behind = read.iter().any(|value| behind[value.0]);
            let missing = read.iter().find(|v| of_input[v.0] && !behind[v.0]);
            if let (true, Some(missing)) = (is_behind, missing) {
                let needed = name(*missing);
                return ModelError::NotASeparator { needed };
            }
            for output in &node.outputs {
                behind[output.0] |= is_behind;
                of_input[output.0] |= missing.is_some();
            }
        }
        let mut wanted = pass.wanted.iter().flat_map(|n| &graph.nodes[n.0].outputs);
        let missing = wanted.find(|value| of_input[value.0]);
        ModelError::NotASeparator {
            needed: name(missing.copied().unwrap_or(graph.input)),
        }
    }
}

/// The fold that ends at each node, where the pass looks at nothing within it.
fn folded<'a>(
    graph: &Graph,
    folds: &'a [Fold],
    pass: &Pass,
    there: &[bool],
) -> Vec<Option<&'a Fold>> {
    let mut folded = vec![None; graph.nodes.len()];
    for fold in folds {
        let (inner, outer) = (&fold.convolution, &fold.norm);
        let outputs = &graph.nodes[inner.0].outputs;
        let is_read = pass.wanted.contains(inner)
            || [inner, outer]
                .iter()
                .any(|node| pass.bypass.contains(node) || pass.changed.contains(node))
            || outputs.iter().any(|output| there[output.0]);
        if !is_read {
            folded[outer.0] = Some(fold);
        }
    }
    folded
}

/// What a node reads when it is run in this way.
fn reads(graph: &Graph, node: NodeId, step: Step) -> Vec<ValueId> {
    let described = &graph.nodes[node.0];
    match step {
        Step::Call => described.inputs(),
        Step::PassThrough => described.first_input().into_iter().collect(),
        Step::Folded(fold) => graph.nodes[fold.convolution.0].inputs(),
        Step::CountPictures => Vec::new(),
    }
}
