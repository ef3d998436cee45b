//! Up to the plan: the store, the spec with everything that it names, the network's facts, the user's templates.

use std::cell::RefCell;
use std::path::Path;

use super::faults::{of_store, of_template, run_failure, warning};
use super::{Place, StoreAt};
use crate::diagnostic::{Diagnostic, nearest};
use crate::execute::{self, Networks, NoMemory};
use crate::model::{Precision, precision_name};
use crate::plan::memory::Memory;
use crate::plan::{self, Overrides, Plan};
use crate::report::{Look, OwnTemplate};
use crate::spec::Document;
use crate::store::{self, Store};
use crate::{Failure, methods, read_spec, render};

/// Reads and checks a spec and everything it names. A network that was not seen before is loaded and tried once,
/// also on the photos.
pub fn check_spec(
    path: &Path,
    overrides: &Overrides,
    store: &StoreAt,
) -> Result<Vec<Diagnostic>, Failure> {
    let (store, mut warnings) = open_store(path, store)?;
    let (plan, networks) = plan_report(path, overrides, store.as_ref())?;
    let problems = execute::tried_photos(&plan, &networks, store.as_ref());
    if let Some(store) = &store {
        flush(path, store)?;
    }
    if !problems.is_empty() {
        let hint = "leave the photo out, or mend the network at that node";
        let faults = problems.into_iter();
        let faults = faults.map(|(task, said)| Diagnostic::at(&task.place, said, hint.to_owned()));
        return Err(Failure::Spec(faults.collect()));
    }
    warnings.extend(plan.warnings);
    Ok(warnings)
}

/// The plan of a spec with its networks, which are opened only where they were not seen before.
pub fn plan_report(
    path: &Path,
    overrides: &Overrides,
    store: Option<&Store>,
) -> Result<(Plan, Networks), Failure> {
    let planned = planned(path, overrides, store);
    if let Some(store) = store {
        check(path, store)?;
    }
    planned
}

/// An error where the store that was named by its URL cannot be asked.
pub(super) fn check(spec: &Path, store: &Store) -> Result<(), Failure> {
    let checked = store.check();
    checked.map_err(|error| of_store(spec, store.address(), &error))
}

/// What is not remembered in a folder is looked at again; a URL must be reached.
pub(crate) fn flush(spec: &Path, store: &Store) -> Result<(), Failure> {
    let _ = store.flush();
    check(spec, store)
}

fn planned(
    path: &Path,
    overrides: &Overrides,
    store: Option<&Store>,
) -> Result<(Plan, Networks), Failure> {
    let (document, spec) = read_spec(path, &overrides.set)?;
    let memory: &dyn Memory = match store {
        Some(store) => store,
        None => &NoMemory,
    };
    let found = RefCell::new(Vec::new());
    let find = |document: &Document, model: &plan::NamedModel| {
        let one = execute::find(model, store, memory);
        let one = one.map_err(|error| network_faults(document, model, error))?;
        let facts = one.facts.clone();
        found.borrow_mut().push(one);
        Ok(facts)
    };
    let planned = plan::plan(&document, spec, &methods(), overrides, memory, &find);
    let (mut plan, models) = planned.map_err(Failure::Spec)?;
    let faults = template_faults(&plan.look);
    if !faults.is_empty() {
        return Err(Failure::Spec(faults));
    }
    let Some(networks) = Networks::new(models, found.into_inner()) else {
        let message = "the network was not looked at".to_owned();
        return Err(run_failure(path, message));
    };
    if plan.precision == Precision::Fp32 {
        return Ok((plan, networks));
    }
    let agreement = execute::agreement(&plan, &networks, store);
    let said = agreement.said();
    if plan.precision_is_auto && !agreement.is_close() {
        let exact = Overrides {
            precision: Some(precision_name(Precision::Fp32).to_owned()),
            ..overrides.clone()
        };
        let (mut plan, networks) = plan_report(path, &exact, store)?;
        let message = format!("`precision: auto` computes in float32 here; in bfloat16: {said}");
        plan.warnings
            .push(document.error("/precision", message, "").as_warning());
        return Ok((plan, networks));
    }
    if !agreement.other_class.is_empty() {
        let message = format!("in bfloat16: {said}");
        let hint = "`fp32`, or `auto`, which takes bfloat16 only where they agree";
        plan.warnings
            .push(document.error("/precision", message, hint).as_warning());
    }
    plan.agreement = Some(agreement).filter(|agreement| agreement.photos > 0);
    Ok((plan, networks))
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

/// The store of a report; without one, and a warning, where its folder cannot be written. A URL was named by the user,
/// for the shards of a report perhaps: without it nothing is built.
pub(crate) fn open_store(
    spec: &Path,
    at: &StoreAt,
) -> Result<(Option<Store>, Vec<Diagnostic>), Failure> {
    let folder = match at.of_report(spec) {
        None => return Ok((None, Vec::new())),
        Some(Place::Url(address)) => {
            let store = Store::connect(address);
            let store = store.map_err(|error| of_store(spec, Some(address), &error))?;
            return Ok((Some(store), Vec::new()));
        }
        Some(Place::Folder(folder)) => folder,
    };
    Ok(match Store::open(&folder, store::LIMIT_BYTES) {
        Ok(store) => (Some(store), Vec::new()),
        Err(error) => {
            let message = format!("results are not kept for the next build: {error}");
            let mut warning = warning(spec, message);
            warning.hint = "name a folder that can be written with `--store`".to_owned();
            (None, vec![warning])
        }
    })
}
