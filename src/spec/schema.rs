//! The JSON Schema of report.yaml, and every fault of a file against it in plain words.

use jsonschema::error::{ValidationError, ValidationErrorKind as Kind};
use schemars::generate::SchemaSettings;
use serde_json::{Map, Value, json};

use super::layers::layer_schema;
use super::{Document, Spec, escape};
use crate::diagnostic::{Diagnostic, nearest};

/// What the spec must know of a method: its key and the schema of its parameters.
pub struct MethodSchema {
    pub name: &'static str,
    pub parameters: Value,
    pub images: ImagesKey,
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

/// Draft 07 without references: what YAML editors read, and what error messages can quote.
pub fn json_schema(methods: &[MethodSchema]) -> Value {
    let settings = SchemaSettings::draft07().with(|settings| settings.inline_subschemas = true);
    let mut schema = settings
        .into_generator()
        .into_root_schema_for::<Spec>()
        .to_value();
    let figures = "/properties/questions/items/properties/figures/items";
    if let Some(item) = schema.pointer_mut(figures) {
        *item = figure_schema(methods);
    }
    if let Some(layer) = schema.pointer_mut("/properties/model/properties/layers/items") {
        *layer = layer_schema();
    }
    if let Some(byline) = schema.pointer_mut("/properties/byline") {
        byline["additionalProperties"] = json!({ "type": ["string", "number"] });
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
                    "type": "array", "items": { "type": "string" }, "minItems": 1,
                    "description": "Ids of the photos, in this order. Default: all photos of the report.",
                });
            }
            ImagesKey::One => {
                schema["properties"]["image"] = json!({
                    "type": "string",
                    "description": "Id of the photo. Default: the only photo of the report.",
                });
            }
        }
        schema["properties"]["id"] = json!({
            "type": "string", "pattern": "^[A-Za-z][A-Za-z0-9_-]*$",
            "description": "Name for references, `{fig:ID}`. Default: none.",
        });
        schema["properties"]["title"] = json!({
            "type": "string",
            "description": "Heading above the figures. Default: the name of the method.",
        });
        items.insert(method.name.to_owned(), schema);
    }
    json!({
        "type": "object", "properties": items,
        "additionalProperties": false, "minProperties": 1, "maxProperties": 1,
    })
}

/// Every fault of `value` against the schema, in the order of the file.
pub fn faults(document: &Document, methods: &[MethodSchema], value: &Value) -> Vec<Diagnostic> {
    let schema = json_schema(methods);
    let validator = match jsonschema::draft7::new(&schema) {
        Ok(validator) => validator,
        Err(error) => {
            return vec![document.error("", format!("the schema is broken: {error}"), "")];
        }
    };
    let mut faults: Vec<Diagnostic> = validator
        .iter_errors(value)
        .flat_map(|error| explain(document, &schema, &error))
        .collect();
    faults.sort_by_key(|fault| fault.position);
    faults.dedup();
    faults
}

fn explain(document: &Document, schema: &Value, error: &ValidationError) -> Vec<Diagnostic> {
    let pointer = error.instance_path().to_string();
    let shown = shown(error.instance());
    // The schema that the value broke: the path ends with the keyword itself.
    let path = error.schema_path().to_string();
    let broken = path
        .rfind('/')
        .and_then(|end| schema.pointer(&path[..end]))
        .unwrap_or(schema);
    let one = |message: String, hint: String| vec![document.error(&pointer, message, hint)];
    match error.kind() {
        Kind::AdditionalProperties { unexpected } => unexpected
            .iter()
            .map(|key| unknown_key(document, &pointer, key, broken))
            .collect(),
        Kind::Required { property } => {
            let name = property.as_str().unwrap_or_default();
            let what = broken.pointer(&format!("/properties/{name}/description"));
            let what = what.and_then(Value::as_str).unwrap_or_default();
            one(format!("`{name}` is missing"), first_sentence(what))
        }
        Kind::Type { .. } => one(format!("{shown} does not fit here"), wanted(broken)),
        Kind::OneOfNotValid { context } | Kind::AnyOf { context }
            if let Some(branch) = meant(context, &pointer) =>
        {
            let faults = branch.iter();
            faults
                .flat_map(|error| explain(document, schema, error))
                .collect()
        }
        Kind::OneOfNotValid { .. } | Kind::AnyOf { .. } | Kind::Enum { .. } => {
            one(format!("{shown} does not fit here"), wanted(broken))
        }
        Kind::Minimum { limit } => {
            one(format!("{shown} is too small"), format!("at least {limit}"))
        }
        Kind::Maximum { limit } => one(format!("{shown} is too large"), format!("at most {limit}")),
        Kind::ExclusiveMinimum { limit } => one(
            format!("{shown} is too small"),
            format!("more than {limit}"),
        ),
        Kind::ExclusiveMaximum { limit } => one(
            format!("{shown} is too large"),
            format!("less than {limit}"),
        ),
        Kind::MinItems { limit } => one(
            "the list is too short".to_owned(),
            format!("at least {limit} items"),
        ),
        Kind::MaxItems { limit } => one(
            "the list is too long".to_owned(),
            format!("at most {limit} items"),
        ),
        Kind::MinLength { .. } => one(
            "the text is empty".to_owned(),
            "write something here".to_owned(),
        ),
        Kind::MinProperties { .. } | Kind::MaxProperties { .. } => one(
            "an item of `figures` is one method".to_owned(),
            "such as `- saliency: {reduction: max}`; each method starts with its own dash"
                .to_owned(),
        ),
        Kind::Pattern { pattern } => {
            let what = broken["description"].as_str().map(first_sentence);
            one(
                format!("{shown} does not fit here"),
                what.unwrap_or_else(|| format!("wanted: {pattern}")),
            )
        }
        _ => one(error.to_string(), String::new()),
    }
}

/// The faults of the one branch whose kind of value this is: what is wrong lies inside it.
fn meant<'a>(
    context: &'a [Vec<ValidationError<'static>>],
    pointer: &str,
) -> Option<&'a [ValidationError<'static>]> {
    let is_of_kind = |branch: &&Vec<ValidationError>| {
        let of_whole = |error: &ValidationError| {
            let about_kind = matches!(
                error.kind(),
                Kind::Type { .. } | Kind::Constant { .. } | Kind::Enum { .. }
            );
            about_kind && error.instance_path().as_str() == pointer
        };
        !branch.is_empty() && !branch.iter().any(of_whole)
    };
    let mut meant = context.iter().filter(is_of_kind);
    match (meant.next(), meant.next()) {
        (Some(branch), None) => Some(branch),
        _ => None,
    }
}

fn unknown_key(document: &Document, pointer: &str, key: &str, schema: &Value) -> Diagnostic {
    let known: Vec<&str> = schema["properties"]
        .as_object()
        .map(|properties| properties.keys().map(String::as_str).collect())
        .unwrap_or_default();
    let hint = match nearest(key, known.iter().copied()) {
        Some(near) => format!("did you mean `{near}`?"),
        None if known.is_empty() => "no key is known here".to_owned(),
        None => format!("the keys known here are {}", quoted(&known)),
    };
    document.key_error(
        &format!("{pointer}/{}", escape(key)),
        format!("unknown key `{key}`"),
        hint,
    )
}

/// What a schema takes, in words: `a whole number`, `one of `max`, `sum``.
fn wanted(schema: &Value) -> String {
    let mut options = Vec::new();
    constants(schema, &mut options);
    if !options.is_empty() {
        return format!("one of {}", quoted(&options));
    }
    let mut types = Vec::new();
    types_of(schema, &mut types);
    let types: Vec<&str> = types.into_iter().filter_map(type_in_words).collect();
    match types.as_slice() {
        [] => schema["description"]
            .as_str()
            .map(first_sentence)
            .unwrap_or_default(),
        types => format!("{} is wanted", types.join(" or ")),
    }
}

fn constants<'a>(schema: &'a Value, into: &mut Vec<&'a str>) {
    into.extend(schema["const"].as_str());
    for value in schema["enum"].as_array().into_iter().flatten() {
        into.extend(value.as_str());
    }
    for branch in branches(schema) {
        constants(branch, into);
    }
}

fn types_of<'a>(schema: &'a Value, into: &mut Vec<&'a str>) {
    match &schema["type"] {
        Value::String(name) => into.push(name),
        Value::Array(names) => into.extend(names.iter().filter_map(Value::as_str)),
        _ => {}
    }
    for branch in branches(schema) {
        types_of(branch, into);
    }
}

fn branches(schema: &Value) -> impl Iterator<Item = &Value> {
    ["oneOf", "anyOf"]
        .into_iter()
        .filter_map(|key| schema[key].as_array())
        .flatten()
}

pub(super) fn type_in_words(name: &str) -> Option<&'static str> {
    Some(match name {
        "integer" => "a whole number",
        "number" => "a number",
        "string" => "a text",
        "boolean" => "`true` or `false`",
        "array" => "a list",
        "object" => "a mapping (`key: value`)",
        _ => return None, // `null`: leaving the key out is not worth saying
    })
}

fn quoted(names: &[&str]) -> String {
    names
        .iter()
        .map(|name| format!("`{name}`"))
        .collect::<Vec<_>>()
        .join(", ")
}

fn shown(value: &Value) -> String {
    match value {
        Value::Object(_) => "a mapping".to_owned(),
        Value::Array(_) => "a list".to_owned(),
        Value::Null => "an empty value".to_owned(),
        Value::String(text) => format!("`{}`", shortened(text)),
        other => format!("`{other}`"),
    }
}

fn shortened(text: &str) -> String {
    const LONGEST: usize = 40;
    let line = text.lines().next().unwrap_or_default();
    if line.chars().count() <= LONGEST && line.len() == text.len() {
        return text.to_owned();
    }
    line.chars().take(LONGEST).chain(['…']).collect()
}

fn first_sentence(description: &str) -> String {
    let sentence = description
        .split(". Default:")
        .next()
        .unwrap_or(description);
    sentence.trim_end_matches('.').to_owned()
}
