//! The network of a spec: a file that holds one, or weights and where their graph comes from. Nothing is
//! loaded here.

use std::path::{Path, PathBuf};

use serde_json::{Value, json};

use super::files::resolve;
use super::input::Defaults;
use super::keep;
use super::memory::Memory;
use crate::diagnostic::Diagnostic;
use crate::fs::FileError;
use crate::model::load::sequential::{self, Sequential};
use crate::model::{
    self, Architecture, Device, Model, ModelError, ModelFacts, Precision, Source, StatedScores,
    device_kind, precision_name,
};
use crate::picture::Preprocessing;
use crate::spec::{Document, ModelSpec, ScoresSpec, Spec};

/// The model that a spec names, before anyone tries to load it.
pub struct NamedModel {
    pub source: Source,
    pub origin: Origin,
    pub device: Device,
}

/// What the weights of a file go into.
pub enum Origin {
    /// The file's own network, or the built-in one that the source names.
    Own,
    /// The graph of another model file.
    Graph(PathBuf),
    /// The layers of the spec, as it writes them and as a network.
    Layers(Value, Box<Sequential>),
}

impl NamedModel {
    /// Reads, checks and freezes the network.
    pub fn load(&self) -> Result<Model, ModelError> {
        match &self.origin {
            Origin::Own => Model::load(&self.source, self.device),
            Origin::Graph(file) => {
                let architecture = Architecture::of_exported_program(file)?;
                Model::load_into(&self.source, &architecture, self.device)
            }
            Origin::Layers(_, layers) => {
                Model::load_into(&self.source, &layers.architecture, self.device)
            }
        }
    }

    /// The same of files whose facts were found before and which have not changed since: nothing is tried.
    pub fn load_known(&self, facts: ModelFacts) -> Result<Model, ModelError> {
        let known =
            |architecture| Model::load_known(&self.source, architecture, self.device, facts);
        match &self.origin {
            Origin::Own => known(None),
            Origin::Graph(file) => known(Some(&Architecture::of_exported_program(file)?)),
            Origin::Layers(_, layers) => known(Some(&layers.architecture)),
        }
    }

    /// What decides the facts of the network, and with them every number: the content of its files and how they
    /// are read. Companions are not in it: the facts name them.
    pub fn identity(&self, memory: &dyn Memory) -> Result<Value, FileError> {
        let origin = match &self.origin {
            Origin::Own => json!({ "architecture": self.source.architecture }),
            Origin::Graph(file) => json!({ "graph": memory.digest(file)? }),
            Origin::Layers(written, _) => json!({ "layers": written }),
        };
        let mut identity = json!({
            "file": memory.digest(&self.source.file)?,
            "weights": self.source.weights,
            "origin": origin,
            "input": self.source.input_shape,
            "as_exported": self.source.as_exported,
            "scores": self.source.scores,
            "size_as_exported": self.source.size_as_exported,
        });
        if let Some(output) = &self.source.output {
            identity["output"] = json!(output);
        }
        Ok(identity)
    }

    /// What of the place and the precision in which it runs decides numbers.
    pub fn runs_on(&self) -> (&'static str, &'static str) {
        (
            device_kind(self.device),
            precision_name(self.source.precision),
        )
    }

    /// The digests of the files that were read besides the model file.
    pub fn companions(
        &self,
        facts: &ModelFacts,
        memory: &dyn Memory,
    ) -> Result<Vec<String>, FileError> {
        let folder = self.source.file.parent().unwrap_or(Path::new("."));
        let files = facts.provenance.companions.iter();
        files
            .map(|file| memory.digest(&folder.join(file)))
            .collect()
    }
}

/// The model of a spec; `None`, and faults, where the spec cannot mean one.
pub fn named_model(
    document: &Document,
    spec: &Spec,
    base: &Path,
    preprocessing: &Preprocessing,
    run_on: Option<(Device, Precision)>,
    faults: &mut Vec<Diagnostic>,
) -> Option<NamedModel> {
    let shape = preprocessing.input_shape().map(|size| size as i64);
    let origin = origin(document, &spec.model, base, shape, faults)?;
    let (device, precision) = run_on?;
    let size_is_open = Defaults::of(&spec.model).size_is_open(&spec.model.input);
    let source = Source::new(resolve(base, &spec.model.file), shape)
        .with_size_as_exported(size_is_open && spec.model.layers.is_none())
        .with_architecture(spec.model.architecture.as_deref())
        .with_weights(spec.model.weights.as_deref())
        .with_output(spec.model.output.as_deref())
        .with_precision(precision)
        .with_scores(spec.model.scores.map(stated));
    Some(NamedModel {
        source,
        origin,
        device,
    })
}

fn stated(scores: ScoresSpec) -> StatedScores {
    match scores {
        ScoresSpec::Softmax => StatedScores::Softmax,
        ScoresSpec::Sigmoid => StatedScores::Sigmoid,
        ScoresSpec::Probabilities => StatedScores::Probabilities,
        ScoresSpec::Log => StatedScores::Log,
    }
}

/// Where the graph comes from; what is wrong with it is a fault of its key.
fn origin(
    document: &Document,
    spec: &ModelSpec,
    base: &Path,
    input_shape: [i64; 3],
    faults: &mut Vec<Diagnostic>,
) -> Option<Origin> {
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
        let written = json!(layers);
        return Some(Origin::Layers(written, Box::new(sequential.ok()?)));
    }
    Some(match &spec.graph {
        Some(graph) => Origin::Graph(resolve(base, graph)),
        None => Origin::Own,
    })
}

/// Where the network runs and in which numbers.
pub fn device_and_precision(
    document: &Document,
    (device, precision): (&str, &str),
    faults: &mut Vec<Diagnostic>,
) -> Option<(Device, Precision)> {
    let device = keep(model::device(device), faults, |error| {
        document.error("/device", error.to_string(), "")
    });
    let precision = model::precision(precision, device.unwrap_or(Device::Cpu));
    let precision = keep(precision, faults, |error| {
        document.error("/precision", error.to_string(), "")
    });
    device.zip(precision)
}

/// What is wrong with a network that was not to be loaded, at the keys that it comes from.
pub fn faults_of(document: &Document, model: &NamedModel, error: &ModelError) -> Vec<Diagnostic> {
    let at = |place: &str| vec![document.error(place, error.to_string(), "")];
    match &model.origin {
        Origin::Own => at(place_of(error, "/model/architecture")),
        Origin::Graph(file) if error.is_about(file) => at("/model/graph"),
        Origin::Graph(_) => at(place_of(error, "/model/graph")),
        Origin::Layers(_, layers) => faults_of_layers(document, layers, error),
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
    let fault = |fault: &crate::model::load::WeightFault| {
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
