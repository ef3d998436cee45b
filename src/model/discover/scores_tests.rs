//! Every ending behind a softmax or sigmoid that keeps its values, and some that do not.

use std::collections::BTreeMap;

use tch::{Device, Kind, Tensor};

use super::*;
use crate::model::graph::Node;
use crate::model::graph::{Stored, StoredKind};

/// Operator and arguments; its input is the node before, as `self`.
type Step<'a> = (&'a str, Vec<(&'a str, Argument)>);

fn int(value: i64) -> Argument {
    Argument::Size(Size::Known(value))
}

fn ints(values: &[i64]) -> Argument {
    Argument::Sizes(values.iter().map(|value| Size::Known(*value)).collect())
}

/// The weight `one`, a tensor of 1.
const ONE: Argument = Argument::Tensor(ValueId(1));

/// The input [N, 3, 1, 1] flattened, then the steps.
fn closing(steps: &[Step]) -> Option<(Closing, String)> {
    let flatten = ("aten.flatten.using_ints", vec![("start_dim", int(1))]);
    let mut values = vec!["x".to_owned(), "one".to_owned()];
    let mut nodes = Vec::new();
    let mut before = ValueId(0);
    for (operator, arguments) in std::iter::once(&flatten).chain(steps) {
        let name = format!("{operator}_{}", nodes.len());
        let input = ("self".to_owned(), Argument::Tensor(before));
        let arguments = arguments.iter().map(|(n, a)| ((*n).to_owned(), a.clone()));
        before = ValueId(values.len());
        values.push(name.clone());
        nodes.push(Node {
            name,
            operator: (*operator).to_owned(),
            arguments: std::iter::once(input).chain(arguments).collect(),
            outputs: vec![before],
            modules: Vec::new(),
        });
    }
    let stored = Stored {
        value: ValueId(1),
        name: "one".to_owned(),
        kind: StoredKind::Constant,
        sizes: None,
    };
    let graph = Graph {
        values,
        nodes,
        input: ValueId(0),
        input_sizes: Vec::new(),
        stored: vec![stored],
        output: before,
    };
    let weights = BTreeMap::from([("one".to_owned(), Tensor::from_slice(&[1f32]))]);
    let program = Program::new(graph, weights, Device::Cpu).unwrap();
    let zeros = Tensor::zeros([1, 3, 1, 1], (Kind::Float, Device::Cpu));
    let found = end(&program, &program.shapes(&zeros).unwrap()).unwrap();
    Some((found.closing?, found.output.scores_name))
}

#[test]
fn endings_that_keep_values_are_walked_through() {
    let softmax = ("aten.softmax.int", vec![("dim", int(-1))]);
    let endings: Vec<Vec<Step>> = vec![
        vec![],
        vec![("aten.view.default", vec![("size", ints(&[-1, 3]))])],
        vec![("aten.reshape.default", vec![("shape", ints(&[-1, 3]))])],
        vec![("aten.clone.default", vec![])],
        vec![("aten.detach.default", vec![])],
        vec![("aten.alias.default", vec![])],
        vec![("aten.contiguous.default", vec![])],
        vec![
            ("aten.to.dtype", vec![("dtype", Argument::ScalarType(8))]),
            ("aten.to.dtype", vec![("dtype", Argument::ScalarType(7))]),
        ],
        vec![
            ("aten.unsqueeze.default", vec![("dim", int(-1))]),
            ("aten.squeeze.dim", vec![("dim", int(-1))]),
        ],
        vec![
            ("aten.unsqueeze.default", vec![("dim", int(-1))]),
            ("aten.mean.dim", vec![("dim", ints(&[2]))]),
        ],
        vec![(
            "aten.slice.Tensor",
            vec![("dim", int(0)), ("end", int(i64::MAX))],
        )],
        vec![("aten.mul.Tensor", vec![("other", Argument::Float(1.0))])],
        vec![("aten.mul.Tensor", vec![("other", ONE)])],
        vec![("aten.div.Tensor", vec![("other", int(1))])],
        vec![("aten.add.Tensor", vec![("other", int(0))])],
        vec![("aten.sub.Tensor", vec![("other", Argument::Float(0.0))])],
        vec![(
            "aten.clamp.default",
            vec![("min", Argument::Float(0.0)), ("max", int(1))],
        )],
        vec![("aten.clamp.default", vec![("min", Argument::Float(1e-7))])],
        vec![(
            "aten.dropout.default",
            vec![("train", Argument::Bool(false))],
        )],
    ];
    let flattened = "aten.flatten.using_ints_0".to_owned();
    for ending in &endings {
        for (operator, arguments, expected) in [
            (softmax.0, &softmax.1, Closing::Softmax),
            ("aten.sigmoid.default", &vec![], Closing::Sigmoid),
        ] {
            let mut steps = vec![(operator, arguments.clone())];
            steps.extend(ending.iter().cloned());
            let found = closing(&steps);
            assert_eq!(found, Some((expected, flattened.clone())), "{steps:?}");
        }
    }
    let log = ("aten.log_softmax.int", vec![("dim", int(1))]);
    let exp = ("aten.exp.default", vec![]);
    let found = closing(&[log.clone(), exp]);
    assert_eq!(found, Some((Closing::Softmax, flattened.clone())));
    let found = closing(&[softmax.clone(), ("aten.log.default", vec![])]);
    assert_eq!(found, Some((Closing::LogSoftmax, flattened.clone())));
    assert_eq!(
        closing(&[log]),
        Some((Closing::LogSoftmax, flattened.clone()))
    );
    let plain = |operators: &[&'static str]| {
        let steps: Vec<Step> = operators.iter().map(|name| (*name, vec![])).collect();
        closing(&steps)
    };
    let log_sigmoid = Some((Closing::LogSigmoid, flattened.clone()));
    assert_eq!(plain(&["aten.log_sigmoid.default"]), log_sigmoid);
    let written = plain(&["aten.sigmoid.default", "aten.log.default"]);
    assert_eq!(written, log_sigmoid);
    let softplus = [
        "aten.neg.default",
        "aten.softplus.default",
        "aten.neg.default",
    ];
    assert_eq!(plain(&softplus), log_sigmoid);
    let back = plain(&["aten.log_sigmoid.default", "aten.exp.default"]);
    assert_eq!(back, Some((Closing::Sigmoid, flattened)));
    // Softmax of probabilities: the second one makes the network's numbers, of the first one's.
    let found = closing(&[softmax.clone(), softmax]);
    assert_eq!(
        found,
        Some((Closing::Softmax, "aten.softmax.int_1".to_owned()))
    );
}

#[test]
fn endings_that_change_values_are_not() {
    let softmax = ("aten.softmax.int", vec![("dim", int(1))]);
    let changing: [Step; 6] = [
        ("aten.mul.Tensor", vec![("other", Argument::Float(2.0))]),
        ("aten.add.Tensor", vec![("other", ONE)]),
        ("aten.clamp.default", vec![("min", Argument::Float(0.1))]),
        ("aten.relu.default", vec![]),
        ("aten.slice.Tensor", vec![("dim", int(1)), ("end", int(2))]),
        ("aten.to.dtype", vec![("dtype", Argument::ScalarType(5))]),
    ];
    for ending in changing {
        let steps = [softmax.clone(), ending];
        assert_eq!(closing(&steps), None, "{steps:?}");
    }
    // Over the pictures of the batch, not over the classes.
    assert_eq!(
        closing(&[("aten.softmax.int", vec![("dim", int(0))])]),
        None
    );
}
