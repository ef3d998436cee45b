//! The graph out of the JSON of an exported program. Every name must be defined before it is used, so a
//! graph that comes out of here can be run from front to back. Arguments of a kind that we do not know
//! are kept as such and refused by the operator that would need them.

use std::collections::BTreeMap;

use serde_json::Value as Json;

use super::fault::Fault;
use super::program_json::{GraphModuleJson, InputJson, NodeJson, TensorMetaJson};
use crate::model::graph::{Argument, Graph, ModuleCall, Node, Size, Stored, StoredKind, ValueId};

/// The graph of one module, without operators that work for a fixed number of pictures only.
pub fn build(module: GraphModuleJson) -> Result<Graph, Fault> {
    let GraphModuleJson { graph, signature } = module;
    let mut builder = Builder {
        sizes: sizes(&graph.tensor_values),
        ..Builder::default()
    };
    let input = builder.inputs(signature.input_specs)?;
    for node in graph.nodes {
        builder.node(node)?;
    }
    let output = builder.output(&signature.output_specs)?;
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
    Ok(Graph {
        values,
        nodes,
        input,
        input_sizes,
        stored,
        output,
    }
    .with_free_batch(&sizes))
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
    sizes: BTreeMap<String, Vec<Option<i64>>>,
}

impl Builder {
    fn define(&mut self, name: &str) -> Result<ValueId, Fault> {
        let id = ValueId(self.values.len());
        if self.ids.insert(name.to_owned(), id).is_some() {
            return Err(Fault::damaged(format!("its graph names `{name}` twice")));
        }
        self.values.push(name.to_owned());
        Ok(id)
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

    fn output(&self, specs: &[BTreeMap<String, Json>]) -> Result<ValueId, Fault> {
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
        match outputs.as_slice() {
            [output] => match output.pointer("/arg/as_tensor/name") {
                Some(name) => self.id(name),
                None => Err(one_picture("an output that is not a tensor")),
            },
            several => Err(one_picture(&format!("{} outputs", several.len()))),
        }
    }

    fn node(&mut self, json: NodeJson) -> Result<(), Fault> {
        let operator = json
            .target
            .strip_prefix("torch.ops.")
            .unwrap_or(&json.target)
            .to_owned();
        let mut arguments = Vec::with_capacity(json.inputs.len());
        for input in json.inputs {
            let argument = self
                .argument(&input.arg)
                .map_err(|fault| fault.of_node(&operator))?;
            arguments.push((input.name, argument));
        }
        let mut names: Vec<_> = json.outputs.iter().flat_map(output_names).collect();
        // PyTorch 2.5 writes a batch norm in two more outputs, which are empty: it is the one of later
        // versions.
        let operator = if operator == "aten._native_batch_norm_legit_no_training.default" {
            names.truncate(1);
            arguments.push(("training".to_owned(), Argument::Bool(false)));
            "aten.batch_norm.default".to_owned()
        } else {
            operator
        };
        let mut outputs = Vec::new();
        for name in names {
            outputs.push(self.define(name)?);
        }
        let first = outputs.first().map(|output| self.values[output.0].clone());
        let name = json
            .name
            .or(first)
            .unwrap_or_else(|| format!("node_{}", self.nodes.len()));
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

    fn argument(&self, json: &Json) -> Result<Argument, Fault> {
        let only = json.as_object().filter(|object| object.len() == 1);
        let Some((tag, value)) = only.and_then(|object| object.iter().next()) else {
            return Err(Fault::damaged("an argument does not have exactly one kind"));
        };
        let wrong = || Fault::damaged(format!("an argument `{tag}` has a value of another kind"));
        let list = || value.as_array().ok_or_else(wrong);
        Ok(match tag.as_str() {
            "as_none" => Argument::None,
            "as_tensor" => Argument::Tensor(self.id(&value["name"])?),
            "as_optional_tensor" => match value.get("as_tensor") {
                Some(tensor) => Argument::Tensor(self.id(&tensor["name"])?),
                None => Argument::None,
            },
            "as_tensors" => {
                let ids = list()?
                    .iter()
                    .map(|tensor| self.id(&tensor["name"]).map(Some));
                Argument::Tensors(ids.collect::<Result<_, _>>()?)
            }
            "as_optional_tensors" => {
                let id = |tensor: &Json| {
                    tensor
                        .get("as_tensor")
                        .map(|t| self.id(&t["name"]))
                        .transpose()
                };
                Argument::Tensors(list()?.iter().map(id).collect::<Result<_, _>>()?)
            }
            "as_int" => Argument::Size(Size::Known(value.as_i64().ok_or_else(wrong)?)),
            "as_ints" => {
                let known = list()?.iter().map(|int| int.as_i64().map(Size::Known));
                Argument::Sizes(known.collect::<Option<_>>().ok_or_else(wrong)?)
            }
            "as_sym_int" | "as_sym_bool" => Argument::Size(self.size(value)?),
            "as_sym_ints" => {
                let sizes = list()?.iter().map(|size| self.size(size));
                Argument::Sizes(sizes.collect::<Result<_, _>>()?)
            }
            "as_float" => Argument::Float(float(value).ok_or_else(wrong)?),
            "as_floats" => {
                let numbers = list()?.iter().map(float);
                Argument::Floats(numbers.collect::<Option<_>>().ok_or_else(wrong)?)
            }
            "as_bool" => Argument::Bool(value.as_bool().ok_or_else(wrong)?),
            "as_string" => Argument::Text(value.as_str().ok_or_else(wrong)?.to_owned()),
            "as_scalar_type" => Argument::ScalarType(value.as_i64().ok_or_else(wrong)?),
            "as_memory_format" => Argument::MemoryFormat(value.as_i64().ok_or_else(wrong)?),
            "as_device" => Argument::Device,
            other => Argument::Other(other.to_owned()),
        })
    }

    fn size(&self, json: &Json) -> Result<Size, Fault> {
        if let Some(name) = json.get("as_name") {
            return self.id(name).map(Size::Value);
        }
        let known = json.get("as_int").and_then(Json::as_i64);
        let known = known.or_else(|| json.get("as_bool").and_then(Json::as_bool).map(i64::from));
        known
            .map(Size::Known)
            .ok_or_else(|| Fault::damaged("a size is neither a number nor a name"))
    }
}

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

/// JSON has no infinities; PyTorch writes them as text.
fn float(json: &Json) -> Option<f64> {
    json.as_f64().or_else(|| json.as_str()?.parse().ok())
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
