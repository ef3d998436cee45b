//! From bytes to a graph whose names are known to be sound: every value is defined once and before it is
//! read, so that there is no cycle.

use std::collections::{BTreeMap, BTreeSet};

use prost::Message;
use prost::bytes::Bytes;

use super::super::fault::Fault;
use super::list::list;
use super::model::{Attribute, AttributeValue, OnnxModel, OnnxNode, OnnxValue};
use super::names::{check_names, in_order, needed, twice, unique};
use super::proto::{self, data_type, *};
use super::translate;
use crate::model::one_output::{self, Found};

/// Versions of the operators that we translate.
const OPSETS: std::ops::RangeInclusive<i64> = 7..=28;
/// More than any classifier has, and few enough to hold in memory whatever they are.
const NODE_LIMIT: usize = 100_000;
const ATTRIBUTE_LIMIT: usize = 100;

fn decode<M: Message + Default>(bytes: Bytes) -> Result<M, Fault> {
    M::decode(bytes).map_err(|error| {
        Fault::damaged(format!(
            "it is not a complete ONNX file ({error}), the download may have been cut short"
        ))
    })
}

/// Unpacks and checks a file; `wanted` names the scores of a network that gives more.
pub fn unpack(bytes: Bytes, wanted: Option<&str>) -> Result<OnnxModel, Fault> {
    let model: ModelProto = decode(bytes)?;
    let opset = opset(&model)?;
    let Some(graph) = model.graph else {
        return Err(Fault::damaged("it holds no graph"));
    };
    let graph: GraphProto = decode(graph)?;
    if !graph.sparse_initializer.is_empty() {
        return Err(Fault::not_supported(
            "its weights are sparse",
            "export the network with dense weights",
        ));
    }
    if graph.node.len() > NODE_LIMIT || graph.initializer.len() > NODE_LIMIT {
        return Err(Fault::not_supported(
            format!("its graph has more than {NODE_LIMIT} nodes or weights"),
            "export the network without unrolled loops",
        ));
    }
    let nodes = nodes(graph.node, &model.functions)?;
    let initialisers = initialisers(graph.initializer)?;
    let input = input(&graph.input, &initialisers)?;
    let output = output(&graph.output, wanted)?;
    let nodes = in_order(nodes);
    check_names(&nodes, &initialisers, &input.name, &output)?;
    Ok(OnnxModel {
        producer: format!("{} {}", model.producer_name, model.producer_version)
            .trim()
            .to_owned(),
        opset,
        nodes: needed(nodes, &output),
        initialisers,
        input,
        output,
    })
}

fn opset(model: &ModelProto) -> Result<i64, Fault> {
    let mut imports = model.opset_import.iter();
    let ours = imports.find(|import| is_standard(&import.domain));
    let Some(version) = ours.map(|import| import.version) else {
        return Err(Fault::damaged(
            "it does not say which version of the ONNX operators it uses",
        ));
    };
    if OPSETS.contains(&version) {
        return Ok(version);
    }
    Err(Fault::not_supported(
        format!("it uses opset {version} of ONNX"),
        format!(
            "export it with an opset from {} to {}",
            OPSETS.start(),
            OPSETS.end()
        ),
    ))
}

fn is_standard(domain: &str) -> bool {
    matches!(domain, "" | "ai.onnx")
}

fn nodes(packed: Vec<Bytes>, functions: &[Bytes]) -> Result<Vec<OnnxNode>, Fault> {
    let mut names = BTreeSet::new();
    let mut nodes = Vec::with_capacity(packed.len());
    let mut foreign = BTreeSet::new();
    for (index, bytes) in packed.into_iter().enumerate() {
        let node: NodeProto = decode(bytes)?;
        let operator = match node.domain.as_str() {
            domain if is_standard(domain) => node.op_type,
            domain => format!("{domain}.{}", node.op_type),
        };
        if !is_standard(&node.domain) && translate::find(&operator).is_none() {
            foreign.insert(format!("`{operator}` (node `{}`)", node.name));
            continue;
        }
        let name = match node.name.as_str() {
            "" => format!("{operator}_{index}"),
            name => name.to_owned(),
        };
        let name = unique(&mut names, name);
        let attributes = attributes(node.attribute, &operator, &name)?;
        let metadata = node
            .metadata_props
            .into_iter()
            .map(|pair| (pair.key, pair.value));
        nodes.push(OnnxNode {
            name,
            operator,
            inputs: node.input,
            outputs: node.output,
            attributes,
            metadata: metadata.collect(),
        });
    }
    if foreign.is_empty() {
        return Ok(nodes);
    }
    let foreign: Vec<_> = foreign.into_iter().collect();
    let hint = match functions.is_empty() {
        true => "export the network without optimising it for one runtime",
        false => "write its functions out, with `onnx.inliner.inline_local_functions`",
    };
    Err(Fault::not_supported(
        format!(
            "it uses operators outside of the ONNX standard: {}",
            list(&foreign)
        ),
        hint,
    ))
}

fn attributes(packed: Vec<Bytes>, operator: &str, node: &str) -> Result<Vec<Attribute>, Fault> {
    if packed.len() > ATTRIBUTE_LIMIT {
        return Err(Fault::damaged(format!(
            "the node `{node}` has {} attributes",
            packed.len()
        )));
    }
    let attribute = |bytes| {
        let attribute: AttributeProto = decode(bytes)?;
        if attribute.g.is_some() || attribute.kind == proto::ATTRIBUTE_GRAPH {
            return Err(Fault::not_supported(
                format!(
                    "`{operator}` (node `{node}`) holds a graph of its own: the network branches or loops"
                ),
                "export it for one fixed path, without `if`, `for` and `while` on tensors",
            ));
        }
        Ok(Attribute {
            name: attribute.name.clone(),
            value: value(attribute),
        })
    };
    packed.into_iter().map(attribute).collect()
}

fn value(attribute: AttributeProto) -> AttributeValue {
    let text = |bytes: Bytes| String::from_utf8_lossy(&bytes).into_owned();
    let by_kind = match attribute.kind {
        proto::ATTRIBUTE_FLOAT => attribute.f.or(Some(0.0)).map(AttributeValue::Float),
        proto::ATTRIBUTE_INT => attribute.i.or(Some(0)).map(AttributeValue::Int),
        proto::ATTRIBUTE_STRING => {
            let bytes = attribute.s.or(Some(Bytes::new()));
            bytes.map(text).map(AttributeValue::Text)
        }
        proto::ATTRIBUTE_TENSOR => attribute.t.map(Box::new).map(AttributeValue::Tensor),
        proto::ATTRIBUTE_FLOATS => Some(AttributeValue::Floats(attribute.floats)),
        proto::ATTRIBUTE_INTS => Some(AttributeValue::Ints(attribute.ints)),
        // Not said: by what is there.
        0 => {
            let scalar = attribute.f.map(AttributeValue::Float);
            let scalar = scalar.or(attribute.i.map(AttributeValue::Int));
            let scalar = scalar.or(attribute.s.map(text).map(AttributeValue::Text));
            let scalar = scalar.or(attribute.t.map(Box::new).map(AttributeValue::Tensor));
            scalar.or(match attribute.floats.is_empty() {
                true => Some(AttributeValue::Ints(attribute.ints)),
                false => Some(AttributeValue::Floats(attribute.floats)),
            })
        }
        _ => None,
    };
    by_kind.unwrap_or(AttributeValue::Other)
}

/// The name alone is unpacked here.
fn initialisers(packed: Vec<Bytes>) -> Result<BTreeMap<String, Bytes>, Fault> {
    let mut initialisers = BTreeMap::new();
    for bytes in packed {
        let name = decode::<TensorProto>(bytes.clone())?.name;
        if initialisers.insert(name.clone(), bytes).is_some() {
            return Err(twice(&name));
        }
    }
    Ok(initialisers)
}

pub fn tensor(bytes: &Bytes) -> Result<TensorProto, Fault> {
    decode(bytes.clone())
}

/// The one input that is not a weight.
fn input(packed: &[Bytes], initialisers: &BTreeMap<String, Bytes>) -> Result<OnnxValue, Fault> {
    let mut inputs = Vec::new();
    for bytes in packed {
        let input: ValueInfoProto = decode(bytes.clone())?;
        if !initialisers.contains_key(&input.name) {
            inputs.push(input);
        }
    }
    let names: Vec<_> = inputs
        .iter()
        .map(|input| format!("`{}`", input.name))
        .collect();
    if inputs.len() != 1 {
        return Err(one_picture(&format!(
            "{} inputs {}",
            names.len(),
            names.join(", ")
        )));
    }
    let input = inputs.remove(0);
    let Some(r#type) = input.r#type.and_then(|r#type| r#type.tensor_type) else {
        return Err(one_picture("an input that is not a tensor"));
    };
    // Levels from 0 to 255 are exact as float32 too, which every pass is in.
    let is_level = r#type.elem_type == data_type::UINT8;
    if !is_level && !data_type::is_float(r#type.elem_type) {
        return Err(Fault::not_supported(
            format!(
                "the network takes pictures of the type {}",
                data_type::name(r#type.elem_type)
            ),
            "export it with an input of floating-point numbers or of levels (UINT8)",
        ));
    }
    let sizes = r#type.shape.map(|shape| {
        let size = |dim: DimensionProto| dim.dim_value.filter(|size| *size > 0);
        shape.dim.into_iter().map(size).collect()
    });
    Ok(OnnxValue {
        name: input.name,
        sizes,
    })
}

/// The one output that holds the scores.
fn output(packed: &[Bytes], wanted: Option<&str>) -> Result<String, Fault> {
    let mut outputs = Vec::new();
    for bytes in packed {
        let output: ValueInfoProto = decode(bytes.clone())?;
        let shape = output.r#type.and_then(|r#type| r#type.tensor_type?.shape);
        let sizes = shape.map(|shape| shape.dim.into_iter().map(|dim| dim.dim_value).collect());
        let name = output.name.clone();
        outputs.push((Found { name, sizes }, output.name));
    }
    Ok(one_output::choose(outputs, wanted)?)
}

fn one_picture(found: &str) -> Fault {
    Fault::not_supported(
        format!("the network has {found}"),
        "a classifier takes one tensor of pictures and gives one of scores",
    )
}
