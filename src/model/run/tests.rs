//! The interpreter on graphs that can be worked out by hand.

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

/// conv, relu and their sum.
fn residual() -> Program {
    program(graph(&[
        CONV,
        ("relu", "aten.relu.default", &[("self", tensor(3))]),
        (
            "add",
            "aten.add.Tensor",
            &[("self", tensor(3)), ("other", tensor(4))],
        ),
    ]))
    .unwrap()
}

#[test]
fn a_resumed_pass_needs_every_branch() {
    let program = residual();
    let [conv, relu, add] = [NodeId(0), NodeId(1), NodeId(2)];
    let recorded = program.record(&input(), &[conv, relu], &[]).unwrap();
    let given = |node: NodeId| (node, recorded[node.0].shallow_clone());
    let resumed = program.resume(&[given(conv)], 1, &[add, conv]).unwrap();
    assert_eq!(numbers(&resumed[0]), [-1., 2., 6., 10.]);
    assert_eq!(resumed[1], recorded[0]);
    let doubled = (relu, &recorded[1] * 2);
    let resumed = program.resume(&[given(conv), doubled], 1, &[add]).unwrap();
    assert_eq!(numbers(&resumed[0]), [-1., 3., 9., 15.]);

    let error = |from: &[(NodeId, Tensor)], node: NodeId| {
        let resumed = program.resume(from, 1, &[node]);
        resumed.unwrap_err().to_string()
    };
    let uncut = |needed: &str| {
        format!("the activations handed in do not cut the network: {needed} is needed as well")
    };
    assert_eq!(error(&[given(relu)], add), uncut("the output of `conv`"));
    assert_eq!(error(&[given(relu)], conv), uncut("the output of `conv`"));
    assert_eq!(error(&[], add), uncut("the output of `add`"));
    assert_eq!(
        error(&[(NodeId(9), input())], add),
        "the graph has no node 9; it has 3"
    );
}

#[test]
fn gradients_reach_a_resumed_activation() {
    let program = residual();
    let output = numbers(&program.record(&input(), &[NodeId(0)], &[]).unwrap()[0]);
    let leaf = Tensor::from_slice(&output).reshape([1, 1, 2, 2]);
    let leaf = leaf.set_requires_grad(true);
    let from = [(NodeId(0), leaf.shallow_clone())];
    let add = program.resume(&from, 1, &[NodeId(2)]).unwrap().remove(0);
    add.sum(Kind::Float).backward();
    assert_eq!(numbers(&leaf.grad()), [1., 2., 2., 2.]);
}

#[test]
fn the_size_of_the_batch_is_known_in_the_middle() {
    let size: &[_] = &[("self", tensor(0)), ("dim", Argument::Size(Size::Known(0)))];
    let sizes = Argument::Sizes(vec![Size::Value(ValueId(4)), Size::Known(-1)]);
    let view: &[_] = &[("self", tensor(3)), ("size", sizes)];
    let nodes = [
        CONV,
        ("n", "aten.sym_size.int", size),
        ("view", "aten.view.default", view),
    ];
    let program = program(graph(&nodes)).unwrap();
    let two = Tensor::cat(&[input(), input()], 0);
    let resumed = program
        .resume(&[(NodeId(0), two)], 2, &[NodeId(2)])
        .unwrap();
    assert_eq!(resumed[0].size(), [2, 4]);
}

/// conv: −1, 1, 3, 5; the batch norm subtracts −3, divides by √(3 + 1) and adds −3.
#[test]
fn a_batch_norm_nobody_looks_behind_is_part_of_the_convolution() {
    let norm: &[_] = &[
        ("input", tensor(3)),
        ("weight", Argument::None),
        ("bias", tensor(2)),
        ("running_mean", tensor(2)),
        ("running_var", tensor(5)),
        ("training", Argument::Bool(false)),
        ("momentum", Argument::Float(0.1)),
        ("eps", Argument::Float(1.0)),
        ("cudnn_enabled", Argument::Bool(true)),
    ];
    let [conv, norm_node] = [NodeId(0), NodeId(1)];
    let with_variance = |rows: &[Row]| {
        let mut graph = graph(rows);
        assert_eq!(graph.values.len(), 5);
        graph.values.push("v".to_owned());
        graph.stored.push(Stored {
            value: ValueId(5),
            name: "v".to_owned(),
            kind: StoredKind::Buffer,
            sizes: None,
        });
        let weights = [
            ("w", Tensor::from_slice(&[2f32]).reshape([1, 1, 1, 1])),
            ("b", Tensor::from_slice(&[-3f32])),
            ("v", Tensor::from_slice(&[3f32])),
        ];
        let weights = weights.map(|(name, tensor)| (name.to_owned(), tensor));
        Program::new(graph, weights.into(), Device::Cpu).unwrap()
    };
    let program = with_variance(&[CONV, ("norm", "aten.batch_norm.default", norm)]);
    let is_folded = || program.weights.has_folded(&program.folds[0]);

    let both = program.record(&input(), &[conv, norm_node], &[]).unwrap();
    assert_eq!(numbers(&both[0]), [-1., 1., 3., 5.]);
    assert_eq!(numbers(&both[1]), [-2., -1., 0., 1.]);
    let open = program
        .record(&input(), &[norm_node], &[norm_node])
        .unwrap();
    assert_eq!(numbers(&open[0]), [-1., 1., 3., 5.]);
    let from = [(conv, input())];
    let resumed = program.resume(&from, 1, &[norm_node]).unwrap();
    assert_eq!(numbers(&resumed[0]), [-1., -0.5, 0., 0.5]);
    assert!(
        !is_folded(),
        "a pass that looks between the two folded them"
    );

    let x = input().set_requires_grad(true);
    let norm_output = program.record(&x, &[norm_node], &[]).unwrap().remove(0);
    assert!(is_folded());
    assert_eq!(numbers(&norm_output), [-2., -1., 0., 1.]);
    norm_output.sum(Kind::Float).backward();
    assert_eq!(numbers(&x.grad()), [1., 1., 1., 1.]); // 2 / √4
    assert_eq!(numbers(program.weight(ValueId(1)).unwrap()), [2.]);

    // A second reader of the convolution's output needs it as it is.
    let relu: Row = ("norm", "aten.relu.default", &[("self", tensor(3))]);
    assert!(with_variance(&[CONV, relu]).folds.is_empty());
}

#[test]
fn the_memory_of_a_pass_is_that_of_values_that_lie_there_at_once() {
    let program = residual();
    let shapes = program.shapes(&input()).unwrap();
    let peak = |node| program.peak_numbers(&shapes, [1, 2, 2], NodeId(node));
    assert_eq!(peak(0).unwrap(), 8); // input and conv
    assert_eq!(peak(2).unwrap(), 12); // conv, relu and their sum; the input has gone
}
