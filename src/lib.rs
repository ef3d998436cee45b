//! cnn-report: a `report.yaml` and an image classifier in, a report that explains the classifier out.
//!
//! `build_report` reads as the pipeline. ARCHITECTURE.md is the map.

pub mod compose;
pub mod diagnostic;
pub mod evaluate;
pub mod explain;
pub mod figure;
pub mod fs;
pub mod inspect;
pub mod model;
pub mod picture;
pub mod plan;
pub mod progress;
pub mod render;
pub mod report;
pub mod spec;
pub mod write;

use std::path::{Path, PathBuf};

use diagnostic::Diagnostic;
use inspect::Inspection;
use model::{Model, Source};
use picture::Preprocessing;
use plan::{Overrides, Plan};
use progress::Progress;
use spec::{Document, ImagesKey, MethodSchema, Spec};

/// What a build is asked for.
#[derive(Debug, Clone)]
pub struct Request {
    /// The `report.yaml`.
    pub spec: PathBuf,
    pub overrides: Overrides,
    /// Whether a method that fails leaves a notice in the report, or stops the build.
    pub on_failure: OnFailure,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OnFailure {
    /// Nothing is written; an old report stays as it is.
    Stop,
    /// The report is written with a notice in the method's place.
    KeepGoing,
}

#[derive(Debug)]
pub struct Built {
    /// The pages that were written.
    pub pages: Vec<PathBuf>,
    /// What failed, under `OnFailure::KeepGoing`.
    pub failures: Vec<Diagnostic>,
    /// What the report says of the network and of figures that are left out.
    pub warnings: Vec<Diagnostic>,
}

#[derive(Debug)]
pub enum Failure {
    /// The spec, or a file it names, is wrong; nothing was computed.
    Spec(Vec<Diagnostic>),
    /// The run failed; nothing was written.
    Run(Vec<Diagnostic>),
}

/// Every method that a figure can name, in the order of the documentation.
pub fn methods() -> Vec<&'static explain::Entry> {
    explain::METHODS.iter().chain(evaluate::METHODS).collect()
}

/// What the spec must know of the methods.
pub fn method_schemas() -> Vec<MethodSchema> {
    let schema = |entry: &&explain::Entry| MethodSchema {
        name: entry.name,
        parameters: (entry.schema)().to_value(),
        images: match entry.photos {
            explain::Photos::None => ImagesKey::None,
            explain::Photos::Any => ImagesKey::Many,
            explain::Photos::One => ImagesKey::One,
        },
    };
    methods().iter().map(schema).collect()
}

fn read_spec(path: &Path) -> Result<(Document, Spec), Failure> {
    let text = fs::read_to_string(path).map_err(|error| {
        let file = path.display().to_string();
        Failure::Spec(vec![Diagnostic::error(
            &file,
            None,
            error.to_string(),
            String::new(),
        )])
    })?;
    let document = Document::new(path, text);
    let spec = document.parse(&method_schemas()).map_err(Failure::Spec)?;
    Ok((document, spec))
}

/// Reads and checks a spec and everything it names; computes nothing.
pub fn check_spec(path: &Path, overrides: &Overrides) -> Result<Plan, Failure> {
    let (document, spec) = read_spec(path)?;
    plan::plan(&document, spec, &methods(), overrides).map_err(Failure::Spec)
}

/// The network of a spec, whatever its figures ask for.
pub fn load_network(path: &Path, overrides: &Overrides) -> Result<Model, Failure> {
    let (document, spec) = read_spec(path)?;
    plan::network(&document, &spec, overrides).map_err(Failure::Spec)
}

/// A model file by itself, without a report that says how to read it.
#[derive(Debug, Clone)]
pub struct ModelFile {
    pub file: PathBuf,
    /// Name of a built-in architecture, for files that hold weights only.
    pub architecture: Option<String>,
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
        let source = Source::new(&self.file, shape).with_architecture(self.architecture.as_deref());
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

/// The network of a model file.
pub fn load_model(model: &ModelFile) -> Result<Model, Failure> {
    let (source, device) = model.resolved()?;
    Model::load(&source, device).map_err(|error| no_model(&error))
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
    let (document, spec) = read_spec(path)?;
    let named = plan::named_model(&document, &spec, overrides).map_err(Failure::Spec)?;
    let architecture = named.architecture.as_ref();
    let inspected = inspect::inspect(&named.source, architecture, named.device, &methods());
    let (inspection, model) = inspected.map_err(|error| {
        let fault = document.error("/model/file", error.to_string(), "");
        Failure::Spec(vec![fault])
    })?;
    Ok(Subject {
        inspection,
        model,
        preprocessing: Some(named.preprocessing),
        classes: named.classes,
    })
}

/// The message of a model names its file itself.
fn no_model(error: &dyn std::fmt::Display) -> Failure {
    let message = error.to_string();
    Failure::Spec(vec![Diagnostic::error(
        "cnn-report",
        None,
        message,
        String::new(),
    )])
}

/// The pipeline: spec → plan → findings → report → pages → disk.
pub fn build_report(request: &Request, progress: &dyn Progress) -> Result<Built, Failure> {
    let plan = check_spec(&request.spec, &request.overrides)?;
    let results = compose::explain(&plan, progress);
    let failures = compose::failures(&request.spec, &plan, &results);
    if request.on_failure == OnFailure::Stop && !failures.is_empty() {
        return Err(Failure::Run(failures));
    }
    let failed = |reason: String| {
        let file = request.spec.display().to_string();
        Failure::Run(vec![Diagnostic::error(&file, None, reason, String::new())])
    };
    // A file's error says its cause itself; what anyhow carries has it one level below.
    let report = compose::report(&plan, results).map_err(|error| failed(format!("{error:#}")))?;
    let files =
        compose::pages(&report, &plan.output).map_err(|error| failed(format!("{error:#}")))?;
    let pages =
        write::write(&plan.output.folder, &files).map_err(|error| failed(error.to_string()))?;
    Ok(Built {
        pages,
        failures,
        warnings: plan.warnings,
    })
}
