//! The JSON of an exported program, as `torch/_export/serde/schema.py` of PyTorch has it. An
//! architecture of ours is the same JSON without weights. Unknown fields come with minor versions of
//! the schema and are ignored.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::Value as Json;

#[derive(Deserialize)]
pub struct ProgramJson {
    pub graph_module: GraphModuleJson,
    #[serde(default)]
    pub torch_version: Option<String>,
}

#[derive(Deserialize)]
pub struct GraphModuleJson {
    pub graph: GraphJson,
    pub signature: SignatureJson,
    /// How the network is called, from the outermost module on.
    #[serde(default)]
    pub module_call_graph: Vec<Json>,
}

impl GraphModuleJson {
    /// The keys of a dict that the network returns, in the order of its outputs; none where it returns
    /// something else.
    pub fn output_keys(&self) -> Vec<String> {
        let keys = || -> Option<Vec<String>> {
            let spec = self.module_call_graph.first()?;
            let spec = spec.pointer("/signature/out_spec")?.as_str()?;
            // `[1, {"type": "builtins.dict", "context": "[\"logits\"]", …}]`.
            let spec: Json = serde_json::from_str(spec).ok()?;
            let tree = spec.get(1)?;
            let is_dict = tree.get("type")?.as_str()?.to_lowercase().contains("dict");
            is_dict.then_some(())?;
            let context: Json = serde_json::from_str(tree.get("context")?.as_str()?).ok()?;
            let keys = context.as_array()?.iter();
            keys.map(|key| key.as_str().map(str::to_owned)).collect()
        };
        keys().unwrap_or_default()
    }
}

#[derive(Deserialize)]
pub struct GraphJson {
    /// What a graph within another is given and gives; the outermost has a signature.
    #[serde(default)]
    pub inputs: Vec<Json>,
    #[serde(default)]
    pub outputs: Vec<Json>,
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
