//! From a spec to a report on the disk.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use crate::diagnostic::{Diagnostic, Position, nearest};
use crate::execute::{self, ExecuteError, Executed, Network, NoMemory, Ran, Reuse, Shard};
use crate::explain::ExplainError;
use crate::fs::FileError;
use crate::plan::memory::Memory;
use crate::plan::{self, Overrides, Plan};
use crate::present::values::Quantity;
use crate::progress::Progress;
use crate::render::{self, CommentForm};
use crate::report::{Look, OwnTemplate, Report};
use crate::spec::Document;
use crate::store::{self, Store};
use crate::write::{Kept, Tolerance};
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
        network,
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
        opened_network: network.is_open(),
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

/// What a check of a written report found.
#[derive(Debug)]
pub struct UpToDate {
    /// The pages that were compared.
    pub pages: Vec<PathBuf>,
    /// Each file that is out of date, with what differs.
    pub differences: Vec<Diagnostic>,
    pub warnings: Vec<Diagnostic>,
}

/// Compares the report in the folder with the one that would be written now; of its pages those that are there.
/// Nothing is written but results into the store.
pub fn check_written(
    request: &Request,
    tolerance: Tolerance,
    progress: &dyn Progress,
) -> Result<UpToDate, Failure> {
    let made = made(request, progress)?;
    let failed = |error: anyhow::Error| run_failure(&request.spec, format!("{error:#}"));
    let files = assemble::pages(&made.plan, &made.executed, &made.report);
    let files = files.map_err(|error| unrendered(&request.spec, &made.plan.look, &error))?;
    let folder = &made.plan.output.folder;
    let over = over_budget(&request.spec, &made.plan, &made.report, &files).map_err(failed)?;
    let expected: Vec<String> = files
        .pages
        .iter()
        .map(|(name, _)| format!("`{name}`"))
        .collect();
    let found = write::check(folder, files, tolerance);
    let found = found.map_err(|error| run_failure(&request.spec, error.to_string()))?;
    if let Some(store) = &made.store {
        let _ = store.flush(); // what is not remembered is computed again
    }
    let mut warnings = made.warnings;
    warnings.extend(made.plan.warnings);
    let remedy = "run `cnn-report build` and commit what it writes";
    let mut differences: Vec<Diagnostic> = found.differences.iter().map(out_of_date).collect();
    if found.pages.is_empty() {
        let message = format!(
            "`{}` holds none of {}",
            folder.display(),
            expected.join(", ")
        );
        differences.push(run_fault(&request.spec, message));
    }
    if let Some(first) = differences.first_mut() {
        first.hint = remedy.to_owned();
    }
    differences.extend(over);
    Ok(UpToDate {
        pages: found.pages,
        differences,
        warnings,
    })
}

/// That a form of the report takes more than its budget, and which figures take most, each with its place.
fn over_budget(
    spec: &Path,
    plan: &Plan,
    report: &Report,
    files: &write::Files,
) -> anyhow::Result<Vec<Diagnostic>> {
    let Some(budget) = &plan.output.budget else {
        return Ok(Vec::new());
    };
    let mut faults = Vec::new();
    for over in assemble::budget::over(plan, report, files, budget.bytes)? {
        let (found, most) = (size(over.bytes), size(budget.bytes));
        let found = match found == most {
            true => format!("{} bytes", over.bytes),
            false => found,
        };
        let message = format!("{} takes {found}; its budget is {most}", over.what);
        let hint =
            "show fewer photos or smaller pictures in the figures below, or raise the budget";
        faults.push(match &budget.place {
            Some(place) => Diagnostic::at(place, message, hint.to_owned()),
            None => Diagnostic {
                hint: hint.to_owned(),
                ..run_fault(spec, message)
            },
        });
        faults.extend(over.heaviest.into_iter().map(|(task, weight)| {
            let of_it = 100.0 * weight.bytes as f64 / over.bytes as f64;
            let (figure, bytes) = (&weight.figure, size(weight.bytes as u64));
            let message = format!("{figure} takes {bytes} of {}, {of_it:.0} %", over.what);
            Diagnostic::at(&plan.tasks[task].place, message, String::new()).as_warning()
        }));
    }
    Ok(faults)
}

/// `6.7 MB`
fn size(bytes: u64) -> String {
    bytesize::ByteSize(bytes).display().si().to_string()
}

fn out_of_date(difference: &write::Difference) -> Diagnostic {
    let position = difference.line.map(|line| Position { line, column: 1 });
    let file = difference.file.display().to_string();
    Diagnostic::error(&file, position, difference.what.clone(), String::new())
}

/// What a shard has run.
#[derive(Debug)]
pub struct BuiltShard {
    /// What failed of this shard's units. What is stored stays.
    pub failures: Vec<Diagnostic>,
    pub warnings: Vec<Diagnostic>,
    pub ran: Vec<Ran>,
    /// Units of the whole report, those that only results name left out.
    pub units: usize,
}

/// Runs the units whose turn it is, into the store. Nothing else is written; a build behind all shards draws the report,
/// and runs what one of them left.
pub fn build_shard(
    request: &Request,
    shard: Shard,
    progress: &dyn Progress,
) -> Result<BuiltShard, Failure> {
    let (store, mut warnings) = open_store(&request.spec, &request.store);
    let Some(store) = store else {
        let message =
            "the shards of a report share a store, and this one cannot be written".to_owned();
        let hint = warnings
            .pop()
            .map_or(String::new(), |warning| warning.message);
        return Err(Failure::Run(vec![Diagnostic {
            hint,
            ..run_fault(&request.spec, message)
        }]));
    };
    let overrides = Overrides {
        writes_nothing: true,
        ..request.overrides.clone()
    };
    let (plan, network) = plan_report(&request.spec, &overrides, Some(&store))?;
    let reuse = (request.reuse, shard);
    let executed = execute::execute_shard(&plan, &network, &store, reuse, progress);
    let executed = executed.map_err(|error| not_executed(request, error))?;
    if let Err(error) = store.flush() {
        let message = format!("the store could not be brought up to date: {error}");
        warnings.push(warning(&request.spec, message));
    }
    let failures = failures(&plan, &executed);
    warnings.extend(plan.warnings);
    Ok(BuiltShard {
        failures,
        warnings,
        ran: executed.ran,
        units: plan.tasks.iter().map(units_of).sum(),
    })
}

/// Units of a task with what judges them.
fn units_of(task: &plan::Task) -> usize {
    task.units.len() * (1 + task.checks.len())
}

/// The document of a spec, and what it was made from.
struct Made {
    plan: Plan,
    network: Network,
    executed: Executed,
    report: Report,
    store: Option<Store>,
    failures: Vec<Diagnostic>,
    warnings: Vec<Diagnostic>,
}

fn made(request: &Request, progress: &dyn Progress) -> Result<Made, Failure> {
    let (store, warnings) = open_store(&request.spec, &request.store);
    let (plan, network) = plan_report(&request.spec, &request.overrides, store.as_ref())?;
    let executed = executed(&plan, &network, store.as_ref(), request, progress)?;
    let failures = failures(&plan, &executed);
    if request.on_failure == OnFailure::Stop && !failures.is_empty() {
        return Err(Failure::Run(failures));
    }
    // A file's error says its cause itself; what anyhow carries has it one level below.
    let failed = |error: anyhow::Error| run_failure(&request.spec, format!("{error:#}"));
    let report = assemble::report(&plan, &executed).map_err(failed)?;
    Ok(Made {
        plan,
        network,
        executed,
        report,
        store,
        failures,
        warnings,
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
        let fault = Diagnostic::at(&task.place, message, hint);
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
    executed.map_err(|error| not_executed(request, error))
}

fn not_executed(request: &Request, error: ExecuteError) -> Failure {
    match error {
        ExecuteError::Cancelled => Failure::Cancelled,
        ExecuteError::File(error) => run_failure(&request.spec, error.to_string()),
    }
}

/// The plan of a spec with its network, which is opened only where it was not seen before.
pub fn plan_report(
    path: &Path,
    overrides: &Overrides,
    store: Option<&Store>,
) -> Result<(Plan, Network), Failure> {
    let (document, spec) = read_spec(path, &overrides.set)?;
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
    let faults = template_faults(&plan.look);
    if !faults.is_empty() {
        return Err(Failure::Spec(faults));
    }
    match found.into_inner() {
        Some(found) => Ok((plan, Network::new(model, found))),
        None => Err(run_failure(
            path,
            "the network was not looked at".to_owned(),
        )),
    }
}

/// Faults of the user's templates that can be told without a report.
fn template_faults(look: &Look) -> Vec<Diagnostic> {
    let faults = render::check_templates(look);
    let faults = faults.iter().map(|fault| of_template(look, fault));
    faults
        .chain(look.templates.iter().filter_map(|own| unused(look, own)))
        .collect()
}

/// A template that nothing would show.
fn unused(look: &Look, own: &OwnTemplate) -> Option<Diagnostic> {
    let is_ours = render::template_names().any(|name| name == own.name);
    let is_named = |other: &OwnTemplate| other.name != own.name && other.text.contains(&own.name);
    if is_ours || look.templates.iter().any(is_named) {
        return None;
    }
    let file = own.file.display().to_string();
    let message = format!("`{}` takes the place of no template of ours", own.name);
    let hint = match nearest(&own.name, render::template_names()) {
        Some(near) => format!("did you mean `{near}`?"),
        None => {
            let names: Vec<String> = render::template_names()
                .map(|name| format!("`{name}`"))
                .collect();
            format!("ours are {}", names.join(", "))
        }
    };
    Some(Diagnostic::error(&file, None, message, hint))
}

fn of_template(look: &Look, fault: &render::TemplateFault) -> Diagnostic {
    let Some(template) = fault.of(look) else {
        return Diagnostic::without_file(fault.message.clone(), String::new());
    };
    let file = template.file.display().to_string();
    let position = fault.place;
    let position = position.map(|(line, column, _)| Position { line, column });
    let length = fault.place.map_or(1, |(.., length)| length);
    Diagnostic::error(&file, position, fault.message.clone(), String::new())
        .marking(&template.text, length)
}

/// Why the pages could not be made: a template of the user's, with its place, or what else failed.
fn unrendered(spec: &Path, look: &Look, error: &anyhow::Error) -> Failure {
    let fault = error
        .downcast_ref::<render::RenderError>()
        .and_then(|error| render::fault_of_template(look, error));
    match fault {
        Some(fault) => Failure::Run(vec![of_template(look, &fault)]),
        None => run_failure(spec, format!("{error:#}")),
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
        StoreAt::BesideReport => plan::folder_of(spec).join(crate::STORE),
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
fn failures(plan: &Plan, executed: &Executed) -> Vec<Diagnostic> {
    let failure = |(index, error): (&usize, &ExplainError)| {
        let task = &plan.tasks[*index];
        let method = task.entry.name;
        let message = format!("`{method}` failed: {error}");
        Diagnostic::at(&task.place, message, String::new())
    };
    executed.failures.iter().map(failure).collect()
}

fn run_failure(spec: &Path, reason: String) -> Failure {
    Failure::Run(vec![run_fault(spec, reason)])
}

fn run_fault(spec: &Path, reason: String) -> Diagnostic {
    let file = spec.display().to_string();
    Diagnostic::error(&file, None, reason, String::new())
}

fn warning(spec: &Path, message: String) -> Diagnostic {
    let file = spec.display().to_string();
    Diagnostic::error(&file, None, message, String::new()).as_warning()
}
