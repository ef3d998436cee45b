//! Every fault of a file against the schema, in plain words.

use jsonschema::error::{ValidationError, ValidationErrorKind as Kind};
use serde_json::Value;

use super::expected::{constants, mismatch, quoted, sentence, shown, takes, type_names};
use super::schema::checked_schema;
use super::{Document, MethodSchema, escape};
use crate::diagnostic::{Diagnostic, nearest};

/// Every fault of `value` against the schema, in the order of the file.
pub fn faults(document: &Document, methods: &[MethodSchema], value: &Value) -> Vec<Diagnostic> {
    let mut schema = checked_schema(methods);
    bound(&mut schema);
    let options = jsonschema::options().with_draft(jsonschema::Draft::Draft7);
    let options = options.with_keyword(WHOLE, |_, _, _| Ok(Box::new(Whole)));
    let validator = match options.build(&schema) {
        Ok(validator) => validator,
        Err(error) => {
            let message = format!("the program's own schema is broken: {error}");
            return vec![document.error("", message, "")];
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

/// A keyword of ours: the number is written without a fraction. JSON Schema takes `3.0` for an integer,
/// Rust's integers do not.
const WHOLE: &str = "writtenWhole";

struct Whole;

impl jsonschema::Keyword<'_> for Whole {
    fn validate<'i>(&self, instance: &'i Value) -> Result<(), ValidationError<'i>> {
        if jsonschema::Keyword::is_valid(self, instance) {
            Ok(())
        } else {
            Err(ValidationError::custom("a fraction"))
        }
    }

    fn is_valid(&self, instance: &Value) -> bool {
        !instance.is_f64()
    }
}

/// Adds to every whole number the limits of its Rust type, which the published schema has as `format` only.
fn bound(schema: &mut Value) {
    match schema {
        Value::Array(items) => items.iter_mut().for_each(bound),
        Value::Object(object) => {
            object.values_mut().for_each(bound);
            let limits = match object.get("format").and_then(Value::as_str) {
                Some("uint32") => Some((0, i64::from(u32::MAX))),
                Some("int32") => Some((i64::from(i32::MIN), i64::from(i32::MAX))),
                Some("int64" | "int") => Some((i64::MIN, i64::MAX)),
                _ => None, // of 64 bits without a sign: a larger number is read as a fraction
            };
            if let Some((low, high)) = limits {
                object.entry("minimum").or_insert(low.into());
                object.entry("maximum").or_insert(high.into());
            }
            let kinds = type_names(object.get("type").unwrap_or(&Value::Null));
            if kinds.contains(&"integer") && !kinds.contains(&"number") {
                object.insert(WHOLE.to_owned(), true.into());
            }
        }
        _ => {}
    }
}

fn explain(document: &Document, schema: &Value, error: &ValidationError) -> Vec<Diagnostic> {
    let pointer = error.instance_path().to_string();
    let found = error.instance();
    let broken = broken(schema, error);
    let one = |message: String, hint: String| vec![document.error(&pointer, message, hint)];
    let another_value = || one(mismatch(broken, found), hint(broken, found));
    match error.kind() {
        Kind::AdditionalProperties { unexpected } => unexpected
            .iter()
            .map(|key| unknown_key(document, &pointer, key, broken))
            .collect(),
        Kind::Required { property } => {
            let name = property.as_str().unwrap_or_default();
            let what = broken.pointer(&format!("/properties/{name}/description"));
            let what = what.and_then(Value::as_str).unwrap_or_default();
            let hint = format!("add `{name}: …`, {}", in_sentence(what));
            let message = format!("the key `{name}` is missing");
            vec![document.key_error(&pointer, message, hint)]
        }
        Kind::OneOfNotValid { context } | Kind::AnyOf { context } => match meant(context, &pointer)
        {
            Some(branch) => branch
                .iter()
                .flat_map(|error| explain(document, schema, error))
                .collect(),
            None => another_value(),
        },
        Kind::MinItems { .. } | Kind::MaxItems { .. } => {
            let count = found.as_array().map_or(0, Vec::len);
            let limit = match (&broken["minItems"], &broken["maxItems"]) {
                (Value::Null, high) => format!("at most {high}"),
                (low, Value::Null) => format!("at least {low}"),
                (low, high) if low == high => low.to_string(),
                (low, high) => format!("{low} to {high}"),
            };
            let items = if limit.ends_with(" 1") || limit == "1" {
                "item"
            } else {
                "items"
            };
            let expected = format!("a list of {limit} {items}");
            one(sentence(&expected, &count.to_string()), String::new())
        }
        Kind::MinLength { .. } => one(
            "expected a string that is not empty".to_owned(),
            String::new(),
        ),
        Kind::MinProperties { .. } | Kind::MaxProperties { .. } => {
            let count = found.as_object().map_or(0, serde_json::Map::len);
            let hint =
                "write each method as an item of its own, such as `- saliency: {reduction: max}`";
            let message = sentence("one method in each item of `figures`", &count.to_string());
            one(message, hint.to_owned())
        }
        Kind::Pattern { .. } if let Some(expected) = broken["patternErrorMessage"].as_str() => {
            one(sentence(expected, &shown(found)), String::new())
        }
        Kind::Pattern { pattern } => {
            let expected = format!("a string that matches `{pattern}`");
            one(sentence(&expected, &shown(found)), String::new())
        }
        // Kinds, words and ranges; the schema has no other keywords, and a test feeds a wrong value to each.
        _ => another_value(),
    }
}

/// The schema that a value broke: the path ends with the keyword itself.
fn broken<'a>(schema: &'a Value, error: &ValidationError) -> &'a Value {
    let path = error.schema_path().to_string();
    path.rfind('/')
        .and_then(|end| schema.pointer(&path[..end]))
        .unwrap_or(schema)
}

/// The faults of the one alternative that takes values of this kind, where they lie inside the value.
fn meant<'a>(
    context: &'a [Vec<ValidationError<'static>>],
    pointer: &str,
) -> Option<&'a [ValidationError<'static>]> {
    let of_kind = |branch: &&Vec<ValidationError>| {
        let other_kind = |error: &ValidationError| {
            let about_kind = matches!(
                error.kind(),
                Kind::Type { .. } | Kind::Constant { .. } | Kind::Enum { .. }
            );
            about_kind && error.instance_path().as_str() == pointer
        };
        !branch.is_empty() && !branch.iter().any(other_kind)
    };
    let inside = |error: &ValidationError| {
        error.instance_path().as_str() != pointer
            || match error.kind() {
                // Keys that are unknown or missing have their own words.
                Kind::AdditionalProperties { .. } | Kind::Required { .. } => true,
                Kind::OneOfNotValid { context } | Kind::AnyOf { context } => {
                    self::meant(context, pointer).is_some()
                }
                _ => false,
            }
    };
    let mut meant = context.iter().filter(of_kind);
    match (meant.next(), meant.next()) {
        (Some(branch), None) if branch.iter().all(inside) => Some(branch),
        _ => None,
    }
}

/// A slip of the pen, or a value of another type that YAML would read right in another spelling.
fn hint(schema: &Value, found: &Value) -> String {
    match found {
        Value::String(word) => nearest(word, constants(schema))
            .map(|near| format!("did you mean `{near}`?"))
            .unwrap_or_default(),
        Value::Number(_) | Value::Bool(_)
            if constants(schema).is_empty() && takes(schema, "string") =>
        {
            format!("write it in quotation marks: `\"{found}\"`")
        }
        _ => String::new(),
    }
}

/// A keyword of ours: hints for keys that are looked for in vain, by key.
const UNKNOWN_KEY_HINTS: &str = "unknownKeyHints";

fn unknown_key(document: &Document, pointer: &str, key: &str, schema: &Value) -> Diagnostic {
    let known: Vec<&str> = schema["properties"]
        .as_object()
        .map(|properties| properties.keys().map(String::as_str).collect())
        .unwrap_or_default();
    let hint = match nearest(key, known.iter().copied()) {
        // A key that stands elsewhere, of which the schema says where.
        _ if schema[UNKNOWN_KEY_HINTS][key].is_string() => {
            let hint = schema[UNKNOWN_KEY_HINTS][key].as_str();
            hint.unwrap_or_default().to_owned()
        }
        None if known.is_empty() => "nothing can be set here: leave it out".to_owned(),
        Some(near) => format!("did you mean `{near}`?"),
        None => format!("the known keys are {}", quoted(&known)),
    };
    document.key_error(
        &format!("{pointer}/{}", escape(key)),
        format!("unknown key `{key}`"),
        hint,
    )
}

/// The first part of a description, to stand after a comma.
fn in_sentence(description: &str) -> String {
    let end = description.find(". ").unwrap_or(description.len());
    let sentence = description[..end].trim_end_matches('.');
    let mut letters = sentence.chars();
    match (letters.next(), letters.clone().next()) {
        // An article or a noun; not a name such as `PyTorch`.
        (Some(first), Some(second))
            if !second.is_uppercase() && !sentence.starts_with("PyTorch") =>
        {
            first.to_lowercase().chain(letters).collect()
        }
        _ => sentence.to_owned(),
    }
}
