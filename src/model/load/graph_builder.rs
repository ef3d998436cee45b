//! The graph out of the JSON of an exported program. Every name must be defined before it is used, so a
//! graph that comes out of here can be run from front to back. Arguments of a kind that we do not know
//! are kept as such and refused by the operator that would need them.

mod arguments;

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value as Json;

use super::canonical;
use super::fault::Fault;
use super::program_json::{GraphJson, GraphModuleJson, InputJson, NodeJson, TensorMetaJson};
use crate::model::graph::{Argument, Graph, ModuleCall, Node, Size, Stored, StoredKind, ValueId};
use crate::model::one_output::{self, Found};

/// The graph of one module that gives the output `wanted`, without operators that work for a fixed number of
/// pictures only.
pub fn build(module: GraphModuleJson, wanted: Option<&str>) -> Result<Graph, Fault> {
    let keys = module.output_keys();
    let GraphModuleJson {
        graph, signature, ..
    } = module;
    let mut builder = Builder {
        metas: sizes(&graph.tensor_values),
        ..Builder::default()
    };
    let input = builder.inputs(signature.input_specs)?;
    for node in graph.nodes {
        builder.node(node)?;
    }
    let output = builder.output(&signature.output_specs, &keys, wanted)?;
    let input_sizes = builder
        .sizes
        .get(&builder.values[input.0])
        .cloned()
        .unwrap_or_default();
    let Builder {
        values,
        nodes,
        stored,
        sizes,
        ..
    } = builder;
    let mut graph = Graph {
        values,
        nodes,
        input,
        input_sizes,
        stored,
        output,
    };
    canonical::rename(&mut graph);
    Ok(graph.with_free_batch(&sizes))
}

fn sizes(metas: &BTreeMap<String, TensorMetaJson>) -> BTreeMap<String, Vec<Option<i64>>> {
    let sizes = |meta: &TensorMetaJson| meta.sizes.iter().map(|size| size.as_int).collect();
    metas
        .iter()
        .map(|(name, meta)| (name.clone(), sizes(meta)))
        .collect()
}

#[derive(Default)]
struct Builder {
    values: Vec<String>,
    ids: BTreeMap<String, ValueId>,
    nodes: Vec<Node>,
    stored: Vec<Stored>,
    /// Of all values so far.
    sizes: BTreeMap<String, Vec<Option<i64>>>,
    /// Of the graph that is read, by the names in it.
    metas: BTreeMap<String, Vec<Option<i64>>>,
    /// Names of nodes and values, which regions have in common with what is around them.
    names: BTreeSet<String>,
}

impl Builder {
    fn define(&mut self, name: &str) -> Result<ValueId, Fault> {
        let id = ValueId(self.values.len());
        if self.ids.insert(name.to_owned(), id).is_some() {
            return Err(Fault::damaged(format!("its graph names `{name}` twice")));
        }
        let unique = self.unique(name);
        if let Some(sizes) = self.metas.get(name) {
            self.sizes.insert(unique.clone(), sizes.clone());
        }
        self.values.push(unique);
        Ok(id)
    }

    /// The name, with a number behind it where a region around has taken it.
    fn unique(&mut self, name: &str) -> String {
        let mut chosen = name.to_owned();
        let mut number = 1;
        while !self.names.insert(chosen.clone()) {
            number += 1;
            chosen = format!("{name}_{number}");
        }
        chosen
    }

    /// A region of `torch.no_grad()` or `torch.autocast` holds a graph of its own, whose nodes are put in its
    /// place. What it computes is the same: gradients are taken through it all the same, as the scores depend on
    /// the picture through it, and it is computed in the type of the weights.
    fn inline(&mut self, region: NodeJson) -> Result<(), Fault> {
        let wrong = |what: &str| Fault::damaged(format!("a region of its graph {what}"));
        let body = region
            .inputs
            .iter()
            .position(|input| input.arg.get("as_graph").is_some());
        let body = body.ok_or_else(|| wrong("has no body"))?;
        let mut given = Vec::new();
        for input in &region.inputs[body + 1..] {
            given.push(self.argument(&input.arg)?);
        }
        let graph = region.inputs[body].arg.pointer("/as_graph/graph").cloned();
        let graph: GraphJson = serde_json::from_value(graph.unwrap_or_default())
            .map_err(|error| wrong(&format!("is not valid ({error})")))?;
        if graph.inputs.len() != given.len() {
            return Err(wrong("takes another number of values than it is given"));
        }
        let mut inner = BTreeMap::new();
        for (input, argument) in graph.inputs.iter().zip(given) {
            match (output_names(input).first(), argument) {
                (Some(name), Argument::Tensor(id) | Argument::Size(Size::Value(id))) => {
                    inner.insert((*name).to_owned(), id);
                }
                (Some(name), _) => {
                    return Err(wrong(&format!("is given `{name}`, which is no tensor")));
                }
                (None, _) => {} // a number that stands in the body as well
            }
        }
        let outer = std::mem::replace(&mut self.ids, inner);
        let metas = std::mem::replace(&mut self.metas, sizes(&graph.tensor_values));
        for node in graph.nodes {
            self.node(node)?;
        }
        let mut results = Vec::new();
        for name in graph.outputs.iter().flat_map(output_names) {
            results.push(self.id(&Json::from(name))?);
        }
        self.ids = outer;
        self.metas = metas;
        let names: Vec<_> = region.outputs.iter().flat_map(output_names).collect();
        if names.len() != results.len() {
            return Err(wrong("gives another number of values than are read"));
        }
        for (name, id) in names.into_iter().zip(results) {
            if self.ids.insert(name.to_owned(), id).is_some() {
                return Err(Fault::damaged(format!("its graph names `{name}` twice")));
            }
        }
        Ok(())
    }

    fn id(&self, name: &Json) -> Result<ValueId, Fault> {
        let known = name.as_str().and_then(|name| self.ids.get(name));
        known
            .copied()
            .ok_or_else(|| Fault::damaged(format!("its graph uses {name} before it is defined")))
    }

    /// Takes in weights and returns the one input.
    fn inputs(&mut self, specs: Vec<InputJson>) -> Result<ValueId, Fault> {
        let mut inputs = Vec::new();
        for spec in specs {
            let (kind, stored) = match spec {
                InputJson {
                    parameter: Some(stored),
                    ..
                } => (StoredKind::Parameter, stored),
                InputJson {
                    buffer: Some(stored),
                    ..
                } => match stored.persistent {
                    Some(false) => (StoredKind::Constant, stored),
                    _ => (StoredKind::Buffer, stored),
                },
                InputJson {
                    tensor_constant: Some(stored),
                    ..
                } => (StoredKind::Constant, stored),
                InputJson {
                    user_input: Some(input),
                    ..
                } => {
                    let name = input.pointer("/arg/as_tensor/name").and_then(Json::as_str);
                    let Some(name) = name else {
                        return Err(one_picture("an input that is not a tensor"));
                    };
                    inputs.push(self.define(name)?);
                    continue;
                }
                _ => return Err(one_picture("an input of an unknown kind")),
            };
            let sizes = self.sizes.get(&stored.arg.name).cloned();
            let value = self.define(&stored.arg.name)?;
            self.stored.push(Stored {
                value,
                name: stored.stored_name,
                kind,
                sizes,
            });
        }
        match inputs.as_slice() {
            [input] => Ok(*input),
            several => Err(one_picture(&format!("{} inputs", several.len()))),
        }
    }

    /// The one output, or the one that is wanted: `keys` name them where the network returns a dict.
    fn output(
        &self,
        specs: &[BTreeMap<String, Json>],
        keys: &[String],
        wanted: Option<&str>,
    ) -> Result<ValueId, Fault> {
        let mut outputs = Vec::new();
        for (kind, spec) in specs.iter().flatten() {
            match kind.as_str() {
                "user_output" => outputs.push(spec),
                "buffer_mutation" | "parameter_mutation" => {
                    return Err(Fault::not_supported(
                        "the network changes its own weights as it runs",
                        "call `model.eval()` before exporting it",
                    ));
                }
                kind => return Err(one_picture(&format!("an output of the kind `{kind}`"))),
            }
        }
        let named = keys.len() == outputs.len();
        let mut found = Vec::new();
        for (index, output) in outputs.iter().enumerate() {
            // A part that is not returned in this form of the network, `None`.
            let Some(name) = output.pointer("/arg/as_tensor/name") else {
                continue;
            };
            let value = self.id(name)?;
            let own = &self.values[value.0];
            let key = keys.get(index).filter(|_| named);
            found.push((
                Found {
                    name: key.unwrap_or(own).clone(),
                    sizes: self.sizes.get(own).cloned(),
                },
                value,
            ));
        }
        Ok(one_output::choose(found, wanted)?)
    }

    fn node(&mut self, json: NodeJson) -> Result<(), Fault> {
        let operator = json
            .target
            .strip_prefix("torch.ops.")
            .unwrap_or(&json.target)
            .to_owned();
        if REGIONS.contains(&operator.as_str()) {
            return self.inline(json);
        }
        let mut arguments = Vec::with_capacity(json.inputs.len());
        for input in json.inputs {
            let argument = self
                .argument(&input.arg)
                .map_err(|fault| fault.of_node(&operator))?;
            arguments.push((input.name, argument));
        }
        let names: Vec<_> = json.outputs.iter().flat_map(output_names).collect();
        let mut outputs = Vec::new();
        for name in names {
            outputs.push(self.define(name)?);
        }
        let first = outputs.first().map(|output| self.values[output.0].clone());
        let name = json
            .name
            .or(first.clone())
            .unwrap_or_else(|| format!("node_{}", self.nodes.len()));
        // Within a region a name may be that of a node outside.
        let taken = self.nodes.iter().any(|node| node.name == name);
        let name = first.filter(|_| taken).unwrap_or(name);
        let stack = json
            .metadata
            .get("nn_module_stack")
            .and_then(Json::as_str)
            .unwrap_or_default();
        self.nodes.push(Node {
            name,
            operator,
            arguments,
            outputs,
            modules: modules(stack),
        });
        Ok(())
    }
}

/// Regions of a network that change nothing but how it is trained or rounded.
const REGIONS: &[&str] = &[
    "higher_order.wrap_with_set_grad_enabled",
    "higher_order.wrap_with_autocast",
];

impl Fault {
    fn of_node(self, operator: &str) -> Self {
        match self {
            Fault::Damaged(fault) => {
                Fault::Damaged(format!("{fault} (an argument of `{operator}`)"))
            }
            other => other,
        }
    }
}

fn one_picture(found: &str) -> Fault {
    Fault::not_supported(
        format!("the network has {found}"),
        "a classifier takes one tensor of pictures and gives one of scores",
    )
}

/// An output is one tensor, one size or a list of tensors.
fn output_names(json: &Json) -> Vec<&str> {
    let one = json.pointer("/as_tensor/name");
    let one = one.or_else(|| json.pointer("/as_sym_int/as_name"));
    let one = one.or_else(|| json.pointer("/as_sym_bool/as_name"));
    let many = json
        .get("as_tensors")
        .and_then(Json::as_array)
        .into_iter()
        .flatten();
    one.into_iter()
        .chain(many.map(|tensor| &tensor["name"]))
        .filter_map(Json::as_str)
        .collect()
}

/// `key,path,class;key,path,class;…` from the outermost module to the innermost. A node that the
/// exporter made by itself has a placeholder there.
fn modules(stack: &str) -> Vec<ModuleCall> {
    if stack.starts_with("_empty_nn_module_stack") {
        return Vec::new();
    }
    let call = |entry: &str| {
        let mut parts = entry.splitn(3, ',');
        let (key, path, class) = (parts.next()?, parts.next()?, parts.next()?);
        Some(ModuleCall {
            // An architecture of ours leaves out the key of a first call.
            key: if key.is_empty() { path } else { key }.to_owned(),
            path: path.to_owned(),
            class: class.to_owned(),
        })
    };
    stack.split(';').filter_map(call).collect()
}
