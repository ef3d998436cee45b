//! `report.json`: the report for other programs. Numbers are numbers here; texts are in the report's language.
//!
//! A number that is not finite is `null`. Maps and other arrays lie in files beside it, see [`Array`].

mod array;
mod ascent;
mod checks;
mod components;
mod data_set;
mod figure;
mod found;
mod outcomes;
mod sampling;
mod schema;
mod segments;
mod target;

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::Serialize;
use serde_json::Value as Json;

pub use array::{Array, Dtype};
pub use ascent::{Curve, Ending, Objective, Stage};
pub use checks::{CascadeStep, Check, Curves, StepCurve};
pub use components::{Component, Concept, Crop};
pub use data_set::{FilterResponses, Guess, LabelCurve, LabelRow, Peak, PhotoFact, Varied};
pub use figure::{Exhibit, Figure, Parameters};
pub use found::{Found, Unit};
pub use outcomes::{Average, Calibration, ConfidenceBin, Group, Interval, Outcomes, Rates, Table};
pub use sampling::{Sampling, Settling};
pub use schema::json_schema;
pub use segments::{Explained, SegmentWeight, Stopping};
pub use target::{
    Class, ExplainedClass, ExplainedClasses, Layer, Meaning, NamedClass, Place, Target, Term,
};

/// Raised when a program that reads `report.json` would have to change.
pub const FORMAT_VERSION: u32 = 1;

/// A report of cnn-report: its texts, and for every figure what was computed. Numbers that are not finite are null.
#[derive(Debug, Clone, Serialize, JsonSchema)]
#[schemars(deny_unknown_fields)]
pub struct Report {
    /// Version of this format.
    pub format_version: u32,
    pub title: String,
    /// Language of all texts, BCP 47.
    pub language: String,
    /// The lines under the title.
    pub byline: Vec<Line>,
    /// Markdown, values and references filled in.
    pub introduction: String,
    /// What somebody needs who computes the numbers again.
    pub provenance: Provenance,
    /// The names of the classes, in the order of the network's scores.
    pub classes: Vec<String>,
    /// The photos that figures show.
    pub photos: Vec<Photo>,
    pub sections: Vec<Section>,
    /// In the order of the report.
    pub figures: Vec<Figure>,
    /// Every value that a text of the report can quote, by its name.
    pub values: BTreeMap<String, Value>,
    /// What the reader must know of the whole report.
    pub notices: Vec<String>,
}

#[derive(Debug, Clone, Serialize, JsonSchema)]
#[schemars(deny_unknown_fields)]
pub struct Line {
    pub label: String,
    pub value: String,
}

#[derive(Debug, Clone, Serialize, JsonSchema)]
#[schemars(deny_unknown_fields)]
pub struct Provenance {
    /// Version of cnn-report.
    pub version: String,
    pub model: Model,
    /// The networks under `models`; empty where there are none.
    pub other_models: Vec<OtherModel>,
    /// Channels, height and width of one input.
    pub input_shape: [usize; 3],
    /// How photos become the network's input, every setting filled in.
    pub preprocessing: Json,
    /// `cpu`, `mps`, or `cuda:` and its number.
    pub device: String,
    pub precision: Precision,
    /// What bfloat16 changes of the report's photos; absent in float32.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub precision_agreement: Option<PrecisionAgreement>,
    /// Version of libtorch.
    pub libtorch: String,
    /// Start of every random number.
    pub seed: u64,
}

/// Scores in bfloat16 beside those in float32.
#[derive(Debug, Clone, Serialize, JsonSchema)]
#[schemars(deny_unknown_fields)]
pub struct PrecisionAgreement {
    /// Photos that were compared.
    pub photos: usize,
    /// Names of those of which another class is predicted than in float32.
    pub other_class: Vec<String>,
    /// The largest difference of a probability, 0..1.
    pub largest_difference: f64,
}

#[derive(Debug, Clone, Serialize, JsonSchema)]
#[schemars(deny_unknown_fields)]
pub struct Model {
    /// Name of the file.
    pub file: String,
    /// Which of its outputs holds the scores; null where report.yaml does not say it.
    pub output: Option<String>,
    /// Such as `PyTorch exported program` or `ONNX`.
    pub format: String,
    /// SHA-256 of the file; of an ONNX file together with its data files.
    pub sha256: String,
    /// What weights were put into; null where the file holds the graph.
    pub architecture: Option<String>,
    /// Number of elements of all parameters.
    pub parameters: usize,
    pub scores_are: ScoresAre,
    pub activation: Activation,
}

/// A network of `models`, with what it makes of a photo.
#[derive(Debug, Clone, Serialize, JsonSchema)]
#[schemars(deny_unknown_fields)]
pub struct OtherModel {
    /// Its key under `models`.
    pub key: String,
    /// As figures call it.
    pub name: String,
    pub model: Model,
    /// Channels, height and width of one input.
    pub input_shape: [usize; 3],
    /// How a photo becomes the input.
    pub preprocessing: serde_json::Value,
    /// Names of the classes in the order of the scores.
    pub classes: Vec<String>,
}

/// In what scores without gradients were computed; everything else is float32.
#[derive(Debug, Clone, Copy, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Precision {
    Fp32,
    Bf16,
}

/// What the numbers are that the network gives.
#[derive(Debug, Clone, Copy, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum ScoresAre {
    /// Numbers of any size and sign.
    Scores,
    /// They sum to 1.
    Probabilities,
    /// One for each label by itself.
    IndependentProbabilities,
    /// That of the second of two classes.
    OneProbability,
    /// Logarithms of probabilities that sum to 1.
    LogProbabilities,
    /// Logarithms of independent probabilities.
    IndependentLogProbabilities,
}

/// How probabilities are made of the scores.
#[derive(Debug, Clone, Copy, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Activation {
    /// Over all classes.
    Softmax,
    /// Of each label by itself.
    Sigmoid,
    /// Of the one number s that the network gives; the scores of its two classes are −s and s.
    SigmoidOfOne,
}

#[derive(Debug, Clone, Serialize, JsonSchema)]
#[schemars(deny_unknown_fields)]
pub struct Photo {
    /// `id` of report.yaml, by which units name it.
    pub id: String,
    /// As figures show it.
    pub name: String,
    /// Path as report.yaml gives it, relative to its folder.
    pub file: String,
    /// Name of the tensor, in a file of several.
    pub tensor: Option<String>,
    /// BLAKE3 of the file.
    pub blake3: String,
}

/// A question with what stands below it.
#[derive(Debug, Clone, Serialize, JsonSchema)]
#[schemars(deny_unknown_fields)]
pub struct Section {
    /// Anchor in the HTML page.
    pub id: String,
    /// From 1.
    pub number: usize,
    pub title: String,
    /// Points the question is worth.
    pub points: Option<f64>,
    /// Markdown, values and references filled in, as all texts.
    pub prompt: String,
    /// In the order in which they appear, those last that the answer places.
    pub blocks: Vec<Block>,
    /// Markdown. Here and in texts `{figure:NAME}` is where the figure of that name stands.
    pub answer: String,
}

/// A text between figures (Markdown), or a figure by its name.
#[derive(Debug, Clone, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Block {
    Text(String),
    Figure(String),
}

/// A text, a count, or a number; shares are 0..1.
#[derive(Debug, Clone, Serialize, JsonSchema)]
#[serde(untagged)]
pub enum Value {
    Text(String),
    Count(usize),
    Number(Option<f64>),
}

/// The number, or none where JSON has no way to write it.
pub fn finite(number: f64) -> Option<f64> {
    number.is_finite().then_some(number)
}

impl Report {
    /// The file's text. Equal reports give equal bytes.
    pub fn to_json(&self) -> Result<Vec<u8>, serde_json::Error> {
        let mut text = serde_json::to_vec_pretty(self)?;
        text.push(b'\n');
        Ok(text)
    }
}
