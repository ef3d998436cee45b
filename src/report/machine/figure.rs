//! What `report.json` says of a figure.

use schemars::JsonSchema;
use serde::Serialize;
use serde_json::{Map, Value};

use super::{Calibration, LabelCurve, Outcomes, Unit};

/// A figure of report.yaml: one method with its parameters and photos.
#[derive(Debug, Clone, Serialize, JsonSchema)]
#[schemars(deny_unknown_fields)]
pub struct Figure {
    /// The `id` of report.yaml, or one made from the method; unique. Values and files begin with it.
    pub name: String,
    /// The `id` of report.yaml.
    pub id: Option<String>,
    /// YAML name of the method.
    pub method: String,
    /// Raised with every change of the method's numbers.
    pub method_version: u32,
    /// The network that it explains: `model`, or a key of `models`.
    pub model: String,
    /// Heading above the figure.
    pub title: String,
    pub citations: Vec<String>,
    pub parameters: Parameters,
    /// Ids of its photos.
    pub photos: Vec<String>,
    /// The numbered figures and tables that show it.
    pub exhibits: Vec<Exhibit>,
    /// What was found, one a photo or filter. Of labelled photos see `outcomes`.
    pub units: Vec<Unit>,
    /// Of a method that takes labelled photos.
    pub outcomes: Option<Outcomes>,
    /// Of `calibration`.
    pub calibration: Option<Calibration>,
    /// Of `label_rates`: each label that some photo has, at every threshold at which its rates change.
    pub label_curves: Option<Vec<LabelCurve>>,
    /// What the reader must know of it.
    pub notices: Vec<String>,
    /// Why the method failed.
    pub failure: Option<String>,
}

/// Every key as used, defaults filled in.
#[derive(Debug, Clone, Serialize, JsonSchema)]
#[schemars(deny_unknown_fields)]
pub struct Parameters {
    /// Those of the method, on which the numbers depend.
    pub method: Map<String, Value>,
    /// Those that change pictures and captions only.
    pub view: Map<String, Value>,
    /// Names of what judges the maps; null of a method that gives none of a class.
    pub checks: Option<Vec<String>>,
}

/// A numbered figure or table of the pages.
#[derive(Debug, Clone, Serialize, JsonSchema)]
#[schemars(deny_unknown_fields)]
pub struct Exhibit {
    /// `Figure 3`, in the report's language.
    pub number: String,
    /// Anchor in the pages; names of picture files begin with it.
    pub anchor: String,
    pub caption: String,
    /// The description for readers who cannot see the picture.
    pub alt: String,
}
