//! Layers and classes as the user names them.

/// A layer as the user names it: by number or by module path.
#[derive(Debug, Clone, PartialEq, Eq, serde::Deserialize)]
#[serde(untagged)]
pub enum LayerName {
    Number(usize),
    Path(String),
}

impl schemars::JsonSchema for LayerName {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "LayerName".into()
    }
    fn inline_schema() -> bool {
        true
    }
    fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
        schemars::json_schema!({ "type": ["integer", "string"], "minimum": 0 })
    }
}

/// Which class a score is taken of.
#[derive(Debug, Clone, PartialEq, Eq, serde::Deserialize)]
#[serde(untagged)]
pub enum ClassName {
    Number(usize),
    /// A class name, or `predicted`.
    Name(String),
}
