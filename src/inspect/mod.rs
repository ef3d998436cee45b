//! What is in a model file, and what can be done with it; as far as it goes for files that do not load.

mod attention;
mod classifier;
mod inspection;
mod layer_table;
mod mcnemar;
mod methods;
mod network;
mod text;
pub mod trial;
mod trial_text;
pub mod verify;
mod weights;

use crate::explain::Entry;
use crate::fs;
use crate::model::load;
use crate::model::{Architecture, Device, Model, ModelError, Source};

pub use attention::{attention_json, attention_text};
pub use classifier::Classifier;
pub use inspection::Inspection;
pub use layer_table::{layer_json, layer_table};
pub use methods::MethodRow;
pub use network::Network;
pub use text::{as_text, verification_text};
pub use trial_text::trial_text;
pub use weights::Weights;

/// Looks at a file, whose weights go into `architecture` where one is given.
/// `methods` are those that are tried on it. An error only where the file cannot be read at all; the
/// network, where it could be made, comes beside what is said of it.
pub fn inspect(
    source: &Source,
    architecture: Option<&Architecture>,
    device: Device,
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
        weights: None,
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
            inspection.weights = weights::of(source);
            inspection.fault = Some(error.to_string());
            Ok((inspection, None))
        }
    }
}
