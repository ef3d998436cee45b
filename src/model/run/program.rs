//! A graph that is ready to run, and the passes that it can be asked for.

use std::collections::BTreeMap;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use tch::{Device, Kind, TchError, Tensor};

use super::constants;
use super::fold::{Fold, folds};
use super::overwrite::{Overwrite, overwrites};
use super::pass::{Change, Pass, no_change};
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
    /// Convolutions that take the batch norm behind them in, in passes that look at neither.
    pub(super) folds: Vec<Fold>,
    /// As the file holds them.
    pub(super) weights: Weights,
    /// The same in bfloat16, once a pass has asked for them.
    lowered: OnceLock<Weights>,
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
        Ok(Self {
            folds: folds(&graph, &weights),
            overwrites: overwrites(&graph),
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

    /// The outputs of `nodes`; only what they depend on is run, and a node in `bypass` gives its first
    /// input. Gradients reach back to `input` if it asks for them.
    pub fn record(
        &self,
        input: &Tensor,
        nodes: &[NodeId],
        bypass: &[NodeId],
    ) -> Result<Vec<Tensor>, ModelError> {
        let pass = Pass {
            bypass,
            ..self.pass_of(input, nodes)?
        };
        self.run(&pass, &self.weights, &mut no_change)
    }

    /// As [`Program::record`], and `change` may put another tensor in place of the output of each node of
    /// `changed` that is run: it is given the node, its first input and its output. What comes out keeps
    /// the way back to tensors of `change` that ask for gradients, even where `input` does not.
    pub fn record_changed(
        &self,
        input: &Tensor,
        nodes: &[NodeId],
        changed: &[NodeId],
        change: Change<'_>,
    ) -> Result<Vec<Tensor>, ModelError> {
        let pass = Pass {
            changed,
            gradients: true,
            ..self.pass_of(input, nodes)?
        };
        self.run(&pass, &self.weights, change)
    }

    /// As [`Program::record_changed`], for the weights of attention: `change` is given those of each node of
    /// `attended`, which hold a whole attention, twice.
    pub fn record_attended(
        &self,
        input: &Tensor,
        nodes: &[NodeId],
        (changed, attended): (&[NodeId], &[NodeId]),
        change: Change<'_>,
    ) -> Result<Vec<Tensor>, ModelError> {
        let pass = Pass {
            changed,
            attended,
            gradients: true,
            ..self.pass_of(input, nodes)?
        };
        self.run(&pass, &self.weights, change)
    }

    /// Whether a value is a weight, or made of weights only.
    pub fn is_weight(&self, value: ValueId) -> bool {
        self.weights.value(value).is_some()
    }

    /// The outputs of `nodes` of a pass that starts in the middle: `from` are nodes with their outputs for
    /// `pictures` pictures, and nothing before them is run. Gradients reach back to the outputs that ask
    /// for them.
    pub fn resume(
        &self,
        from: &[(NodeId, Tensor)],
        pictures: i64,
        nodes: &[NodeId],
    ) -> Result<Vec<Tensor>, ModelError> {
        let pass = self.pass_from(from, pictures, nodes)?;
        self.run(&pass, &self.weights, &mut no_change)
    }

    /// As [`Program::resume`] without gradients, with weights and activations in bfloat16; what comes out is float32 again.
    pub fn resume_lowered(
        &self,
        from: &[(NodeId, Tensor)],
        pictures: i64,
        nodes: &[NodeId],
    ) -> Result<Vec<Tensor>, ModelError> {
        let lowered = from
            .iter()
            .map(|(node, output)| Ok((*node, output.f_detach()?.f_to_kind(Kind::BFloat16)?)));
        let lowered = lowered.collect::<Result<Vec<_>, TchError>>()?;
        let pass = self.pass_from(&lowered, pictures, nodes)?;
        raised(&self.run(&pass, self.lowered()?, &mut no_change)?)
    }

    fn pass_from<'a>(
        &self,
        from: &[(NodeId, Tensor)],
        pictures: i64,
        wanted: &'a [NodeId],
    ) -> Result<Pass<'a>, ModelError> {
        let given = from
            .iter()
            .map(|(node, output)| Ok((self.only_output(*node)?, output.shallow_clone())));
        Ok(Pass {
            given: given.collect::<Result<_, ModelError>>()?,
            pictures,
            wanted,
            bypass: &[],
            changed: &[],
            attended: &[],
            gradients: from.iter().any(|(_, output)| output.requires_grad()),
        })
    }

    /// As [`Program::record`] without gradients, with weights and activations in bfloat16; what comes out
    /// is float32 again.
    pub fn record_lowered(
        &self,
        input: &Tensor,
        nodes: &[NodeId],
    ) -> Result<Vec<Tensor>, ModelError> {
        let weights = self.lowered()?;
        let input = input.f_detach()?.f_to_kind(Kind::BFloat16)?;
        raised(&self.run(&self.pass_of(&input, nodes)?, weights, &mut no_change)?)
    }

    /// The weights in bfloat16.
    fn lowered(&self) -> Result<&Weights, ModelError> {
        match self.lowered.get() {
            Some(weights) => Ok(weights),
            None => {
                let lowered = self.weights.lowered(&self.graph, Kind::BFloat16)?;
                Ok(self.lowered.get_or_init(|| lowered))
            }
        }
    }

    /// Runs every node and shows the output of each that gives one tensor and reads another. Gradients are
    /// kept where `input` asks for them.
    pub fn observe(
        &self,
        input: &Tensor,
        see: &mut dyn FnMut(NodeId, &Tensor) -> Result<(), TchError>,
    ) -> Result<(), ModelError> {
        let all: Vec<_> = (0..self.graph.nodes.len()).map(NodeId).collect();
        let pass = Pass {
            changed: &all,
            ..self.pass_of(input, &all)?
        };
        self.execute(&pass, &self.weights, &mut |node, _, output| {
            see(node, output)?;
            Ok(None)
        })?;
        Ok(())
    }

    /// Shape of the output of every node that [`Program::observe`] shows, by node.
    pub fn shapes(&self, input: &Tensor) -> Result<Vec<Option<Vec<i64>>>, ModelError> {
        let mut shapes = vec![None; self.graph.nodes.len()];
        self.observe(input, &mut |node, output| {
            shapes[node.0] = Some(output.size());
            Ok(())
        })?;
        Ok(shapes)
    }

    pub(super) fn pass_of<'a>(
        &self,
        input: &Tensor,
        wanted: &'a [NodeId],
    ) -> Result<Pass<'a>, ModelError> {
        Ok(Pass {
            given: vec![(self.graph.input, channels_last(input)?)],
            pictures: input.size().first().copied().unwrap_or(0),
            wanted,
            bypass: &[],
            changed: &[],
            attended: &[],
            gradients: input.requires_grad(),
        })
    }

    /// The outputs of the nodes that the pass wants.
    fn run(
        &self,
        pass: &Pass,
        weights: &Weights,
        change: Change<'_>,
    ) -> Result<Vec<Tensor>, ModelError> {
        if pass.pictures > 1 && self.is_one_by_one() {
            return self.run_one_by_one(pass, weights, change);
        }
        self.run_at_once(pass, weights, change)
    }

    pub(super) fn run_at_once(
        &self,
        pass: &Pass,
        weights: &Weights,
        change: Change<'_>,
    ) -> Result<Vec<Tensor>, ModelError> {
        let values = self.execute(pass, weights, change)?;
        self.wanted(pass, &values)
    }

    /// The outputs of the nodes that the pass wants, of all values.
    pub(super) fn wanted(
        &self,
        pass: &Pass,
        values: &[Option<Value>],
    ) -> Result<Vec<Tensor>, ModelError> {
        let output = |node: &NodeId| match &values[self.only_output(*node)?.0] {
            Some(Value::Tensor(tensor)) => Ok(tensor.shallow_clone()),
            _ => Err(self.not_one_tensor(*node)),
        };
        pass.wanted.iter().map(output).collect()
    }

    fn only_output(&self, node: NodeId) -> Result<ValueId, ModelError> {
        let count = self.graph.nodes.len();
        let described = self.graph.nodes.get(node.0);
        let described = described.ok_or(ModelError::NodeUnknown {
            node: node.0,
            nodes: count,
        })?;
        match described.outputs.as_slice() {
            [output] => Ok(*output),
            _ => Err(self.not_one_tensor(node)),
        }
    }

    fn not_one_tensor(&self, node: NodeId) -> ModelError {
        ModelError::NotOneTensor {
            node: self.graph.nodes[node.0].name.clone(),
        }
    }
}

/// The same in float32.
fn raised(outputs: &[Tensor]) -> Result<Vec<Tensor>, ModelError> {
    let outputs = outputs.iter().map(|output| output.f_to_kind(Kind::Float));
    Ok(outputs.collect::<Result<_, _>>()?)
}
