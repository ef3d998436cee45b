//! Which classes does the network take for which?
//!
//! counts\[t\]\[p\] is the number of photos of group t that were predicted as p, see [`outcomes`].
//!
//! **Output** counts; accuracy with its 95 % Wilson interval; precision, recall and F1 of each group and
//! their macro and weighted means, all as scikit-learn's `classification_report` (0..1, an undefined
//! rate counts as 0 in the means).

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::{labelled, outcomes};
use crate::explain::{Entry, Method, Photos, Viewing};
use crate::results::Kind;

pub const ENTRY: Entry = Entry {
    name: "confusion_matrix",
    version: 2,
    kind: Kind::Outcomes,
    view: Viewing::PLAIN,
    photos: Photos::None,
    schema: labelled::schema::<ConfusionMatrix>,
    parse,
    smallest: |_| Value::Object(Map::new()),
    citations: &[
        "Wilson, E. B.: Probable Inference, the Law of Succession, and Statistical Inference. Journal of the American Statistical Association 22, 1927",
    ],
};

/// Counts of true against predicted classes on labelled photos.
#[derive(Debug, Clone, Default, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct ConfusionMatrix {}

fn parse(keys: Value) -> Result<Box<dyn Method>, serde_json::Error> {
    let (labelled, ConfusionMatrix {}) = labelled::split(keys)?;
    Ok(Box::new(outcomes::OfOutcomes {
        labelled,
        because: "a confusion matrix counts one for each photo",
    }))
}
