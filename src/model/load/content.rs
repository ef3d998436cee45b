//! What a file held, before its weights are checked.

use std::collections::BTreeMap;

use tch::Tensor;

use super::torchscript::TorchScript;
use crate::fs::Mapped;
use crate::model::graph::Graph;

/// What a file held, before its weights are checked.
pub struct Content {
    /// What the file's format is called.
    pub format: &'static str,
    /// Height and width that the file fixes.
    pub exported_size: Option<[i64; 2]>,
    pub graph: Graph,
    pub weights: BTreeMap<String, Tensor>,
    /// Where in a file of weights they lie; empty for the whole of it.
    pub weights_key: String,
    /// Where others of the same shapes lie.
    pub other_weights: Vec<String>,
    pub module: Option<TorchScript>,
    pub architecture: Option<String>,
    pub torch_version: Option<String>,
    pub producer: Option<String>,
    /// Files beside it by their paths from its folder, in the order of these.
    pub companions: Vec<(String, Mapped)>,
}
