//! One pass through a graph.

use super::call::{Call, Rule};
use super::demand::{Demand, Step};
use super::fold::Fold;
use super::pass::{Change, Convolutions, Pass};
use super::program::Program;
use super::running::Running;
use super::weights::Weights;
use std::cell::Cell;
use std::sync::atomic::Ordering;
use tch::Tensor;

use crate::model::error::ModelError;
use crate::model::graph::{Node, NodeId, ValueId};
use crate::model::operators::pooling::max_pool2d_with_places;
use crate::model::operators::{Arguments, OperatorError, Value, fused};
use crate::model::winograd::{Fast, ReluBehind};

impl Program {
    /// Runs what the pass needs; what it wants is in the values that come back.
    pub(super) fn execute(
        &self,
        pass: &Pass,
        weights: &Weights,
        change: Change<'_>,
    ) -> Result<Vec<Option<Value>>, ModelError> {
        self.execute_ruled(pass, weights, change, None)
    }

    /// The same, and `rule` may put another tensor in the place of every node's output that is one tensor.
    pub(super) fn execute_ruled(
        &self,
        pass: &Pass,
        weights: &Weights,
        change: Change<'_>,
        mut rule: Option<Rule<'_>>,
    ) -> Result<Vec<Option<Value>>, ModelError> {
        let pictures = u64::try_from(pass.pictures).unwrap_or(0);
        self.pictures_run.fetch_add(pictures, Ordering::Relaxed);
        let mut demand = Demand::new(&self.graph, &self.folds, weights, pass)?;
        let _no_grad = (!pass.gradients).then(tch::no_grad_guard);
        // A rule looks at what libtorch computes.
        let may_be_fast = pass.convolutions == Convolutions::Fast && rule.is_none();
        let mut running = Running {
            weights,
            filters: may_be_fast.then(|| weights.filters()),
            relu: Cell::new(ReluBehind::Apart),
            rectified: Vec::new(),
            values: self.graph.values.iter().map(|_| None).collect(),
            pictures: pass.pictures,
        };
        for (value, tensor) in &pass.given {
            running.values[value.0] = Some(Value::Tensor(tensor.shallow_clone()));
        }
        for (index, node) in self.graph.nodes.iter().enumerate() {
            let Some(step) = demand.steps[index] else {
                continue;
            };
            let overwritten =
                match (step, self.overwrites[index], &rule) {
                    (Step::Call, Some(overwrite), None) => overwrite
                        .run(pass, &demand, &mut running)
                        .map_err(|source| self.failed(index, source.into()))?,
                    _ => None,
                };
            let relu = self.relu_behind(index, pass, &demand);
            let relu = relu.filter(|_| may_be_fast);
            running.relu.set(match relu {
                Some(_) => ReluBehind::Waits,
                None => ReluBehind::Apart,
            });
            let mut outputs = match step {
                Step::Call if let Some(output) = overwritten => vec![Value::Tensor(output)],
                Step::Call => {
                    let is_attended = pass.attended.contains(&NodeId(index));
                    let attended: Option<Change<'_>> = match is_attended {
                        true => Some(&mut *change),
                        false => None,
                    };
                    self.call(index, node, &|id| running.value(id), (&running, attended))?
                }
                Step::Folded(fold) => self.call_folded(fold, &running)?,
                Step::PassThrough => self.passed_through(index, &running)?,
                Step::CountPictures => vec![Value::Number(pass.pictures)],
            };
            if let (Some(output), ReluBehind::Applied) = (relu, running.relu.get()) {
                running.rectified.push(output);
            }
            if pass.changed.contains(&NodeId(index))
                && let [Value::Tensor(output)] = outputs.as_slice()
                && let Some(Value::Tensor(first)) =
                    node.first_input().and_then(|value| running.value(value))
                && let Some(changed) = change(NodeId(index), first, output)?
            {
                outputs = vec![Value::Tensor(changed)];
            }
            let ruled = match (outputs.as_slice(), &mut rule) {
                ([Value::Tensor(output)], Some(rule)) => {
                    self.ruled(index, step, &running, output, *rule)?
                }
                _ => None,
            };
            if let Some(ruled) = ruled {
                outputs = vec![Value::Tensor(ruled)];
            }
            for (output, value) in node.outputs.iter().zip(outputs) {
                running.values[output.0] = Some(value);
            }
            for value in demand.read(&self.graph, NodeId(index), step) {
                running.values[value.0] = None;
            }
        }
        Ok(running.values)
    }

    /// What the node gives, where a ReLU that nobody sees is all that reads it.
    fn relu_behind(&self, index: usize, pass: &Pass, demand: &Demand) -> Option<ValueId> {
        let (node, relu) = self.relus_behind[index]?;
        let may = demand.is_called(node) && relu.may(pass, demand);
        may.then(|| relu.input())
    }

    fn ruled(
        &self,
        index: usize,
        step: Step,
        running: &Running,
        output: &Tensor,
        rule: Rule<'_>,
    ) -> Result<Option<Tensor>, ModelError> {
        match step {
            Step::Call => {
                let (node, lookup) = (&self.graph.nodes[index], |id| running.value(id));
                let call = Call::new(self, NodeId(index), node, &lookup, running);
                rule(&call, output)
            }
            Step::Folded(fold) => {
                let folded = running
                    .weights
                    .folded(fold.norm, |kind| fold.weights(&self.weights, kind))?;
                let lookup = |id: ValueId| match fold.place(id) {
                    Some(place) => Some(&folded[place]),
                    None => running.value(id),
                };
                let call = Call::new(self, fold.convolution, &fold.node, &lookup, running);
                rule(&call, output)
            }
            Step::PassThrough | Step::CountPictures => Ok(None),
        }
    }

    pub(super) fn call<'a>(
        &self,
        index: usize,
        node: &'a Node,
        lookup: &'a dyn Fn(ValueId) -> Option<&'a Value>,
        (running, attended): (&'a Running<'_>, Option<Change<'_>>),
    ) -> Result<Vec<Value>, ModelError> {
        let operation = self.operations[index];
        let arguments = Arguments::new(node, lookup, running.pictures);
        let arguments = arguments
            .in_type(running.weights.kind())
            .on(running.weights.device())
            .with_fast(running.filters.map(|filters| Fast {
                filters,
                relu: &running.relu,
            }));
        let arguments = match self.of_weights[index] {
            true => arguments.of_weights(),
            false => arguments,
        };
        let run = || {
            let count = node.outputs.len();
            if running.pictures <= 1 {
                arguments.check_said_bound()?; // the first pass is of one picture
            }
            let outputs = match attended {
                None => operation.run(&arguments, count)?,
                Some(change) => {
                    let mut see = |weights: &Tensor| change(NodeId(index), weights, weights);
                    fused::run(&node.operator, &arguments, count, &mut see)?
                }
            };
            let unread = if operation.is_check() {
                Vec::new()
            } else {
                arguments.unread()
            };
            if !unread.is_empty() {
                let arguments = format!("`{}`", unread.join("`, `"));
                return Err(OperatorError::NotUnderstood { arguments });
            }
            Ok(outputs)
        };
        run().map_err(|source| self.failed(index, source))
    }

    /// The output of the batch norm, from the convolution that has taken it in.
    fn call_folded(&self, fold: &Fold, running: &Running) -> Result<Vec<Value>, ModelError> {
        let folded = running
            .weights
            .folded(fold.norm, |kind| fold.weights(&self.weights, kind))?;
        let lookup = |id: ValueId| match fold.place(id) {
            Some(place) => Some(&folded[place]),
            None => running.value(id),
        };
        self.call(fold.convolution.0, &fold.node, &lookup, (running, None))
    }

    fn passed_through(&self, index: usize, running: &Running) -> Result<Vec<Value>, ModelError> {
        let first = self.graph.nodes[index].first_input();
        match first.and_then(|value| running.value(value)) {
            Some(Value::Tensor(tensor)) => Ok(vec![Value::Tensor(tensor.shallow_clone())]),
            _ => Err(self.failed(index, OperatorError::Missing { argument: "self" })),
        }
    }

    pub(super) fn places_of_maxima<'a>(
        &self,
        index: usize,
        node: &'a Node,
        input: &Tensor,
        lookup: &'a dyn Fn(ValueId) -> Option<&'a Value>,
        running: &Running,
    ) -> Result<Tensor, ModelError> {
        let arguments = Arguments::new(node, lookup, running.pictures);
        max_pool2d_with_places(input, &arguments)
            .map(|(_, places)| places)
            .map_err(|source| self.failed(index, source))
    }

    pub(super) fn failed(&self, index: usize, source: OperatorError) -> ModelError {
        let node = &self.graph.nodes[index];
        ModelError::Operator {
            operator: node.operator.clone(),
            node: node.name.clone(),
            module: node.module_title(),
            source: Box::new(source),
        }
    }
}
