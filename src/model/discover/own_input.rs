//! What the first nodes of a network do to the photo: subtracting, dividing and the like by constants.

use tch::{Kind, Tensor};

use crate::model::graph::{Argument, Graph, Node, Size, ValueId};
use crate::model::own_input::{Does, OwnInput, Step};
use crate::model::run::Program;

/// More constants are not written out.
const SHOWN: usize = 3;
/// Dividing by this or more, or subtracting it, is meant for levels from 0 to 255.
const OF_LEVELS: f64 = 16.0;

/// `size` is what the file fixes.
pub fn own_input(program: &Program, size: Option<[i64; 2]>) -> OwnInput {
    OwnInput {
        size,
        steps: steps(program, program.graph()),
    }
}

fn steps(program: &Program, graph: &Graph) -> Vec<Step> {
    let mut steps = Vec::new();
    let mut value = graph.input;
    while let Some(node) = only_reader(graph, value) {
        if node.first_input() != Some(value) {
            break;
        }
        match step(program, graph, node) {
            Some(Some(step)) => steps.push(step),
            Some(None) => {}
            None => break,
        }
        let Some(output) = node.outputs.first() else {
            break;
        };
        value = *output;
    }
    steps
}

/// The node that reads a value, where no other one does; those that ask for its sizes and those that only check
/// it are not counted.
fn only_reader(graph: &Graph, value: ValueId) -> Option<&Node> {
    let looks_only = |node: &Node| {
        let base = node.operator_base();
        node.outputs.is_empty()
            || matches!(base, "sym_size" | "sym_numel" | "_assert_tensor_metadata")
    };
    let mut readers = graph
        .nodes
        .iter()
        .filter(|node| node.inputs().contains(&value) && !looks_only(node));
    let first = readers.next()?;
    readers.next().is_none().then_some(first)
}

/// What a node does to the photo: `Some(None)` for one that keeps its numbers, `None` for a layer.
fn step(program: &Program, graph: &Graph, node: &Node) -> Option<Option<Step>> {
    const KEEPS: &[&str] = &[
        "_to_copy",
        "to",
        "clone",
        "contiguous",
        "alias",
        "detach",
        "detach_",
        "permute",
    ];
    let does = match node.operator_base().trim_end_matches('_') {
        base if KEEPS.contains(&base) => return Some(None),
        "sub" => Does::Subtract,
        "add" => Does::Add,
        "mul" => Does::Multiply,
        "div" => Does::Divide,
        "batch_norm" | "_native_batch_norm_legit_no_training" | "cudnn_batch_norm" => {
            return Some(Some(Step {
                does: Does::Normalise,
                node: node.name.clone(),
                numbers: String::new(),
                of_levels: false,
            }));
        }
        _ => return None,
    };
    let numbers = constants(program, graph, node.argument("other")?)?;
    let of_levels = numbers.iter().any(|number| match does {
        Does::Multiply => *number != 0.0 && number.abs() <= 1.0 / OF_LEVELS,
        _ => number.abs() >= OF_LEVELS,
    });
    Some(Some(Step {
        does,
        node: node.name.clone(),
        numbers: text(&numbers),
        of_levels,
    }))
}

/// The numbers of an operand that does not depend on the photo; `None` of one that does.
fn constants(program: &Program, graph: &Graph, operand: &Argument) -> Option<Vec<f64>> {
    match operand {
        Argument::Float(number) => Some(vec![*number]),
        Argument::Size(Size::Known(number)) => Some(vec![*number as f64]),
        Argument::Tensor(value) => numbers(constant(program, graph, *value)?),
        _ => None,
    }
}

/// A weight, also behind nodes that only change its shape or type.
fn constant<'a>(program: &'a Program, graph: &Graph, value: ValueId) -> Option<&'a Tensor> {
    const RESHAPES: &[&str] = &[
        "view",
        "reshape",
        "unsqueeze",
        "_to_copy",
        "to",
        "clone",
        "alias",
        "detach",
        "lift_fresh_copy",
        "expand",
    ];
    if let Some(weight) = program.weight(value) {
        return Some(weight);
    }
    let makes = |node: &&Node| node.outputs.contains(&value);
    let node = graph.nodes.iter().find(makes)?;
    if !RESHAPES.contains(&node.operator_base()) {
        return None;
    }
    constant(program, graph, node.first_input()?)
}

fn numbers(tensor: &Tensor) -> Option<Vec<f64>> {
    const LIMIT: usize = 64; // a mean picture of the data set is longer, and its numbers do not matter
    if tensor.numel() > LIMIT {
        return Some(Vec::new());
    }
    let flat = tensor
        .f_to(tch::Device::Cpu)
        .ok()?
        .f_to_kind(Kind::Double)
        .ok()?;
    let flat = flat.f_contiguous().ok()?.f_view([-1]).ok()?;
    Vec::try_from(&flat).ok()
}

fn text(numbers: &[f64]) -> String {
    // Of float32: four digits say what was meant.
    let number = |number: &f64| format!("{}", (number * 1e4).round() / 1e4);
    match numbers {
        [] => String::new(),
        [one] => number(one),
        several if several.len() <= SHOWN => {
            let several: Vec<String> = several.iter().map(number).collect();
            format!("[{}]", several.join(", "))
        }
        _ => String::new(),
    }
}
