//! The spec and the files it names, checked and resolved: every fault together, before computing. No tensor,
//! no pixel and no network is in a plan.

mod agreement;
mod checks;
mod doubts;
mod figures;
mod files;
mod input;
pub mod memory;
mod model;
mod models;
mod outline;
mod photos;
mod placed;
mod references;
mod stylesheet;
mod templates;
mod texts;
mod theme;
mod units;
mod words;

use std::path::{Path, PathBuf};

use crate::diagnostic::Diagnostic;
use crate::explain::Entry;
use crate::model::ModelFacts;
use crate::picture::Preprocessing;
use crate::report::Look;
use crate::spec::{Document, Spec};
pub use agreement::Agreement;
pub use figures::method_and_view;
pub use files::{embedded_name, output_place, size_in_bytes};
use input::Defaults;
pub use input::InputFrom;
use memory::Memory;
pub use model::{NamedModel, Origin, faults_of};
pub use outline::{Budget, Item, Output, Overrides, Plan, PlannedModel, Section, Task};
use units::resolve_tasks;

/// What a spec says of its network and of how photos become its input, before anything is loaded.
pub struct Network {
    pub model: NamedModel,
    /// The file of class names.
    pub classes: Option<PathBuf>,
}

/// The network of a spec, for commands that look at it alone.
pub fn network(
    document: &Document,
    spec: &Spec,
    overrides: &Overrides,
) -> Result<Network, Vec<Diagnostic>> {
    let mut faults = Vec::new();
    let base = folder_of(&document.path);
    let defaults = Defaults::of(&spec.model);
    let input = &spec.model.input;
    let preprocessing = input::before_file(document, input, &defaults, &mut faults);
    let model = named(
        document,
        spec,
        overrides,
        &base,
        preprocessing.as_ref(),
        &mut faults,
    );
    match (model, preprocessing) {
        (Some(model), Some(_)) => Ok(Network {
            model,
            classes: spec
                .model
                .classes
                .as_ref()
                .map(|path| files::resolve(&base, path)),
        }),
        _ => Err(sorted(faults)),
    }
}

/// How a spec's photos become the input of a network whose facts are known, or not if it does not load.
pub fn preprocessing(
    document: &Document,
    spec: &Spec,
    facts: Option<&ModelFacts>,
) -> Result<Preprocessing, Vec<Diagnostic>> {
    let defaults = Defaults::of(&spec.model).with_file(facts);
    let mut faults = Vec::new();
    let found = input::preprocessing(document, &spec.model.input, &defaults, &mut faults);
    found.ok_or(sorted(faults))
}

fn named(
    document: &Document,
    spec: &Spec,
    overrides: &Overrides,
    base: &Path,
    preprocessing: Option<&Preprocessing>,
    faults: &mut Vec<Diagnostic>,
) -> Option<NamedModel> {
    let device = overrides.device.as_deref().unwrap_or(&spec.device);
    let run_on =
        model::device_and_precision(document, (device, precision(spec, overrides)), faults);
    model::named_model(document, spec, base, preprocessing?, run_on, faults)
}

/// As it is written.
fn precision<'a>(spec: &'a Spec, overrides: &'a Overrides) -> &'a str {
    overrides.precision.as_deref().unwrap_or(&spec.precision)
}

/// Finds the facts of a network, or says what is wrong with it, which stands at `/model` of the document.
pub type FindFacts<'a> = dyn Fn(&Document, &NamedModel) -> Result<ModelFacts, Vec<Diagnostic>> + 'a;

/// Checks and resolves a spec, or lists all that is wrong with it. The networks come back beside the plan, in its order, for
/// whoever has to run what is not known yet.
pub fn plan(
    document: &Document,
    spec: Spec,
    methods: &[&'static Entry],
    overrides: &Overrides,
    memory: &dyn Memory,
    find_facts: &FindFacts,
) -> Result<(Plan, Vec<NamedModel>), Vec<Diagnostic>> {
    let base = folder_of(&document.path);
    let mut faults = Vec::new();
    let strings = words::strings(document, &spec, &base, &mut faults);
    let (style, of_theme) = theme::theme(document, &spec, &base, &mut faults);
    let look = Look {
        style,
        templates: templates::templates(document, &spec, &base, &mut faults),
    };
    let output = files::output(document, &spec, overrides, &mut faults);
    let looking = models::Looking {
        document,
        spec: &spec,
        base: &base,
        overrides,
        memory,
        find_facts,
    };
    let looked = looking.all(&mut faults);
    references::check(document, &spec, &mut faults);
    texts::check(document, &spec, &mut faults);
    placed::check(document, &spec, &mut faults);
    let (sections, tasks) = figures::sections(document, &spec, methods, &looked, &mut faults);
    let (Some(strings), Some(output), Some((named, models, of_models))) =
        (strings, output, models::found(looked))
    else {
        return Err(sorted(faults));
    };
    let (strings, of_words) = strings;
    let byline = spec.byline.iter().map(|(label, value)| {
        let text = value
            .as_str()
            .map_or_else(|| value.to_string(), str::to_owned);
        (label.clone(), text)
    });
    let mut plan = Plan {
        strings,
        look,
        byline: byline.collect(),
        title: spec.title.clone(),
        introduction: spec.introduction.clone(),
        sections,
        tasks,
        models,
        device: named[0].device,
        precision: named[0].source.precision,
        precision_is_auto: precision(&spec, overrides) == "auto",
        agreement: None,
        seed: u64::from(overrides.seed.unwrap_or(spec.seed)),
        base,
        output,
        warnings: Vec::new(),
    };
    figures::check(document, &plan, &mut faults);
    plan.warnings = of_models;
    plan.warnings.extend(of_words);
    plan.warnings.extend(of_theme);
    plan.warnings.extend(figures::warnings(document, &plan));
    let of_references = references::warnings(document, &spec).into_iter();
    let of_texts = of_references.chain(texts::warnings(document, &spec, &plan));
    plan.warnings.extend(of_texts.map(Diagnostic::as_warning));
    let mut said: Vec<Diagnostic> = Vec::new();
    plan.warnings.retain(|warning| {
        let is_new = !said.contains(warning); // several networks say the same of photos and figures
        if is_new {
            said.push(warning.clone());
        }
        is_new
    });
    if faults.is_empty() {
        resolve_tasks(document, &mut plan, memory, &mut faults);
        texts::check_values(document, &spec, &plan, &mut faults);
    }
    if faults.is_empty() {
        Ok((plan, named))
    } else {
        Err(sorted(faults))
    }
}

/// The folder from which a spec's paths are resolved.
pub fn folder_of(path: &Path) -> PathBuf {
    match path.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => parent.to_owned(),
        _ => PathBuf::from("."),
    }
}

/// The value, or nothing and one more fault.
fn keep<T, E>(
    result: Result<T, E>,
    faults: &mut Vec<Diagnostic>,
    fault: impl FnOnce(E) -> Diagnostic,
) -> Option<T> {
    match result {
        Ok(value) => Some(value),
        Err(error) => {
            faults.push(fault(error));
            None
        }
    }
}

fn sorted(mut faults: Vec<Diagnostic>) -> Vec<Diagnostic> {
    faults.sort_by_key(|fault| fault.position);
    faults.dedup();
    faults
}
