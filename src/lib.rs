//! cnn-report: a `report.yaml` and an image classifier in, a report that explains the classifier out.
//!
//! `build_report` reads as the pipeline. ARCHITECTURE.md is the map.

pub mod compose;
pub mod diagnostic;
pub mod evaluate;
pub mod explain;
pub mod figure;
pub mod fs;
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
use model::Model;
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
