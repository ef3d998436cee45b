//! Everything that `cnn-report inspect` says of a file.

use serde::Serialize;

use super::classifier::Classifier;
use super::network::Network;
use super::weights::Weights;
use crate::model::load::Loaded;

/// Everything that `cnn-report inspect` says of a file.
#[derive(Debug, Serialize)]
pub struct Inspection {
    /// As the user named it.
    pub file: String,
    pub size_bytes: usize,
    /// What the content says, whatever the extension.
    pub format: &'static str,
    /// Of the whole file, in hexadecimal; of an ONNX file together with its data files.
    pub sha256: String,
    /// Program and version that wrote it; `None` where the file does not say.
    pub written_by: Option<String>,
    /// Built-in architecture that the weights were put into.
    pub architecture: Option<String>,
    /// `None` where the file cannot be read as a network.
    pub network: Option<Network>,
    /// `None` where the network cannot be run as a classifier.
    pub classifier: Option<Classifier>,
    /// The tensors of a file of weights whose network is not known, or into which they do not fit.
    pub weights: Option<Weights>,
    /// Why it cannot be used; `None` where it can.
    pub fault: Option<String>,
}

impl Inspection {
    pub fn describe(&mut self, loaded: &Loaded) {
        let provenance = &loaded.provenance;
        let torch = provenance.torch_version.as_ref();
        self.written_by = match (&provenance.producer, torch, &provenance.architecture) {
            (Some(producer), _, _) => Some(producer.clone()),
            // The version is that of the built-in architecture, not of the weights.
            (None, _, Some(_)) => None,
            (None, torch, None) => torch.map(|version| format!("PyTorch {version}")),
        };
        self.sha256.clone_from(&provenance.sha256);
        self.architecture.clone_from(&provenance.architecture);
        self.network = Some(Network::of(loaded));
    }
}
