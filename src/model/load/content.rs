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
    pub graph: Graph,
    pub weights: BTreeMap<String, Tensor>,
    pub module: Option<TorchScript>,
    pub architecture: Option<String>,
    pub torch_version: Option<String>,
    pub producer: Option<String>,
    /// Files beside it by their paths from its folder, in the order of these.
    pub companions: Vec<(String, Mapped)>,
}
