//! Items of `figures`: from YAML mappings to methods with parameters and photos.

use serde_json::{Map, Value};

use super::{Item, Plan, Section, Step};
use crate::diagnostic::{Diagnostic, nearest};
use crate::explain::{Entry, Photo, Photos};
use crate::model::ScoresAre;
use crate::model::error::EXPORT;
use crate::spec::{Document, Spec};

pub fn sections(
    document: &Document,
    spec: &Spec,
    methods: &[&'static Entry],
    photos: &[(String, Photo)],
    faults: &mut Vec<Diagnostic>,
) -> Vec<Section> {
    let mut taken: Vec<String> = Vec::new();
    let mut sections = Vec::new();
    for (index, question) in spec.questions.iter().enumerate() {
        let mut items = Vec::new();
        for (number, item) in question.figures.iter().enumerate() {
            let Some((key, value)) = item.iter().next() else {
                continue;
            };
            if let (true, Some(text)) = (key == "text", value.as_str()) {
                items.push(Item::Text(text.to_owned()));
                continue;
            }
            let pointer = format!("/questions/{index}/figures/{number}/{key}");
            let Some(entry) = methods.iter().find(|entry| entry.name == key) else {
                continue;
            };
            let parameters = value.as_object().cloned().unwrap_or_default();
            if let Some(id) = parameters.get("id").and_then(Value::as_str) {
                if taken.iter().any(|earlier| earlier == id) {
                    let message = format!("the id `{id}` is taken by a figure above");
                    faults.push(document.error(
                        &format!("{pointer}/id"),
                        message,
                        "give each figure an id of its own",
                    ));
                }
                taken.push(id.to_owned());
            }
            match step(document, entry, parameters, photos, pointer) {
                Ok(step) => items.push(Item::Step(step)),
                Err(more) => faults.extend(more),
            }
        }
        sections.push(Section {
            title: question.title.clone(),
            points: question.points,
            prompt: question.prompt.clone(),
            answer: question.answer.clone(),
            items,
        });
    }
    sections
}

fn step(
    document: &Document,
    entry: &'static Entry,
    mut parameters: Map<String, Value>,
    photos: &[(String, Photo)],
    pointer: String,
) -> Result<Step, Vec<Diagnostic>> {
    let text = |value: Option<Value>| value.and_then(|value| value.as_str().map(str::to_owned));
    let id = text(parameters.shift_remove("id"));
    let title = text(parameters.shift_remove("title"));
    let chosen = choose(document, entry, &mut parameters, photos, &pointer)?;
    let method = (entry.parse)(Value::Object(parameters)).map_err(|error| {
        vec![document.key_error(&pointer, format!("`{}`: {error}", entry.name), "")]
    })?;
    let position = document.key_position(&pointer);
    Ok(Step {
        entry,
        method,
        id,
        title,
        photos: chosen,
        pointer,
        position,
    })
}

/// The photos that a figure asks for, by `images` or `image`.
fn choose(
    document: &Document,
    entry: &Entry,
    parameters: &mut Map<String, Value>,
    photos: &[(String, Photo)],
    pointer: &str,
) -> Result<Vec<Photo>, Vec<Diagnostic>> {
    let find = |id: &str, pointer: String| {
        photos
            .iter()
            .find(|(known, _)| known == id)
            .map(|(_, photo)| photo.clone())
            .ok_or_else(|| {
                let ids = photos.iter().map(|(id, _)| id.as_str());
                let hint = match nearest(id, ids.clone()) {
                    Some(near) => format!("did you mean `{near}`?"),
                    None => format!(
                        "`images` has {}",
                        ids.map(|id| format!("`{id}`"))
                            .collect::<Vec<_>>()
                            .join(", ")
                    ),
                };
                document.error(&pointer, format!("no image has the id `{id}`"), hint)
            })
    };
    match entry.photos {
        Photos::None => Ok(Vec::new()),
        Photos::One => match parameters.shift_remove("image") {
            Some(id) => find(id.as_str().unwrap_or_default(), format!("{pointer}/image"))
                .map(|photo| vec![photo])
                .map_err(|fault| vec![fault]),
            None if photos.len() == 1 => Ok(vec![photos[0].1.clone()]),
            None => Err(vec![document.key_error(
                pointer,
                "`image` is missing",
                "name the photo it starts from",
            )]),
        },
        Photos::Any => match parameters.shift_remove("images") {
            Some(Value::Array(ids)) => {
                let mut chosen = Vec::new();
                let mut faults = Vec::new();
                for (index, id) in ids.iter().enumerate() {
                    match find(
                        id.as_str().unwrap_or_default(),
                        format!("{pointer}/images/{index}"),
                    ) {
                        Ok(photo) => chosen.push(photo),
                        Err(fault) => faults.push(fault),
                    }
                }
                if faults.is_empty() {
                    Ok(chosen)
                } else {
                    Err(faults)
                }
            }
            _ if photos.is_empty() => Err(vec![document.key_error(
                pointer,
                "the report has no photos",
                "list some under `images`",
            )]),
            _ => Ok(photos.iter().map(|(_, photo)| photo.clone()).collect()),
        },
    }
}

/// What only the methods themselves can tell, now that there is a model.
pub fn check(document: &Document, plan: &Plan, faults: &mut Vec<Diagnostic>) {
    for step in plan.steps().filter(|step| !plan.leaves_out(step)) {
        for fault in step.method.check(&plan.context(&step.photos)) {
            let pointer = format!("{}{}", step.pointer, fault.pointer);
            faults.push(document.error(&pointer, fault.message, fault.hint));
        }
    }
}

/// What the report will say of the network and of figures that are left out, which keeps it from nothing.
pub fn warnings(document: &Document, plan: &Plan) -> Vec<Diagnostic> {
    let mut warnings = Vec::new();
    if plan.model.scores_are() == ScoresAre::Probabilities {
        let message = "the network gives probabilities, not the scores before its closing softmax; \
                       their logarithms stand for the scores";
        let hint = format!("export it with `{EXPORT}`, where the softmax can be left out");
        warnings.push(document.error("/model/file", message.to_owned(), hint));
    }
    for step in plan.steps().filter(|step| plan.leaves_out(step)) {
        let message = format!(
            "`{}` is left out: it needs the layers of the network, which TorchScript does not show",
            step.entry.name
        );
        let hint = format!("export the network with `{EXPORT}`");
        warnings.push(document.key_error(&step.pointer, message, hint));
    }
    warnings.into_iter().map(Diagnostic::as_warning).collect()
}
