//! What every row of `METHODS` does with its parameter struct.

use schemars::generate::SchemaSettings;
use schemars::{JsonSchema, Schema};
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value};

use super::Method;

/// The JSON Schema of a method's parameters: draft 07 without references, so that it can stand
/// inside the schema of the whole file.
pub fn schema<P: JsonSchema>() -> Schema {
    let settings = SchemaSettings::draft07().with(|settings| settings.inline_subschemas = true);
    settings.into_generator().into_root_schema_for::<P>()
}

/// As [`schema`], of a struct that several methods share, with the sentence that says what this one gives.
pub fn described<P: JsonSchema>(description: &str) -> Schema {
    let mut schema = schema::<P>();
    schema.insert("description".to_owned(), description.into());
    schema
}

/// A method from checked JSON.
pub fn parse<P>(value: Value) -> Result<Box<dyn Method>, serde_json::Error>
where
    P: DeserializeOwned + Method + 'static,
{
    Ok(Box::new(serde_json::from_value::<P>(value)?))
}

/// Every key with its value, in the order of the struct. Keys without a value do not apply and are left out.
pub fn object<P: Serialize>(parameters: &P) -> Map<String, Value> {
    match serde_json::to_value(parameters) {
        Ok(Value::Object(mut map)) => {
            map.retain(|_, value| !value.is_null());
            map
        }
        // Parameter structs hold numbers, text and lists only, which always become an object.
        _ => Map::new(),
    }
}

/// Every key with its value as one line of YAML, in their order.
pub fn in_yaml(parameters: &Map<String, Value>) -> Vec<(String, String)> {
    let pairs = parameters.iter();
    pairs
        .map(|(key, value)| (key.clone(), flow(value)))
        .collect()
}

/// YAML flow style, on one line.
fn flow(value: &Value) -> String {
    match value {
        Value::Null => "null".to_owned(),
        Value::Bool(on) => on.to_string(),
        Value::Number(number) => number_text(number),
        Value::String(text) => yaml_text(text),
        Value::Array(list) => {
            format!("[{}]", list.iter().map(flow).collect::<Vec<_>>().join(", "))
        }
        Value::Object(map) => {
            let pairs = map
                .iter()
                .map(|(key, value)| format!("{key}: {}", flow(value)));
            format!("{{{}}}", pairs.collect::<Vec<_>>().join(", "))
        }
    }
}

fn number_text(number: &serde_json::Number) -> String {
    const SMALL: f64 = 1e-3;
    match number.as_f64() {
        Some(value) if number.is_f64() && value != 0.0 && value.abs() < SMALL => {
            format!("{value:e}")
        }
        Some(value) if number.is_f64() => value.to_string(),
        _ => number.to_string(),
    }
}

/// Plain where YAML reads it back as the same text, else quoted as JSON, which YAML reads too.
pub fn yaml_text(text: &str) -> String {
    let plain = |c: char| c.is_alphanumeric() || matches!(c, '_' | '.' | '/' | '#' | '-' | ' ');
    let reads_back =
        matches!(serde_yaml::from_str(text), Ok(serde_yaml::Value::String(back)) if back == text);
    if text.chars().all(plain) && reads_back {
        text.to_owned()
    } else {
        Value::String(text.to_owned()).to_string()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Serialize)]
    struct Sample {
        layer: &'static str,
        version: &'static str,
        filters: Vec<usize>,
        weight_decay: f64,
        rate: f64,
        start: Start,
        #[serde(skip_serializing_if = "Option::is_none")]
        size: Option<usize>,
    }

    #[derive(Serialize)]
    struct Start {
        low: u8,
    }

    #[test]
    fn every_value_is_one_line_that_yaml_reads_back() {
        let sample = Sample {
            layer: "features.3",
            version: "1.5",
            filters: vec![7, 16],
            weight_decay: 1e-6,
            rate: 12.0,
            start: Start { low: 150 },
            size: None,
        };
        let used = in_yaml(&object(&sample));
        let text: Vec<String> = used
            .iter()
            .map(|(key, value)| format!("{key}: {value}"))
            .collect();
        assert_eq!(
            text,
            [
                "layer: features.3",
                "version: \"1.5\"",
                "filters: [7, 16]",
                "weight_decay: 1e-6",
                "rate: 12",
                "start: {low: 150}",
            ]
        );
    }
}
