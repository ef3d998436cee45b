//! The networks of a spec, each with its facts, class names, input and photos: the report's own first.

use std::path::Path;
use std::sync::Arc;

use serde_json::{Map, Value};

use super::input::{self, Defaults};
use super::memory::Memory;
use super::{FindFacts, NamedModel, Overrides, PlannedModel, doubts, files, named, photos};
use crate::diagnostic::{Diagnostic, nearest};
use crate::explain::Photo;
use crate::picture::{Changes, Preprocessing};
use crate::spec::{Document, ModelSpec, Spec};

/// The key of the report's own network, where figures name several.
pub const MAIN: &str = "model";

/// A network that was looked at.
pub struct Looked {
    pub key: String,
    /// With this network in the place of `model`.
    document: Document,
    spec: ModelSpec,
    read: Vec<(Arc<Photo>, Changes)>,
    /// Nothing where it is at fault.
    found: Option<(NamedModel, PlannedModel)>,
}

impl Looked {
    pub fn photos(&self) -> impl Iterator<Item = &Arc<Photo>> {
        self.read.iter().map(|(photo, _)| photo)
    }

    fn preprocessing(&self) -> Option<&Arc<Preprocessing>> {
        self.found
            .as_ref()
            .map(|(_, planned)| &planned.preprocessing)
    }
}

/// What all networks of a spec have in common.
pub struct Looking<'a> {
    pub document: &'a Document,
    pub spec: &'a Spec,
    pub base: &'a Path,
    pub overrides: &'a Overrides,
    pub memory: &'a dyn Memory,
    pub find_facts: &'a FindFacts<'a>,
}

impl Looking<'_> {
    /// All networks, the report's own first, the others in the order of their keys.
    pub fn all(&self, faults: &mut Vec<Diagnostic>) -> Vec<Looked> {
        let own = self.document.clone();
        let mut looked = vec![self.one(MAIN, (own, self.spec), None, faults)];
        for (key, model) in &self.spec.models {
            if !is_key(key) || key == MAIN {
                let message = format!("`{key}` is no name for a network of the report");
                let hint = "a letter, then letters, digits, `_` or `-`, and not `model`; `name` says how figures call it";
                let pointer = format!("/models/{}", crate::spec::escape(key));
                faults.push(self.document.key_error(&pointer, message, hint));
                continue;
            }
            let spec = Spec {
                model: model.clone(),
                ..self.spec.clone()
            };
            let of_key = (self.document.of_model(key), &spec);
            let one = self.one(key, of_key, looked.first(), faults);
            looked.push(one);
        }
        looked
    }

    fn one(
        &self,
        key: &str,
        (document, spec): (Document, &Spec),
        main: Option<&Looked>,
        faults: &mut Vec<Diagnostic>,
    ) -> Looked {
        let base = self.base;
        let defaults = Defaults::of(&spec.model);
        // Its faults come with those of the input that is resolved below.
        let shape = input::before_file(&document, &spec.model.input, &defaults, &mut Vec::new());
        let model = named(
            &document,
            spec,
            self.overrides,
            base,
            shape.as_ref(),
            faults,
        );
        let facts = model.as_ref().and_then(|model| {
            let found = (self.find_facts)(&document, model);
            found.map_err(|more| faults.extend(more)).ok()
        });
        let defaults = defaults.with_file(facts.as_ref());
        let preprocessing = input::preprocessing(&document, &spec.model.input, &defaults, faults);
        let preprocessing = preprocessing.map(Arc::new);
        let labels = facts
            .as_ref()
            .and_then(|facts| files::labels(&document, spec, base, facts, faults));
        let same = main.filter(|main| main.preprocessing() == preprocessing.as_ref());
        let read = match same {
            Some(main) => main.read.clone(), // each photo is decoded once for all of them
            None => photos::photos(
                &document,
                &spec.images,
                base,
                preprocessing.as_ref(),
                self.memory,
                faults,
            ),
        };
        let file = spec.model.file.file_name().unwrap_or_default();
        let stem = spec.model.file.file_stem().unwrap_or_default();
        let name = spec.model.name.clone().unwrap_or_else(|| match key {
            MAIN => stem.to_string_lossy().into_owned(),
            key => key.to_owned(),
        });
        let found = match (model, facts, preprocessing, labels) {
            (Some(model), Some(facts), Some(preprocessing), Some(labels)) => Some((
                model,
                PlannedModel {
                    key: key.to_owned(),
                    name,
                    file: file.to_string_lossy().into_owned(),
                    output: spec.model.output.clone(),
                    facts,
                    labels,
                    input_from: input::input_from(&spec.model.input, &defaults),
                    preprocessing,
                },
            )),
            _ => None,
        };
        Looked {
            key: key.to_owned(),
            document,
            spec: spec.model.clone(),
            read,
            found,
        }
    }
}

/// The networks with their plans and what is to be known of them, or nothing where one is at fault.
pub fn found(looked: Vec<Looked>) -> Option<(Vec<NamedModel>, Vec<PlannedModel>, Vec<Diagnostic>)> {
    let (mut named, mut planned, mut warnings) = (Vec::new(), Vec::new(), Vec::new());
    for one in looked {
        let (model, plan) = one.found?;
        let document = &one.document;
        let mut of_model = photos::warnings(document, &one.read);
        if model.source.weights.is_none() {
            of_model.extend(doubts::weights(document, &plan.facts));
        }
        of_model.extend(doubts::warnings(document, &plan.facts));
        of_model.extend(input::warnings(
            document,
            &one.spec,
            &plan.facts,
            &plan.preprocessing,
        ));
        warnings.extend(of_model.into_iter().map(Diagnostic::as_warning));
        named.push(model);
        planned.push(plan);
    }
    Some((named, planned, warnings))
}

/// Which networks a figure explains, by their index.
pub fn chosen(
    document: &Document,
    models: &[Looked],
    named: Option<Value>,
    pointer: &str,
) -> Result<Vec<usize>, Vec<Diagnostic>> {
    let names: Vec<(String, String)> = match named {
        None => return Ok(vec![0]),
        Some(Value::Array(names)) => {
            let names = names.iter().enumerate();
            names
                .map(|(at, name)| (text(name), format!("{pointer}/model/{at}")))
                .collect()
        }
        Some(name) => vec![(text(&name), format!("{pointer}/model"))],
    };
    let (mut chosen, mut faults) = (Vec::new(), Vec::new());
    for (name, place) in names {
        match models.iter().position(|model| model.key == name) {
            Some(index) if chosen.contains(&index) => {
                let message = format!("the network `{name}` is listed twice");
                faults.push(document.error(&place, message, "list it once"));
            }
            Some(index) => chosen.push(index),
            None => {
                let keys = || models.iter().map(|model| model.key.as_str());
                let hint = match nearest(&name, keys()) {
                    Some(near) => format!("did you mean `{near}`?"),
                    None if models.len() == 1 => "list others under `models`".to_owned(),
                    None => {
                        let keys: Vec<String> = keys().map(|key| format!("`{key}`")).collect();
                        format!("the report has {}", keys.join(", "))
                    }
                };
                let message = format!("no network of the report is called `{name}`");
                faults.push(document.error(&place, message, hint));
            }
        }
    }
    match faults.is_empty() {
        true => Ok(chosen),
        false => Err(faults),
    }
}

fn text(value: &Value) -> String {
    value.as_str().unwrap_or_default().to_owned()
}

/// What a figure is called that stands for several networks: for the first as it is called, for the others with their
/// keys behind.
pub fn name_of(name: String, nth: usize, key: &str) -> String {
    match nth {
        0 => name,
        _ => format!("{name}-{key}"),
    }
}

/// The ids of a figure of the spec, one for each network that it stands for.
pub fn ids(figure: &Map<String, Value>) -> Vec<String> {
    let Some(id) = figure.get("id").and_then(Value::as_str) else {
        return Vec::new();
    };
    let others = figure.get("model").and_then(Value::as_array);
    let others = others.into_iter().flatten().enumerate().skip(1);
    let others = others.map(|(nth, key)| name_of(id.to_owned(), nth, &text(key)));
    std::iter::once(id.to_owned()).chain(others).collect()
}

fn is_key(key: &str) -> bool {
    let mut letters = key.chars();
    letters
        .next()
        .is_some_and(|first| first.is_ascii_alphabetic())
        && letters.all(|one| one.is_ascii_alphanumeric() || one == '_' || one == '-')
}
