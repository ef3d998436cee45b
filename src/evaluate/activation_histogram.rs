//! How are the outputs of a filter spread, and for which classes is it strong?
//!
//! All outputs of a filter over all cells of all photos; beside it, for each group of labels, the mean over its photos of the
//! mean output of each photo, with its 95 % interval (1.96 standard errors; none for a single photo). A filter whose output is never above
//! zero is dead for these photos: behind a ReLU it tells the layers after it nothing.
//!
//! **Input**, **output** and **errors**: see [`responses`](super::responses). Outputs are counted in bins of at most 1/16 of
//! their values; columns of a chart are made of these, so that a column holds a few per cent of its neighbour.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::labelled;
use super::top_patches::{OfLayer, OfResponses};
use crate::explain::{Entry, Method, Photos, Viewing, chosen};
use crate::model::LayerName;
use crate::results::Kind;

pub const ENTRY: Entry = Entry {
    name: "activation_histogram",
    version: 1,
    kind: Kind::Spread,
    view: Viewing::PLAIN,
    photos: Photos::None,
    schema: labelled::schema::<Parameters>,
    parse,
    smallest: |facts| chosen::smallest(facts, &["filters"]),
    citations: &[],
};

/// How the outputs of a layer's filters are spread over labelled photos, their means by class, and the filters that are dead.
#[derive(Debug, Clone, Default, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
#[schemars(extend("required" = ["layer", "filters"]))]
pub struct Parameters {
    /// The layer, by number or module path; its output must be maps. No default.
    #[schemars(required)]
    pub layer: Option<LayerName>,
    /// The filters (channels of the layer's output) that are drawn, each from 0. No default. Dead ones are looked for among all.
    #[schemars(length(min = 1))]
    pub filters: Vec<usize>,
}

impl OfLayer for Parameters {
    fn layer(&self) -> Option<&LayerName> {
        self.layer.as_ref()
    }

    fn filters(&self) -> &[usize] {
        &self.filters
    }
}

fn parse(keys: Value) -> Result<Box<dyn Method>, serde_json::Error> {
    let (labelled, own) = labelled::split::<Parameters>(keys)?;
    Ok(Box::new(OfResponses { labelled, own }))
}
