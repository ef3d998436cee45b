//! Keys of the spec that change how a result is shown and nothing that is computed. They belong to the kind
//! of result and stand flat beside the method's own.

use schemars::generate::SchemaSettings;
use schemars::{JsonSchema, Schema};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::{
    attributions, calibration, comparison, data_faults, factors, labels, outcomes, predictions,
    superpixels,
};
use crate::results::Kind;

/// How a figure is shown.
#[derive(Debug, Clone, PartialEq)]
pub enum View {
    Photos,
    Attributions(attributions::View),
    Superpixels(superpixels::View),
    Predictions(predictions::View),
    Optimised,
    Outcomes(outcomes::View),
    Calibration(calibration::View),
    Mistakes,
    Patches,
    Spread,
    DataFaults(data_faults::View),
    Robustness,
    Labels(labels::View),
    Factors(factors::View),
    Concepts,
    Comparison(comparison::View),
}

/// No keys.
#[derive(Debug, Default, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
struct Nothing {}

/// The keys of a kind of result, as a JSON Schema. `without` are keys that a method has no use for.
pub fn schema(kind: Kind, without: &[&str]) -> Value {
    let mut schema = match kind {
        Kind::Photos
        | Kind::Optimised
        | Kind::Mistakes
        | Kind::Patches
        | Kind::Spread
        | Kind::Robustness
        | Kind::Concepts => schema_of::<Nothing>(),
        Kind::Factors => schema_of::<factors::View>(),
        Kind::Comparison => schema_of::<comparison::View>(),
        Kind::DataFaults => schema_of::<data_faults::View>(),
        Kind::Attributions => schema_of::<attributions::View>(),
        Kind::Superpixels => schema_of::<superpixels::View>(),
        Kind::Predictions => schema_of::<predictions::View>(),
        Kind::Outcomes => schema_of::<outcomes::View>(),
        Kind::Calibration => schema_of::<calibration::View>(),
        Kind::Labels => schema_of::<labels::View>(),
    }
    .to_value();
    if let Some(properties) = schema["properties"].as_object_mut() {
        properties.retain(|key, _| !without.contains(&key.as_str()));
    }
    schema
}

fn schema_of<V: JsonSchema>() -> Schema {
    let settings = SchemaSettings::draft07().with(|settings| settings.inline_subschemas = true);
    settings.into_generator().into_root_schema_for::<V>()
}

impl View {
    /// From checked keys of the spec over the `defaults` of a method over those of the kind.
    pub fn parse(
        kind: Kind,
        defaults: &Value,
        given: Map<String, Value>,
    ) -> Result<Self, serde_json::Error> {
        let mut keys = defaults.as_object().cloned().unwrap_or_default();
        keys.extend(given);
        let keys = Value::Object(keys);
        Ok(match kind {
            Kind::Photos => no_keys(keys).map(|()| Self::Photos)?,
            Kind::Optimised => no_keys(keys).map(|()| Self::Optimised)?,
            Kind::Attributions => Self::Attributions(from(keys)?),
            Kind::Superpixels => Self::Superpixels(from(keys)?),
            Kind::Predictions => Self::Predictions(from(keys)?),
            Kind::Outcomes => Self::Outcomes(from(keys)?),
            Kind::Calibration => Self::Calibration(from(keys)?),
            Kind::Mistakes => no_keys(keys).map(|()| Self::Mistakes)?,
            Kind::Patches => no_keys(keys).map(|()| Self::Patches)?,
            Kind::Spread => no_keys(keys).map(|()| Self::Spread)?,
            Kind::DataFaults => Self::DataFaults(from(keys)?),
            Kind::Labels => Self::Labels(from(keys)?),
            Kind::Robustness => no_keys(keys).map(|()| Self::Robustness)?,
            Kind::Factors => Self::Factors(from(keys)?),
            Kind::Concepts => no_keys(keys).map(|()| Self::Concepts)?,
            Kind::Comparison => Self::Comparison(from(keys)?),
        })
    }

    /// Every key with its value, without those that do not apply.
    pub fn parameters(&self, without: &[&str]) -> Map<String, Value> {
        let value = match self {
            Self::Photos
            | Self::Optimised
            | Self::Mistakes
            | Self::Patches
            | Self::Spread
            | Self::Robustness
            | Self::Concepts => Ok(Value::Null),
            Self::Comparison(view) => serde_json::to_value(view),
            Self::Factors(view) => serde_json::to_value(view),
            Self::DataFaults(view) => serde_json::to_value(view),
            Self::Attributions(view) => serde_json::to_value(view),
            Self::Superpixels(view) => serde_json::to_value(view),
            Self::Predictions(view) => serde_json::to_value(view),
            Self::Outcomes(view) => serde_json::to_value(view),
            Self::Calibration(view) => serde_json::to_value(view),
            Self::Labels(view) => serde_json::to_value(view),
        };
        let Ok(Value::Object(mut keys)) = value else {
            return Map::new(); // no keys
        };
        keys.retain(|key, value| !without.contains(&key.as_str()) && !value.is_null());
        keys
    }

    /// What is wrong with it for a network of so many classes: a JSON pointer, a message, a hint.
    pub fn faults(&self, classes: usize) -> Vec<(String, String, String)> {
        match self {
            Self::Predictions(view) => view.faults(classes),
            Self::Photos
            | Self::Attributions(_)
            | Self::Superpixels(_)
            | Self::Optimised
            | Self::Outcomes(_)
            | Self::Calibration(_)
            | Self::Mistakes
            | Self::Patches
            | Self::Spread
            | Self::DataFaults(_)
            | Self::Robustness
            | Self::Labels(_)
            | Self::Factors(_)
            | Self::Concepts
            | Self::Comparison(_) => Vec::new(),
        }
    }

    /// With what depends on the network filled in.
    pub fn resolved(self, classes: usize) -> Self {
        match self {
            Self::Predictions(view) => Self::Predictions(view.resolved(classes)),
            other => other,
        }
    }
}

fn from<V: DeserializeOwned>(keys: Value) -> Result<V, serde_json::Error> {
    serde_json::from_value(keys)
}

fn no_keys(keys: Value) -> Result<(), serde_json::Error> {
    from::<Nothing>(keys).map(|Nothing {}| ())
}
