//! What is in a model file, and what can be done with it; as far as it goes for files that do not load.

mod classifier;
mod mcnemar;
mod methods;
mod network;
mod text;
pub mod trial;
mod trial_text;
pub mod verify;

use serde::Serialize;

use crate::explain::Entry;
use crate::fs;
use crate::model::load::{self, Loaded};
use crate::model::{Architecture, Model, ModelError, Source};

pub use classifier::Classifier;
pub use methods::MethodRow;
pub use network::Network;
pub use text::{as_text, verification_text};
pub use trial_text::trial_text;

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
    /// Why it cannot be used; `None` where it can.
    pub fault: Option<String>,
}

/// Looks at a file, whose weights go into `architecture` where one is given.
/// `methods` are those that are tried on it. An error only where the file cannot be read at all; the
/// network, where it could be made, comes beside what is said of it.
pub fn inspect(
    source: &Source,
    architecture: Option<&Architecture>,
    device: tch::Device,
    methods: &[&'static Entry],
) -> Result<(Inspection, Option<Model>), ModelError> {
    load::check_is_file(&source.file)?;
    let bytes = fs::map(&source.file)?;
    let mut inspection = Inspection {
        file: source.file.display().to_string(),
        size_bytes: bytes.len(),
        format: load::format_name(&bytes),
        sha256: load::sha256(&[&bytes]),
        written_by: None,
        architecture: None,
        network: None,
        classifier: None,
        fault: None,
    };
    drop(bytes);
    let loaded = match architecture {
        Some(architecture) => load::load_into(source, architecture),
        None => load::load(source),
    };
    let model = loaded.and_then(|loaded| {
        inspection.describe(&loaded);
        Model::new(loaded, source, device)
    });
    match model {
        Ok(model) => {
            inspection.classifier = Some(Classifier::of(&model, methods));
            Ok((inspection, Some(model)))
        }
        Err(error) => {
            inspection.fault = Some(error.to_string());
            Ok((inspection, None))
        }
    }
}

impl Inspection {
    fn describe(&mut self, loaded: &Loaded) {
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
