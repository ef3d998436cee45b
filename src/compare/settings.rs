//! Settings, figures and texts of two reports.

use std::collections::BTreeMap;

use serde_json::Value;

use super::Change;

/// Everything below `provenance` and the parameters of figures that both have.
pub fn of_report(old: &Value, new: &Value) -> Vec<Change> {
    let mut changes = Vec::new();
    changed(&old["provenance"], &new["provenance"], "", &mut changes);
    changed(&old["classes"], &new["classes"], "classes", &mut changes);
    changed(
        &by_id(&old["photos"]),
        &by_id(&new["photos"]),
        "photos",
        &mut changes,
    );
    for figure in list(&new["figures"]) {
        let name = text(&figure["name"]);
        let Some(before) = named(old, name) else {
            continue;
        };
        for key in ["method", "method_version"] {
            changed(
                &before[key],
                &figure[key],
                &format!("{name}.{key}"),
                &mut changes,
            );
        }
        for part in ["method", "view"] {
            let of = |figure: &Value| figure["parameters"][part].clone();
            changed(&of(before), &of(figure), name, &mut changes);
        }
        let of = |figure: &Value| figure["parameters"]["checks"].clone();
        changed(
            &of(before),
            &of(figure),
            &format!("{name}.checks"),
            &mut changes,
        );
        changed(
            &before["failure"],
            &figure["failure"],
            &format!("{name} failed"),
            &mut changes,
        );
    }
    changes
}

/// Figures that only one of them has, by name with their method.
pub fn figures(old: &Value, new: &Value) -> Vec<Change> {
    let mut changes = Vec::new();
    let method = |figure: &Value| Some(text(&figure["method"]).to_owned());
    for figure in list(&new["figures"]) {
        let key = text(&figure["name"]).to_owned();
        if named(old, &key).is_none() {
            changes.push(Change {
                key,
                old: None,
                new: method(figure),
            });
        }
    }
    for figure in list(&old["figures"]) {
        let key = text(&figure["name"]).to_owned();
        if named(new, &key).is_none() {
            changes.push(Change {
                key,
                old: method(figure),
                new: None,
            });
        }
    }
    changes
}

/// Where texts differ: `title`, `introduction`, `section 2: answer`.
pub fn texts(old: &Value, new: &Value) -> Vec<String> {
    let mut parts = Vec::new();
    for key in ["title", "language", "byline", "introduction", "notices"] {
        if old[key] != new[key] {
            parts.push(key.to_owned());
        }
    }
    let (before, after) = (list(&old["sections"]), list(&new["sections"]));
    for index in 0..before.len().max(after.len()) {
        let section = format!("section {}", index + 1);
        match (before.get(index), after.get(index)) {
            (Some(before), Some(after)) => {
                for key in ["title", "points", "prompt", "blocks", "answer"] {
                    if before[key] != after[key] {
                        parts.push(format!("{section}: {key}"));
                    }
                }
            }
            (None, _) => parts.push(format!("{section}: new")),
            (_, None) => parts.push(format!("{section}: gone")),
        }
    }
    parts
}

pub fn list(value: &Value) -> &[Value] {
    value.as_array().map_or(&[], Vec::as_slice)
}

pub fn text(value: &Value) -> &str {
    value.as_str().unwrap_or_default()
}

pub fn named<'a>(report: &'a Value, name: &str) -> Option<&'a Value> {
    let figures = list(&report["figures"]);
    figures.iter().find(|figure| text(&figure["name"]) == name)
}

/// Photos as a mapping from their ids; where a photo lies does not matter, only its content.
fn by_id(photos: &Value) -> Value {
    let photos = list(photos).iter().map(|photo| {
        let content: BTreeMap<&String, &Value> = photo
            .as_object()
            .into_iter()
            .flatten()
            .filter(|(key, _)| !matches!(key.as_str(), "id" | "file"))
            .collect();
        (text(&photo["id"]).to_owned(), serde_json::json!(content))
    });
    Value::Object(photos.collect())
}

/// Notes every key below `key` at which two values differ, lists as a whole.
fn changed(old: &Value, new: &Value, key: &str, changes: &mut Vec<Change>) {
    if old == new {
        return;
    }
    let below = |part: &str| match key.is_empty() {
        true => part.to_owned(),
        false => format!("{key}.{part}"),
    };
    if let (Value::Object(before), Value::Object(after)) = (old, new) {
        for (part, new) in after {
            changed(
                before.get(part).unwrap_or(&Value::Null),
                new,
                &below(part),
                changes,
            );
        }
        for (part, old) in before.iter().filter(|(part, _)| !after.contains_key(*part)) {
            changed(old, &Value::Null, &below(part), changes);
        }
        return;
    }
    changes.push(Change {
        key: key.to_owned(),
        old: shown(old),
        new: shown(new),
    });
}

/// On one line, a long list cut short.
fn shown(value: &Value) -> Option<String> {
    const MOST_CHARACTERS: usize = 60;
    let text = match value {
        Value::Null => return None,
        Value::String(text) => text.clone(),
        Value::Array(items) if items.len() > 8 => format!("{} items", items.len()),
        other => other.to_string(),
    };
    Some(match text.chars().count() > MOST_CHARACTERS {
        true => text
            .chars()
            .take(MOST_CHARACTERS - 1)
            .chain(['…'])
            .collect(),
        false => text,
    })
}
