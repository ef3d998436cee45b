//! The traced graph with its names: nodes by those of the file, weights by their modules.

use std::collections::{BTreeMap, BTreeSet};

use tch::{Kind, Tensor};

use super::super::fault::Fault;
use super::call::int;
use super::model::OnnxModel;
use super::names::unique;
use super::scopes::{Naming, Scopes, class_of};
use super::trace::Trace;
use super::traced::{Refusal, Traced};
use super::{Origins, Source};
use crate::model::graph::{Argument, Graph, Node, Stored, StoredKind, ValueId};

/// Weights by the names that the graph gives them.
type Weights = BTreeMap<String, Tensor>;

pub fn assemble(
    model: &OnnxModel,
    mut trace: Trace,
    output: Traced,
    origins: &Origins,
    scopes: &Scopes,
    source: &Source,
) -> Result<(Graph, Weights), Fault> {
    let Traced::Tensor(output) = output else {
        return Err(Fault::damaged("its output is a shape, not scores"));
    };
    if trace.constants.contains_key(&output) {
        return Err(Fault::damaged("its scores do not depend on the picture"));
    }
    name_nodes(model, &mut trace, origins);
    let output = match trace.kind(output) {
        Kind::Float => output,
        // Scores that were rounded, as an integer head gives them.
        Kind::Int64 if !model.nodes.iter().any(|node| decides(&node.operator)) => {
            trace.enter(Vec::new());
            let arguments = vec![
                ("self", Argument::Tensor(output)),
                ("dtype", Argument::ScalarType(7)),
            ];
            let cast = trace.emit("aten.to.dtype", arguments);
            let cast = cast.map_err(|_| Fault::damaged("its output is no tensor of numbers"))?;
            name_last(&mut trace, "scores");
            cast
        }
        _ => {
            return Err(Fault::not_supported(
                "its output is whole numbers",
                super::translate::DECIDED,
            ));
        }
    };
    let output =
        as_row(&mut trace, output).map_err(|_| Fault::damaged("its output has no shape"))?;
    name_classes(&mut trace.nodes, scopes.naming);
    let mut sizes = BTreeMap::new();
    let mut names = BTreeSet::new();
    for index in 0..trace.values.len() {
        let name = match trace
            .nodes
            .iter()
            .find(|node| node.outputs.first() == Some(&ValueId(index)))
        {
            Some(node) => node.name.clone(),
            None => trace.values[index].clone(),
        };
        let name = unique(&mut names, name);
        let shape = trace.shape(ValueId(index));
        sizes.insert(name.clone(), shape.into_iter().map(Some).collect());
        trace.values[index] = name;
    }
    let (stored, weights) = store(&mut trace);
    let [channels, height, width] = source.input_shape;
    let declared = |size: i64| Some(size);
    let batch = trace.batch_is_fixed.then(|| trace.shape(trace.input)[0]);
    let graph = Graph {
        values: trace.values,
        nodes: trace.nodes,
        input: trace.input,
        input_sizes: vec![batch, declared(channels), declared(height), declared(width)],
        stored,
        output,
    };
    Ok((graph.with_free_batch(&sizes), weights))
}

/// The last node of those that an ONNX node became has its name, the others one with the operator.
fn name_nodes(model: &OnnxModel, trace: &mut Trace, origins: &Origins) {
    let mut names = BTreeSet::new();
    let last_of = |index: usize| origins.get(index + 1) != origins.get(index);
    for index in 0..trace.nodes.len() {
        let node = &mut trace.nodes[index];
        let base = node.operator_base().to_owned();
        let name = match origins.get(index).copied().flatten() {
            None => base,
            Some(origin) if last_of(index) => model.nodes[origin].name.clone(),
            Some(origin) => format!("{}.{base}", model.nodes[origin].name),
        };
        node.name = unique(&mut names, name);
    }
}

/// Some networks end in [N, classes, 1, 1]. The ones go, before a closing softmax so that it stays the
/// last.
/// Whether the whole numbers that an operator gives are places.
fn decides(operator: &str) -> bool {
    matches!(operator, "ArgMax" | "ArgMin" | "TopK" | "NonZero")
}

fn as_row(trace: &mut Trace, output: ValueId) -> Result<ValueId, Refusal> {
    let shape = trace.shape(output);
    if shape.len() < 3 || shape[2..].iter().any(|size| *size != 1) {
        return Ok(output);
    }
    trace.enter(Vec::new());
    let flatten = |trace: &mut Trace, value| {
        let arguments = vec![
            ("self", Argument::Tensor(value)),
            ("start_dim", int(1)),
            ("end_dim", int(-1)),
        ];
        let value = trace.emit("aten.flatten.using_ints", arguments)?;
        name_last(trace, "scores");
        Ok(value)
    };
    let closing = trace
        .nodes
        .iter()
        .find(|node| node.outputs == [output])
        .cloned();
    let closing = closing
        .filter(|node| matches!(node.operator_base(), "softmax" | "log_softmax" | "sigmoid"));
    let Some((closing, input)) = closing.and_then(|node| Some((node.clone(), node.first_input()?)))
    else {
        return flatten(trace, output);
    };
    let row = flatten(trace, input)?;
    let mut arguments = vec![("self", Argument::Tensor(row))];
    if closing.argument("dim").is_some() {
        arguments.push(("dim", int(1)));
    }
    let value = trace.emit(&closing.operator, arguments)?;
    name_last(trace, "probabilities");
    Ok(value)
}

fn name_last(trace: &mut Trace, name: &str) {
    let taken = trace.nodes.iter().any(|node| node.name == name);
    let count = trace.nodes.len();
    if let Some(node) = trace.nodes.last_mut() {
        node.name = match taken {
            true => format!("{name}_{count}"),
            false => name.to_owned(),
        };
    }
}

/// Classes that the file does not say, from what the module does.
fn name_classes(nodes: &mut [Node], naming: Naming) {
    if naming == Naming::Lists {
        return;
    }
    let mut containers = BTreeSet::new();
    let mut operators: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for node in nodes.iter() {
        for outer in node.modules.iter().rev().skip(1) {
            containers.insert(outer.key.clone());
        }
        if let Some(leaf) = node.modules.last() {
            let of_size =
                node.operator.starts_with("_operator") || node.operator.starts_with("aten.sym");
            let list = operators.entry(leaf.key.clone()).or_default();
            if !of_size {
                list.push(operator(node));
            }
        }
    }
    for module in nodes.iter_mut().flat_map(|node| &mut node.modules) {
        module.class = match operators.get(&module.key) {
            Some(operators) if !containers.contains(&module.key) => {
                let operators: Vec<_> = operators.iter().map(String::as_str).collect();
                class_of(&operators).to_owned()
            }
            _ => "Module".to_owned(),
        };
    }
}

/// The operator's name; a bound from 0 to 6 is one of its own.
fn operator(node: &Node) -> String {
    let bound = |name: &str| match node.argument(name) {
        Some(Argument::Float(bound)) => Some(*bound),
        _ => None,
    };
    match (node.operator_base(), bound("min_val"), bound("max_val")) {
        ("hardtanh", Some(0.0), Some(6.0)) => "relu6".to_owned(),
        (base, _, _) => base.to_owned(),
    }
}

/// What is stored, by the module and the argument that read it first.
fn store(trace: &mut Trace) -> (Vec<Stored>, Weights) {
    let mut names = BTreeSet::new();
    let mut done = BTreeSet::new();
    let (mut stored, mut weights) = (Vec::new(), Weights::new());
    for node in &trace.nodes {
        let leaf = node.modules.last().map(|leaf| leaf.path.as_str());
        let owner = leaf.filter(|path| !path.is_empty()).unwrap_or(&node.name);
        for (argument, value) in node.arguments.iter().flat_map(|(name, argument)| {
            argument
                .values()
                .into_iter()
                .map(move |value| (name.as_str(), value))
        }) {
            let Some(constant) = trace.constants.get(&value).filter(|_| done.insert(value)) else {
                continue;
            };
            let own = constant
                .name
                .as_deref()
                .filter(|name| name.rsplit_once('.').is_some_and(|(o, _)| o == owner));
            let name = match own {
                Some(name) => name.to_owned(),
                None => format!("{owner}.{}", role(argument)),
            };
            let name = unique(&mut names, name);
            let kind = match argument {
                "running_mean" | "running_var" => StoredKind::Buffer,
                _ if constant.is_weight
                    && constant.tensor.kind() == Kind::Float
                    && constant.tensor.numel() > 1 =>
                {
                    StoredKind::Parameter
                }
                _ => StoredKind::Constant,
            };
            let sizes = constant.tensor.size().into_iter().map(Some).collect();
            stored.push(Stored {
                value,
                name: name.clone(),
                kind,
                sizes: Some(sizes),
            });
            weights.insert(name, constant.tensor.shallow_clone());
        }
    }
    (stored, weights)
}

fn role(argument: &str) -> &str {
    match argument {
        "self" | "other" | "slope" | "tensors" => "weight",
        other => other,
    }
}
