//! What does the network see of each photo?
//!
//! **Output** nothing that is computed: the photos after orientation, resizing and cropping, before
//! normalisation, 8-bit; arrays turned back into pixels, and a notice that says which.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::{
    Entry, ExplainError, Fault, Inputs, Method, Needs, Passes, Photos, Sink, Unit, Viewing, chosen,
    parameters,
};
use crate::results::Kind;

pub const ENTRY: Entry = Entry {
    name: "photos",
    version: 1,
    kind: Kind::Photos,
    view: Viewing::PLAIN,
    photos: Photos::Any,
    schema: parameters::schema::<Shown>,
    parse: parameters::parse::<Shown>,
    smallest: |_| Value::Object(Map::new()),
    citations: &[],
};

/// The photos as the network sees them. Takes no parameters of its own.
#[derive(Debug, Clone, Default, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Shown {}

impl Method for Shown {
    fn needs(&self) -> Needs {
        Needs::Nothing
    }

    fn check(&self, inputs: &Inputs) -> Vec<Fault> {
        chosen::photo_faults(inputs)
    }

    fn parameters(&self, _: &Inputs) -> Map<String, Value> {
        Map::new()
    }

    fn computing(&self, _: &Inputs) -> Map<String, Value> {
        Map::new()
    }

    fn units(&self, _: &Inputs) -> Vec<Unit> {
        Vec::new()
    }

    fn run(&self, _: &Passes, _: &[Unit], _: &mut Sink) -> Result<(), ExplainError> {
        Ok(())
    }
}
