//! The interpreter: runs a graph node by node.

use std::collections::BTreeMap;

use tch::{Device, Tensor};

use super::NodeId;
use super::error::ModelError;
use super::graph::{Graph, ValueId};
use super::memory_layout::channels_last;
use super::operators::{Arguments, Module, Operation, OperatorError, Value, find};

/// A graph with its operators found and its weights filled in.
pub struct Program {
    graph: Graph,
    /// One for each node.
    operations: Vec<Operation>,
    /// Weights by [`ValueId`]; `None` for what is computed.
    stored: Vec<Option<Value>>,
}

impl Program {
    /// `weights` by their names in the state dict. What the graph does not name is left out.
    pub fn new(
        mut graph: Graph,
        mut weights: BTreeMap<String, Tensor>,
        device: Device,
    ) -> Result<Self, ModelError> {
        if let Err(node) = graph.undo_in_place() {
            let operator = describe(&graph, node);
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
            .map(|index| describe(&graph, NodeId(index)))
            .collect();
        if !unknown.is_empty() {
            return Err(ModelError::OperatorsUnknown {
                operators: unknown.join(", "),
            });
        }
        let mut stored: Vec<_> = graph.values.iter().map(|_| None).collect();
        for weight in &graph.stored {
            if let Some(tensor) = weights.remove(&weight.name) {
                let tensor =
                    channels_last(&tensor.f_to_device(device)?)?.f_set_requires_grad(false)?;
                stored[weight.value.0] = Some(Value::Tensor(tensor));
            }
        }
        Ok(Self {
            graph,
            operations: operations.into_iter().flatten().collect(),
            stored,
        })
    }

    /// The same with a whole network as the value `value`.
    pub fn with_module(mut self, value: ValueId, module: tch::CModule) -> Self {
        self.stored[value.0] = Some(Value::Module(Module(module)));
        self
    }

    pub fn graph(&self) -> &Graph {
        &self.graph
    }

    /// The tensor of a weight.
    pub fn weight(&self, value: ValueId) -> Option<&Tensor> {
        match self.stored[value.0].as_ref()? {
            Value::Tensor(tensor) => Some(tensor),
            Value::Number(_) | Value::Module(_) => None,
        }
    }

    /// The outputs of `nodes`; only what they depend on is run, and a node in `bypass` hands its first
    /// input through. Gradients reach back to `input` if it asks for them.
    pub fn record(
        &self,
        input: &Tensor,
        nodes: &[NodeId],
        bypass: &[NodeId],
    ) -> Result<Vec<Tensor>, ModelError> {
        let mut values = self.execute(input, nodes, bypass, &mut |_, _, _| None)?;
        nodes
            .iter()
            .map(|node| self.tensor(&mut values, *node))
            .collect()
    }

    /// As [`Program::record`], and `change` may put another tensor in place of the output of any node
    /// that is run: it is given the node, its first input and its output.
    pub fn record_changed(
        &self,
        input: &Tensor,
        nodes: &[NodeId],
        change: Change<'_>,
    ) -> Result<Vec<Tensor>, ModelError> {
        let mut values = self.execute(input, nodes, &[], change)?;
        nodes
            .iter()
            .map(|node| self.tensor(&mut values, *node))
            .collect()
    }

    /// Shape of the output of every node that gives one tensor, by node, for a pass of zeros.
    pub fn shapes(&self, input: &Tensor) -> Result<Vec<Option<Vec<i64>>>, ModelError> {
        let mut shapes = vec![None; self.graph.nodes.len()];
        let all: Vec<_> = (0..shapes.len()).map(NodeId).collect();
        self.execute(input, &all, &[], &mut |node, _, output| {
            shapes[node.0] = Some(output.size());
            None
        })?;
        Ok(shapes)
    }

    fn tensor(&self, values: &mut [Option<Value>], node: NodeId) -> Result<Tensor, ModelError> {
        let described = &self.graph.nodes[node.0];
        match described.outputs.as_slice() {
            [output] => match &values[output.0] {
                Some(Value::Tensor(tensor)) => Ok(tensor.shallow_clone()),
                _ => Err(ModelError::NotOneTensor {
                    node: described.name.clone(),
                }),
            },
            _ => Err(ModelError::NotOneTensor {
                node: described.name.clone(),
            }),
        }
    }

    fn execute(
        &self,
        input: &Tensor,
        wanted: &[NodeId],
        bypass: &[NodeId],
        change: Change<'_>,
    ) -> Result<Vec<Option<Value>>, ModelError> {
        let count = self.graph.nodes.len();
        if let Some(beyond) = wanted.iter().chain(bypass).find(|node| node.0 >= count) {
            return Err(ModelError::NodeUnknown {
                node: beyond.0,
                nodes: count,
            });
        }
        let bypassed = |index: usize| bypass.contains(&NodeId(index));
        let needed = self.needed(wanted, &bypassed);
        let mut readers = self.readers(wanted, &needed, &bypassed);
        let batch = input.size().first().copied().unwrap_or(0);
        let _no_grad = (!input.requires_grad()).then(tch::no_grad_guard);

        let mut values: Vec<Option<Value>> = self.graph.values.iter().map(|_| None).collect();
        values[self.graph.input.0] = Some(Value::Tensor(channels_last(input)?));
        for index in (0..count).filter(|index| needed[*index]) {
            let mut outputs = if bypassed(index) {
                self.handed_through(index, &values)?
            } else {
                self.call(index, &values, batch)?
            };
            let node = &self.graph.nodes[index];
            if let [Value::Tensor(output)] = outputs.as_slice()
                && let Some(Value::Tensor(first)) = node
                    .first_input()
                    .and_then(|value| self.value(&values, value))
                && let Some(changed) = change(NodeId(index), first, output)
            {
                outputs = vec![Value::Tensor(changed)];
            }
            for (output, value) in node.outputs.iter().zip(outputs) {
                values[output.0] = Some(value);
            }
            for read in self.reads(index, bypassed(index)) {
                readers[read.0] -= 1;
                if readers[read.0] == 0 {
                    values[read.0] = None;
                }
            }
        }
        Ok(values)
    }

    fn value<'a>(&'a self, values: &'a [Option<Value>], id: ValueId) -> Option<&'a Value> {
        values[id.0].as_ref().or(self.stored[id.0].as_ref())
    }

    /// What a node reads; one that is bypassed reads its first input only.
    fn reads(&self, index: usize, bypassed: bool) -> Vec<ValueId> {
        let node = &self.graph.nodes[index];
        if bypassed {
            node.first_input().into_iter().collect()
        } else {
            node.inputs()
        }
    }

    /// Which nodes have to run for `wanted`.
    fn needed(&self, wanted: &[NodeId], bypassed: &dyn Fn(usize) -> bool) -> Vec<bool> {
        let producers = self.graph.producers();
        let mut needed = vec![false; self.graph.nodes.len()];
        let mut open: Vec<_> = wanted.to_vec();
        while let Some(node) = open.pop() {
            if std::mem::replace(&mut needed[node.0], true) {
                continue;
            }
            let inputs = self.reads(node.0, bypassed(node.0));
            open.extend(inputs.into_iter().filter_map(|value| producers[value.0]));
        }
        needed
    }

    /// How often each value is read; a value that is wanted is read once more, by the caller.
    fn readers(
        &self,
        wanted: &[NodeId],
        needed: &[bool],
        bypassed: &dyn Fn(usize) -> bool,
    ) -> Vec<usize> {
        let mut readers = vec![0; self.graph.values.len()];
        for index in (0..needed.len()).filter(|index| needed[*index]) {
            for value in self.reads(index, bypassed(index)) {
                readers[value.0] += 1;
            }
        }
        for output in wanted
            .iter()
            .flat_map(|node| &self.graph.nodes[node.0].outputs)
        {
            readers[output.0] += 1;
        }
        readers
    }

    fn call(
        &self,
        index: usize,
        values: &[Option<Value>],
        batch: i64,
    ) -> Result<Vec<Value>, ModelError> {
        let (node, operation) = (&self.graph.nodes[index], self.operations[index]);
        let lookup = |id: ValueId| self.value(values, id);
        let arguments = Arguments::new(node, &lookup, batch);
        let run = || {
            let outputs = operation.run(&arguments, node.outputs.len())?;
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

    fn handed_through(
        &self,
        index: usize,
        values: &[Option<Value>],
    ) -> Result<Vec<Value>, ModelError> {
        let first = self.graph.nodes[index].first_input();
        match first.and_then(|value| self.value(values, value)) {
            Some(Value::Tensor(tensor)) => Ok(vec![Value::Tensor(tensor.shallow_clone())]),
            _ => Err(self.failed(index, OperatorError::Missing { argument: "self" })),
        }
    }

    fn failed(&self, index: usize, source: OperatorError) -> ModelError {
        let node = &self.graph.nodes[index];
        ModelError::Operator {
            operator: node.operator.clone(),
            node: node.name.clone(),
            module: module_name(node.module_path()),
            source: Box::new(source),
        }
    }
}

/// May put another tensor in place of a node's output: node, first input, output.
pub type Change<'a> = &'a mut dyn FnMut(NodeId, &Tensor, &Tensor) -> Option<Tensor>;

fn module_name(path: &str) -> String {
    if path.is_empty() {
        "the network itself".to_owned()
    } else {
        format!("`{path}`")
    }
}

/// `` `aten.foo.default` (node `foo_1` in `layer1.0`) ``
fn describe(graph: &Graph, node: NodeId) -> String {
    let node = &graph.nodes[node.0];
    let module = module_name(node.module_path());
    format!("`{}` (node `{}` in {module})", node.operator, node.name)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::graph::{Argument, Node, Size, Stored, StoredKind};
    use tch::Kind;

    /// Name, operator and arguments.
    type Row<'a> = (&'a str, &'a str, &'a [(&'a str, Argument)]);

    /// Nodes over values `x` (input), `w` and `b` (weights), then one value a node, named as the node.
    fn graph(nodes: &[Row]) -> Graph {
        let mut values: Vec<String> = ["x", "w", "b"].map(str::to_owned).to_vec();
        let mut built = Vec::new();
        for (name, operator, arguments) in nodes {
            let arguments = arguments
                .iter()
                .map(|(n, a)| (n.to_string(), a.clone()))
                .collect();
            let outputs = vec![ValueId(values.len())];
            values.push(name.to_string());
            let (name, operator) = (name.to_string(), operator.to_string());
            built.push(Node {
                name,
                operator,
                arguments,
                outputs,
                modules: Vec::new(),
            });
        }
        let stored = |value, name: &str| Stored {
            value: ValueId(value),
            name: name.to_owned(),
            kind: StoredKind::Parameter,
            sizes: None,
        };
        let output = ValueId(values.len() - 1);
        let stored = vec![stored(1, "w"), stored(2, "b")];
        Graph {
            values,
            nodes: built,
            input: ValueId(0),
            input_sizes: Vec::new(),
            stored,
            output,
        }
    }

    fn tensor(value: usize) -> Argument {
        Argument::Tensor(ValueId(value))
    }

    fn program(graph: Graph) -> Result<Program, ModelError> {
        let weights = [
            (
                "w".to_owned(),
                Tensor::from_slice(&[2f32]).reshape([1, 1, 1, 1]),
            ),
            ("b".to_owned(), Tensor::from_slice(&[-3f32])),
        ];
        Program::new(graph, weights.into(), Device::Cpu)
    }

    const CONV: Row = (
        "conv",
        "aten.conv2d.default",
        &[
            ("input", Argument::Tensor(ValueId(0))),
            ("weight", Argument::Tensor(ValueId(1))),
            ("bias", Argument::Tensor(ValueId(2))),
        ],
    );

    fn input() -> Tensor {
        Tensor::from_slice(&[1f32, 2., 3., 4.]).reshape([1, 1, 2, 2])
    }

    fn numbers(tensor: &Tensor) -> Vec<f32> {
        Vec::try_from(tensor.detach().flatten(0, -1)).unwrap()
    }

    /// conv: 2x − 3 = −1, 1, 3, 5.
    #[test]
    fn a_tensor_overwritten_in_place_is_read_overwritten_and_recorded_as_it_was() {
        let graph = graph(&[
            CONV,
            ("relu_", "aten.relu_.default", &[("self", tensor(3))]),
            (
                "add",
                "aten.add.Tensor",
                &[("self", tensor(3)), ("other", tensor(4))],
            ),
        ]);
        let program = program(graph).unwrap();
        let nodes = [NodeId(0), NodeId(2)];
        let recorded = program.record(&input(), &nodes, &[]).unwrap();
        assert_eq!(numbers(&recorded[0]), [-1., 1., 3., 5.]);
        assert_eq!(numbers(&recorded[1]), [0., 2., 6., 10.]);
        let open = program.record(&input(), &nodes, &[NodeId(1)]).unwrap();
        assert_eq!(numbers(&open[1]), [-2., 2., 6., 10.]);
    }

    #[test]
    fn overwriting_what_a_view_still_shows_is_refused() {
        let shape: &[_] = &[
            ("self", tensor(3)),
            ("start_dim", Argument::Size(Size::Known(1))),
        ];
        let flat = ("flat", "aten.flatten.using_ints", shape);
        let relu = ("relu_", "aten.relu_.default", [("self", tensor(3))]);
        let sum = [("self", tensor(4)), ("other", Argument::Float(1.0))];
        let nodes = [
            CONV,
            flat,
            (relu.0, relu.1, &relu.2),
            ("sum", "aten.add.Tensor", &sum),
        ];
        let error = program(graph(&nodes)).err().unwrap().to_string();
        assert!(
            error.contains("`aten.relu_.default` (node `relu_`"),
            "{error}"
        );
    }

    #[test]
    fn gradients_reach_the_input_and_no_weight() {
        let graph = graph(&[CONV, ("relu", "aten.relu.default", &[("self", tensor(3))])]);
        let program = program(graph).unwrap();
        let x = input().set_requires_grad(true);
        let relu = program.record(&x, &[NodeId(1)], &[]).unwrap().remove(0);
        relu.sum(Kind::Float).backward();
        assert_eq!(numbers(&x.grad()), [0., 2., 2., 2.]);
        assert!(!program.weight(ValueId(1)).unwrap().requires_grad());
        let without = program
            .record(&input(), &[NodeId(1)], &[])
            .unwrap()
            .remove(0);
        assert!(!without.requires_grad());
    }

    #[test]
    fn only_what_is_asked_for_is_run() {
        let sizes = Argument::Sizes(vec![Size::Known(7)]);
        let view: &[_] = &[("self", tensor(3)), ("size", sizes)];
        let program = program(graph(&[CONV, ("view", "aten.view.default", view)])).unwrap();
        assert!(program.record(&input(), &[NodeId(0)], &[]).is_ok());
        let error = program
            .record(&input(), &[NodeId(1)], &[])
            .unwrap_err()
            .to_string();
        assert_eq!(
            error,
            "`aten.view.default` (node `view` in the network itself): \
             shape '[7]' is invalid for input of size 4"
        );
        assert!(program.record(&input(), &[NodeId(2)], &[]).is_err());
    }

    #[test]
    fn what_an_operator_does_not_know_is_refused() {
        let unknown = graph(&[("fft", "aten.fft_fft2.default", &[("self", tensor(0))])]);
        assert_eq!(
            program(unknown).err().unwrap().to_string(),
            "the network uses operators that are not supported: \
             `aten.fft_fft2.default` (node `fft` in the network itself)"
        );
        let relu: &[_] = &[("self", tensor(0)), ("slope", Argument::Float(0.5))];
        let program = program(graph(&[("relu", "aten.relu.default", relu)])).unwrap();
        let error = program
            .record(&input(), &[NodeId(0)], &[])
            .unwrap_err()
            .to_string();
        assert!(
            error.ends_with("the arguments `slope` are not supported"),
            "{error}"
        );
    }

    #[test]
    fn sizes_are_computed_from_the_batch_that_is_run() {
        let size: &[_] = &[("self", tensor(0)), ("dim", Argument::Size(Size::Known(0)))];
        let sizes = Argument::Sizes(vec![Size::Value(ValueId(3)), Size::Known(-1)]);
        let view: &[_] = &[("self", tensor(0)), ("size", sizes)];
        let nodes = [
            ("n", "aten.sym_size.int", size),
            ("view", "aten.view.default", view),
        ];
        let program = program(graph(&nodes)).unwrap();
        let two = Tensor::cat(&[input(), input()], 0);
        assert_eq!(
            program.record(&two, &[NodeId(1)], &[]).unwrap()[0].size(),
            [2, 4]
        );
        assert!(
            program.record(&two, &[NodeId(0)], &[]).is_err(),
            "a size is no tensor"
        );
    }
}
