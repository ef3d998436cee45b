//! The interpreter on graphs that can be worked out by hand.

mod fold;
mod overwrite;
mod resume;

use std::collections::BTreeMap;

use tch::{Device, Kind, Tensor};

use super::program::Program;
use crate::model::error::ModelError;
use crate::model::graph::{Argument, Graph, Node, NodeId, Size, Stored, StoredKind, ValueId};

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
    let unknown = graph(&[("noise", "aten.bernoulli.default", &[("self", tensor(0))])]);
    assert_eq!(
        program(unknown).err().unwrap().to_string(),
        "the network uses operators that are not supported: \
         `aten.bernoulli.default` (node `noise` in the network itself); export it without them"
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
