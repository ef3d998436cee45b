//! Why two keys are not the same.

use serde_json::Value;

/// One part of a key that is not the same in another one.
#[derive(Debug, Clone, PartialEq)]
pub struct Difference {
    /// Path to the part, such as `parameters.samples` or `photos[1].digest`; empty for the whole.
    pub part: String,
    /// `None` where the old key has no such part.
    pub old: Option<Value>,
    /// `None` where the new key has no such part.
    pub new: Option<Value>,
}

/// The smallest parts in which two keys differ: the old key's in its order, then what is only in the new one.
pub fn differences(old: &Value, new: &Value) -> Vec<Difference> {
    let mut found = Vec::new();
    compare("", Some(old), Some(new), &mut found);
    found
}

fn compare(part: &str, old: Option<&Value>, new: Option<&Value>, found: &mut Vec<Difference>) {
    match (old, new) {
        (Some(old), Some(new)) if old == new => {}
        (Some(Value::Object(old)), Some(Value::Object(new))) => {
            let added = new.keys().filter(|key| !old.contains_key(*key));
            for key in old.keys().chain(added) {
                let part = match part.is_empty() {
                    true => key.clone(),
                    false => format!("{part}.{key}"),
                };
                compare(&part, old.get(key), new.get(key), found);
            }
        }
        // A list of plain values, such as classes, is read as a whole; one of objects, part by part.
        (Some(Value::Array(old)), Some(Value::Array(new)))
            if old.len() == new.len() && old.iter().chain(new).all(Value::is_object) =>
        {
            for (index, (old, new)) in old.iter().zip(new).enumerate() {
                compare(&format!("{part}[{index}]"), Some(old), Some(new), found);
            }
        }
        _ => found.push(Difference {
            part: part.to_owned(),
            old: old.cloned(),
            new: new.cloned(),
        }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn shown(old: Value, new: Value) -> Vec<String> {
        let text = |value: &Option<Value>| value.as_ref().map_or("-".to_owned(), Value::to_string);
        let show = |d: &Difference| format!("{}: {} -> {}", d.part, text(&d.old), text(&d.new));
        differences(&old, &new).iter().map(show).collect()
    }

    #[test]
    fn the_smallest_parts_that_differ_are_named() {
        let old = json!({"method": "lime", "parameters": {"samples": 500, "kernel": 0.25},
            "photos": [{"digest": "a", "id": 1}, {"digest": "b", "id": 2}], "classes": [1, 2], "seed": 7});
        assert!(shown(old.clone(), old.clone()).is_empty());
        let new = json!({"parameters": {"kernel": 0.25, "samples": 1000}, "method": "lime",
            "photos": [{"digest": "a", "id": 1}, {"digest": "c", "id": 2}], "classes": [1, 3], "half": null});
        assert_eq!(
            shown(old, new),
            [
                "parameters.samples: 500 -> 1000",
                "photos[1].digest: \"b\" -> \"c\"",
                "classes: [1,2] -> [1,3]",
                "seed: 7 -> -",
                "half: - -> null",
            ]
        );
    }

    #[test]
    fn values_of_other_kinds_differ_as_a_whole() {
        assert_eq!(shown(json!(1), json!(1.0)), [": 1 -> 1.0"]);
        assert_eq!(
            shown(json!({"a": {"b": 1}}), json!({"a": [1]})),
            ["a: {\"b\":1} -> [1]"]
        );
        assert_eq!(
            shown(json!({"a": [{}]}), json!({"a": []})),
            ["a: [{}] -> []"]
        );
    }
}
