//! Passes that start in the middle, and what a pass takes.

use super::*;

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
        format!(
            "the given activations do not separate the output from the network's input: {needed} is needed as well"
        )
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

#[test]
fn the_memory_of_a_pass_is_that_of_values_that_lie_there_at_once() {
    let program = residual();
    let shapes = program.shapes(&input()).unwrap();
    let layers = crate::model::discover::table::layers(&program, [1, 2, 2], &shapes);
    let peak = |node| program.peak_numbers(&layers, [1, 2, 2], NodeId(node));
    assert_eq!(peak(0).unwrap(), 8); // input and conv
    assert_eq!(peak(2).unwrap(), 12); // conv, relu and their sum; the input has gone
}
