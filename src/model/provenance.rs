//! Where a network comes from.

use serde::{Deserialize, Serialize};

/// Where a network comes from, for the appendix of a report.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Provenance {
    /// `PyTorch exported program`, `safetensors`, `PyTorch state dict`, `ONNX` or `TorchScript`.
    pub format: String,
    /// Of the whole file, in hexadecimal; of an ONNX file together with its data files.
    pub sha256: String,
    /// Files that were read besides the model file, as paths relative to its folder, in the order in which
    /// `sha256` takes them: the data files of an ONNX model. Facts hold only while none of them changes.
    pub companions: Vec<String>,
    /// Name of the architecture that weights were put into.
    pub architecture: Option<String>,
    /// The version of PyTorch that wrote the graph.
    pub torch_version: Option<String>,
    /// What wrote an ONNX file: `pytorch 2.13.0, opset 18`.
    pub producer: Option<String>,
    /// Where in a file of weights they lie: `model`, `model.state_dict`; empty for the whole of it.
    #[serde(default)]
    pub weights_key: String,
    /// Where in the file others of the same shapes lie, such as `ema`.
    #[serde(default)]
    pub other_weights: Vec<String>,
    /// Number of elements of all parameters.
    pub parameters: usize,
}
