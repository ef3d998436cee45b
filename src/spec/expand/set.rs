//! `--set KEY=VALUE`: one value of the report in place of what the file says.

use serde_json::{Map, Value};

use crate::diagnostic::{Diagnostic, nearest};
use crate::spec::document::{Document, Origin};
use crate::spec::source::Source;
use crate::spec::{QuestionSpec, Spec, escape};

const EXAMPLE: &str = "write for example `--set questions.2.lime.samples=5000`";

/// Applies every setting, in order; gives those that cannot be.
pub fn apply(document: &mut Document, value: &mut Value, settings: &[String]) -> Vec<Diagnostic> {
    let mut faults = Vec::new();
    for setting in settings {
        if let Err(more) = one(document, value, setting) {
            faults.extend(more);
        }
    }
    faults
}

fn one(document: &mut Document, value: &mut Value, setting: &str) -> Result<(), Vec<Diagnostic>> {
    let fault = |message: String, hint: String| {
        let name = format!("--set {setting}");
        vec![Diagnostic::error(&name, None, message, hint)]
    };
    let Some((key, text)) = setting.split_once('=') else {
        return Err(fault("a `=` is missing".to_owned(), EXAMPLE.to_owned()));
    };
    let source = Source {
        name: format!("--set {setting}"),
        text: text.to_owned(),
        positions: Default::default(), // a fault of the value is a fault of the whole setting
    };
    // A setting is a line of its own: the place in it says nothing.
    let whole = |faults: Vec<Diagnostic>| -> Vec<Diagnostic> {
        let faults = faults.into_iter();
        faults.flat_map(|it| fault(it.message, it.hint)).collect()
    };
    let (new, not_finite) = source.read().map_err(whole)?;
    if !not_finite.is_empty() {
        return Err(whole(not_finite));
    }
    let mut key: Vec<&str> = key.trim().split('.').map(str::trim).collect();
    if let Some(first @ &mut "sections") = key.first_mut() {
        *first = "questions"; // so they are called by now
    }
    if key.first() == Some(&"include") {
        let message = "`include` is read before".to_owned();
        let hint = "write it into report.yaml, or set the keys themselves".to_owned();
        return Err(fault(message, hint));
    }
    let places = places(value, &Vec::new(), &key)
        .map_err(|(message, hint)| fault(message, hint.unwrap_or_else(|| EXAMPLE.to_owned())))?;
    let source = document.add(source);
    for place in places {
        // What is made on the way to the value stands in the setting, too.
        let pointer = |parts: &[String]| -> String {
            let parts = parts.iter().map(|part| format!("/{}", escape(part)));
            parts.collect()
        };
        let is_there = |length: &usize| {
            let found = value.pointer(&pointer(&place[..*length]));
            found.is_some_and(|found| !found.is_null())
        };
        let made = (1..place.len()).find(|length| !is_there(length));
        let pointer = pointer(&place[..made.unwrap_or(place.len())]);
        put(value, &place, new.clone().unwrap_or(Value::Null));
        let origin = Origin {
            source,
            pointer: String::new(),
        };
        document.moved(&pointer, origin);
    }
    Ok(())
}

/// Message, and a hint where it is not the usual one.
type Refused = (String, Option<String>);

/// The places that `key` names, below the value at `above`; in a list by number from 1 or by `id`, figures also by
/// their method.
fn places(value: &Value, above: &[String], key: &[&str]) -> Result<Vec<Vec<String>>, Refused> {
    let Some((&part, rest)) = key.split_first() else {
        return Ok(vec![above.to_vec()]);
    };
    if part.is_empty() {
        return Err(("a part of the key is empty".to_owned(), None));
    }
    let below = |part: &str| [above, &[part.to_owned()]].concat();
    match value {
        Value::Array(items) => {
            let by_id = |item: &&Value| item.get("id").and_then(Value::as_str) == Some(part);
            let number = part.parse::<usize>().ok();
            let number = number.filter(|number| (1..=items.len()).contains(number));
            let at = number
                .map(|number| number - 1)
                .or_else(|| items.iter().position(|item| by_id(&item)));
            let Some(at) = at else {
                let message = format!("`{}` has no item `{part}`", above.join("."));
                let hint = format!("it has {}, counted from 1", items.len());
                return Err((message, Some(hint)));
            };
            places(&items[at], &below(&at.to_string()), rest)
        }
        Value::Object(_) | Value::Null => {
            let figures = match above {
                [] if !keys_of::<Spec>().contains(&part.to_owned()) => figures(value, part),
                [questions, number]
                    if questions == "questions"
                        && !keys_of::<QuestionSpec>().contains(&part.to_owned()) =>
                {
                    let of_question = Value::Object(Map::from_iter([(
                        "questions".to_owned(),
                        Value::Array(vec![value.clone()]),
                    )]));
                    let mut found = figures(&of_question, part);
                    for (place, _) in &mut found {
                        place[1].clone_from(number);
                    }
                    found
                }
                _ => {
                    let inside = value.get(part).unwrap_or(&Value::Null);
                    return places(inside, &below(part), rest);
                }
            };
            if figures.is_empty() {
                return Err(no_figure(value, above, part));
            }
            if rest.is_empty() {
                let message =
                    format!("`{part}` is a figure, and the key of a parameter is missing");
                return Err((message, Some(format!("write `{part}.KEY=VALUE`"))));
            }
            let mut all = Vec::new();
            for (place, parameters) in figures {
                all.extend(places(&parameters, &place, rest)?);
            }
            Ok(all)
        }
        _ => Err((
            format!("`{}` is one value, without keys below it", above.join(".")),
            None,
        )),
    }
}

fn no_figure(value: &Value, above: &[String], part: &str) -> Refused {
    let mut known = match above {
        [] => keys_of::<Spec>(),
        _ => keys_of::<QuestionSpec>(),
    };
    let all = match above {
        [] => value.clone(),
        _ => serde_json::json!({ "questions": [value] }),
    };
    known.extend(names_of_figures(&all));
    let near = nearest(part, known.iter().map(String::as_str));
    let hint = near.map(|near| format!("did you mean `{near}`?"));
    let message = format!("no key, figure or method of the report is called `{part}`");
    (message, hint)
}

/// The figures of that id or of that method: place and parameters.
fn figures(value: &Value, name: &str) -> Vec<(Vec<String>, Value)> {
    let mut found = Vec::new();
    let mut value = value.clone();
    super::each_figure(&mut value, &mut |pointer, method, parameters| {
        let id = parameters.get("id").and_then(Value::as_str);
        if method == name || id == Some(name) {
            let place = pointer.split('/').skip(1).map(str::to_owned).collect();
            found.push((place, parameters.clone()));
        }
    });
    found
}

fn names_of_figures(value: &Value) -> Vec<String> {
    let mut names = Vec::new();
    let mut value = value.clone();
    super::each_figure(&mut value, &mut |_, method, parameters| {
        names.push(method.to_owned());
        names.extend(
            parameters
                .get("id")
                .and_then(Value::as_str)
                .map(str::to_owned),
        );
    });
    names
}

/// The keys of a struct of the spec.
fn keys_of<T: schemars::JsonSchema>() -> Vec<String> {
    let schema = schemars::schema_for!(T).to_value();
    let keys = schema["properties"].as_object().into_iter().flatten();
    keys.map(|(key, _)| key.clone()).collect()
}

/// Puts `new` at a place; what is missing on the way becomes mappings.
fn put(value: &mut Value, place: &[String], new: Value) {
    let Some((part, rest)) = place.split_first() else {
        *value = new;
        return;
    };
    if let Value::Array(items) = value {
        if let Some(item) = part.parse::<usize>().ok().and_then(|at| items.get_mut(at)) {
            put(item, rest, new);
        }
        return;
    }
    if !value.is_object() {
        *value = Value::Object(Map::new());
    }
    if let Value::Object(entries) = value {
        put(
            entries.entry(part.clone()).or_insert(Value::Null),
            rest,
            new,
        );
    }
}
