//! `models:` entries with what they leave out, which is as in `model:`.

use serde_json::Value;

use crate::spec::document::Document;
use crate::spec::escape;

/// What is of one file only.
const OF_ONE_FILE: [&str; 3] = ["file", "name", "weights"];
/// What weights go into: one of these.
const ORIGINS: [&str; 3] = ["architecture", "graph", "layers"];
/// Files that hold a graph of their own.
const WITH_GRAPH: [&str; 2] = [".pt2", ".onnx"];

pub fn inherit(document: &mut Document, value: &mut Value) {
    let Some(Value::Object(main)) = value.get("model").cloned() else {
        return; // the schema asks for it
    };
    let models = value.get_mut("models").and_then(Value::as_object_mut);
    for (name, model) in models.into_iter().flatten() {
        let Some(model) = model.as_object_mut() else {
            continue;
        };
        let file = model
            .get("file")
            .and_then(Value::as_str)
            .unwrap_or_default();
        let file = file.to_ascii_lowercase();
        let has_graph = WITH_GRAPH.iter().any(|ending| file.ends_with(ending));
        let says_origin = ORIGINS.iter().any(|key| model.contains_key(*key));
        for (key, said) in &main {
            let is_own = OF_ONE_FILE.contains(&key.as_str())
                || ORIGINS.contains(&key.as_str()) && (has_graph || says_origin);
            if is_own || model.contains_key(key) {
                continue;
            }
            model.insert(key.clone(), said.clone());
            let from = document.origin(&format!("/model/{}", escape(key)));
            document.moved(&format!("/models/{}/{}", escape(name), escape(key)), from);
        }
    }
}
