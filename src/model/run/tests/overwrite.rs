//! Activations that overwrite their input.

use super::*;

/// conv: −1, 1, 3, 5. `after` reads it as value 3.
fn program_with(after: &[Row]) -> Program {
    let rows: Vec<Row> = std::iter::once(CONV).chain(after.iter().copied()).collect();
    program(graph(&rows)).unwrap()
}

const CONV_NODE: NodeId = NodeId(0);

#[test]
fn a_relu_overwrites_what_nobody_else_reads() {
    let program = program_with(&[("relu", "aten.relu.default", &[("self", tensor(3))])]);
    assert!(program.overwrites[1].is_some());
    let relu = NodeId(1);
    let alone = program.record(&input(), &[relu], &[]).unwrap();
    assert_eq!(numbers(&alone[0]), [0., 1., 3., 5.]);
    // Who asks for the convolution's output gets it as it was.
    let both = program.record(&input(), &[CONV_NODE, relu], &[]).unwrap();
    assert_eq!(numbers(&both[0]), [-1., 1., 3., 5.]);
    assert_eq!(numbers(&both[1]), [0., 1., 3., 5.]);
    // What is handed in is the caller's.
    let given = input();
    let before = numbers(&given);
    let resumed = program.resume(&[(CONV_NODE, given.shallow_clone())], 1, &[relu]);
    assert_eq!(numbers(&resumed.unwrap()[0]), [1., 2., 3., 4.]);
    assert_eq!(numbers(&given), before);
    // A pass that looks at the inputs of nodes sees them as they were.
    let mut seen = Vec::new();
    let mut see = |node: NodeId, first: &Tensor, _: &Tensor| {
        seen.push((node, numbers(first)));
        Ok(None)
    };
    program
        .record_changed(&input(), &[relu], &[relu], &mut see)
        .unwrap();
    assert_eq!(seen, [(relu, vec![-1., 1., 3., 5.])]);
}

#[test]
fn a_relu_leaves_what_another_node_reads() {
    let rows: &[Row] = &[
        ("alias", "aten.alias.default", &[("self", tensor(3))]),
        ("relu", "aten.relu.default", &[("self", tensor(3))]),
        (
            "sum",
            "aten.add.Tensor",
            &[("self", tensor(5)), ("other", tensor(4))],
        ),
    ];
    let found = program_with(rows)
        .record(&input(), &[NodeId(3)], &[])
        .unwrap();
    assert_eq!(numbers(&found[0]), [-1., 2., 6., 10.]);
    // Of a view nothing is overwritten: it may be read again under another name.
    let rows: &[Row] = &[
        ("alias", "aten.alias.default", &[("self", tensor(3))]),
        ("relu", "aten.relu.default", &[("self", tensor(4))]),
        (
            "sum",
            "aten.add.Tensor",
            &[("self", tensor(5)), ("other", tensor(3))],
        ),
    ];
    let program = program_with(rows);
    assert!(program.overwrites[2].is_none());
    let found = program.record(&input(), &[NodeId(3)], &[]).unwrap();
    assert_eq!(numbers(&found[0]), [-1., 2., 6., 10.]);
}

#[test]
fn a_sum_overwrites_either_summand() {
    let clamp = [
        ("self", tensor(3)),
        ("min", Argument::Float(0.)),
        ("max", Argument::Float(2.)),
    ];
    for (first, second) in [(0, 4), (4, 0)] {
        let sum = [("self", tensor(first)), ("other", tensor(second))];
        let rows: &[Row] = &[
            ("clamp", "aten.clamp.default", &clamp),
            ("sum", "aten.add.Tensor", &sum),
        ];
        let program = program_with(rows);
        let x = input();
        let before = numbers(&x);
        let found = program.record(&x, &[NodeId(2)], &[]).unwrap();
        let expected: Vec<f32> = before
            .iter()
            .zip([0., 1., 2., 2.])
            .map(|(x, y)| x + y)
            .collect();
        assert_eq!(numbers(&found[0]), expected);
        assert_eq!(numbers(&x), before);
    }
    // Another size, as a bias of one number: the sum is broadcast.
    let rows: &[Row] = &[(
        "sum",
        "aten.add.Tensor",
        &[("self", tensor(3)), ("other", tensor(2))],
    )];
    let found = program_with(rows)
        .record(&input(), &[NodeId(1)], &[])
        .unwrap();
    let once = program_with(&[])
        .record(&input(), &[CONV_NODE], &[])
        .unwrap();
    let bias = numbers(&once[0])[0] - numbers(&found[0])[0];
    assert!(
        numbers(&once[0])
            .iter()
            .zip(numbers(&found[0]))
            .all(|(a, b)| a - b == bias)
    );
}
