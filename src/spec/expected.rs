//! What a schema takes, and what was found instead, in words.

use serde_json::Value;

/// `expected a whole number from 10, or `exact`; found `lots``
pub fn mismatch(schema: &Value, found: &Value) -> String {
    sentence(&expected(schema), &shown(found))
}

/// A semicolon where the first half has commas of its own.
pub fn sentence(expected: &str, found: &str) -> String {
    let pause = if expected.contains(", ") { ';' } else { ',' };
    format!("expected {expected}{pause} found {found}")
}

/// Every alternative: `a string or a number`, `a whole number from 10, or `exact``.
fn expected(schema: &Value) -> String {
    let mut alternatives = Vec::new();
    kinds(schema, &mut alternatives);
    let words = constants(schema);
    match words.as_slice() {
        [] => {}
        [word] => alternatives.push(format!("`{word}`")),
        words => alternatives.push(format!("one of {}", quoted(words))),
    }
    match alternatives.as_slice() {
        [] => "another value".to_owned(),
        [one] => one.clone(),
        [first @ .., last] => {
            // Ranges and words need a pause before the `or`.
            let plain = alternatives
                .iter()
                .all(|alternative| !alternative.contains(|c: char| c.is_ascii_digit() || c == '`'));
            let pause = if plain { "" } else { "," };
            format!("{}{pause} or {last}", first.join(", "))
        }
    }
}

/// The alternatives that are not single words.
fn kinds(schema: &Value, into: &mut Vec<String>) {
    let of_words = schema["const"].is_string() || schema["enum"].is_array();
    for kind in types(schema) {
        let text = match kind {
            "string" if of_words => continue,
            "integer" | "number" => format!(
                "{}{}",
                type_in_words(kind).unwrap_or_default(),
                range(schema)
            ),
            "array" => list(schema),
            kind => match type_in_words(kind) {
                Some(text) => text.to_owned(),
                None => continue,
            },
        };
        if !into.contains(&text) {
            into.push(text);
        }
    }
    for branch in branches(schema) {
        kinds(branch, into);
    }
}

/// ` from 1 to 8192`, ` above 0`; empty where any number will do.
fn range(schema: &Value) -> String {
    let limit = |key: &str| schema[key].as_f64().map(|limit| limit.to_string());
    let low = limit("minimum").map(|low| format!(" from {low}"));
    let low = low.or(limit("exclusiveMinimum").map(|low| format!(" above {low}")));
    let high = |to: &str| limit("maximum").map(|high| format!(" {to} {high}"));
    let below = limit("exclusiveMaximum").map(|high| format!(" below {high}"));
    match low {
        Some(low) if below.is_some() => format!("{low} and{}", below.unwrap_or_default()),
        Some(low) if low.starts_with(" above") => {
            format!("{low}{}", high("and up to").unwrap_or_default())
        }
        Some(low) => format!("{low}{}", high("to").unwrap_or_default()),
        None => high("up to").or(below).unwrap_or_default(),
    }
}

/// `a list of 2 whole numbers from 1 to 8192`
fn list(schema: &Value) -> String {
    let limit = |key: &str| schema[key].as_u64();
    let count = match (limit("minItems"), limit("maxItems")) {
        (Some(low), Some(high)) if low == high => format!(" {low}"),
        (Some(low), Some(high)) => format!(" {low} to {high}"),
        (Some(low), None) if low > 1 => format!(" at least {low}"),
        (None, Some(high)) => format!(" at most {high}"),
        (_, None) => String::new(),
    };
    let item = match &schema["items"] {
        Value::Array(items) => items.first(),
        item => Some(item),
    };
    let item = item.unwrap_or(&Value::Null);
    let items = match types(item).as_slice() {
        ["integer"] => format!("whole numbers{}", range(item)),
        ["number"] => format!("numbers{}", range(item)),
        ["string"] => "strings".to_owned(),
        ["object"] => "mappings".to_owned(),
        _ if count.is_empty() => return "a list".to_owned(),
        _ => "items".to_owned(),
    };
    format!("a list of{count} {items}")
}

fn types(schema: &Value) -> Vec<&str> {
    type_names(&schema["type"])
}

/// The names in the keyword `type`: one, or a list.
pub fn type_names(keyword: &Value) -> Vec<&str> {
    match keyword {
        Value::String(name) => vec![name],
        Value::Array(names) => names.iter().filter_map(Value::as_str).collect(),
        _ => Vec::new(),
    }
}

/// Whether a schema takes values of a type in one of its branches.
pub fn takes(schema: &Value, kind: &str) -> bool {
    types(schema).contains(&kind) || branches(schema).any(|branch| takes(branch, kind))
}

/// The words that a schema takes.
pub fn constants(schema: &Value) -> Vec<&str> {
    let mut words: Vec<&str> = schema["const"].as_str().into_iter().collect();
    let listed = schema["enum"].as_array().into_iter().flatten();
    words.extend(listed.filter_map(Value::as_str));
    words.extend(branches(schema).flat_map(constants));
    words
}

fn branches(schema: &Value) -> impl Iterator<Item = &Value> {
    ["oneOf", "anyOf"]
        .into_iter()
        .filter_map(|key| schema[key].as_array())
        .flatten()
}

pub fn type_in_words(name: &str) -> Option<&'static str> {
    Some(match name {
        "integer" => "a whole number",
        "number" => "a number",
        "string" => "a string",
        "boolean" => "`true` or `false`",
        "array" => "a list",
        "object" => "a mapping (`key: value`)",
        _ => return None, // `null`: leaving the key out is not worth saying
    })
}

pub fn quoted(names: &[&str]) -> String {
    names
        .iter()
        .map(|name| format!("`{name}`"))
        .collect::<Vec<_>>()
        .join(", ")
}

/// A value as an error message names it.
pub fn shown(value: &Value) -> String {
    match value {
        Value::Object(_) => "a mapping".to_owned(),
        Value::Array(list) if list.is_empty() => "an empty list".to_owned(),
        Value::Array(_) => "a list".to_owned(),
        Value::Null => "no value".to_owned(),
        Value::String(text) if text.is_empty() => "an empty string".to_owned(),
        // "3" in quotation marks is a string, and must not look like the number.
        Value::String(text) if is_other_than_string(text) => format!("the string `\"{text}\"`"),
        Value::String(text) => format!("`{}`", shortened(text)),
        other => format!("`{other}`"),
    }
}

/// Whether YAML reads the text as a number, a truth value or null where it is not in quotation marks.
fn is_other_than_string(text: &str) -> bool {
    const LONGEST: usize = 40; // of such a text; longer ones are not worth reading again
    text.len() <= LONGEST
        && matches!(
            serde_yaml::from_str(text),
            Ok(serde_yaml::Value::Number(_) | serde_yaml::Value::Bool(_) | serde_yaml::Value::Null)
        )
}

fn shortened(text: &str) -> String {
    const LONGEST: usize = 40;
    let line = text.lines().next().unwrap_or_default();
    if line.chars().count() <= LONGEST && line.len() == text.len() {
        return text.to_owned();
    }
    line.chars().take(LONGEST).chain(['…']).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn every_kind_of_schema_has_words() {
        let whole = json!({ "type": "integer", "minimum": 10 });
        let word = json!({ "type": "string", "const": "exact" });
        let side = json!({ "type": "integer", "minimum": 1, "maximum": 8192 });
        let pair = json!({ "type": "array", "items": side, "minItems": 2, "maxItems": 2 });
        let cases = [
            (json!({ "type": "string" }), "a string"),
            (
                json!({ "type": ["string", "number", "null"] }),
                "a string or a number",
            ),
            (
                json!({ "anyOf": [whole, word] }),
                "a whole number from 10, or `exact`",
            ),
            (
                json!({ "anyOf": [side, pair] }),
                "a whole number from 1 to 8192, or a list of 2 whole numbers from 1 to 8192",
            ),
            (
                json!({ "enum": ["max", "sum"], "type": "string" }),
                "one of `max`, `sum`",
            ),
            (
                json!({ "type": "number", "exclusiveMinimum": 0.0, "maximum": 1.5 }),
                "a number above 0 and up to 1.5",
            ),
            (
                json!({ "type": "number", "minimum": 0, "exclusiveMaximum": 1 }),
                "a number from 0 and below 1",
            ),
            (
                json!({ "type": "number", "maximum": 3 }),
                "a number up to 3",
            ),
            (
                json!({ "type": "array", "items": { "type": "string" } }),
                "a list of strings",
            ),
            (json!({ "type": "boolean" }), "`true` or `false`"),
            (json!({}), "another value"),
        ];
        for (schema, words) in cases {
            assert_eq!(expected(&schema), words, "{schema}");
        }
    }

    #[test]
    fn found_values_are_named() {
        let cases = [
            (json!(null), "no value"),
            (json!([]), "an empty list"),
            (json!("3"), "the string `\"3\"`"),
            (json!("true"), "the string `\"true\"`"),
            (json!(""), "an empty string"),
            (json!("lots"), "`lots`"),
            (json!("one\ntwo"), "`one…`"),
            (json!(1.5), "`1.5`"),
        ];
        for (value, words) in cases {
            assert_eq!(shown(&value), words);
        }
    }
}
