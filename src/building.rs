//! From a spec to a report on the disk.

mod budget;
mod dry_run;
mod faults;
mod planning;
mod shard;
mod written;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use crate::diagnostic::Diagnostic;
use crate::execute::{self, Executed, Networks, Ran, Reuse};
use crate::fs::FileError;
use crate::plan::{self, Overrides, Plan};
use crate::present::values::Quantity;
use crate::progress::Progress;
use crate::render::{self, CommentForm};
use crate::report::Report;
use crate::store::Store;
use crate::write::Kept;
use crate::{Failure, assemble, write};

use budget::over_budget;
pub use dry_run::{DryRun, dry_run};
use faults::{failures, not_executed, run_failure, unrendered, warning};
pub use planning::{check_spec, plan_report};
pub(crate) use planning::{network_faults, open_store};
pub use shard::{BuiltShard, build_shard};
pub use written::{UpToDate, check_written};

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

impl StoreAt {
    /// The folder, for the report of a spec.
    fn folder(&self, spec: &Path) -> Option<PathBuf> {
        match self {
            Self::Nowhere => None,
            Self::Folder(folder) => Some(folder.clone()),
            Self::BesideReport => Some(plan::folder_of(spec).join(crate::STORE)),
        }
    }
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
    /// Whether a network was opened.
    pub opened_network: bool,
    /// Name of the pages, without extension.
    pub name: String,
    /// The document, for a form of it that no page has.
    pub report: Report,
    /// Pictures of the folder that stay as they are, for the new ones differ by rounding only.
    pub kept: Vec<Kept>,
}

/// The pipeline: spec → plan → results → report → pages → disk.
pub fn build_report(request: &Request, progress: &dyn Progress) -> Result<Built, Failure> {
    let Made {
        plan,
        networks,
        executed,
        report,
        store,
        failures,
        mut warnings,
    } = made(request, progress)?;
    let failed = |error: anyhow::Error| run_failure(&request.spec, format!("{error:#}"));
    let unwritten = |error: FileError| run_failure(&request.spec, error.to_string());
    let files = assemble::pages(&plan, &executed, &report);
    let mut files = files.map_err(|error| unrendered(&request.spec, &plan.look, &error))?;
    let kept = write::keep(&plan.output.folder, &mut files).map_err(unwritten)?;
    let over = over_budget(&request.spec, &plan, &report, &files).map_err(failed)?;
    if !over.is_empty() {
        if let Some(store) = &store {
            let _ = store.flush(); // results stay, so that a build with another budget computes nothing
        }
        return Err(Failure::Run(over));
    }
    let pages = write::write(&plan.output.folder, &files).map_err(unwritten)?;
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
        opened_network: networks.are_open(),
        name: plan.output.name,
        report,
        kept,
    })
}

/// The report as the comment of a pull request, under the names that its pictures have on the disk.
pub fn comment(built: &Built, form: &CommentForm) -> Result<String, render::RenderError> {
    let folder = assemble::pictures_folder(&built.name);
    let comment = render::comment(&built.report, &folder, form)?;
    let names = built.kept.iter();
    Ok(names.fold(comment, |text, kept| text.replace(&kept.new, &kept.old)))
}

/// The document of a spec, and what it was made from.
struct Made {
    plan: Plan,
    networks: Networks,
    executed: Executed,
    report: Report,
    store: Option<Store>,
    failures: Vec<Diagnostic>,
    warnings: Vec<Diagnostic>,
}

fn made(request: &Request, progress: &dyn Progress) -> Result<Made, Failure> {
    let (store, warnings) = open_store(&request.spec, &request.store);
    let (plan, networks) = plan_report(&request.spec, &request.overrides, store.as_ref())?;
    let executed = executed(&plan, &networks, store.as_ref(), request, progress)?;
    let failures = failures(&plan, &executed);
    if request.on_failure == OnFailure::Stop && !failures.is_empty() {
        return Err(Failure::Run(failures));
    }
    // A file's error says its cause itself; what anyhow carries has it one level below.
    let failed = |error: anyhow::Error| run_failure(&request.spec, format!("{error:#}"));
    let report = assemble::report(&plan, &executed).map_err(failed)?;
    Ok(Made {
        plan,
        networks,
        executed,
        report,
        store,
        failures,
        warnings,
    })
}

/// Every value that the texts of a report can quote, with what it is now. What is not stored is computed.
pub fn values_of(
    request: &Request,
    progress: &dyn Progress,
) -> Result<BTreeMap<String, Quantity>, Failure> {
    let (store, _) = open_store(&request.spec, &request.store);
    let (plan, networks) = plan_report(&request.spec, &request.overrides, store.as_ref())?;
    let executed = executed(&plan, &networks, store.as_ref(), request, progress)?;
    if let Some(store) = &store {
        let _ = store.flush();
    }
    let values = assemble::values::all(&plan, &executed);
    let values = values.map_err(|error| run_failure(&request.spec, format!("{error:#}")))?;
    Ok(values.0)
}

fn executed(
    plan: &Plan,
    networks: &Networks,
    store: Option<&Store>,
    request: &Request,
    progress: &dyn Progress,
) -> Result<Executed, Failure> {
    let executed = execute::execute(plan, networks, store, request.reuse, progress);
    executed.map_err(|error| not_executed(request, error))
}
