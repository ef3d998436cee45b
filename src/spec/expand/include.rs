//! `include:` keys of other files.

use std::path::Path;

use serde_json::Value;

use super::{Files, fill_in};
use crate::diagnostic::Diagnostic;
use crate::spec::document::{Document, Origin};
use crate::spec::source::Source;

/// Adds to `value` what the files say that it includes; gives the numbers in them that are not finite.
pub fn included(
    document: &mut Document,
    value: &mut Value,
    files: &dyn Files,
) -> Result<Vec<Diagnostic>, Vec<Diagnostic>> {
    let (mut faults, mut not_finite, mut read) = (Vec::new(), Vec::new(), Vec::new());
    for (pointer, name) in names(value) {
        match file(document, files, &pointer, &name) {
            Ok((source, below, more)) => {
                not_finite.extend(more);
                read.push((document.add(source), below));
            }
            Err(more) => faults.extend(more),
        }
    }
    if !faults.is_empty() {
        return Err(faults);
    }
    for (source, below) in read.into_iter().rev() {
        let origin = |_: &Document, pointer: &str| Origin {
            source,
            pointer: pointer.to_owned(),
        };
        fill_in(document, (value, ""), (&below, ""), &origin);
    }
    Ok(not_finite)
}

/// The files with the JSON pointers of their names; of a value of another kind, which the schema refuses, none.
fn names(value: &Value) -> Vec<(String, String)> {
    match value.get("include") {
        Some(Value::String(name)) => vec![("/include".to_owned(), name.clone())],
        Some(Value::Array(names)) => {
            let names = names.iter().enumerate();
            let names = names.filter_map(|(at, name)| {
                Some((format!("/include/{at}"), name.as_str()?.to_owned()))
            });
            names.collect()
        }
        _ => Vec::new(),
    }
}

type Read = (Source, Value, Vec<Diagnostic>);

fn file(
    document: &Document,
    files: &dyn Files,
    pointer: &str,
    name: &str,
) -> Result<Read, Vec<Diagnostic>> {
    let text = files.read(Path::new(name)).map_err(|message| {
        let hint = "name a YAML file, relative to the folder of report.yaml";
        vec![document.error(pointer, message, hint)]
    })?;
    let source = Source::new(name.to_owned(), text);
    let (value, not_finite) = source.read()?;
    let value = value.unwrap_or_else(|| Value::Object(serde_json::Map::new()));
    if !value.is_object() {
        let message = "expected a mapping (`key: value`), as in a report.yaml";
        return Err(vec![source.error("", message)]);
    }
    if value.get("include").is_some() {
        let mark = source.positions.key_at("/include");
        let message = "a file that is included cannot include others";
        let hint = "list the file under `include` of the report.yaml itself";
        return Err(vec![source.error_in(mark, message, hint)]);
    }
    Ok((source, value, not_finite))
}
