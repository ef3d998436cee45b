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
use crate::store::{Address, Store};
use crate::write::Kept;
use crate::{Failure, assemble, write};

use budget::over_budget;
pub use dry_run::{DryRun, dry_run};
use faults::{failures, not_executed, not_up_to_date, run_failure, unrendered};
pub use planning::{check_spec, plan_report};
pub(crate) use planning::{flush, network_faults, open_store};
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
    /// In a bucket.
    Url(Address),
    /// Nowhere.
    Nowhere,
}

/// Where the results of a report are kept, if anywhere.
enum Place<'a> {
    Folder(PathBuf),
    Url(&'a Address),
}

impl StoreAt {
    fn of_report(&self, spec: &Path) -> Option<Place<'_>> {
        match self {
            Self::Nowhere => None,
            Self::Url(address) => Some(Place::Url(address)),
            Self::Folder(folder) => Some(Place::Folder(folder.clone())),
            Self::BesideReport => {
                let folder = plan::folder_of(spec).join(crate::STORE);
                Some(Place::Folder(folder))
            }
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
    if let Some(store) = &store {
        let remembered = execute::remember(&plan, &executed, store);
        warnings.extend(not_up_to_date(&request.spec, store, remembered)?);
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
    let (store, warnings) = open_store(&request.spec, &request.store)?;
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
    let (store, _) = open_store(&request.spec, &request.store)?;
    let (plan, networks) = plan_report(&request.spec, &request.overrides, store.as_ref())?;
    let executed = executed(&plan, &networks, store.as_ref(), request, progress)?;
    if let Some(store) = &store {
        flush(&request.spec, store)?;
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
    executed.map_err(|error| not_executed(&request.spec, store, error))
}
