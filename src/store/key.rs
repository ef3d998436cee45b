//! What a result depends on.

use serde_json::{Map, Value};

/// Equal for equal JSON, whatever the order of its keys.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Key {
    json: Value,
    /// The JSON as it is hashed: keys of objects sorted, no spaces.
    canonical: String,
    digest: String,
}

impl Key {
    /// `json` must name everything that can change the result, the version of the computation too.
    pub fn new(json: Value) -> Key {
        let json = sorted(json);
        let canonical = json.to_string();
        let digest = blake3::hash(canonical.as_bytes()).to_hex().to_string();
        Self {
            json,
            canonical,
            digest,
        }
    }

    pub fn json(&self) -> &Value {
        &self.json
    }

    /// 64 hex digits.
    pub fn digest(&self) -> &str {
        &self.digest
    }

    pub(super) fn canonical(&self) -> &str {
        &self.canonical
    }
}

/// `serde_json` keeps the order in which keys were inserted.
fn sorted(value: Value) -> Value {
    match value {
        Value::Object(object) => {
            let mut pairs: Vec<_> = object.into_iter().collect();
            pairs.sort_by(|a, b| a.0.cmp(&b.0));
            let pairs = pairs.into_iter().map(|(key, value)| (key, sorted(value)));
            Value::Object(pairs.collect::<Map<_, _>>())
        }
        Value::Array(values) => Value::Array(values.into_iter().map(sorted).collect()),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => value,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn the_order_of_keys_makes_no_difference_and_anything_else_does() {
        let key = Key::new(json!({"b": [1, {"y": 1, "x": 2}], "a": "é\n"}));
        assert_eq!(key.canonical(), r#"{"a":"é\n","b":[1,{"x":2,"y":1}]}"#);
        assert_eq!(
            key,
            Key::new(json!({"a": "é\n", "b": [1, {"x": 2, "y": 1}]}))
        );
        assert_eq!(
            Key::new(json!({})).digest(),
            // BLAKE3 of `{}`, computed by the command b3sum
            blake3::hash(b"{}").to_hex().as_str()
        );
        let others = [
            json!({"b": [{"y": 1, "x": 2}, 1], "a": "é\n"}),
            json!({"b": [1, {"y": 1, "x": 2.0}], "a": "é\n"}),
            json!({"b": [1, {"y": 1, "x": 2}], "a": "é"}),
            json!({"b": [1, {"y": 1, "x": 2}], "a": "é\n", "c": null}),
        ];
        for other in others {
            assert_ne!(Key::new(other.clone()).digest(), key.digest(), "{other}");
        }
    }
}
