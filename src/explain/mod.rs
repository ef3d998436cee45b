//! The explanation methods: one file each, one row each in `METHODS`.

pub mod activation_maps;
pub mod chosen;
pub mod deep_dream;
pub mod filters;
pub mod finding;
mod input;
pub mod lime;
pub mod names;
pub mod numbers;
pub mod optimise;
pub mod parameters;
pub mod photos;
pub mod predictions;
pub mod saliency;
pub mod seed;

use std::path::Path;

use crate::model::{Labels, MemoryError, Model, ModelError, refusal};
use crate::picture::{Array, Picture, Preprocessing};
use finding::Finding;

/// Every method, in the order in which documentation lists them.
pub const METHODS: &[Entry] = &[
    photos::ENTRY,
    predictions::ENTRY,
    saliency::ENTRY,
    lime::ENTRY,
    activation_maps::ENTRY,
    filters::ENTRY,
    deep_dream::ENTRY,
];

/// A row of the table of methods. Everything else (spec keys, docs, section of the report) follows from it.
pub struct Entry {
    /// YAML key, also the name of `templates/methods/<name>.yaml`.
    pub name: &'static str,
    /// How many photos of the spec it takes.
    pub photos: Photos,
    /// JSON Schema of its parameters, from their serde struct.
    pub schema: fn() -> schemars::Schema,
    /// Its parameters from checked JSON.
    pub parse: fn(serde_json::Value) -> Result<Box<dyn Method>, serde_json::Error>,
    /// Author, title, venue and year of the papers it implements.
    pub citations: &'static [&'static str],
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Photos {
    /// Takes no `images:` key.
    None,
    /// All images of the spec, or those that `images:` lists.
    Any,
    /// Exactly one.
    One,
}

/// What a method looks at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Needs {
    /// Scores, and their gradient with respect to the picture: any network has them.
    Scores,
    /// Outputs of layers, which a network that runs as a whole does not show.
    Layers,
}

/// A method with its parameters.
pub trait Method {
    /// A figure whose method needs more than the network shows is left out, with a notice in its place.
    fn needs(&self) -> Needs {
        Needs::Scores
    }

    /// Every fault that can be found without running the network.
    fn check(&self, context: &Context) -> Vec<Fault>;

    /// `progress(done, total)` may be called at any step.
    fn run(
        &self,
        context: &Context,
        progress: &dyn Fn(usize, usize),
    ) -> Result<Finding, ExplainError>;
}

/// What a method is given. It borrows the model and cannot change it.
pub struct Context<'a> {
    pub model: &'a Model,
    pub labels: &'a Labels,
    pub preprocessing: &'a Preprocessing,
    pub photos: &'a [Photo],
    /// The spec's seed; equal seeds give equal results.
    pub seed: u64,
    /// Folder of report.yaml, from which paths in parameters are resolved.
    pub base: &'a Path,
}

/// A photo as the network sees it: oriented, resized and cropped, not yet normalised; or an array in its place.
#[derive(Debug, Clone)]
pub struct Photo {
    /// Its `id` in the spec.
    pub id: String,
    /// Of the network's size; of an array, turned back into pixels for showing.
    pub picture: Picture,
    /// Fed in place of the picture, as it is.
    pub array: Option<Array>,
}

/// A wrong parameter.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fault {
    /// Where below the method's mapping, as a JSON pointer: `/layer`, `/filters/2`.
    pub pointer: String,
    pub message: String,
    /// What would be right.
    pub hint: String,
}

#[derive(Debug, thiserror::Error)]
pub enum ExplainError {
    /// Boxed, for it is the largest by far.
    #[error(transparent)]
    Model(Box<ModelError>),
    #[error("libtorch: {0}")]
    Torch(#[from] tch::TchError),
    #[error(transparent)]
    File(#[from] crate::fs::FileError),
    #[error("{0}")]
    Failed(String),
}

impl MemoryError for ExplainError {
    fn out_of_memory(&self) -> Option<String> {
        match self {
            Self::Model(error) => error.out_of_memory(),
            Self::Torch(error) => refusal(error),
            Self::File(_) | Self::Failed(_) => None,
        }
    }
}

impl From<ModelError> for ExplainError {
    fn from(error: ModelError) -> Self {
        Self::Model(Box::new(error))
    }
}
