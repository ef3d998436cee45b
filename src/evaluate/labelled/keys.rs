//! The keys of a method of labelled photos: those of the data set, and its own.

use schemars::{JsonSchema, Schema};
use serde::Serialize;
use serde::de::{DeserializeOwned, Error as _};
use serde_json::{Map, Value};

use super::Labelled;
use crate::explain::parameters;

/// The schema of a method with keys of its own beside these; the description is that of `P`.
pub fn schema<P: JsonSchema>() -> Schema {
    let mut schema = parameters::schema::<P>();
    let mut properties = parameters::schema::<Labelled>().to_value()["properties"].take();
    if let (Some(all), Some(own)) = (
        properties.as_object_mut(),
        schema.get_mut("properties").and_then(Value::as_object_mut),
    ) {
        all.append(own);
    }
    schema.insert("properties".to_owned(), properties);
    schema
}

/// The keys of the data set, and those of the method itself.
pub fn split<P: DeserializeOwned + JsonSchema>(
    keys: Value,
) -> Result<(Labelled, P), serde_json::Error> {
    let Value::Object(keys) = keys else {
        return Err(serde_json::Error::custom("expected a mapping"));
    };
    let own = parameters::schema::<P>().to_value();
    let is_own = |key: &String| own["properties"].get(key).is_some();
    let (own, labelled): (Map<_, _>, Map<_, _>) =
        keys.into_iter().partition(|(key, _)| is_own(key));
    Ok((
        serde_json::from_value(Value::Object(labelled))?,
        serde_json::from_value(Value::Object(own))?,
    ))
}

/// Every key with its value, those of the data set first.
pub fn object<P: Serialize>(labelled: &Labelled, own: &P) -> Map<String, Value> {
    let mut keys = parameters::object(labelled);
    keys.extend(parameters::object(own));
    keys
}
