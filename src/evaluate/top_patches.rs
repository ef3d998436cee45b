//! Which photos, and which part of them, excite a filter most?
//!
//! Of each photo the cell with the largest output of the filter; of all photos those in which it is largest, the largest
//! first, of equals in the order of the data set. One patch a photo: a single photo would fill the row otherwise. What
//! is shown is cut out by the receptive field of the cell: all that the output can depend on. (The filter's picture by ascent
//! shows what could excite it; these show what does.)
//!
//! **Input**, **output** and **errors**: see [`responses`].
//! **Differs from the papers** in that no deconvolution is drawn beside the patches, and that padding is shown in grey.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use super::labelled::{self, Labelled};
use super::responses;
use crate::explain::{
    DataSet as Shown, Entry, ExplainError, Fault, Inputs, Method, Needs, Passes, Photos, Shared,
    Sink, Unit, Viewing, chosen,
};
use crate::model::LayerName;
use crate::results::{Kind, Results};

pub const ENTRY: Entry = Entry {
    name: "top_patches",
    version: 1,
    kind: Kind::Patches,
    view: Viewing::PLAIN,
    photos: Photos::None,
    schema: labelled::schema::<Parameters>,
    parse,
    smallest: |facts| chosen::smallest(facts, &["filters"]),
    citations: &[
        "Zeiler, M. D., Fergus, R.: Visualizing and Understanding Convolutional Networks. ECCV 2014",
        "Girshick, R., Donahue, J., Darrell, T., Malik, J.: Rich Feature Hierarchies for Accurate Object Detection and Semantic Segmentation. CVPR 2014",
    ],
};

/// The patches of labelled photos that excite a filter most, one a photo.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
#[schemars(extend("required" = ["layer", "filters"]))]
pub struct Parameters {
    /// The layer, by number or module path; its output must be maps. No default.
    #[schemars(required)]
    pub layer: Option<LayerName>,
    /// The filters (channels of the layer's output), each from 0. No default. Other filters of a layer cost no further pass.
    #[schemars(length(min = 1))]
    pub filters: Vec<usize>,
    /// Patches of each filter, at most. Default 8.
    #[schemars(range(min = 1, max = 20))]
    pub count: usize,
}

impl Default for Parameters {
    fn default() -> Self {
        Self {
            layer: None,
            filters: Vec::new(),
            count: 8,
        }
    }
}

/// A method of the responses of a layer; how it shows them is its kind.
pub(super) struct OfResponses<P> {
    pub labelled: Labelled,
    pub own: P,
}

/// What such a method asks for.
pub(super) trait OfLayer {
    fn layer(&self) -> Option<&LayerName>;
    fn filters(&self) -> &[usize];
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

impl<P: OfLayer + Serialize> Method for OfResponses<P> {
    fn needs(&self) -> Needs {
        Needs::Layers
    }

    fn check(&self, inputs: &Inputs) -> Vec<Fault> {
        let of = (self.own.layer(), self.own.filters());
        responses::check(&self.labelled, inputs, of)
    }

    fn network_faults(&self, inputs: &Inputs) -> Vec<Fault> {
        responses::network_faults(inputs, (self.own.layer(), self.own.filters()))
    }

    /// The layer resolved.
    fn parameters(&self, inputs: &Inputs) -> Map<String, Value> {
        let mut used = labelled::object(&self.labelled, &self.own);
        if let Ok(layer) = chosen::map_layer(inputs, self.own.layer()) {
            used.insert("layer".to_owned(), json!(layer.path));
        }
        used
    }

    /// Not which filters: all of the layer are found.
    fn computing(&self, inputs: &Inputs) -> Map<String, Value> {
        responses::computing(inputs, self.own.layer())
    }

    fn shared(&self, inputs: &Inputs, _: &Unit) -> Option<Shared> {
        Some(responses::shared(inputs, self.own.layer()))
    }

    fn units(&self, inputs: &Inputs) -> Vec<Unit> {
        self.labelled.units(inputs)
    }

    fn run(&self, passes: &Passes, units: &[Unit], sink: &mut Sink) -> Result<(), ExplainError> {
        responses::run(&self.labelled, self.own.layer(), passes, units, sink)
    }

    fn accept(&self, results: &[&Results]) -> Result<(), ExplainError> {
        responses::accept(&self.labelled, results)
    }

    fn warnings(&self) -> Vec<Fault> {
        self.labelled.warnings()
    }

    fn data(&self) -> Option<&dyn Shown> {
        self.labelled.data()
    }
}
