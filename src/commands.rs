//! Models by themselves: what is in a file, which layers a network has, how photos are prepared for it, and a first
//! report of it.

use std::path::{Path, PathBuf};

use crate::building::{self, StoreAt};
use crate::diagnostic::Diagnostic;
use crate::draft::{self, Wanted};
use crate::execute::{self, NoMemory};
use crate::inspect::trial::{self, Trial};
use crate::inspect::{self, Inspection};
use crate::labels::Labels;
use crate::model::{self, Architecture, Model, ModelFacts, OutputActivation, Source};
use crate::picture::Preprocessing;
use crate::plan::memory::Memory;
use crate::plan::{self, NamedModel, Origin, Overrides};
use crate::progress::{Finished, Progress};
use crate::store::Store;
use crate::{Failure, methods, read_spec};

/// A model file by itself, without a report that says how to read it.
#[derive(Debug, Clone)]
pub struct ModelFile {
    pub file: PathBuf,
    /// Name of a built-in architecture, for files that hold weights only.
    pub architecture: Option<String>,
    /// The key of the weights in a checkpoint; `None` for the usual ones.
    pub weights: Option<String>,
    /// Name of the output that holds the scores, of a network that gives more than one.
    pub output: Option<String>,
    /// Channels, height and width of one input; `None` for what the file says.
    pub input_shape: Option<[i64; 3]>,
    /// As in a spec; `None` for `auto`.
    pub device: Option<String>,
    /// As in a spec; `None` for `fp32`.
    pub precision: Option<String>,
}

impl ModelFile {
    /// [3, 224, 224] where neither the user nor the file says anything.
    fn source(&self) -> Source {
        let shape = self.input_shape.unwrap_or([3, 224, 224]);
        let source = Source::new(&self.file, shape)
            .with_architecture(self.architecture.as_deref())
            .with_weights(self.weights.as_deref())
            .with_output(self.output.as_deref());
        match self.input_shape {
            Some(_) => source,
            None => source.as_exported(),
        }
    }

    /// What is to be loaded, and where it is to run.
    fn resolved(&self) -> Result<(Source, model::Device), Failure> {
        let device = model::device(self.device.as_deref().unwrap_or("auto"));
        let device = device.map_err(|error| no_model(&error))?;
        let precision = model::precision(self.precision.as_deref().unwrap_or("fp32"), device);
        let precision = precision.map_err(|error| no_model(&error))?;
        Ok((self.source().with_precision(precision), device))
    }
}

/// Whether a file is a report rather than a model: text, and none of what stands in a model's place.
pub fn is_report(path: &Path) -> Result<bool, Failure> {
    model::is_text(path).map_err(|error| no_model(&error))
}

/// What can be said of the network of a model file; from the store where it was seen before.
pub fn facts_of_model(model: &ModelFile, store: &StoreAt) -> Result<ModelFacts, Failure> {
    let (source, device) = model.resolved()?;
    let (store, _) = building::open_store(&model.file, store)?;
    let named = NamedModel {
        source,
        origin: Origin::Own,
        device,
    };
    let facts = found(&named, store.as_ref());
    if let Some(store) = &store {
        building::flush(&model.file, store)?;
    }
    facts.map_err(|error| no_model(&error))
}

/// The same of the network that a report names, whatever its figures ask for.
pub fn facts_of_report(
    path: &Path,
    overrides: &Overrides,
    store: &StoreAt,
) -> Result<ModelFacts, Failure> {
    let (document, spec) = read_spec(path, &overrides.set)?;
    let network = plan::network(&document, &spec, overrides).map_err(Failure::Spec)?;
    let (store, _) = building::open_store(path, store)?;
    let facts = found(&network.model, store.as_ref());
    if let Some(store) = &store {
        building::flush(path, store)?;
    }
    facts.map_err(|error| Failure::Spec(building::network_faults(&document, &network.model, error)))
}

/// The network of a spec, whatever its figures ask for.
pub fn load_network(path: &Path, overrides: &Overrides) -> Result<Model, Failure> {
    let (document, spec) = read_spec(path, &overrides.set)?;
    let network = plan::network(&document, &spec, overrides).map_err(Failure::Spec)?;
    let model = network.model.load();
    model.map_err(|error| Failure::Spec(plan::faults_of(&document, &network.model, &error)))
}

fn found(model: &NamedModel, store: Option<&Store>) -> Result<ModelFacts, execute::NetworkError> {
    let memory: &dyn Memory = match store {
        Some(store) => store,
        None => &NoMemory,
    };
    Ok(execute::find(model, store, memory)?.facts)
}

/// A model to look at, and what a report says of it.
pub struct Subject {
    /// What the file holds and can do.
    pub inspection: Inspection,
    /// `None` where it does not load; the inspection says why.
    pub model: Option<Model>,
    /// How the report prepares photos.
    pub preprocessing: Option<Preprocessing>,
    /// The report's file of class names.
    pub classes: Option<PathBuf>,
}

/// What is in a model file, as far as it can be told.
pub fn inspect_model(file: &ModelFile) -> Result<Subject, Failure> {
    let (source, device) = file.resolved()?;
    let (inspection, model) =
        inspect::inspect(&source, None, device, &methods()).map_err(|error| no_model(&error))?;
    Ok(Subject {
        inspection,
        model,
        preprocessing: None,
        classes: None,
    })
}

/// The same of the model that a report names.
pub fn inspect_report(path: &Path, overrides: &Overrides) -> Result<Subject, Failure> {
    let (document, spec) = read_spec(path, &overrides.set)?;
    let network = plan::network(&document, &spec, overrides).map_err(Failure::Spec)?;
    let at = |key: &str, error: &dyn std::fmt::Display| {
        Failure::Spec(vec![document.error(key, error.to_string(), "")])
    };
    let read;
    let architecture = match &network.model.origin {
        Origin::Own => None,
        Origin::Graph(file) => {
            let graph = Architecture::of_exported_program(file);
            read = graph.map_err(|error| at("/model/graph", &error))?;
            Some(&read)
        }
        Origin::Layers(_, layers) => Some(&layers.architecture),
    };
    let (source, device) = (&network.model.source, network.model.device);
    let inspected = inspect::inspect(source, architecture, device, &methods());
    let (inspection, model) = inspected.map_err(|error| at("/model/file", &error))?;
    let preprocessing = plan::preprocessing(&document, &spec, model.as_ref().map(Model::facts));
    Ok(Subject {
        inspection,
        model,
        preprocessing: Some(preprocessing.map_err(Failure::Spec)?),
        classes: network.classes,
    })
}

/// Photos whose classes are known.
#[derive(Debug, Clone, Copy)]
pub struct Labelled<'a> {
    /// With a sub-folder for each class, or a labels.csv.
    pub folder: &'a Path,
    /// A file of class names; `None` for their numbers.
    pub classes: Option<&'a Path>,
    /// Which classes count as which label; `None` for groups.yaml in the folder, where it is there.
    pub groups: Option<&'a Path>,
}

/// Tries every preset, and `own` (its name and itself), on labelled photos.
pub fn try_preprocessings(
    model: &Model,
    own: Option<(&str, &Preprocessing)>,
    labelled: &Labelled,
    progress: &dyn Progress,
) -> Result<Trial, Failure> {
    let labels = match labelled.classes {
        None => Labels::numbers(model.classes()),
        Some(file) => {
            let labels = Labels::read(file).map_err(|error| no_model(&error))?;
            let labels = match model.activation() {
                OutputActivation::SigmoidOfOne => labels.of_one_number(),
                OutputActivation::Softmax | OutputActivation::Sigmoid => labels,
            };
            let fits = labels.check(model.classes());
            fits.map_err(|error| no_model(&error))?;
            labels
        }
    };
    let settings = trial::settings(model, own);
    let opened = trial::open(labelled.folder, labelled.groups, &labels, &settings);
    let (groups, data_set) = opened.map_err(Failure::Spec)?;
    let title = format!("{} ways of preparing photos", settings.len());
    progress.started(1, 1, &title);
    let found = trial::run(model, &settings, &groups, &data_set, &|done, total| {
        let _ = progress.advanced(done, total); // Ctrl-C ends the process: nothing is written
    });
    let work = Finished {
        ran: settings.len(),
        units: settings.len(),
    };
    progress.finished(&title, work);
    found.map_err(|error| {
        let message = error.to_string();
        Failure::Run(vec![Diagnostic::without_file(message, String::new())])
    })
}

/// The text of a first report.yaml for a network and photos.
pub fn draft_report(wanted: &Wanted, progress: &dyn Progress) -> Result<String, Failure> {
    let file = ModelFile {
        file: wanted.model.clone(),
        architecture: wanted.architecture.clone(),
        weights: wanted.weights.clone(),
        output: wanted.output.clone(),
        input_shape: None,
        device: None,
        precision: None,
    };
    let subject = inspect_model(&file)?;
    let Some(model) = &subject.model else {
        let fault = subject.inspection.fault.unwrap_or_default();
        let hint = format!(
            "`cnn-report inspect {}` says what is in the file",
            wanted.model.display()
        );
        return Err(Failure::Spec(vec![Diagnostic::without_file(fault, hint)]));
    };
    let labelled = wanted.labelled.as_deref().map(|folder| Labelled {
        folder,
        classes: wanted.classes.as_deref(),
        groups: wanted.groups.as_deref(),
    });
    let trial = labelled
        .map(|labelled| try_preprocessings(model, None, &labelled, progress))
        .transpose()?;
    let text = draft::draft(wanted, &subject.inspection, model, trial.as_ref());
    text.map_err(|error| Failure::Spec(vec![error.diagnostic()]))
}

/// The message of a model names its file itself.
fn no_model(error: &dyn std::fmt::Display) -> Failure {
    Failure::Spec(vec![Diagnostic::without_file(
        error.to_string(),
        String::new(),
    )])
}
