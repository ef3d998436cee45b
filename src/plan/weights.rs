//! The network of a spec: a file that holds one, or weights and where their graph comes from.

use std::path::Path;

use tch::Device;

use super::files::resolve;
use super::keep;
use crate::diagnostic::Diagnostic;
use crate::model::load::sequential::{self, Sequential};
use crate::model::{Architecture, Model, ModelError, Source};
use crate::spec::{Document, ModelSpec};

/// What the weights of a file go into.
pub enum Blueprint {
    /// The file's own network, or the built-in one that the source names.
    Own,
    Graph(Architecture),
    Layers(Sequential),
}

/// Reads what `graph` or `layers` names; what is wrong with it is a fault of that key.
pub fn blueprint(
    document: &Document,
    spec: &ModelSpec,
    base: &Path,
    input_shape: [i64; 3],
    faults: &mut Vec<Diagnostic>,
) -> Option<Blueprint> {
    let origins = [
        ("architecture", spec.architecture.is_some()),
        ("graph", spec.graph.is_some()),
        ("layers", spec.layers.is_some()),
    ];
    let named = origins.iter().filter(|(_, is_named)| *is_named);
    let named: Vec<_> = named.map(|(key, _)| *key).collect();
    if let [first, others @ ..] = named.as_slice()
        && !others.is_empty()
    {
        faults.extend(others.iter().map(|key| {
            let message = format!("`{key}` stands beside `{first}`");
            document.key_error(
                &format!("/model/{key}"),
                message,
                "weights go into one network: leave one of them out",
            )
        }));
        return None;
    }
    if let Some(layers) = &spec.layers {
        let sequential = sequential::read(layers, input_shape).map_err(|found| {
            faults.extend(found.into_iter().map(|fault| {
                let pointer = format!("/model/layers{}", fault.pointer);
                document.error(&pointer, fault.message, fault.hint)
            }));
        });
        return sequential.ok().map(Blueprint::Layers);
    }
    let Some(graph) = &spec.graph else {
        return Some(Blueprint::Own);
    };
    let architecture = Architecture::of_exported_program(&resolve(base, graph));
    let architecture = keep(architecture, faults, |error| {
        document.error("/model/graph", error.to_string(), "")
    });
    architecture.map(Blueprint::Graph)
}

/// Reads the network; what is wrong with it is a fault of the key that it comes from.
pub fn model(
    document: &Document,
    spec: &ModelSpec,
    base: &Path,
    source: Source,
    device: Device,
    faults: &mut Vec<Diagnostic>,
) -> Option<Model> {
    let error_at = |place: &str, error: ModelError| document.error(place, error.to_string(), "");
    match blueprint(document, spec, base, source.input_shape, faults)? {
        Blueprint::Layers(sequential) => {
            let model = Model::load_into(&source, &sequential.architecture, device);
            model
                .map_err(|error| faults.extend(faults_of_layers(document, &sequential, &error)))
                .ok()
        }
        Blueprint::Graph(architecture) => {
            let model = Model::load_into(&source, &architecture, device);
            keep(model, faults, |error| {
                error_at(place_of(&error, "/model/graph"), error)
            })
        }
        Blueprint::Own => {
            let source = source.with_architecture(spec.architecture.as_deref());
            keep(Model::load(&source, device), faults, |error| {
                error_at(place_of(&error, "/model/architecture"), error)
            })
        }
    }
}

/// Weights that do not fit are a fault of the layer that they belong to.
fn faults_of_layers(
    document: &Document,
    sequential: &Sequential,
    error: &ModelError,
) -> Vec<Diagnostic> {
    let ModelError::WeightsDoNotFit { file, faults, .. } = error else {
        let place = place_of(error, "/model/layers");
        return vec![document.error(place, error.to_string(), "")];
    };
    let fault = |fault: &crate::model::load::fit::WeightFault| {
        let place = sequential.place_of(&fault.weight);
        let message = format!("{} in `{}`", fault.text, file.display());
        document.error(&format!("/model/layers{place}"), message, "")
    };
    faults.iter().map(fault).collect()
}

/// The key of the spec that an error of the model is about; `origin` is where its graph comes from.
fn place_of(error: &ModelError, origin: &'static str) -> &'static str {
    match error {
        ModelError::ArchitectureUnknown { .. }
        | ModelError::ArchitectureMissing { .. }
        | ModelError::ArchitectureNotNeeded { .. }
        | ModelError::GraphNotNeeded { .. }
        | ModelError::WeightsDoNotFit { .. } => origin,
        ModelError::DoesNotRun { .. } | ModelError::InputShape { .. } => "/model/input",
        ModelError::Bf16DoesNotRun { .. } | ModelError::Bf16NotOfTorchScript => "/precision",
        _ => "/model/file",
    }
}
