//! The JSON of an exported program, as `torch/_export/serde/schema.py` of PyTorch has it. An
//! architecture of ours is the same JSON without weights. Unknown fields come with minor versions of
//! the schema and are ignored.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::Value as Json;

use super::{Fault, graph_builder};
use crate::model::graph::Graph;

/// The major version of the schema that we read; another one may mean anything.
const SCHEMA_MAJOR: i64 = 8;

pub struct Program {
    pub graph: Graph,
    pub torch_version: Option<String>,
}

#[derive(Deserialize)]
struct ProgramJson {
    graph_module: GraphModuleJson,
    #[serde(default)]
    torch_version: Option<String>,
}

#[derive(Deserialize)]
pub struct GraphModuleJson {
    pub graph: GraphJson,
    pub signature: SignatureJson,
}

#[derive(Deserialize)]
pub struct GraphJson {
    pub nodes: Vec<NodeJson>,
    #[serde(default)]
    pub tensor_values: BTreeMap<String, TensorMetaJson>,
}

#[derive(Deserialize)]
pub struct NodeJson {
    pub target: String,
    pub inputs: Vec<NamedArgumentJson>,
    pub outputs: Vec<Json>,
    #[serde(default)]
    pub metadata: BTreeMap<String, Json>,
    #[serde(default)]
    pub name: Option<String>,
}

#[derive(Deserialize)]
pub struct NamedArgumentJson {
    pub name: String,
    pub arg: Json,
}

#[derive(Deserialize)]
pub struct SignatureJson {
    pub input_specs: Vec<InputJson>,
    pub output_specs: Vec<BTreeMap<String, Json>>,
}

/// Exactly one of them is there.
#[derive(Deserialize)]
pub struct InputJson {
    pub parameter: Option<StoredJson>,
    pub buffer: Option<StoredJson>,
    pub tensor_constant: Option<StoredJson>,
    pub user_input: Option<Json>,
}

#[derive(Deserialize)]
pub struct StoredJson {
    pub arg: NameJson,
    #[serde(
        alias = "parameter_name",
        alias = "buffer_name",
        alias = "tensor_constant_name"
    )]
    pub stored_name: String,
    /// Of a buffer: whether a state dict holds it.
    pub persistent: Option<bool>,
}

#[derive(Deserialize)]
pub struct NameJson {
    pub name: String,
}

/// Type, shape and place of a tensor.
#[derive(Deserialize)]
pub struct TensorMetaJson {
    pub dtype: i64,
    pub sizes: Vec<SizeJson>,
    #[serde(default)]
    pub strides: Vec<SizeJson>,
    #[serde(default)]
    pub storage_offset: SizeJson,
}

/// A size; `None` where it is an expression of symbols.
#[derive(Deserialize, Default, Clone, Copy)]
pub struct SizeJson {
    #[serde(default)]
    pub as_int: Option<i64>,
}

/// Reads the graph of an exported program.
pub fn read(json: &[u8]) -> Result<Program, Fault> {
    let malformed = |error: serde_json::Error| {
        Fault::damaged(format!("its graph is no valid program ({error})"))
    };
    let json: Json = serde_json::from_slice(json).map_err(malformed)?;
    let major = json.pointer("/schema_version/major").and_then(Json::as_i64);
    if major != Some(SCHEMA_MAJOR) {
        let found = major.map_or("without a version".to_owned(), |major| {
            format!("of version {major}")
        });
        return Err(Fault::not_supported(
            format!("its graph is written in a schema {found}, we read version {SCHEMA_MAJOR}"),
            "export it with a PyTorch from 2.9 to 2.13",
        ));
    }
    let program: ProgramJson = serde_json::from_value(json).map_err(malformed)?;
    let graph = graph_builder::build(program.graph_module)?;
    Ok(Program {
        graph,
        torch_version: program.torch_version,
    })
}
