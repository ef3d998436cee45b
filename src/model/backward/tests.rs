//! Gradients between nodes against finite differences, in float64.

use std::path::Path;

use tch::{Device, Kind};

use super::*;
use crate::model::load;
use crate::model::source::Source;

/// The network of residual branches of `tools/make_branches.py`, in float64.
fn branches() -> Program {
    let file = "tests/data/model/branches.pt2";
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join(file);
    let loaded = load::load(&Source::new(file, [3, 12, 10])).unwrap();
    let weights = loaded.weights.into_iter();
    let weights = weights.map(|(name, tensor)| (name, tensor.to_kind(Kind::Double)));
    Program::new(loaded.graph, weights.collect(), Device::Cpu).unwrap()
}

fn node(program: &Program, name: &str) -> NodeId {
    let mut nodes = program.graph().nodes.iter();
    NodeId(nodes.position(|node| node.name == name).unwrap())
}

fn input() -> Tensor {
    let numbers = Tensor::arange(3 * 12 * 10, (Kind::Double, Device::Cpu));
    (numbers * 0.7).sin().view([1, 3, 12, 10])
}

/// Each of some entries of the node's output is moved up and down, and the pass resumed from there.
#[test]
fn gradients_at_a_node_are_finite_differences_of_resumed_passes() {
    const STEP: f64 = 1e-6;
    let program = branches();
    let of = node(&program, "linear");
    let score = |scores: &Tensor| (scores.square() * 0.5).sum(Kind::Double);
    let differentiated = Differentiated {
        node: of,
        rule: ReluRule::Plain,
        score: &score,
    };
    // Each with what leads round it. Where the last ReLU gives 0 the max pooling behind it has a kink.
    let nodes = [
        ("conv2d", None),
        ("relu_", None),
        ("batch_norm_1", Some("relu_")),
        ("conv2d_4", Some("relu__2")),
    ];
    for (name, round) in nodes {
        let at = node(&program, name);
        let gradient = of_nodes(&program, &input(), &differentiated, &[at])
            .unwrap()
            .remove(0);
        let output = program.record(&input(), &[at], &[]).unwrap().remove(0);
        let other = round.map(|name| {
            let round = node(&program, name);
            let recorded = program.record(&input(), &[round], &[]);
            (round, recorded.unwrap().remove(0))
        });
        let count = output.numel() as i64;
        for entry in (0..count).step_by(count as usize / 7) {
            let moved = |by: f64| {
                let unit = Tensor::zeros([count], (Kind::Double, Device::Cpu));
                let _ = unit.get(entry).fill_(by);
                let mut from = vec![(at, &output + unit.view(output.size().as_slice()))];
                from.extend(other.iter().map(|(n, t)| (*n, t.shallow_clone())));
                let scores = program.resume(&from, 1, &[of]).unwrap().remove(0);
                score(&scores).double_value(&[])
            };
            let difference = (moved(STEP) - moved(-STEP)) / (2.0 * STEP);
            let found = gradient.contiguous().view([-1]).double_value(&[entry]);
            assert!(
                (difference - found).abs() < 1e-7,
                "{name}[{entry}]: {difference} and {found}"
            );
        }
    }
}

/// A folded batch norm is the same function: outputs to the last digits of float64.
#[test]
fn folding_changes_rounding_only() {
    let program = branches();
    let scores = node(&program, "linear");
    let inner: Vec<_> = ["conv2d", "conv2d_1", "conv2d_2", "conv2d_3"]
        .map(|name| node(&program, name))
        .into();
    let folded = program.record(&input(), &[scores], &[]).unwrap().remove(0);
    let wanted = [&[scores], inner.as_slice()].concat();
    let unfolded = program.record(&input(), &wanted, &[]).unwrap().remove(0);
    let difference = (&folded - &unfolded).abs().max().double_value(&[]);
    assert!(difference < 1e-13, "{difference}");
    assert!(difference > 0.0, "nothing was folded");
}

#[test]
fn what_lies_behind_has_no_gradient_to_give() {
    let program = branches();
    let score = |output: &Tensor| output.sum(Kind::Double);
    let of = Differentiated {
        node: node(&program, "conv2d"),
        rule: ReluRule::Plain,
        score: &score,
    };
    let behind = of_nodes(&program, &input(), &of, &[node(&program, "mul")]);
    assert_eq!(
        behind.unwrap_err().to_string(),
        "the output of the node `conv2d` does not depend on that of `mul`"
    );
    // Of its own output: one each.
    let own = of_nodes(&program, &input(), &of, &[of.node]).unwrap();
    assert_eq!(own[0], own[0].ones_like());
}
