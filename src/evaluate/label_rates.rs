//! How well is each label found, by itself?
//!
//! For networks whose labels are independent: a photo has several of them, or none. A label counts as found where its
//! probability, see [`Model::activation`](crate::model::Model::activation), is at the threshold or above; precision,
//! recall and F1 of each label follow, and their micro and macro means, all as scikit-learn's
//! `precision_recall_fscore_support`, average precision as its `average_precision_score`. Of a network whose
//! probabilities sum to 1 each class is judged against the others.
//!
//! **Input** photos with any number of labels. **Output** the probability of each label for each photo; thresholds are
//! applied where rates are shown, so that changing one costs nothing. **Errors** a photo that cannot be decoded; scores
//! that are not finite.

use schemars::{JsonSchema, Schema};
use serde::Deserialize;
use serde_json::{Map, Value};

use super::data_set::LabelledPhoto;
use super::labelled::{self, Labelled, Network, Opened};
use super::outcomes;
use crate::explain::{
    DataSet as Shown, Entry, ExplainError, Fault, Inputs, Method, Needs, Passes, Photos, Sink,
    Unit, Viewing, parameters,
};
use crate::results::{Kind, LabelProbabilities, LabelRow, Results};

pub const ENTRY: Entry = Entry {
    name: "label_rates",
    version: 1,
    kind: Kind::Labels,
    view: Viewing::PLAIN,
    photos: Photos::None,
    schema,
    parse,
    smallest: |_| Value::Object(Map::new()),
    citations: &[
        "Tsoumakas, G., Katakis, I.: Multi-Label Classification: An Overview. International Journal of Data Warehousing and Mining 3, 2007",
    ],
};

/// How well each label is found by itself, at a threshold, on photos with several labels or none.
#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct LabelRates {
    /// Photos with any number of labels: a folder whose sub-folders are named by the label, a YAML file with `label: [path, …]`, or a text file with a path and its labels on each line, behind commas or in one cell between `|`; or with a line of headings, the path's and each label's, and 0 or 1 below. A photo that is named several times has all these labels. Paths in a file are relative to it. Must be given.
    #[allow(dead_code)] // described here, read by `Labelled`
    data: std::path::PathBuf,
}

/// Without `groups`: the probabilities of independent labels have no sum.
fn schema() -> Schema {
    let mut schema = labelled::schema::<LabelRates>();
    if let Some(properties) = schema.get_mut("properties").and_then(Value::as_object_mut) {
        properties.shift_remove("groups");
    }
    schema
}

fn parse(keys: Value) -> Result<Box<dyn Method>, serde_json::Error> {
    let labelled: Labelled = serde_json::from_value(keys)?;
    Ok(Box::new(Labels {
        labelled: labelled.of_several_labels(),
    }))
}

struct Labels {
    labelled: Labelled,
}

impl Method for Labels {
    fn needs(&self) -> Needs {
        Needs::Scores
    }

    fn check(&self, inputs: &Inputs) -> Vec<Fault> {
        self.labelled.faults(inputs)
    }

    fn network_faults(&self, _: &Inputs) -> Vec<Fault> {
        Vec::new()
    }

    fn parameters(&self, _: &Inputs) -> Map<String, Value> {
        parameters::object(&self.labelled)
    }

    fn computing(&self, _: &Inputs) -> Map<String, Value> {
        Map::new()
    }

    fn units(&self, inputs: &Inputs) -> Vec<Unit> {
        self.labelled.units(inputs)
    }

    fn run(&self, passes: &Passes, units: &[Unit], sink: &mut Sink) -> Result<(), ExplainError> {
        let row = |row: Vec<f64>| LabelRow::Read(row.into_iter().map(|p| p as f32).collect());
        let network = Network::of(passes);
        let read = |photos: &[LabelledPhoto], opened: Vec<Opened>| {
            outcomes::each_photo(network, (photos, opened), LabelRow::Unreadable, &row)
        };
        let results = |rows| Results::Labels(LabelProbabilities { rows });
        self.labelled.walk(passes, units, sink, &read, &results)
    }

    fn accept(&self, results: &[&Results]) -> Result<(), ExplainError> {
        let rows = results.iter().flat_map(|results| match results {
            Results::Labels(found) => found.rows.as_slice(),
            _ => &[],
        });
        let is_unreadable = |row: &&LabelRow| matches!(row, LabelRow::Unreadable(_));
        self.labelled.accept(rows.filter(is_unreadable).count())
    }

    fn warnings(&self) -> Vec<Fault> {
        self.labelled.warnings()
    }

    fn data(&self) -> Option<&dyn Shown> {
        self.labelled.data()
    }
}
