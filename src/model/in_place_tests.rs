//! Tests of `in_place`.

use std::collections::BTreeMap;

use tch::{Device, Kind, Tensor};

use super::*;
use crate::model::graph::Size;
use crate::model::run::Program;

/// `x[1:3][0:1].fill_(7); return x * 1`, and `early`: a view of x that was taken before and is read after.
fn graph(early: bool) -> Graph {
    let node = |name: &str, operator: &str, arguments: &[(&str, Argument)], output| Node {
        name: name.to_owned(),
        operator: format!("aten.{operator}"),
        arguments: arguments
            .iter()
            .map(|(name, argument)| (name.to_string(), argument.clone()))
            .collect(),
        outputs: vec![ValueId(output)],
        modules: Vec::new(),
    };
    let tensor = |id| Argument::Tensor(ValueId(id));
    let int = |number| Argument::Size(Size::Known(number));
    let slice = |name, of, start, end, output| {
        let range = [
            ("self", tensor(of)),
            ("start", int(start)),
            ("end", int(end)),
        ];
        node(name, "slice.Tensor", &range, output)
    };
    let last = if early { 6 } else { 1 };
    let nodes = vec![
        node("clone", "clone.default", &[("self", tensor(0))], 1),
        node(
            "view",
            "view.default",
            &[
                ("self", tensor(1)),
                ("size", Argument::Sizes(vec![Size::Known(4)])),
            ],
            6,
        ),
        slice("outer", 1, 1, 3, 2),
        slice("inner", 2, 0, 1, 3),
        node(
            "fill_",
            "fill_.Scalar",
            &[("self", tensor(3)), ("value", Argument::Float(7.0))],
            4,
        ),
        node(
            "mul",
            "mul.Scalar",
            &[("self", tensor(last)), ("other", int(1))],
            5,
        ),
    ];
    Graph {
        values: ["x", "clone", "outer", "inner", "fill_", "mul", "view"]
            .map(str::to_owned)
            .to_vec(),
        nodes,
        input: ValueId(0),
        input_sizes: vec![None],
        stored: Vec::new(),
        output: ValueId(5),
    }
}

#[test]
fn a_slice_that_is_overwritten_reaches_what_it_was_cut_from() {
    let program = Program::new(graph(false), BTreeMap::new(), Device::Cpu).unwrap();
    let input = Tensor::from_slice(&[1.0f32, 2.0, 3.0, 4.0]);
    let last = NodeId(program.graph().nodes.len() - 1);
    let output = program.record(&input, &[last], &[]).unwrap();
    assert_eq!(output[0], Tensor::from_slice(&[1.0f32, 7.0, 3.0, 4.0]));
    assert_eq!(
        input.sum(Kind::Float).double_value(&[]),
        10.0,
        "the input stays"
    );
}

#[test]
fn another_view_that_is_read_later_is_refused() {
    let refused = Program::new(graph(true), BTreeMap::new(), Device::Cpu);
    let error = refused.err().unwrap().to_string();
    assert!(
        error.contains("`aten.fill_.Scalar`") && error.contains("read again"),
        "{error}"
    );
}
