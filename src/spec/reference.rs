//! `docs/report-yaml.md`, written from the schema, so that it cannot drift from the code.

use std::fmt::Write;

use serde_json::Value;

use super::expected::type_in_words;
use super::{MethodSchema, json_schema};

const HEAD: &str = "<!-- Written by `cnn-report reference`; a test keeps it true. -->\n\
# report.yaml, key by key\n\n\
Paths are relative to the folder of report.yaml. A key that is not listed here is an error, as is one that stands twice.\n";

/// The whole page.
pub fn reference(methods: &[MethodSchema]) -> String {
    let schema = json_schema(methods);
    let mut page = HEAD.to_owned();
    section(&mut page, "The report", &schema, "");
    section(
        &mut page,
        "`model`",
        &schema["properties"]["model"],
        "model.",
    );
    section(
        &mut page,
        "`model.input`",
        &schema["properties"]["model"]["properties"]["input"],
        "model.input.",
    );
    section(
        &mut page,
        "An item of `model.layers`",
        &schema["properties"]["model"]["properties"]["layers"]["items"],
        "",
    );
    section(
        &mut page,
        "An item of `images`",
        // The list, and in it the mapping, stand last.
        &schema["properties"]["images"]["anyOf"][1]["items"]["anyOf"][1],
        "",
    );
    let question = &schema["properties"]["questions"]["items"];
    section(&mut page, "An item of `questions`", question, "");
    section(
        &mut page,
        "`output`",
        &schema["properties"]["output"],
        "output.",
    );
    page.push_str("\n## Methods\n\nAn item of `figures` is one of these, `- method: {parameters}`, or `- text: Markdown`.\n");
    let figures = &question["properties"]["figures"]["items"]["properties"];
    for method in methods {
        let schema = &figures[method.name];
        section(&mut page, &format!("`{}`", method.name), schema, "");
    }
    page
}

/// The section of one method, as it stands in the page.
pub fn reference_of(method: &MethodSchema) -> String {
    let schema = json_schema(std::slice::from_ref(method));
    let figures = &schema["properties"]["questions"]["items"]["properties"]["figures"];
    let mut page = String::new();
    let title = format!("`{}`", method.name);
    section(
        &mut page,
        &title,
        &figures["items"]["properties"][method.name],
        "",
    );
    page.trim_start().to_owned()
}

fn section(page: &mut String, title: &str, schema: &Value, prefix: &str) {
    let _ = writeln!(page, "\n## {title}\n");
    if let Some(what) = schema["description"].as_str() {
        let _ = writeln!(page, "{}\n", what.replace('\n', " "));
    }
    let required: Vec<&str> = schema["required"]
        .as_array()
        .into_iter()
        .flatten()
        .filter_map(Value::as_str)
        .collect();
    page.push_str("| key | type | meaning |\n|---|---|---|\n");
    for (key, value) in schema["properties"].as_object().into_iter().flatten() {
        let needed = if required.contains(&key.as_str()) {
            " **Needed.**"
        } else {
            ""
        };
        let meaning = value["description"]
            .as_str()
            .unwrap_or_default()
            .replace('\n', " ")
            .replace('|', "\\|");
        let _ = writeln!(
            page,
            "| `{prefix}{key}` | {} | {meaning}{needed} |",
            type_of(value)
        );
    }
}

/// The type as a table cell: kind, options and range.
fn type_of(schema: &Value) -> String {
    let mut options: Vec<String> = Vec::new();
    let mut kinds: Vec<&'static str> = Vec::new();
    gather(schema, &mut options, &mut kinds);
    kinds.dedup();
    let mut text = if options.is_empty() {
        kinds.join(" or ")
    } else {
        let other = kinds.iter().filter(|kind| **kind != "a string").copied();
        options
            .iter()
            .map(|o| format!("`{o}`"))
            .chain(other.map(str::to_owned))
            .collect::<Vec<_>>()
            .join(", ")
    };
    let bound = |name: &str| schema[name].as_f64();
    match (
        bound("minimum").or(bound("exclusiveMinimum")),
        bound("maximum").or(bound("exclusiveMaximum")),
    ) {
        (Some(low), Some(high)) => text += &format!(", {low} to {high}"),
        (Some(low), None) => text += &format!(", from {low}"),
        (None, Some(high)) => text += &format!(", up to {high}"),
        (None, None) => {}
    }
    text
}

fn gather(schema: &Value, options: &mut Vec<String>, kinds: &mut Vec<&'static str>) {
    options.extend(schema["const"].as_str().map(str::to_owned));
    options.extend(
        schema["enum"]
            .as_array()
            .into_iter()
            .flatten()
            .filter_map(Value::as_str)
            .map(str::to_owned),
    );
    let names: Vec<&str> = match &schema["type"] {
        Value::String(name) => vec![name],
        Value::Array(names) => names.iter().filter_map(Value::as_str).collect(),
        _ => Vec::new(),
    };
    kinds.extend(names.into_iter().filter_map(type_in_words));
    for key in ["oneOf", "anyOf"] {
        for branch in schema[key].as_array().into_iter().flatten() {
            gather(branch, options, kinds);
        }
    }
}
