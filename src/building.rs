//! From a spec to a report on the disk.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use crate::diagnostic::Diagnostic;
use crate::execute::{self, ExecuteError, Executed, Network, NoMemory, Ran, Reuse};
use crate::explain::ExplainError;
use crate::plan::memory::Memory;
use crate::plan::{self, Overrides, Plan};
use crate::present::values::Quantity;
use crate::progress::Progress;
use crate::spec::Document;
use crate::store::{self, Store};
use crate::{Failure, assemble, methods, read_spec, write};

/// What a build is asked for.
#[derive(Debug, Clone)]
pub struct Request {
    /// The `report.yaml`.
    pub spec: PathBuf,
    pub overrides: Overrides,
    /// Whether a method that fails leaves a notice in the report, or stops the build.
    pub on_failure: OnFailure,
    /// Where results are kept.
    pub store: StoreAt,
    pub reuse: Reuse,
}

/// Where results are kept.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum StoreAt {
    /// `.cnn-report` beside report.yaml.
    #[default]
    BesideReport,
    Folder(PathBuf),
    /// Nowhere.
    Nowhere,
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
    /// Units that were run, each with the reason.
    pub ran: Vec<Ran>,
    /// Units in all.
    pub units: usize,
    /// Whether the network was opened.
    pub opened_network: bool,
}

/// The pipeline: spec → plan → results → report → pages → disk.
pub fn build_report(request: &Request, progress: &dyn Progress) -> Result<Built, Failure> {
    let (store, mut warnings) = open_store(&request.spec, &request.store);
    let (plan, network) = plan_report(&request.spec, &request.overrides, store.as_ref())?;
    let executed = executed(&plan, &network, store.as_ref(), request, progress)?;
    let failures = failures(&request.spec, &plan, &executed);
    if request.on_failure == OnFailure::Stop && !failures.is_empty() {
        return Err(Failure::Run(failures));
    }
    // A file's error says its cause itself; what anyhow carries has it one level below.
    let failed = |error: anyhow::Error| run_failure(&request.spec, format!("{error:#}"));
    let report = assemble::report(&plan, &executed).map_err(failed)?;
    let files = assemble::pages(&plan, &executed, &report).map_err(failed)?;
    let pages = write::write(&plan.output.folder, &files);
    let pages = pages.map_err(|error| run_failure(&request.spec, error.to_string()))?;
    if let Some(store) = &store
        && let Err(error) = execute::remember(&plan, &executed, store)
    {
        let message = format!("the store could not be brought up to date: {error}");
        warnings.push(warning(&request.spec, message));
    }
    warnings.extend(plan.warnings);
    Ok(Built {
        pages,
        failures,
        warnings,
        ran: executed.ran,
        units: executed.units,
        opened_network: network.is_open(),
    })
}

/// Reads and checks a spec and everything it names. A network that was not seen before is loaded and tried once,
/// also on the first photo.
pub fn check_spec(
    path: &Path,
    overrides: &Overrides,
    store: &StoreAt,
) -> Result<Vec<Diagnostic>, Failure> {
    let (store, mut warnings) = open_store(path, store);
    let (plan, network) = plan_report(path, overrides, store.as_ref())?;
    let problem = execute::first_photo(&plan, &network, store.as_ref());
    if let Some(store) = &store {
        let _ = store.flush(); // what is not remembered is looked at again
    }
    if let Some((task, message)) = problem {
        let hint = "leave the photo out, or mend the network at that node".to_owned();
        let file = path.display().to_string();
        let fault = Diagnostic::error(&file, task.position, message, hint);
        let fault = match crate::fs::read_to_string(path) {
            Ok(text) => fault.marking(&text, task.entry.name.len()),
            Err(_) => fault, // its line alone is missing
        };
        return Err(Failure::Spec(vec![fault]));
    }
    warnings.extend(plan.warnings);
    Ok(warnings)
}

/// Every value that the texts of a report can quote, with what it is now. What is not stored is computed.
pub fn values_of(
    request: &Request,
    progress: &dyn Progress,
) -> Result<BTreeMap<String, Quantity>, Failure> {
    let (store, _) = open_store(&request.spec, &request.store);
    let (plan, network) = plan_report(&request.spec, &request.overrides, store.as_ref())?;
    let executed = executed(&plan, &network, store.as_ref(), request, progress)?;
    if let Some(store) = &store {
        let _ = store.flush();
    }
    let values = assemble::values::all(&plan, &executed);
    let values = values.map_err(|error| run_failure(&request.spec, format!("{error:#}")))?;
    Ok(values.0)
}

fn executed(
    plan: &Plan,
    network: &Network,
    store: Option<&Store>,
    request: &Request,
    progress: &dyn Progress,
) -> Result<Executed, Failure> {
    let executed = execute::execute(plan, network, store, request.reuse, progress);
    executed.map_err(|error| match error {
        ExecuteError::Cancelled => Failure::Cancelled,
        ExecuteError::File(error) => run_failure(&request.spec, error.to_string()),
    })
}

/// The plan of a spec with its network, which is opened only where it was not seen before.
pub fn plan_report(
    path: &Path,
    overrides: &Overrides,
    store: Option<&Store>,
) -> Result<(Plan, Network), Failure> {
    let (document, spec) = read_spec(path)?;
    let memory: &dyn Memory = match store {
        Some(store) => store,
        None => &NoMemory,
    };
    let found = std::cell::OnceCell::new();
    let find = |model: &plan::NamedModel| {
        let one = execute::find(model, store, memory);
        let one = one.map_err(|error| network_faults(&document, model, error))?;
        let facts = one.facts.clone();
        let _ = found.set(one);
        Ok(facts)
    };
    let planned = plan::plan(&document, spec, &methods(), overrides, memory, &find);
    let (plan, model) = planned.map_err(Failure::Spec)?;
    match found.into_inner() {
        Some(found) => Ok((plan, Network::new(model, found))),
        None => Err(run_failure(
            path,
            "the network was not looked at".to_owned(),
        )),
    }
}

pub(crate) fn network_faults(
    document: &Document,
    model: &plan::NamedModel,
    error: execute::NetworkError,
) -> Vec<Diagnostic> {
    match error {
        execute::NetworkError::Model(error) => plan::faults_of(document, model, &error),
        execute::NetworkError::File(error) => {
            vec![document.error("/model/file", error.to_string(), "")]
        }
    }
}

/// The store of a report; without one, and a warning, where its folder cannot be written.
pub(crate) fn open_store(spec: &Path, at: &StoreAt) -> (Option<Store>, Vec<Diagnostic>) {
    let folder = match at {
        StoreAt::Nowhere => return (None, Vec::new()),
        StoreAt::Folder(folder) => folder.clone(),
        StoreAt::BesideReport => plan::folder_of(spec).join(".cnn-report"),
    };
    match Store::open(&folder, store::LIMIT_BYTES) {
        Ok(store) => (Some(store), Vec::new()),
        Err(error) => {
            let message = format!("results are not kept for the next build: {error}");
            let mut warning = warning(spec, message);
            warning.hint = "name a folder that can be written with `--store`".to_owned();
            (None, vec![warning])
        }
    }
}

/// The tasks that failed, each with its place in the spec.
fn failures(spec: &Path, plan: &Plan, executed: &Executed) -> Vec<Diagnostic> {
    let file = spec.display().to_string();
    // The line is only drawn: a file that has changed since is drawn as it is now.
    let text = crate::fs::read_to_string(spec).unwrap_or_default();
    let failure = |(index, error): (&usize, &ExplainError)| {
        let task = &plan.tasks[*index];
        let method = task.entry.name;
        let message = format!("`{method}` failed: {error}");
        let fault = Diagnostic::error(&file, task.position, message, String::new());
        fault.marking(&text, method.chars().count())
    };
    executed.failures.iter().map(failure).collect()
}

fn run_failure(spec: &Path, reason: String) -> Failure {
    let file = spec.display().to_string();
    Failure::Run(vec![Diagnostic::error(&file, None, reason, String::new())])
}

fn warning(spec: &Path, message: String) -> Diagnostic {
    let file = spec.display().to_string();
    Diagnostic::error(&file, None, message, String::new()).as_warning()
}
