//! The spec and the files it names, checked and resolved: every fault together, before computing.

mod figures;
mod files;
mod input;
mod photos;
mod texts;
mod weights;

use std::path::{Path, PathBuf};

use crate::diagnostic::{Diagnostic, Position};
use crate::explain::{Context, Entry, Method, Needs, Photo};
use crate::model::{Architecture, Labels, Model, Parts, Source};
use crate::picture::Preprocessing;
use crate::report::Strings;
use crate::spec::{Document, Format, Spec};
use weights::Blueprint;

/// What will be done. Everything in it is resolved; paths are absolute or relative to the caller.
pub struct Plan {
    pub strings: Strings,
    pub title: String,
    pub byline: Vec<(String, String)>,
    pub introduction: String,
    pub sections: Vec<Section>,
    pub model: Model,
    /// Its file's name.
    pub model_file: String,
    pub labels: Labels,
    pub preprocessing: Preprocessing,
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
    Step(Step),
}

/// One method with its parameters and photos.
pub struct Step {
    pub entry: &'static Entry,
    pub method: Box<dyn Method>,
    /// For references.
    pub id: Option<String>,
    /// Heading in place of the method's own name.
    pub title: Option<String>,
    pub photos: Vec<Photo>,
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
    pub fn context<'a>(&'a self, photos: &'a [Photo]) -> Context<'a> {
        Context {
            model: &self.model,
            labels: &self.labels,
            preprocessing: &self.preprocessing,
            photos,
            seed: self.seed,
            base: &self.base,
        }
    }

    /// Whether the network does not show what the step's method needs.
    pub fn leaves_out(&self, step: &Step) -> bool {
        step.method.needs() == Needs::Layers && self.model.parts() == Parts::None
    }

    /// The steps in the order in which they run and appear.
    pub fn steps(&self) -> impl Iterator<Item = &Step> {
        let items = self.sections.iter().flat_map(|section| &section.items);
        items.filter_map(|item| match item {
            Item::Step(step) => Some(step),
            Item::Text(_) => None,
        })
    }
}

/// Checks and resolves a spec, or lists all that is wrong with it.
pub fn plan(
    document: &Document,
    spec: Spec,
    methods: &[&'static Entry],
    overrides: &Overrides,
) -> Result<Plan, Vec<Diagnostic>> {
    let base = folder_of(&document.path);
    let mut faults = Vec::new();
    let strings = keep(Strings::new(&spec.language), &mut faults, |error| {
        document.error("/language", error.to_string(), "")
    });
    let output = files::output(document, &spec, overrides, &base, &mut faults);
    let preprocessing = input::preprocessing(document, &spec.model.input, &mut faults);
    let network = preprocessing.as_ref().and_then(|preprocessing| {
        files::network(
            document,
            &spec,
            overrides,
            &base,
            preprocessing,
            &mut faults,
        )
    });
    let photos = photos::photos(
        document,
        &spec.images,
        &base,
        preprocessing.as_ref(),
        &mut faults,
    );
    texts::check(document, &spec, &mut faults);
    let sections = figures::sections(document, &spec, methods, &photos, &mut faults);
    let (Some(strings), Some(output), Some(preprocessing), Some((model, labels))) =
        (strings, output, preprocessing, network)
    else {
        return Err(sorted(faults));
    };
    let byline = spec.byline.iter().map(|(label, value)| {
        let text = value
            .as_str()
            .map_or_else(|| value.to_string(), str::to_owned);
        (label.clone(), text)
    });
    let mut plan = Plan {
        strings,
        model_file: spec
            .model
            .file
            .file_name()
            .unwrap_or_default()
            .to_string_lossy()
            .into_owned(),
        title: spec.title,
        byline: byline.collect(),
        introduction: spec.introduction,
        sections,
        model,
        labels,
        preprocessing,
        seed: u64::from(overrides.seed.unwrap_or(spec.seed)),
        base,
        output,
        warnings: Vec::new(),
    };
    plan.warnings = figures::warnings(document, &plan);
    figures::check(document, &plan, &mut faults);
    if faults.is_empty() {
        Ok(plan)
    } else {
        Err(sorted(faults))
    }
}

/// The network of a spec alone, for whoever wants to know its layers before the figures are right.
pub fn network(
    document: &Document,
    spec: &Spec,
    overrides: &Overrides,
) -> Result<Model, Vec<Diagnostic>> {
    let mut faults = Vec::new();
    let base = folder_of(&document.path);
    let loaded =
        input::preprocessing(document, &spec.model.input, &mut faults).and_then(|preprocessing| {
            files::network(
                document,
                spec,
                overrides,
                &base,
                &preprocessing,
                &mut faults,
            )
        });
    loaded.map(|(model, _)| model).ok_or(faults)
}

/// The model that a spec names, before anyone tries to load it.
pub struct NamedModel {
    pub source: Source,
    /// Where weights go that `graph:` or `layers:` has a place for.
    pub architecture: Option<Architecture>,
    pub device: tch::Device,
    pub preprocessing: Preprocessing,
    /// The file of class names.
    pub classes: Option<PathBuf>,
}

/// What a spec says of its model, for whoever looks at one that may not load.
pub fn named_model(
    document: &Document,
    spec: &Spec,
    overrides: &Overrides,
) -> Result<NamedModel, Vec<Diagnostic>> {
    let mut faults = Vec::new();
    let base = folder_of(&document.path);
    let preprocessing = input::preprocessing(document, &spec.model.input, &mut faults);
    let run_on = files::device_and_precision(document, spec, overrides, &mut faults);
    let (Some(preprocessing), Some((device, precision))) = (preprocessing, run_on) else {
        return Err(sorted(faults));
    };
    let shape = preprocessing.input_shape().map(|size| size as i64);
    let source = Source::new(files::resolve(&base, &spec.model.file), shape)
        .with_architecture(spec.model.architecture.as_deref())
        .with_precision(precision);
    let (shape, model) = (source.input_shape, &spec.model);
    let architecture = match weights::blueprint(document, model, &base, shape, &mut faults) {
        Some(Blueprint::Graph(architecture)) => Some(architecture),
        Some(Blueprint::Layers(sequential)) => Some(sequential.architecture),
        Some(Blueprint::Own) => None,
        None => return Err(sorted(faults)),
    };
    let classes = spec.model.classes.as_ref();
    Ok(NamedModel {
        source,
        architecture,
        device,
        preprocessing,
        classes: classes.map(|path| files::resolve(&base, path)),
    })
}

/// The folder from which a spec's paths are resolved.
fn folder_of(path: &Path) -> PathBuf {
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
