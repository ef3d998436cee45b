//! Patterns of photos, and sets of them.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use serde_json::{Map, Value, json};

use super::{Files, each_figure};
use crate::diagnostic::{Diagnostic, nearest};
use crate::spec::document::{Document, Origin};
use crate::spec::escape;

/// Puts photos in the place of patterns under `images`; gives the patterns, and what is wrong.
pub fn find(
    document: &mut Document,
    value: &mut Value,
    files: &dyn Files,
) -> (Vec<String>, Vec<Diagnostic>) {
    let (items, is_one): (Vec<Value>, bool) = match value.get("images") {
        Some(Value::Array(items)) => (items.clone(), false),
        Some(one @ Value::String(_)) => (vec![one.clone()], true),
        _ => return (Vec::new(), Vec::new()),
    };
    let (mut patterns, mut faults) = (Vec::new(), Vec::new());
    let text_of = |item: &Value, key: &str| Some(item.get(key)?.as_str()?.to_owned());
    let ids = items.iter().filter_map(|item| text_of(item, "id"));
    let mut taken: BTreeSet<String> = ids.collect();
    // A file that is listed by itself, or by another pattern, is not taken again.
    let listed = items.iter().filter_map(|item| text_of(item, "file"));
    let mut known: BTreeSet<PathBuf> = listed.map(PathBuf::from).collect();
    let mut found: Vec<(Item, Origin)> = Vec::new();
    for (at, item) in items.into_iter().enumerate() {
        let pointer = match is_one {
            true => "/images".to_owned(),
            false => format!("/images/{at}"),
        };
        let origin = document.origin(&pointer);
        let Value::String(pattern) = &item else {
            found.push((Item::Written(item), origin));
            continue;
        };
        patterns.push(pattern.clone());
        match files.matching(pattern) {
            Ok(files) if files.is_empty() => {
                let message = format!("no file fits `{pattern}`");
                let hint = "a pattern is relative to the folder of report.yaml: `photos/*.jpg`, `photos/**/*.{jpg,png}`";
                faults.push(document.error(&pointer, message, hint));
            }
            Ok(files) => {
                for file in files {
                    let Some(name) = file.to_str().map(str::to_owned) else {
                        let message = format!("the name of `{}` is not text", file.display());
                        faults.push(document.error(&pointer, message, "rename it in UTF-8"));
                        continue;
                    };
                    if known.insert(file) {
                        found.push((Item::Fits(name), origin.clone()));
                    }
                }
            }
            Err(message) => {
                let hint = "a pattern such as `photos/*.jpg` names the photos of a folder";
                faults.push(document.error(&pointer, message, hint));
            }
        }
    }
    let of_patterns = found.iter().filter_map(|(item, _)| match item {
        Item::Fits(file) => Some(file.clone()),
        Item::Written(_) => None,
    });
    let of_patterns: Vec<String> = of_patterns.collect();
    let mut photos = Vec::with_capacity(found.len());
    for (at, (item, origin)) in found.into_iter().enumerate() {
        document.moved(&format!("/images/{at}"), origin);
        photos.push(match item {
            Item::Written(photo) => photo,
            Item::Fits(file) => photo(&file, &of_patterns, &mut taken),
        });
    }
    if let Some(images) = value.get_mut("images") {
        *images = Value::Array(photos);
    }
    (patterns, faults)
}

enum Item {
    /// As the author wrote it.
    Written(Value),
    /// The path of a file that fits a pattern.
    Fits(String),
}

/// A photo of a pattern. Its id is the file's name without its ending; with it where another file has the same, and with
/// its folders where that is not enough: so a text that quotes `x` never comes to quote another `x`.
fn photo(file: &str, all: &[String], taken: &mut BTreeSet<String>) -> Value {
    let stem = |file: &str| name_of(Path::new(file).file_stem());
    let name = |file: &str| name_of(Path::new(file).file_name());
    let is_alone = |of: &dyn Fn(&str) -> String| {
        let own = as_id(&of(file));
        all.iter().filter(|other| as_id(&of(other)) == own).count() == 1
    };
    let id = match (is_alone(&stem), is_alone(&name)) {
        (true, _) => stem(file),
        (false, true) => name(file),
        (false, false) => file.to_owned(),
    };
    let id = as_id(&id);
    let numbered = (2..).map(|number| format!("{id}-{number}"));
    let mut free = std::iter::once(id.clone()).chain(numbered);
    let id = free.find(|id| !taken.contains(id)).unwrap_or(id);
    taken.insert(id.clone());
    let mut photo = Map::new();
    photo.insert("file".to_owned(), json!(file));
    if id != stem(file) {
        photo.insert("name".to_owned(), json!(stem(file)));
    }
    photo.insert("id".to_owned(), json!(id));
    Value::Object(photo)
}

fn name_of(part: Option<&std::ffi::OsStr>) -> String {
    part.unwrap_or_default().to_string_lossy().into_owned()
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
        let mut of_sets: BTreeSet<String> = BTreeSet::new();
        let mut chosen: Vec<(Value, Origin)> = Vec::new();
        for (at, item) in images.iter().enumerate() {
            let set = item.as_str().and_then(|name| Some((name, sets.get(name)?)));
            match set {
                Some((name, Value::Array(members))) => {
                    for (member, id) in members.iter().enumerate() {
                        of_sets.extend(id.as_str().map(str::to_owned));
                        if chosen.iter().all(|(known, _)| known != id) {
                            let place = format!("/sets/{}/{member}", escape(name));
                            chosen.push((id.clone(), document.origin(&place)));
                        }
                    }
                }
                // A member of a set before it is there already.
                _ if item.as_str().is_some_and(|id| of_sets.contains(id)) => {}
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
