//! The values that are there while a pass runs.

use std::cell::Cell;

use super::weights::Weights;
use crate::model::graph::ValueId;
use crate::model::operators::Value;
use crate::model::winograd::{KnownFilters, ReluBehind};

/// Weights, and what was computed and is still needed.
pub(super) struct Running<'a> {
    pub weights: &'a Weights,
    /// Transformed filters, where the pass may compute with them.
    pub filters: Option<&'a KnownFilters>,
    /// The ReLU behind the node that runs.
    pub relu: Cell<ReluBehind>,
    /// Values that have gone through the ReLU behind them already.
    pub rectified: Vec<ValueId>,
    /// By [`ValueId`]; gone again after the last node that reads it.
    pub values: Vec<Option<Value>>,
    pub pictures: i64,
}

impl Running<'_> {
    pub(super) fn value(&self, id: ValueId) -> Option<&Value> {
        self.values[id.0].as_ref().or(self.weights.value(id))
    }

    /// A value that is not a weight, which nobody finds here any more.
    pub(super) fn take(&mut self, id: ValueId) -> Option<Value> {
        self.values[id.0].take()
    }

    pub(super) fn put(&mut self, id: ValueId, value: Value) {
        self.values[id.0] = Some(value);
    }
}
