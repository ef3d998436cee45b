//! A call of an operator while a pass runs, for those who put something else in the place of its output.

use tch::Tensor;

use super::pass::no_change;
use super::program::Program;
use super::running::Running;
use crate::model::error::ModelError;
use crate::model::graph::{Argument, Node, NodeId, ValueId};
use crate::model::operators::{OperatorError, Value};

/// Values behind those of the graph that a folded batch norm reads: its weight and bias.
const OF_FOLDS: usize = 2;

/// May put another tensor in the place of a node's output.
pub type Rule<'a> = &'a mut dyn FnMut(&Call, &Tensor) -> Result<Option<Tensor>, ModelError>;

impl Program {
    /// As [`Program::record`], and `rule` may put another tensor in the place of every node's output that is one tensor.
    pub fn record_ruled(
        &self,
        input: &Tensor,
        nodes: &[NodeId],
        rule: Rule<'_>,
    ) -> Result<Vec<Tensor>, ModelError> {
        let pass = self.pass_of(input, nodes)?;
        let values = self.execute_ruled(&pass, &self.weights, &mut no_change, Some(rule))?;
        self.wanted(&pass, &values)
    }
}

/// An operator with what it is given.
pub struct Call<'a> {
    program: &'a Program,
    operator: NodeId,
    node: &'a Node,
    lookup: &'a dyn Fn(ValueId) -> Option<&'a Value>,
    running: &'a Running<'a>,
}

impl<'a> Call<'a> {
    pub(super) fn new(
        program: &'a Program,
        operator: NodeId,
        node: &'a Node,
        lookup: &'a dyn Fn(ValueId) -> Option<&'a Value>,
        running: &'a Running<'a>,
    ) -> Self {
        Self {
            program,
            operator,
            node,
            lookup,
            running,
        }
    }

    /// The node whose operator runs: where a batch norm is folded, the convolution.
    pub fn operator(&self) -> NodeId {
        self.operator
    }

    /// The tensor of an argument, where it is one.
    pub fn tensor(&self, name: &str) -> Option<&Tensor> {
        match self.node.argument(name) {
            Some(Argument::Tensor(id)) => match (self.lookup)(*id) {
                Some(Value::Tensor(tensor)) => Some(tensor),
                _ => None,
            },
            _ => None,
        }
    }

    /// Whether an argument is a tensor that is not made of weights only.
    pub fn is_activation(&self, name: &str) -> bool {
        match self.node.argument(name) {
            Some(Argument::Tensor(id)) => {
                id.0 < self.program.graph().values.len() && !self.program.is_weight(*id)
            }
            _ => false,
        }
    }

    /// The tensor of an argument; an error where there is none.
    pub fn given(&self, name: &'static str) -> Result<&Tensor, ModelError> {
        let missing = OperatorError::Missing { argument: name };
        self.tensor(name)
            .ok_or_else(|| self.program.failed(self.operator.0, missing))
    }

    /// What the operator gives with other tensors in the place of arguments that are tensors.
    pub fn with(&self, replaced: &[(&'static str, &Tensor)]) -> Result<Tensor, ModelError> {
        let first = self.program.graph().values.len() + OF_FOLDS;
        let mut node = self.node.clone();
        let mut values = Vec::with_capacity(replaced.len());
        for (name, tensor) in replaced {
            let arguments = &mut node.arguments;
            let Some((_, argument)) = arguments.iter_mut().find(|(known, _)| known == name) else {
                let missing = OperatorError::Missing { argument: name };
                return Err(self.program.failed(self.operator.0, missing));
            };
            *argument = Argument::Tensor(ValueId(first + values.len()));
            values.push(Value::Tensor(tensor.shallow_clone()));
        }
        let lookup = |id: ValueId| match id.0.checked_sub(first) {
            Some(place) => values.get(place),
            None => (self.lookup)(id),
        };
        let index = self.operator.0;
        let mut outputs = self
            .program
            .call(index, &node, &lookup, (self.running, None))?;
        match (outputs.pop(), outputs.is_empty()) {
            (Some(Value::Tensor(output)), true) => Ok(output),
            _ => Err(ModelError::NotOneTensor {
                node: node.name.clone(),
            }),
        }
    }

    /// For each number that a max pooling gives the place of the input's number in its plane, row by row.
    pub fn places_of_maxima(&self, input: &Tensor) -> Result<Tensor, ModelError> {
        self.program
            .places_of_maxima(self.operator.0, self.node, input, self.lookup, self.running)
    }
}
