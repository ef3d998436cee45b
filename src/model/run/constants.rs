//! What depends on weights only, computed once when the network is loaded: standardised weights, weight and
//! spectral norm, tables of positions.

use std::collections::BTreeMap;

use tch::Device;

use super::weights::Weights;
use crate::model::error::ModelError;
use crate::model::graph::{Argument, Graph, Node, Size, ValueId};
use crate::model::memory_layout::tensor_bytes;
use crate::model::operators::{Arguments, Operation, OperatorError, Value};

/// What constants may take beyond twice the bytes of the weights that they are made of. The largest of timm's
/// networks are below: attention tables of 30 MB.
const ROOM_BYTES: u64 = 256 << 20;

/// Whether each node depends on weights only.
pub fn of_weights(graph: &Graph, weights: &Weights) -> Vec<bool> {
    let mut known: Vec<bool> = (0..graph.values.len())
        .map(|value| weights.value(ValueId(value)).is_some())
        .collect();
    let constant = |node: &Node, known: &[bool]| {
        let counts = |argument: &Argument| match argument {
            Argument::Size(Size::Batch) => true,
            Argument::Sizes(sizes) => sizes.contains(&Size::Batch),
            _ => false,
        };
        !node.arguments.iter().any(|(_, argument)| counts(argument))
            && node.inputs().iter().all(|value| known[value.0])
    };
    let nodes = graph.nodes.iter().map(|node| {
        let constant = constant(node, &known);
        for output in &node.outputs {
            known[output.0] = constant;
        }
        constant
    });
    nodes.collect()
}

/// The values of these nodes that another node reads, or that are the output.
pub fn compute(
    graph: &Graph,
    operations: &[Operation],
    constant: &[bool],
    weights: &Weights,
    device: Device,
) -> Result<Vec<(ValueId, Value)>, ModelError> {
    let _no_grad = tch::no_grad_guard();
    let mut readers = vec![0; graph.values.len()];
    let mut kept = vec![false; graph.values.len()];
    kept[graph.output.0] = true;
    for (node, constant) in graph.nodes.iter().zip(constant) {
        for value in node.inputs() {
            match constant {
                true => readers[value.0] += 1,
                false => kept[value.0] = true,
            }
        }
    }
    let room = ROOM_BYTES.saturating_add(weights.bytes().saturating_mul(2));
    let mut held = 0;
    let mut values: BTreeMap<ValueId, Value> = BTreeMap::new();
    let nodes = graph.nodes.iter().zip(operations).zip(constant);
    for ((node, operation), _) in nodes.filter(|(_, constant)| **constant) {
        let results = {
            let lookup = |id: ValueId| values.get(&id).or(weights.value(id));
            let arguments = Arguments::new(node, &lookup, 1)
                .in_type(weights.kind())
                .on(device)
                .of_weights();
            run(node, *operation, &arguments)?
        };
        for (output, value) in node.outputs.iter().zip(results) {
            held += bytes(&value);
            values.insert(*output, value);
        }
        if held > room {
            return Err(ModelError::ConstantsTooLarge {
                place: node.place(),
                megabytes: held >> 20,
            });
        }
        for value in node.inputs() {
            readers[value.0] -= 1;
            if readers[value.0] == 0
                && !kept[value.0]
                && let Some(gone) = values.remove(&value)
            {
                held = held.saturating_sub(bytes(&gone));
            }
        }
    }
    Ok(values.into_iter().filter(|(id, _)| kept[id.0]).collect())
}

fn run(node: &Node, operation: Operation, arguments: &Arguments) -> Result<Vec<Value>, ModelError> {
    let results = arguments
        .check_bound()
        .and_then(|()| operation.run(arguments, node.outputs.len()))
        .and_then(|outputs| match arguments.unread() {
            unread if unread.is_empty() || operation.is_check() => Ok(outputs),
            unread => Err(OperatorError::NotUnderstood {
                arguments: format!("`{}`", unread.join("`, `")),
            }),
        });
    results.map_err(|source| ModelError::Operator {
        operator: node.operator.clone(),
        node: node.name.clone(),
        module: node.module_title(),
        source: Box::new(source),
    })
}

/// What a value takes at most: a view counts as a tensor of its own.
fn bytes(value: &Value) -> u64 {
    match value {
        Value::Tensor(tensor) => tensor_bytes(tensor),
        Value::Number(_) | Value::Module(_) => 0,
    }
}
