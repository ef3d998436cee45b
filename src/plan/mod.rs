//! The spec and the files it names, checked and resolved: every fault together, before computing. No tensor,
//! no pixel and no network is in a plan.

mod figures;
mod files;
mod input;
pub mod memory;
mod model;
mod photos;
mod texts;

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use serde_json::{Map, Value};

use crate::diagnostic::{Diagnostic, Position};
use crate::explain::{Entry, Inputs, Method, Needs, Part, Photo, Unit};
use crate::labels::Labels;
use crate::model::{Device, ModelFacts, Parts, Precision};
use crate::picture::Preprocessing;
use crate::present::View;
use crate::present::values::{Names, known};
use crate::spec::{Document, Format, Spec};
use crate::words::Strings;
pub use figures::method_and_view;
use memory::Memory;
pub use model::{NamedModel, Origin, faults_of};

/// What will be done. Everything in it is resolved; paths are absolute or relative to the caller.
pub struct Plan {
    pub strings: Strings,
    pub title: String,
    pub byline: Vec<(String, String)>,
    pub introduction: String,
    pub sections: Vec<Section>,
    /// In the order in which they run and appear.
    pub tasks: Vec<Task>,
    pub facts: ModelFacts,
    pub device: Device,
    pub precision: Precision,
    /// Its file's name.
    pub model_file: String,
    pub labels: Labels,
    pub preprocessing: Arc<Preprocessing>,
    pub seed: u64,
    /// Folder of report.yaml.
    pub base: PathBuf,
    pub output: Output,
    /// What is not wrong and still should be known.
    pub warnings: Vec<Diagnostic>,
}

pub struct Section {
    pub title: String,
    pub points: Option<f64>,
    pub prompt: String,
    pub answer: String,
    pub items: Vec<Item>,
}

pub enum Item {
    /// Markdown.
    Text(String),
    /// Index in the plan's tasks.
    Task(usize),
}

/// A figure of the spec: one method with its parameters, its view and its photos.
pub struct Task {
    pub entry: &'static Entry,
    pub method: Box<dyn Method>,
    pub view: View,
    /// For references.
    pub id: Option<String>,
    /// The id, or one made from the method; unique in the report.
    pub name: String,
    /// Heading in place of the method's own name.
    pub title: Option<String>,
    /// The author's words before the caption.
    pub caption: Option<String>,
    pub photos: Vec<Arc<Photo>>,
    pub units: Vec<Unit>,
    /// Where it stands in report.yaml: as a JSON pointer, and as line and column.
    pub pointer: String,
    pub position: Option<Position>,
}

pub struct Output {
    pub folder: PathBuf,
    /// Without extension.
    pub name: String,
    pub formats: Vec<Format>,
}

/// What the command line says in place of the spec.
#[derive(Debug, Clone, Default)]
pub struct Overrides {
    pub device: Option<String>,
    pub precision: Option<String>,
    pub seed: Option<u32>,
    pub output: Option<PathBuf>,
}

impl Plan {
    pub fn inputs<'a>(&'a self, task: &'a Task) -> Inputs<'a> {
        Inputs {
            facts: &self.facts,
            labels: &self.labels,
            preprocessing: &self.preprocessing,
            photos: &task.photos,
            seed: self.seed,
            base: &self.base,
        }
    }

    /// The names of all values that the texts may quote.
    pub fn value_names(&self) -> BTreeSet<String> {
        let mut names = BTreeSet::new();
        for task in self.tasks.iter().filter(|task| !self.leaves_out(task)) {
            let photos: Vec<&str> = task.photos.iter().map(|photo| photo.id.as_str()).collect();
            let filters = task.units.iter().filter_map(|unit| match unit.part {
                Part::Filter(filter) => Some(filter),
                Part::Whole | Part::Range { .. } => None,
            });
            let mut filters: Vec<usize> = filters.collect();
            filters.sort_unstable();
            filters.dedup();
            let octaves = task.method.parameters(&self.inputs(task));
            let octaves = octaves.get("octaves").and_then(Value::as_u64);
            let of_task = known(&Names {
                kind: task.entry.kind,
                photos: &photos,
                filters: &filters,
                octaves: octaves.map(|octaves| octaves as usize),
                classes: self.facts.classes,
                groups: task.method.data().map_or(&[], |data| data.groups()),
            });
            names.extend(
                of_task
                    .into_iter()
                    .map(|name| format!("{}.{name}", task.name)),
            );
        }
        names
    }

    /// Whether the network does not show what the task's method needs.
    pub fn leaves_out(&self, task: &Task) -> bool {
        task.method.needs() == Needs::Layers && self.facts.parts == Parts::None
    }
}

impl Task {
    /// Every parameter as used, defaults filled in, those of the view behind the method's own.
    pub fn parameters(&self, inputs: &Inputs) -> Map<String, Value> {
        let mut parameters = self.method.parameters(inputs);
        parameters.extend(self.view.parameters(self.entry.view.without));
        parameters
    }
}

/// What a spec says of its network and of how photos become its input, before anything is loaded.
pub struct Network {
    pub model: NamedModel,
    pub preprocessing: Preprocessing,
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
    let preprocessing = input::preprocessing(document, &spec.model.input, &mut faults);
    let model = named(
        document,
        spec,
        overrides,
        &base,
        preprocessing.as_ref(),
        &mut faults,
    );
    match (model, preprocessing) {
        (Some(model), Some(preprocessing)) => Ok(Network {
            model,
            preprocessing,
            classes: spec
                .model
                .classes
                .as_ref()
                .map(|path| files::resolve(&base, path)),
        }),
        _ => Err(sorted(faults)),
    }
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
    let strings = keep(Strings::new(&spec.language), &mut faults, |error| {
        document.error("/language", error.to_string(), "")
    });
    let output = files::output(document, &spec, overrides, &base, &mut faults);
    let preprocessing = input::preprocessing(document, &spec.model.input, &mut faults);
    let preprocessing = preprocessing.map(Arc::new);
    let model = named(
        document,
        &spec,
        overrides,
        &base,
        preprocessing.as_deref(),
        &mut faults,
    );
    let facts = model
        .as_ref()
        .and_then(|model| find_facts(model).map_err(|more| faults.extend(more)).ok());
    let labels = facts
        .as_ref()
        .and_then(|facts| files::labels(document, &spec, &base, facts.classes, &mut faults));
    let photos = photos::photos(
        document,
        &spec.images,
        &base,
        preprocessing.as_ref(),
        memory,
        &mut faults,
    );
    texts::check(document, &spec, &mut faults);
    let (sections, tasks) = figures::sections(document, &spec, methods, &photos, &mut faults);
    let (Some(strings), Some(output), Some(preprocessing), Some(model), Some(facts), Some(labels)) =
        (strings, output, preprocessing, model, facts, labels)
    else {
        return Err(sorted(faults));
    };
    let byline = spec.byline.iter().map(|(label, value)| {
        let text = value
            .as_str()
            .map_or_else(|| value.to_string(), str::to_owned);
        (label.clone(), text)
    });
    let model_file = spec.model.file.file_name().unwrap_or_default();
    let mut plan = Plan {
        strings,
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
        preprocessing,
        seed: u64::from(overrides.seed.unwrap_or(spec.seed)),
        base,
        output,
        warnings: Vec::new(),
    };
    figures::check(document, &plan, &mut faults);
    plan.warnings = figures::warnings(document, &plan);
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

/// Views and units of tasks that are right.
fn resolve_tasks(
    document: &Document,
    plan: &mut Plan,
    memory: &dyn Memory,
    faults: &mut Vec<Diagnostic>,
) {
    for index in 0..plan.tasks.len() {
        let task = &plan.tasks[index];
        let mut units = match plan.leaves_out(task) {
            true => Vec::new(),
            false => task.method.units(&plan.inputs(task)),
        };
        if let Some(data) = task.method.data()
            && let Err(error) = add_digests(&mut units, &data.paths(), memory)
        {
            faults.push(document.key_error(&task.pointer, error.to_string(), ""));
        }
        let task = &mut plan.tasks[index];
        task.units = units;
        task.view = task.view.clone().resolved(plan.facts.classes);
    }
}

/// A range of a data set is known by the content of its files.
fn add_digests(
    units: &mut [Unit],
    paths: &[&Path],
    memory: &dyn Memory,
) -> Result<(), crate::fs::FileError> {
    for unit in units {
        if let Part::Range { from, to, digests } = &mut unit.part {
            let files = paths.get(*from..*to).unwrap_or_default().iter();
            *digests = files
                .map(|path| memory.digest(path))
                .collect::<Result<_, _>>()?;
        }
    }
    Ok(())
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
