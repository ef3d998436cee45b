//! Items of `figures`: from YAML mappings to tasks, methods with parameters, view and photos.

use std::sync::Arc;

use serde_json::{Map, Value};

use super::models::{self, Looked};
use super::{Item, Plan, Section, Task, checks, placed};
use crate::diagnostic::{Diagnostic, nearest};
use crate::explain::{Entry, Method, Needs, Photo, Photos, chosen};
use crate::model::export::EXPORT;
use crate::present::View;
use crate::present::view;
use crate::spec::{CheckName, Document, Spec};

/// The outline of the report, and its tasks in the order in which they appear.
pub fn sections(
    document: &Document,
    spec: &Spec,
    methods: &[&'static Entry],
    models: &[Looked],
    faults: &mut Vec<Diagnostic>,
) -> (Vec<Section>, Vec<Task>) {
    let mut taken: Vec<String> = Vec::new();
    let (mut sections, mut tasks) = (Vec::new(), Vec::new());
    for (index, question) in spec.questions.iter().enumerate() {
        let mut items = Vec::new();
        for (number, is_placed) in placed::order(question) {
            let Some((key, value)) = question.figures[number].iter().next() else {
                continue;
            };
            let pointer = format!("/questions/{index}/figures/{number}/{key}");
            if let (true, Some(text)) = (key == "text", value.as_str()) {
                items.push(Item::Text(text.to_owned()));
                continue;
            }
            let Some(entry) = methods.iter().find(|entry| entry.name == key) else {
                continue; // the schema refused it
            };
            let mut parameters = value.as_object().cloned().unwrap_or_default();
            for id in models::ids(&parameters) {
                if taken.contains(&id) {
                    let message = format!("the id `{id}` is taken by a figure above");
                    faults.push(document.error(
                        &format!("{pointer}/id"),
                        message,
                        "give each figure an id of its own",
                    ));
                }
                taken.push(id);
            }
            let of_report = spec.checks.as_deref();
            let named = parameters.shift_remove("model");
            let chosen = match models::chosen(document, models, named, &pointer) {
                Ok(chosen) => chosen,
                Err(more) => {
                    faults.extend(more);
                    continue;
                }
            };
            for (nth, model) in chosen.into_iter().enumerate() {
                let photos: Vec<Arc<Photo>> = models[model].photos().cloned().collect();
                let given = (parameters.clone(), of_report);
                match task(document, entry, given, &photos, pointer.clone()) {
                    Ok(task) => {
                        items.push(Item::Task(tasks.len()));
                        tasks.push(Task {
                            // A text places the first, the others stand where all figures stand.
                            is_placed: is_placed && nth == 0,
                            id: task
                                .id
                                .map(|id| models::name_of(id, nth, &models[model].key)),
                            name: models::name_of(task.name, nth, &models[model].key),
                            model,
                            ..task
                        });
                    }
                    Err(more) => faults.extend(more),
                }
            }
        }
        sections.push(Section {
            is_question: !spec.has_sections,
            title: question.title.clone(),
            points: question.points,
            prompt: question.prompt.clone(),
            answer: question.answer.clone(),
            items,
        });
    }
    name_uniquely(&mut tasks);
    (sections, tasks)
}

/// A figure goes by its id; one without by its method, and by a number behind that where it is not the first.
fn name_uniquely(tasks: &mut [Task]) {
    for index in 0..tasks.len() {
        if tasks[index].id.is_some() {
            continue;
        }
        let method = match tasks[index].name.as_str() {
            "" => tasks[index].entry.name.to_owned(),
            of_model => format!("{}{of_model}", tasks[index].entry.name),
        };
        let is_taken = |name: &str| tasks.iter().any(|task| task.name == name);
        let mut names =
            std::iter::once(method.clone()).chain((2..).map(|number| format!("{method}-{number}")));
        let name = names.find(|name| !is_taken(name));
        tasks[index].name = name.unwrap_or_default();
    }
}

fn task(
    document: &Document,
    entry: &'static Entry,
    (mut parameters, checks_of_report): (Map<String, Value>, Option<&[CheckName]>),
    photos: &[Arc<Photo>],
    pointer: String,
) -> Result<Task, Vec<Diagnostic>> {
    let text = |value: Option<Value>| value.and_then(|value| value.as_str().map(str::to_owned));
    let id = text(parameters.shift_remove("id"));
    let title = text(parameters.shift_remove("title"));
    let caption = text(parameters.shift_remove("caption"));
    let are_listed = parameters.contains_key("images");
    let chosen = choose(document, entry, &mut parameters, photos, &pointer)?;
    let checks = checks::chosen(
        document,
        entry,
        parameters.shift_remove("checks"),
        checks_of_report,
        &pointer,
    )?;
    let (method, view) = method_and_view(entry, parameters).map_err(|error| {
        vec![document.key_error(&pointer, format!("`{}`: {error}", entry.name), "")]
    })?;
    let reads_photos = method.reads_photos();
    if are_listed && !reads_photos {
        let message = "`images` does nothing here: the figure starts from noise".to_owned();
        let hint = "leave it out, or take `parameterisation: maco`";
        return Err(vec![document.error(
            &format!("{pointer}/images"),
            message,
            hint,
        )]);
    }
    let place = document.key_place(&pointer);
    Ok(Task {
        entry,
        method,
        view,
        name: id.clone().unwrap_or_default(),
        id,
        title,
        caption,
        model: 0,
        photos: if reads_photos { chosen } else { Vec::new() },
        units: Vec::new(),
        checks,
        is_placed: false,
        pointer,
        place,
    })
}

/// A figure's keys, in two parts: what the method computes, and how it is shown.
pub fn method_and_view(
    entry: &Entry,
    keys: Map<String, Value>,
) -> Result<(Box<dyn Method>, View), serde_json::Error> {
    let schema = view::schema(entry.kind, entry.view.without);
    let of_view = |key: &String| schema["properties"].get(key).is_some();
    let (shown, computed) = keys.into_iter().partition(|(key, _)| of_view(key));
    let view = View::parse(entry.kind, &(entry.view.defaults)(), shown)?;
    Ok(((entry.parse)(Value::Object(computed))?, view))
}

/// The photos that a figure asks for, by `images` or `image`.
fn choose(
    document: &Document,
    entry: &Entry,
    parameters: &mut Map<String, Value>,
    photos: &[Arc<Photo>],
    pointer: &str,
) -> Result<Vec<Arc<Photo>>, Vec<Diagnostic>> {
    let find = |id: &str, pointer: String| {
        let found = photos.iter().find(|photo| photo.id == id);
        found.cloned().ok_or_else(|| {
            let ids = photos.iter().map(|photo| photo.id.as_str());
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
            None if photos.len() == 1 => Ok(photos.to_vec()),
            None => Err(vec![document.key_error(
                pointer,
                "`image` is missing",
                "name the photo it starts from",
            )]),
        },
        Photos::Any | Photos::Optional => match parameters.shift_remove("images") {
            Some(Value::Array(ids)) => {
                let mut chosen: Vec<Arc<Photo>> = Vec::new();
                let mut faults = Vec::new();
                for (index, id) in ids.iter().enumerate() {
                    let place = format!("{pointer}/images/{index}");
                    match find(id.as_str().unwrap_or_default(), place.clone()) {
                        Ok(photo) if chosen.iter().any(|known| known.id == photo.id) => {
                            let message = format!("the image `{}` is listed twice", photo.id);
                            faults.push(document.error(&place, message, "list it once"));
                        }
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
            _ if photos.is_empty() && entry.photos == Photos::Any => Err(vec![document.key_error(
                pointer,
                "the report has no photos",
                "list some under `images`",
            )]),
            _ => Ok(photos.to_vec()),
        },
    }
}

/// What only the methods themselves can tell, now that the facts of the network are known.
pub fn check(document: &Document, plan: &Plan, faults: &mut Vec<Diagnostic>) {
    for task in plan.tasks.iter().filter(|task| !plan.leaves_out(task)) {
        let of_view = task
            .view
            .faults(plan.model_of(task).facts.classes)
            .into_iter();
        faults.extend(of_view.map(|(pointer, message, hint)| {
            document.error(&format!("{}{pointer}", task.pointer), message, hint)
        }));
        let of_gradient = match task.method.needs() {
            Needs::Gradients => chosen::gradient_fault(&plan.model_of(task).facts),
            Needs::Nothing | Needs::Scores | Needs::Layers => None,
        };
        faults.extend(checks::faults(document, plan, task));
        let of_method = task.method.check(&plan.inputs(task)).into_iter();
        for fault in of_method.chain(of_gradient) {
            let pointer = format!("{}{}", task.pointer, fault.pointer);
            faults.push(document.error(&pointer, fault.message, fault.hint));
        }
    }
}

/// What the report will say of its figures and of those that are left out, which keeps it from nothing.
pub fn warnings(document: &Document, plan: &Plan) -> Vec<Diagnostic> {
    let mut warnings = Vec::new();
    for task in plan.tasks.iter().filter(|task| !plan.leaves_out(task)) {
        warnings.extend(task.method.warnings().into_iter().map(|warning| {
            let pointer = format!("{}{}", task.pointer, warning.pointer);
            document.error(&pointer, warning.message, warning.hint)
        }));
    }
    for task in plan.tasks.iter().filter(|task| plan.leaves_out(task)) {
        let message = format!(
            "`{}` is left out: it needs the layers of the network, which TorchScript does not show",
            task.entry.name
        );
        let hint = format!("export the network with `{EXPORT}`");
        warnings.push(document.key_error(&task.pointer, message, hint));
    }
    warnings.into_iter().map(Diagnostic::as_warning).collect()
}
