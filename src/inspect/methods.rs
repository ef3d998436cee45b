//! Which methods a network serves: each is asked to check itself, with the parameters that it requires.

use std::path::Path;

use serde::Serialize;
use serde_json::{Map, Value, json};

use crate::explain::{Context, Entry, Fault, Needs, Photo};
use crate::model::{Labels, Model, Parts};
use crate::picture::{Channels, PRESETS, Picture, Preprocessing};

#[derive(Debug, Serialize)]
pub struct MethodRow {
    pub method: &'static str,
    pub runs: bool,
    /// Why it cannot run; empty where it can.
    pub why_not: String,
    /// The parameters it was tried with: those it has no default for.
    pub tried_with: Value,
}

/// Parameters that name the user's files; a network has no part in whether they are right.
const FILES: &[&str] = &["/data", "/groups"];

pub fn rows(model: &Model, entries: &[&'static Entry]) -> Vec<MethodRow> {
    let labels = Labels::numbers(model.classes());
    let preprocessing = preprocessing(model.input_shape());
    let row = |entry: &&'static Entry| {
        let parameters = required(entry, model);
        let faults = match &preprocessing {
            Some(preprocessing) => faults(entry, &parameters, model, &labels, preprocessing),
            None => vec![format!(
                "it takes {} channels; photos have 3, or 1 made of them",
                model.input_shape()[0]
            )],
        };
        MethodRow {
            method: entry.name,
            runs: faults.is_empty(),
            why_not: faults.join("; "),
            tried_with: parameters,
        }
    };
    entries.iter().map(row).collect()
}

/// One photo as the network takes it; `None` where it takes no photos.
fn preprocessing([channels, height, width]: [i64; 3]) -> Option<Preprocessing> {
    let channels = usize::try_from(channels).ok()?;
    let sides = (usize::try_from(height).ok()?, usize::try_from(width).ok()?);
    let channels = [Channels::Rgb, Channels::Grey]
        .into_iter()
        .find(|known| known.count() == channels)?;
    let presets = PRESETS.iter();
    presets
        .filter_map(|preset| preset.preprocessing(channels, sides))
        .find(|preprocessing| preprocessing.faults().is_empty())
}

/// What the method has no default for: the last layer that gives maps, and its first filter.
fn required(entry: &Entry, model: &Model) -> Value {
    let schema = (entry.schema)().to_value();
    let names = schema.get("required").and_then(Value::as_array);
    let last = model
        .layers()
        .iter()
        .rfind(|layer| layer.output_shape.len() == 4);
    let mut parameters = Map::new();
    for name in names.into_iter().flatten().filter_map(Value::as_str) {
        let value = match name {
            // A network that shows no layers has no such path; the method says so itself.
            "layer" => Some(last.map_or(json!(0), |layer| json!(layer.path))),
            "filters" => Some(json!([0])),
            "filter" | "class" => Some(json!(0)),
            _ => None,
        };
        if let Some(value) = value {
            parameters.insert(name.to_owned(), value);
        }
    }
    Value::Object(parameters)
}

fn faults(
    entry: &Entry,
    parameters: &Value,
    model: &Model,
    labels: &Labels,
    preprocessing: &Preprocessing,
) -> Vec<String> {
    let method = match (entry.parse)(parameters.clone()) {
        Ok(method) => method,
        Err(error) => return vec![error.to_string()],
    };
    if method.needs() == Needs::Layers && model.parts() == Parts::None {
        let why_not = "it needs the layers of the network, which TorchScript does not show";
        return vec![why_not.to_owned()];
    }
    let (height, width) = preprocessing.resize.output_px();
    let photos = [Photo::of_picture(
        String::new(),
        Picture::filled(width, height, [0; 3]),
    )];
    let context = Context {
        model,
        labels,
        preprocessing,
        photos: &photos,
        seed: 0,
        base: Path::new("."),
    };
    let text = |fault: Fault| match fault.hint.is_empty() {
        true => fault.message,
        false => format!("{}; {}", fault.message, fault.hint),
    };
    let faults = method.check(&context).into_iter();
    faults
        .filter(|fault| !FILES.contains(&fault.pointer.as_str()))
        .map(text)
        .collect()
}
