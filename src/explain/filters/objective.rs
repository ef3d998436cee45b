//! What a picture is grown for, as report.yaml says it: `{filter: 7}`, `{class: tabby}`, `{sum: [...]}`.

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::super::parameters;
use super::super::target_name::TargetName;
use super::direction::Direction;
use crate::model::LayerName;

/// One objective: one of `filter`, `neuron`, `class`, `direction` and `sum`; the whole `layer` where none is there.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct NamedObjective {
    /// The layer of a filter, a neuron or a direction; alone, the layer that is raised as a whole.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub layer: Option<LayerName>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub filter: Option<usize>,
    /// A filter at one place.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub neuron: Option<usize>,
    /// That place: shares of the map's height and width, from the top left.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub at: Option<[f64; 2]>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub class: Option<TargetName>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub direction: Option<Direction>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sum: Option<Vec<NamedObjective>>,
    /// Within a sum.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub weight: Option<f64>,
}

/// The keys that say what is raised.
const KINDS: [&str; 5] = ["filter", "neuron", "class", "direction", "sum"];

impl NamedObjective {
    /// `{filter: 7}`, on one line.
    pub(super) fn in_yaml(&self) -> String {
        let pairs = parameters::in_yaml(&parameters::object(self)).into_iter();
        let pairs: Vec<String> = pairs
            .map(|(key, value)| format!("{key}: {value}"))
            .collect();
        format!("{{{}}}", pairs.join(", "))
    }

    /// Those of the keys of which one may be there.
    pub(super) fn kinds(&self) -> Vec<&'static str> {
        let given = [
            self.filter.is_some(),
            self.neuron.is_some(),
            self.class.is_some(),
            self.direction.is_some(),
            self.sum.is_some(),
        ];
        let kinds = KINDS.into_iter().zip(given);
        kinds
            .filter_map(|(key, is_given)| is_given.then_some(key))
            .collect()
    }
}

impl JsonSchema for NamedObjective {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "NamedObjective".into()
    }

    fn inline_schema() -> bool {
        true
    }

    /// Sums hold no sums, and only what is in one has a weight.
    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        let mut term = one(generator);
        let mut whole = term.clone();
        term["properties"]["weight"] = json!({ "type": "number", "minimum": -1e6, "maximum": 1e6, "description": "What it is multiplied with in the sum; below zero it is lowered. Default 1." });
        whole["properties"]["sum"] = json!({
            "type": "array", "items": term, "minItems": 2,
            "description": "Two objectives or more that are added, each with the same keys and a `weight`. Default: none.",
        });
        let schema = whole.as_object().cloned().unwrap_or_default();
        schema.into()
    }
}

/// The schema of an objective that is no sum.
fn one(generator: &mut SchemaGenerator) -> Value {
    let whole_number = json!({ "type": "integer", "minimum": 0 });
    let described = |mut schema: Value, what: &str| {
        schema["description"] = json!(what);
        schema
    };
    let class = TargetName::json_schema(generator).to_value();
    let layer = LayerName::json_schema(generator).to_value();
    let share = json!({ "type": "number", "minimum": 0, "maximum": 1 });
    let at = json!({ "type": "array", "items": share, "minItems": 2, "maxItems": 2 });
    json_schema!({
        "type": "object",
        "additionalProperties": false,
        "minProperties": 1,
        "properties": {
            "filter": described(whole_number.clone(), "The mean output of this filter. Default: none."),
            "neuron": described(whole_number, "The output of this filter at one place. Default: none."),
            "at": described(at, "The place of a `neuron`: shares of the map's height and width from the top left. Default `[0.5, 0.5]`, the middle."),
            "class": described(class, "The score of a class, by name or number; or a number made of several, `{difference: [cat, dog]}`, `{class: cat, of: probability}`. Default: none."),
            "direction": described(Direction::json_schema(generator).to_value(), "Channels of the layer with their weights, `{7: 1, 16: -0.5}`, or a `.npy` file with one weight a channel: the mean output along that direction. Default: none."),
            "layer": described(layer, "The layer of the filter, neuron or direction. Alone: half the mean square of all of it. Default the figure's `layer`."),
        },
    })
    .to_value()
}
