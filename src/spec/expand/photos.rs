//! Patterns of photos, and sets of them.

use std::path::Path;

use serde_json::{Map, Value, json};

use super::{Files, each_figure};
use crate::diagnostic::{Diagnostic, nearest};
use crate::spec::document::{Document, Origin};
use crate::spec::escape;

/// Puts photos in the place of patterns under `images`.
pub fn find(document: &mut Document, value: &mut Value, files: &dyn Files) -> Vec<Diagnostic> {
    let (items, is_one): (Vec<Value>, bool) = match value.get("images") {
        Some(Value::Array(items)) => (items.clone(), false),
        Some(one @ Value::String(_)) => (vec![one.clone()], true),
        _ => return Vec::new(),
    };
    let mut faults = Vec::new();
    let mut found: Vec<(Value, Origin)> = Vec::new();
    let mut taken: Vec<String> = items
        .iter()
        .filter_map(|item| Some(item.get("id")?.as_str()?.to_owned()))
        .collect();
    for (at, item) in items.into_iter().enumerate() {
        let pointer = match is_one {
            true => "/images".to_owned(),
            false => format!("/images/{at}"),
        };
        let origin = document.origin(&pointer);
        let Value::String(pattern) = &item else {
            found.push((item, origin));
            continue;
        };
        match files.matching(pattern) {
            Ok(files) if files.is_empty() => {
                let message = format!("no file fits `{pattern}`");
                let hint = "a pattern is relative to the folder of report.yaml: `photos/*.jpg`, `photos/**/*.{jpg,png}`";
                faults.push(document.error(&pointer, message, hint));
            }
            Ok(files) => {
                let photos = files.iter().map(|file| photo(file, &mut taken));
                found.extend(photos.map(|photo| (photo, origin.clone())));
            }
            Err(message) => faults.push(document.error(&pointer, message, "")),
        }
    }
    let mut photos = Vec::with_capacity(found.len());
    for (at, (photo, origin)) in found.into_iter().enumerate() {
        document.moved(&format!("/images/{at}"), origin);
        photos.push(photo);
    }
    if let Some(images) = value.get_mut("images") {
        *images = Value::Array(photos);
    }
    faults
}

/// A photo of a pattern: its id is the file's name without its ending, as far as it can be one.
fn photo(file: &Path, taken: &mut Vec<String>) -> Value {
    let text =
        |part: Option<&std::ffi::OsStr>| part.unwrap_or_default().to_string_lossy().into_owned();
    let (stem, name) = (text(file.file_stem()), text(file.file_name()));
    let whole = name.clone();
    let numbered = (2..).map(|number| as_id(&format!("{whole}-{number}")));
    let mut free = [as_id(&stem), as_id(&name)].into_iter().chain(numbered);
    let id = free.find(|id| !taken.contains(id)).unwrap_or(name);
    taken.push(id.clone());
    let mut photo = Map::new();
    photo.insert("file".to_owned(), json!(file));
    if id != stem {
        photo.insert("name".to_owned(), json!(stem));
    }
    photo.insert("id".to_owned(), json!(id));
    Value::Object(photo)
}

/// Letters and digits of any language, `_` and `-`: what `{value:…}` and other references can hold.
fn as_id(name: &str) -> String {
    let allowed = |c: char| c.is_alphanumeric() || c == '_' || c == '-';
    let letters = name.chars().map(|c| if allowed(c) { c } else { '-' });
    letters.collect()
}

/// Puts photos in the place of the names of sets in figures.
pub fn of_sets(document: &mut Document, value: &mut Value) -> Vec<Diagnostic> {
    let Some(Value::Object(sets)) = value.get("sets").cloned() else {
        each_figure(value, &mut |pointer, _, parameters| {
            as_list(document, &format!("{pointer}/images"), parameters);
        });
        return Vec::new();
    };
    let faults = faults(document, value, &sets);
    each_figure(value, &mut |pointer, _, parameters| {
        let pointer = format!("{pointer}/images");
        as_list(document, &pointer, parameters);
        let Some(Value::Array(images)) = parameters.get_mut("images") else {
            return;
        };
        let mut chosen: Vec<(Value, Origin)> = Vec::new();
        for (at, item) in images.iter().enumerate() {
            let set = item.as_str().and_then(|name| Some((name, sets.get(name)?)));
            match set {
                Some((name, Value::Array(members))) => {
                    for (member, id) in members.iter().enumerate() {
                        if chosen.iter().all(|(known, _)| known != id) {
                            let place = format!("/sets/{}/{member}", escape(name));
                            chosen.push((id.clone(), document.origin(&place)));
                        }
                    }
                }
                _ => chosen.push((item.clone(), document.origin(&format!("{pointer}/{at}")))),
            }
        }
        let mut ids = Vec::with_capacity(chosen.len());
        for (at, (id, origin)) in chosen.into_iter().enumerate() {
            document.moved(&format!("{pointer}/{at}"), origin);
            ids.push(id);
        }
        *images = ids;
    });
    faults
}

/// `images: name` as `images: [name]`.
fn as_list(document: &mut Document, pointer: &str, parameters: &mut Value) {
    if let Some(images @ Value::String(_)) = parameters.get_mut("images") {
        let origin = document.origin(pointer);
        *images = json!([images.take()]);
        document.moved(&format!("{pointer}/0"), origin);
    }
}

/// Members that are no photo, and sets that are called as one.
fn faults(document: &Document, value: &Value, sets: &Map<String, Value>) -> Vec<Diagnostic> {
    let images = value.get("images").and_then(Value::as_array);
    let ids = images
        .into_iter()
        .flatten()
        .filter_map(|image| image.get("id")?.as_str());
    let ids: Vec<&str> = ids.collect();
    let mut faults = Vec::new();
    for (name, members) in sets {
        let pointer = format!("/sets/{}", escape(name));
        if ids.contains(&name.as_str()) {
            let message = format!("`{name}` is the id of a photo already");
            faults.push(document.key_error(&pointer, message, "give the set another name"));
        }
        let members = members.as_array().into_iter().flatten().enumerate();
        for (at, id) in members.filter_map(|(at, id)| Some((at, id.as_str()?))) {
            if ids.contains(&id) {
                continue;
            }
            let hint = match nearest(id, ids.iter().copied()) {
                Some(near) => format!("did you mean `{near}`?"),
                None => "a set lists ids of `images`".to_owned(),
            };
            let message = format!("no image has the id `{id}`");
            faults.push(document.error(&format!("{pointer}/{at}"), message, hint));
        }
    }
    faults
}
