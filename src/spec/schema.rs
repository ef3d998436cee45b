//! The JSON Schema of report.yaml.

use schemars::generate::SchemaSettings;
use serde_json::{Map, Value, json};

use super::layers::layer_schema;
use super::{CheckName, Spec};

/// What the spec must know of a method: its key and the schema of its parameters.
pub struct MethodSchema {
    pub name: &'static str,
    pub parameters: Value,
    pub images: ImagesKey,
    /// Whether it takes `checks`: its results are maps of a class.
    pub checks: bool,
}

/// Which key, if any, names the photos of a figure.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ImagesKey {
    None,
    /// `images: [a, b]`
    Many,
    /// `image: a`
    One,
}

/// What YAML editors read, and the reference page.
pub fn json_schema(methods: &[MethodSchema]) -> Value {
    let mut schema = checked_schema(methods);
    let mut sections = schema["properties"]["questions"].clone();
    let what = "The sections of a report that asks no questions; stands in place of `questions`.";
    sections["description"] = json!(what);
    schema["properties"]["sections"] = sections;
    if let Some(required) = schema["required"].as_array_mut() {
        required.retain(|key| key != "questions");
    }
    schema["oneOf"] = json!([{ "required": ["questions"] }, { "required": ["sections"] }]);
    schema
}

/// Draft 07 without references, so that error messages can quote it: what a spec is once it is put together.
pub fn checked_schema(methods: &[MethodSchema]) -> Value {
    let settings = SchemaSettings::draft07().with(|settings| settings.inline_subschemas = true);
    let mut schema = settings
        .into_generator()
        .into_root_schema_for::<Spec>()
        .to_value();
    let figures = "/properties/questions/items/properties/figures/items";
    if let Some(item) = schema.pointer_mut(figures) {
        *item = figure_schema(methods);
    }
    if let Some(defaults) = schema.pointer_mut("/properties/defaults") {
        defaults["properties"] = defaults_schema(methods);
        defaults["additionalProperties"] = json!(false);
    }
    const LAYERS: &str = "properties/layers/items";
    for model in [
        "/properties/model",
        "/properties/models/additionalProperties",
    ] {
        if let Some(layer) = schema.pointer_mut(&format!("{model}/{LAYERS}")) {
            *layer = layer_schema();
        }
    }
    if let Some(byline) = schema.pointer_mut("/properties/byline") {
        byline["additionalProperties"] = json!({ "type": ["string", "number"] });
    }
    schema
}

/// What stands in the schema until the methods are known.
pub fn defaults_stand_in(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
    schemars::json_schema!({ "type": "object" })
}

/// The parameters of each method that several figures can share.
fn defaults_schema(methods: &[MethodSchema]) -> Value {
    const OF_ONE_FIGURE: [&str; 5] = ["id", "title", "caption", "image", "model"];
    let mut schema = figure_schema(methods)["properties"].take();
    if let Some(items) = schema.as_object_mut() {
        items.shift_remove("text");
        for item in items.values_mut() {
            let keys = item["properties"].as_object_mut();
            keys.into_iter()
                .for_each(|keys| keys.retain(|key, _| !OF_ONE_FIGURE.contains(&key.as_str())));
            if let Some(item) = item.as_object_mut() {
                item.shift_remove("required");
            }
        }
    }
    schema
}

fn figure_schema(methods: &[MethodSchema]) -> Value {
    let mut items = Map::new();
    items.insert(
        "text".to_owned(),
        json!({ "type": "string", "description": "Markdown." }),
    );
    for method in methods {
        let mut schema = method.parameters.clone();
        schema["type"] = json!(["object", "null"]);
        schema["additionalProperties"] = json!(false);
        if !schema["properties"].is_object() {
            schema["properties"] = json!({});
        }
        match method.images {
            ImagesKey::None => {}
            ImagesKey::Many => {
                schema["properties"]["images"] = json!({
                    "type": ["array", "string"], "items": { "type": "string" }, "minItems": 1,
                    "description": "Ids of the photos, in this order, or names of `sets`. Default: all photos of the report.",
                });
            }
            ImagesKey::One => {
                schema["properties"]["image"] = json!({
                    "type": "string",
                    "description": "Id of the photo. Default: the only photo of the report.",
                });
            }
        }
        if method.checks {
            let mut checks = schemars::schema_for!(Vec<CheckName>).to_value();
            let names = checks["$defs"]["CheckName"].take();
            schema["properties"]["checks"] = json!({
                "type": "array", "items": names,
                "description": "What judges these maps: `insertion_deletion`, `mu_fidelity`, `infidelity`, `max_sensitivity`, `randomisation`, `randomisation_cascade`; `[]` for nothing. Default: the report's `checks`.",
            });
        }
        schema["properties"]["model"] = json!({
            "type": ["string", "array"], "items": { "type": "string" }, "minItems": 1,
            "description": "Which of the report's networks: `model`, a key of `models`, or a list of them, for each of which the figure stands once. Default: `model`.",
        });
        schema["properties"]["id"] = json!({
            "type": "string", "pattern": "^[A-Za-z][A-Za-z0-9_-]*$",
            "patternErrorMessage": "a letter, then letters, digits, `_` or `-`",
            "description": "Name for references, `{fig:ID}`. Default: none.",
        });
        schema["properties"]["title"] = json!({
            "type": "string",
            "description": "Heading above the figures. Default: the name of the method.",
        });
        schema["properties"]["caption"] = json!({
            "type": "string",
            "description": "Plain text before the caption of the first figure. Default: none.",
        });
        items.insert(method.name.to_owned(), schema);
    }
    json!({
        "type": "object", "properties": items,
        "additionalProperties": false, "minProperties": 1, "maxProperties": 1,
    })
}
