//! `defaults:` parameters of methods for every figure that does not say them itself.

use serde_json::{Map, Value};

use super::{each_figure, fill_in};
use crate::spec::document::Document;
use crate::spec::escape;

pub fn fill(document: &mut Document, value: &mut Value) {
    let Some(Value::Object(defaults)) = value.get("defaults").cloned() else {
        return;
    };
    each_figure(value, &mut |pointer, method, parameters| {
        let Some(below @ Value::Object(_)) = defaults.get(method) else {
            return;
        };
        if parameters.is_null() {
            *parameters = Value::Object(Map::new()); // `- lime:`
        }
        let of_method = format!("/defaults/{}", escape(method));
        let origin =
            |document: &Document, inside: &str| document.origin(&format!("{of_method}{inside}"));
        fill_in(document, (parameters, pointer), (below, ""), &origin);
    });
}
