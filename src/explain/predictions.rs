//! Which classes does the network find in each photo?
//!
//! pᵢ = exp(sᵢ) / Σⱼ exp(sⱼ) over the scores s of all classes; of independent labels pᵢ = 1 / (1 + exp(−sᵢ));
//! of a network that gives one number s, p = 1 / (1 + exp(−s)) for class 1 and 1 − p for class 0.
//!
//! **Input** photos as the network sees them, normalised. **Output** all scores, and all pᵢ, 0 to 1.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::{
    Entry, ExplainError, Fault, Inputs, Method, Needs, Passes, Photos, Sink, Unit, Viewing, chosen,
    parameters,
};
use crate::results::{self, Kind, Results};

pub const ENTRY: Entry = Entry {
    name: "predictions",
    version: 2,
    kind: Kind::Predictions,
    view: Viewing::PLAIN,
    photos: Photos::Any,
    schema: parameters::schema::<Predictions>,
    parse: parameters::parse::<Predictions>,
    smallest: |_| Value::Object(Map::new()),
    citations: &[],
};

/// The most probable classes of each photo.
#[derive(Debug, Clone, Default, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Predictions {}

impl Method for Predictions {
    fn needs(&self) -> Needs {
        Needs::Scores
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

    fn units(&self, inputs: &Inputs) -> Vec<Unit> {
        Unit::each_photo(inputs)
    }

    fn run(&self, passes: &Passes, units: &[Unit], sink: &mut Sink) -> Result<(), ExplainError> {
        for (index, unit) in units.iter().enumerate() {
            let scores = passes.scores(passes.photo(unit.photo)?)?;
            let found = results::Predictions {
                scores: scores.scores.clone(),
                probabilities: scores.probabilities.clone(),
            };
            sink.found(index, Results::Predictions(found))?;
            sink.advanced(index + 1, units.len())?;
        }
        Ok(())
    }
}
