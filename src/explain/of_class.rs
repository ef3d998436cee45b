//! Methods whose one parameter is the class: a formula a photo.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::class_maps::{Step, predicted};
use super::per_photo::PerPhoto;
use super::target_name::{Takes, TargetName, Wanted};
use super::{ExplainError, Fault, Inputs, Method, Needs, Passes, Photo, parameters};
use crate::results::Attributions;

/// Parameters of a method that asks for nothing but the class.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Parameters {
    /// The class whose score is explained: `predicted` (each photo's own), a class name or its number; or a number made of several, `{difference: [cat, dog]}`, `{sum: [cat, lynx]}`, of scores or of probabilities (docs/scores.md). Default `predicted`.
    pub class: TargetName,
}

impl Default for Parameters {
    fn default() -> Self {
        Self { class: predicted() }
    }
}

/// What tells one such method from another.
pub struct Formula {
    pub needs: Needs,
    /// What keeps it from this network, besides its needs.
    pub faults: fn(&Inputs) -> Vec<Fault>,
    /// Which numbers it explains.
    pub takes: Takes,
    pub explain: fn(&Passes, &Photo, &Wanted) -> Result<Attributions, ExplainError>,
}

/// A method by its formula.
pub fn parse(
    value: Value,
    formula: &'static Formula,
) -> Result<Box<dyn Method>, serde_json::Error> {
    let parameters = serde_json::from_value(value)?;
    Ok(Box::new(OfClass {
        parameters,
        formula,
    }))
}

struct OfClass {
    parameters: Parameters,
    formula: &'static Formula,
}

impl PerPhoto for OfClass {
    fn needs(&self) -> Needs {
        self.formula.needs
    }

    fn class(&self) -> Option<&TargetName> {
        Some(&self.parameters.class)
    }

    fn takes(&self) -> Takes {
        self.formula.takes
    }

    fn faults(&self, inputs: &Inputs) -> Vec<Fault> {
        (self.formula.faults)(inputs)
    }

    fn used(&self, _: &Inputs) -> Map<String, Value> {
        parameters::object(&self.parameters)
    }

    fn map_of(
        &self,
        passes: &Passes,
        photo: &Photo,
        class: &Wanted,
        _: Step,
    ) -> Result<Attributions, ExplainError> {
        (self.formula.explain)(passes, photo, class)
    }
}
