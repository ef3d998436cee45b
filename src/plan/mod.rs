//! The spec and the files it names, checked and resolved: every fault together, before computing. No tensor,
//! no pixel and no network is in a plan.

mod checks;
mod figures;
mod files;
mod input;
pub mod memory;
mod model;
mod outline;
mod photos;
mod placed;
mod stylesheet;
mod templates;
mod texts;
mod theme;
mod units;
mod words;

use std::path::{Path, PathBuf};
use std::sync::Arc;

use crate::diagnostic::Diagnostic;
use crate::explain::{Entry, Photo};
use crate::model::ModelFacts;
use crate::picture::Preprocessing;
use crate::report::Look;
use crate::spec::{Document, Spec};
pub use figures::method_and_view;
pub use files::{embedded_name, output_place, size_in_bytes};
use input::Defaults;
pub use input::InputFrom;
use memory::Memory;
pub use model::{NamedModel, Origin, faults_of};
pub use outline::{Budget, Item, Output, Overrides, Plan, Section, Task};
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
    let precision = overrides.precision.as_deref().unwrap_or(&spec.precision);
    let run_on = model::device_and_precision(document, (device, precision), faults);
    model::named_model(document, spec, base, preprocessing?, run_on, faults)
}

/// Finds the facts of a network, or says what is wrong with it.
pub type FindFacts<'a> = dyn Fn(&NamedModel) -> Result<ModelFacts, Vec<Diagnostic>> + 'a;

/// Checks and resolves a spec, or lists all that is wrong with it. The network comes back beside the plan, for
/// whoever has to run what is not known yet.
pub fn plan(
    document: &Document,
    spec: Spec,
    methods: &[&'static Entry],
    overrides: &Overrides,
    memory: &dyn Memory,
    find_facts: &FindFacts,
) -> Result<(Plan, NamedModel), Vec<Diagnostic>> {
    let base = folder_of(&document.path);
    let mut faults = Vec::new();
    let strings = words::strings(document, &spec, &base, &mut faults);
    let (style, of_theme) = theme::theme(document, &spec, &base, &mut faults);
    let look = Look {
        style,
        templates: templates::templates(document, &spec, &base, &mut faults),
    };
    let output = files::output(document, &spec, overrides, &mut faults);
    let defaults = Defaults::of(&spec.model);
    // Its faults come with those of the input that is resolved below.
    let shape = input::before_file(document, &spec.model.input, &defaults, &mut Vec::new());
    let model = named(
        document,
        &spec,
        overrides,
        &base,
        shape.as_ref(),
        &mut faults,
    );
    let facts = model
        .as_ref()
        .and_then(|model| find_facts(model).map_err(|more| faults.extend(more)).ok());
    let defaults = defaults.with_file(facts.as_ref());
    let preprocessing =
        input::preprocessing(document, &spec.model.input, &defaults, &mut faults).map(Arc::new);
    let labels = facts
        .as_ref()
        .and_then(|facts| files::labels(document, &spec, &base, facts, &mut faults));
    let read = photos::photos(
        document,
        &spec.images,
        &base,
        preprocessing.as_ref(),
        memory,
        &mut faults,
    );
    let photos: Vec<Arc<Photo>> = read.iter().map(|(photo, _)| photo.clone()).collect();
    texts::check(document, &spec, &mut faults);
    placed::check(document, &spec, &mut faults);
    let (sections, tasks) = figures::sections(document, &spec, methods, &photos, &mut faults);
    let (Some(strings), Some(output), Some(preprocessing), Some(model), Some(facts), Some(labels)) =
        (strings, output, preprocessing, model, facts, labels)
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
    let model_file = spec.model.file.file_name().unwrap_or_default();
    let mut plan = Plan {
        strings,
        look,
        model_file: model_file.to_string_lossy().into_owned(),
        byline: byline.collect(),
        title: spec.title.clone(),
        introduction: spec.introduction.clone(),
        sections,
        tasks,
        facts,
        device: model.device,
        precision: model.source.precision,
        labels,
        input_from: input::input_from(&spec.model.input, &defaults),
        preprocessing,
        seed: u64::from(overrides.seed.unwrap_or(spec.seed)),
        base,
        output,
        warnings: Vec::new(),
    };
    figures::check(document, &plan, &mut faults);
    let of_photos = photos::warnings(document, &read).into_iter();
    plan.warnings = of_photos.map(Diagnostic::as_warning).collect();
    plan.warnings.extend(of_words);
    plan.warnings.extend(of_theme);
    if model.source.weights.is_none() {
        plan.warnings
            .extend(figures::weights_warning(document, &plan));
    }
    plan.warnings.extend(figures::warnings(document, &plan));
    let of_input = input::warnings(document, &spec.model, &plan.facts, &plan.preprocessing);
    let of_input = of_input.into_iter().map(Diagnostic::as_warning);
    plan.warnings.extend(of_input);
    let of_texts = texts::warnings(document, &spec, &plan).into_iter();
    plan.warnings.extend(of_texts.map(Diagnostic::as_warning));
    if faults.is_empty() {
        resolve_tasks(document, &mut plan, memory, &mut faults);
        texts::check_values(document, &spec, &plan, &mut faults);
    }
    if faults.is_empty() {
        Ok((plan, model))
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
