//! The weights of a program, in one type of number.

use std::collections::BTreeMap;
use std::sync::OnceLock;

use tch::{Device, Kind, TchError, Tensor};

use crate::model::error::ModelError;
use crate::model::graph::{Argument, Graph, Node, NodeId, ValueId};
use crate::model::memory_layout::{channels_last, tensor_bytes};
use crate::model::operators::Value;
use crate::model::operators::products::column_by_column;
use crate::model::winograd::KnownFilters;

/// Weight and bias of a convolution that has taken in a batch norm.
pub type Folded = [Value; 2];

pub struct Weights {
    /// Type of the activations that they go with.
    kind: Kind,
    device: Device,
    /// By [`ValueId`]; `None` for what is computed.
    stored: Vec<Option<Value>>,
    /// By the node of the batch norm, once a pass has run it folded.
    folded: Vec<OnceLock<Folded>>,
    /// Transformed filters of both.
    filters: KnownFilters,
}

impl Weights {
    /// `tensors` by their names in the state dict, frozen and brought to the device.
    pub fn new(
        graph: &Graph,
        mut tensors: BTreeMap<String, Tensor>,
        device: Device,
    ) -> Result<Self, ModelError> {
        let mut stored: Vec<_> = graph.values.iter().map(|_| None).collect();
        let mut kind = None;
        for weight in &graph.stored {
            if let Some(tensor) = tensors.remove(&weight.name) {
                kind = kind.or(Some(tensor.f_kind()?).filter(|kind| FLOATING.contains(kind)));
                let tensor =
                    channels_last(&tensor.f_to_device(device)?)?.f_set_requires_grad(false)?;
                stored[weight.value.0] = Some(Value::Tensor(tensor));
            }
        }
        Ok(Self {
            kind: kind.unwrap_or(Kind::Float),
            device,
            folded: no_folds(graph),
            filters: KnownFilters::default(),
            stored,
        })
    }

    /// The same in a smaller type. The weights and statistics of a batch norm stay as they are:
    /// libtorch's kernels take them so, and a variance has no digits to lose.
    pub fn lowered(&self, graph: &Graph, kind: Kind) -> Result<Self, ModelError> {
        let norms = graph
            .nodes
            .iter()
            .filter(|n| n.operator_base().contains("batch_norm"));
        let kept: Vec<_> = norms.flat_map(|node| node.inputs()).collect();
        let lower = |(index, value): (usize, &Option<Value>)| {
            let tensor = match value {
                Some(Value::Tensor(tensor)) => tensor,
                Some(Value::Number(number)) => return Ok(Some(Value::Number(*number))),
                Some(Value::Module(_)) | None => return Ok(None),
            };
            let tensor = match FLOATING.contains(&tensor.f_kind()?) {
                true if !kept.contains(&ValueId(index)) => tensor.f_to_kind(kind)?,
                _ => tensor.shallow_clone(),
            };
            Ok(Some(Value::Tensor(tensor)))
        };
        let stored = self.stored.iter().enumerate().map(lower);
        Ok(Self {
            kind,
            device: self.device,
            stored: stored.collect::<Result<_, ModelError>>()?,
            folded: no_folds(graph),
            filters: KnownFilters::default(),
        })
    }

    /// Lays matrices that outputs of nodes are multiplied with out as the processor's library reads them, where nothing else
    /// reads them.
    pub fn turn_factors(&mut self, graph: &Graph) -> Result<(), TchError> {
        let factor = |node: &Node| match (node.operator_base(), &node.arguments[..]) {
            ("mm" | "matmul", [_, (_, Argument::Tensor(value)), ..])
            | ("addmm", [_, _, (_, Argument::Tensor(value)), ..]) => Some(*value),
            _ => None,
        };
        let mut other_readers = vec![false; graph.values.len()];
        other_readers[graph.output.0] = true;
        for node in &graph.nodes {
            let of_factor = factor(node);
            let others = node.inputs().into_iter();
            for value in others.filter(|value| Some(*value) != of_factor) {
                other_readers[value.0] = true;
            }
        }
        for value in graph.nodes.iter().filter_map(factor) {
            if let (false, Some(matrix)) = (other_readers[value.0], self.tensor(value)) {
                let turned = column_by_column(matrix)?;
                self.put(value, Value::Tensor(turned));
            }
        }
        Ok(())
    }

    /// Lets convolutions with weights be computed with their filters transformed. Nobody puts another in its place then.
    pub fn offer_filters(&self, graph: &Graph) -> Result<(), TchError> {
        for node in &graph.nodes {
            if let Some(Argument::Tensor(value)) = node.argument("weight")
                && node.operator_base().starts_with("conv")
                && let Some(weight) = self.tensor(*value)
            {
                self.filters.offer(weight)?;
            }
        }
        Ok(())
    }

    pub fn filters(&self) -> &KnownFilters {
        &self.filters
    }

    /// What is no tensor of the file.
    pub fn put(&mut self, id: ValueId, value: Value) {
        self.stored[id.0] = Some(value);
    }

    pub fn bytes(&self) -> u64 {
        let tensors = self.stored.iter().filter_map(|value| match value {
            Some(Value::Tensor(tensor)) => Some(tensor_bytes(tensor)),
            _ => None,
        });
        tensors.sum()
    }

    /// Whether a whole network is among them.
    pub fn hold_a_module(&self) -> bool {
        let mut stored = self.stored.iter().flatten();
        stored.any(|value| matches!(value, Value::Module(_)))
    }

    pub fn device(&self) -> Device {
        self.device
    }

    pub fn kind(&self) -> Kind {
        self.kind
    }

    pub fn value(&self, id: ValueId) -> Option<&Value> {
        self.stored[id.0].as_ref()
    }

    pub fn tensor(&self, id: ValueId) -> Option<&Tensor> {
        match self.value(id)? {
            Value::Tensor(tensor) => Some(tensor),
            Value::Number(_) | Value::Module(_) => None,
        }
    }

    /// Weight and bias of the convolution that takes in the batch norm `norm`; `make` makes them, for
    /// activations of a type, the first time they are asked for.
    pub fn folded(
        &self,
        norm: NodeId,
        make: impl FnOnce(Kind) -> Result<Folded, TchError>,
    ) -> Result<&Folded, ModelError> {
        let cell = &self.folded[norm.0];
        match cell.get() {
            Some(folded) => Ok(folded),
            None => {
                let folded = make(self.kind)?;
                if let (None, Value::Tensor(weight)) = (cell.get(), &folded[0]) {
                    self.filters.offer(weight)?;
                }
                Ok(cell.get_or_init(|| folded))
            }
        }
    }

    #[cfg(test)]
    pub fn has_folded(&self, norm: NodeId) -> bool {
        self.folded[norm.0].get().is_some()
    }
}

fn no_folds(graph: &Graph) -> Vec<OnceLock<Folded>> {
    graph.nodes.iter().map(|_| OnceLock::new()).collect()
}

const FLOATING: &[Kind] = &[Kind::Float, Kind::Double, Kind::Half, Kind::BFloat16];
