//! A graph that is ready to run.

use std::collections::BTreeMap;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use tch::{Device, Tensor};

use super::constants;
use super::fold::{Fold, folds};
use super::overwrite::{Overwrite, overwrites, relus_behind};
use super::weights::Weights;
use crate::model::error::ModelError;
use crate::model::graph::{Graph, NodeId, ValueId};
use crate::model::memory_layout::channels_last;
use crate::model::operators::{Module, Operation, Value, find};

/// A graph with its operators found and its weights filled in.
pub struct Program {
    pub(super) graph: Graph,
    /// One for each node.
    pub(super) operations: Vec<Operation>,
    /// Whether each node depends on weights only: it has run when the network was loaded.
    pub(super) of_weights: Vec<bool>,
    /// Nodes that can overwrite their input.
    pub(super) overwrites: Vec<Option<Overwrite>>,
    /// By node, the ReLU that can overwrite what the node gives.
    pub(super) relus_behind: Vec<Option<(NodeId, Overwrite)>>,
    /// Convolutions that take the batch norm behind them in, in passes that look at neither.
    pub(super) folds: Vec<Fold>,
    /// As the file holds them.
    pub(super) weights: Weights,
    /// The same in bfloat16, once a pass has asked for them.
    pub(super) lowered: OnceLock<Weights>,
    /// Whether the graph holds for one picture only, so that several are run one after the other.
    pub(super) one_by_one: AtomicBool,
    /// Pictures that passes were run for.
    pub(super) pictures_run: AtomicU64,
}

// SAFETY: what of it is not `Sync` are its tensors, for some functions of tch write through a shared reference. A pass reads
// weights only: operators write into outputs of nodes, never into a weight (`overwrites`). libtorch lets any number of threads
// read a tensor and count its owners, and the cells that are filled later are locks. A whole network of TorchScript runs on one
// thread at a time: see [`Program::may_run_beside_itself`].
#[allow(unsafe_code)]
unsafe impl Sync for Program {}

impl Program {
    /// Whether several passes may run at once, each on a thread of its own: on the CPU, and not where libtorch's interpreter
    /// of TorchScript runs the network.
    pub fn may_run_beside_itself(&self) -> bool {
        self.weights.device() == Device::Cpu && !self.weights.hold_a_module()
    }

    /// `weights` by their names in the state dict. What the graph does not name is left out.
    pub fn new(
        mut graph: Graph,
        weights: BTreeMap<String, Tensor>,
        device: Device,
    ) -> Result<Self, ModelError> {
        if let Err(node) = graph.undo_in_place() {
            let operator = graph.nodes[node.0].place();
            return Err(ModelError::OperatorsUnknown {
                operators: format!("{operator} on memory that is read again later"),
            });
        }
        let operations: Vec<_> = graph
            .nodes
            .iter()
            .map(|node| find(&node.operator))
            .collect();
        let unknown: Vec<_> = (0..operations.len())
            .filter(|index| operations[*index].is_none())
            .map(|index| graph.nodes[index].place())
            .collect();
        if !unknown.is_empty() {
            return Err(ModelError::OperatorsUnknown {
                operators: unknown.join(", "),
            });
        }
        let operations: Vec<_> = operations.into_iter().flatten().collect();
        let mut weights = Weights::new(&graph, weights, device)?;
        let of_weights = constants::of_weights(&graph, &weights);
        let made = constants::compute(&graph, &operations, &of_weights, &weights, device)?;
        for (id, value) in made {
            weights.put(
                id,
                match value {
                    Value::Tensor(tensor) => Value::Tensor(channels_last(&tensor)?),
                    other => other,
                },
            );
        }
        weights.turn_factors(&graph)?;
        weights.offer_filters(&graph)?;
        let overwrites = overwrites(&graph);
        Ok(Self {
            folds: folds(&graph, &weights),
            relus_behind: relus_behind(&overwrites),
            overwrites,
            graph,
            operations,
            of_weights,
            weights,
            lowered: OnceLock::new(),
            one_by_one: AtomicBool::new(false),
            pictures_run: AtomicU64::new(0),
        })
    }

    /// The same with a whole network as the value `value`.
    pub fn with_module(mut self, value: ValueId, module: tch::CModule) -> Self {
        self.weights.put(value, Value::Module(Module(module)));
        self
    }

    /// Pictures that passes were run for so far, a pass through a part of the graph counted as a whole one.
    pub fn pictures_run(&self) -> u64 {
        self.pictures_run.load(Ordering::Relaxed)
    }

    pub fn graph(&self) -> &Graph {
        &self.graph
    }

    /// The tensor of a weight, as the file holds it.
    pub fn weight(&self, value: ValueId) -> Option<&Tensor> {
        self.weights.tensor(value)
    }

    /// Whether a value is a weight, or made of weights only.
    pub fn is_weight(&self, value: ValueId) -> bool {
        self.weights.value(value).is_some()
    }
}
