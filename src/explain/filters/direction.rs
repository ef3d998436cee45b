//! A direction among the channels of a layer: weights by number, or a file of one weight a channel.

use std::collections::BTreeMap;
use std::path::Path;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Deserializer, Serialize, de};
use serde_json::Value;

use crate::picture::numbers_of_npy;

/// `{7: 1, 16: -0.5}`, or the path of a `.npy` file.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(untagged)]
pub enum Direction {
    Weights(BTreeMap<usize, f64>),
    File(String),
}

impl Direction {
    /// The channels whose weight is not zero, rising, for a layer of so many channels; else what is wrong and the hint.
    pub(super) fn weights(
        &self,
        base: &Path,
        channels: usize,
    ) -> Result<Vec<(usize, f64)>, (String, String)> {
        let weights = match self {
            Self::Weights(weights) => weights.iter().map(|(&at, &weight)| (at, weight)).collect(),
            Self::File(file) => of_file(&base.join(file), channels)?,
        };
        if let Some((beyond, _)) = weights.iter().find(|(channel, _)| *channel >= channels) {
            let last = channels.saturating_sub(1);
            return Err((
                format!("the layer has no channel {beyond}"),
                format!("0 to {last}"),
            ));
        }
        if weights.iter().any(|(_, weight)| !weight.is_finite()) {
            let message = "a weight is not a finite number".to_owned();
            return Err((message, "give finite numbers".to_owned()));
        }
        let weights: Vec<(usize, f64)> = weights.into_iter().filter(|one| one.1 != 0.0).collect();
        match weights.is_empty() {
            true => Err((
                "no weight differs from zero".to_owned(),
                "as in `{7: 1, 16: -0.5}`".to_owned(),
            )),
            false => Ok(weights),
        }
    }
}

/// One weight a channel, of an array of any shape with so many numbers.
fn of_file(file: &Path, channels: usize) -> Result<Vec<(usize, f64)>, (String, String)> {
    let hint = || format!("a `.npy` file of {channels} numbers, one a channel of the layer");
    let bytes = crate::fs::read(file).map_err(|error| (error.to_string(), hint()))?;
    let (_, numbers) = numbers_of_npy(&bytes)
        .map_err(|reason| (format!("`{}`: {reason}", file.display()), hint()))?;
    if numbers.len() != channels {
        let held = numbers.len();
        return Err((format!("`{}` holds {held} numbers", file.display()), hint()));
    }
    Ok(numbers.into_iter().map(f64::from).enumerate().collect())
}

impl<'de> Deserialize<'de> for Direction {
    /// Keys of a mapping are text in JSON.
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        match Value::deserialize(deserializer)? {
            Value::String(file) => Ok(Self::File(file)),
            weights => serde_json::from_value(weights)
                .map(Self::Weights)
                .map_err(de::Error::custom),
        }
    }
}

impl JsonSchema for Direction {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "Direction".into()
    }

    fn inline_schema() -> bool {
        true
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "type": ["object", "string"],
            "minProperties": 1,
            "propertyNames": { "pattern": "^(0|[1-9][0-9]{0,8})$" },
            "additionalProperties": { "type": "number" },
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn weights_by_number_are_read_from_text_keys() {
        let direction: Direction =
            serde_json::from_value(json!({ "16": -0.5, "7": 1, "3": 0 })).unwrap();
        let weights = direction.weights(Path::new(""), 17).unwrap();
        assert_eq!(weights, [(7, 1.0), (16, -0.5)]);
        let (message, hint) = direction.weights(Path::new(""), 16).unwrap_err();
        assert_eq!(
            (&message[..], &hint[..]),
            ("the layer has no channel 16", "0 to 15")
        );
        let nothing: Direction = serde_json::from_value(json!({ "3": 0 })).unwrap();
        assert_eq!(
            nothing.weights(Path::new(""), 9).unwrap_err().0,
            "no weight differs from zero"
        );
    }
}
