//! Activations and additions that overwrite their input, where nobody else reads it: one buffer less to get and to
//! fill. The numbers are the same to the last bit.
//!
//! Only in passes that show no node's input to anybody. The input must be new memory, made by a node whose output never is a
//! view, and be read by this node alone. Where a way back for gradients is kept, only ReLUs and sums overwrite, whose own
//! gradients ask for their output or for nothing, and only what the gradient of the node before does not ask for.

use tch::{Scalar, TchError, Tensor};

use super::demand::{Demand, Step};
use super::pass::Pass;
use super::running::Running;
use crate::model::graph::{Argument, Graph, Node, NodeId, Size, ValueId};
use crate::model::operators::Value;

/// A node that can overwrite one of its inputs.
#[derive(Clone, Copy)]
pub struct Overwrite {
    kind: Kind,
    /// Overwritten.
    input: ValueId,
    producer: NodeId,
    /// Whether it may where a way back for gradients is kept.
    with_gradients: bool,
}

#[derive(Clone, Copy)]
enum Kind {
    Relu,
    Relu6,
    Clamp(f64, f64),
    Silu,
    Hardswish,
    /// The other summand.
    Add(ValueId),
}

/// Operators whose output is memory of its own, or that of an input which nobody reads again.
const MAKES_NEW: [&str; 15] = [
    "aten.relu.default",
    "aten.relu6.default",
    "aten.silu.default",
    "aten.hardswish.default",
    "aten.hardtanh.default",
    "aten.clamp.default",
    "aten.conv2d.default",
    "aten.conv2d.padding",
    "aten.convolution.default",
    "aten.batch_norm.default",
    "aten.linear.default",
    "aten.addmm.default",
    "aten.max_pool2d.default",
    "aten.add.Tensor",
    "aten.cat.default",
];

/// Of these, operators whose gradient does not ask for their output.
const FORGETS_OUTPUT: [&str; 7] = [
    "aten.conv2d.default",
    "aten.conv2d.padding",
    "aten.convolution.default",
    "aten.batch_norm.default",
    "aten.max_pool2d.default",
    "aten.add.Tensor",
    "aten.cat.default",
];

/// By node, those that can.
pub fn overwrites(graph: &Graph) -> Vec<Option<Overwrite>> {
    let producers = graph.producers();
    let of = |node: &Node| {
        let is_one_of = |value: ValueId, names| is_one_of(graph, producers[value.0], names);
        let (kind, input) = kind(node, &|value| is_one_of(value, &MAKES_NEW))?;
        let keeps_way_back = matches!(kind, Kind::Relu | Kind::Add(_));
        Some(Overwrite {
            kind,
            input,
            producer: producers[input.0]?,
            with_gradients: keeps_way_back && is_one_of(input, &FORGETS_OUTPUT),
        })
    };
    graph.nodes.iter().map(of).collect()
}

/// By the node whose output is overwritten, the ReLUs.
pub fn relus_behind(overwrites: &[Option<Overwrite>]) -> Vec<Option<(NodeId, Overwrite)>> {
    let mut relus = vec![None; overwrites.len()];
    for (node, overwrite) in overwrites.iter().enumerate() {
        if let Some(
            overwrite @ Overwrite {
                kind: Kind::Relu,
                producer,
                ..
            },
        ) = overwrite
        {
            relus[producer.0] = Some((NodeId(node), *overwrite));
        }
    }
    relus
}

fn is_one_of(graph: &Graph, producer: Option<NodeId>, names: &[&str]) -> bool {
    let operator = producer.map(|node| without_in_place(&graph.nodes[node.0].operator));
    operator.is_some_and(|operator| names.contains(&operator.as_str()))
}

/// The name of the operator that does not work in place.
fn without_in_place(operator: &str) -> String {
    operator.replacen("_.", ".", 1)
}

fn kind(node: &Node, is_new: &dyn Fn(ValueId) -> bool) -> Option<(Kind, ValueId)> {
    let input = node.first_input()?;
    let is_alone = node.arguments.len() == 1;
    let kind = match without_in_place(&node.operator).as_str() {
        "aten.relu.default" if is_alone => Kind::Relu,
        "aten.relu6.default" if is_alone => Kind::Relu6,
        "aten.silu.default" if is_alone => Kind::Silu,
        "aten.hardswish.default" if is_alone => Kind::Hardswish,
        "aten.hardtanh.default" => clamp(number(node, "min_val")?, number(node, "max_val")?, node)?,
        "aten.clamp.default" => clamp(number(node, "min")?, number(node, "max")?, node)?,
        "aten.add.Tensor" => return added(node, is_new),
        _ => return None,
    };
    is_new(input).then_some((kind, input))
}

fn clamp(low: f64, high: f64, node: &Node) -> Option<Kind> {
    (node.arguments.len() == 3).then_some(Kind::Clamp(low, high))
}

/// A sum with factor 1 overwrites the summand that is new memory, the first where both are.
fn added(node: &Node, is_new: &dyn Fn(ValueId) -> bool) -> Option<(Kind, ValueId)> {
    let one = match node.argument("alpha") {
        None => true,
        Some(_) => number(node, "alpha") == Some(1.0),
    };
    let tensor = |name: &str| match node.argument(name) {
        Some(Argument::Tensor(value)) => Some(*value),
        _ => None,
    };
    let (first, second) = (tensor("self")?, tensor("other")?);
    match (one && first != second, is_new(first), is_new(second)) {
        (true, true, _) => Some((Kind::Add(second), first)),
        (true, false, true) => Some((Kind::Add(first), second)),
        _ => None,
    }
}

fn number(node: &Node, name: &str) -> Option<f64> {
    match node.argument(name)? {
        Argument::Float(number) => Some(*number),
        Argument::Size(Size::Known(number)) => Some(*number as f64),
        _ => None,
    }
}

impl Overwrite {
    /// What is overwritten.
    pub(super) fn input(self) -> ValueId {
        self.input
    }

    /// Whether the pass lets the input be overwritten.
    pub(super) fn may(self, pass: &Pass, demand: &Demand) -> bool {
        let is_made_here = matches!(
            demand.steps[self.producer.0],
            Some(Step::Call | Step::Folded(_))
        );
        (!pass.gradients || self.with_gradients)
            && pass.changed.is_empty()
            && is_made_here
            && demand.is_read_once(self.input)
    }

    /// The node's output in the memory of its input; `None` where that may not be overwritten.
    pub(super) fn run(
        self,
        pass: &Pass,
        demand: &Demand,
        running: &mut Running,
    ) -> Result<Option<Tensor>, TchError> {
        if !self.may(pass, demand) {
            return Ok(None);
        }
        let other = match self.kind {
            Kind::Add(other) => match running.value(other) {
                Some(Value::Tensor(other)) => Some(other.shallow_clone()),
                _ => return Ok(None),
            },
            _ => None,
        };
        let Some(Value::Tensor(mut input)) = running.take(self.input) else {
            return Ok(None);
        };
        let is_same = |other: &Tensor| {
            let layout = |tensor: &Tensor| (tensor.kind(), tensor.size(), tensor.stride());
            layout(other) == layout(&input)
        };
        if other.as_ref().is_some_and(|other| !is_same(other)) {
            running.put(self.input, Value::Tensor(input));
            return Ok(None);
        }
        let output = match (self.kind, other) {
            (Kind::Relu, _) if running.rectified.contains(&self.input) => input,
            (Kind::Relu, _) => input.f_relu_()?,
            (Kind::Relu6, _) => input.f_relu6_()?,
            (Kind::Silu, _) => input.f_silu_()?,
            (Kind::Hardswish, _) => input.f_hardswish_()?,
            (Kind::Clamp(low, high), _) => input.f_clamp_(Scalar::from(low), Scalar::from(high))?,
            (Kind::Add(_), Some(other)) => input.f_add_(&other)?,
            (Kind::Add(_), None) => input.shallow_clone(), // a sum has two summands
        };
        Ok(Some(output))
    }
}
