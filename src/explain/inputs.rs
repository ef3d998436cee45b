//! What a method can know without a network.

use std::path::Path;
use std::sync::Arc;

use super::Photo;
use crate::labels::Labels;
use crate::model::ModelFacts;
use crate::picture::Preprocessing;

/// What a figure is about. Nothing here is a network, and pixels are decoded only where somebody asks.
#[derive(Clone, Copy)]
pub struct Inputs<'a> {
    pub facts: &'a ModelFacts,
    pub labels: &'a Labels,
    pub preprocessing: &'a Preprocessing,
    /// The photos of the figure, in its order.
    pub photos: &'a [Arc<Photo>],
    /// The report's seed; equal seeds give equal results.
    pub seed: u64,
    /// Folder of report.yaml, from which paths in parameters are resolved.
    pub base: &'a Path,
}
