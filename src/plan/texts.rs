//! The author's Markdown: references that lead nowhere, pictures that a report could not carry.

use super::Plan;
use crate::diagnostic::{Diagnostic, nearest};
use crate::present::values::Quantity;
use crate::report::{images_in, references, refused_links_in, value_format, values};
use crate::spec::{Document, Spec};

pub fn check(document: &Document, spec: &Spec, faults: &mut Vec<Diagnostic>) {
    let ids: Vec<&str> = figures(spec)
        .filter_map(|figure| figure.get("id")?.as_str())
        .collect();
    let mut check = |pointer: String, text: &str| {
        for (id, _) in references(text) {
            // A figure of the spec may give several; `ID-2` is the second of them.
            let first = id
                .rsplit_once('-')
                .filter(|(_, number)| number.parse::<u32>().is_ok_and(|n| n > 1));
            if ids.contains(&id.as_str()) || first.is_some_and(|(first, _)| ids.contains(&first)) {
                continue;
            }
            let hint = match nearest(&id, ids.iter().copied()) {
                Some(near) => format!("did you mean `{{fig:{near}}}`?"),
                None => format!("give a figure `id: {id}`"),
            };
            let message = format!("no figure has the id `{id}`");
            faults.push(document.text_error(&pointer, &format!("{{fig:{id}}}"), message, hint));
        }
        for (address, _) in images_in(text) {
            let message = format!("the picture `{address}` in a text");
            let hint = "list it under `images` and show it with `- photos: {images: [id]}`; a report loads nothing from elsewhere";
            faults.push(document.text_error(&pointer, &address, message, hint));
        }
        for (address, _) in refused_links_in(text) {
            let message = format!("the link to `{address}` leads nowhere from a report");
            let hint = "a link starts with `https://`, `http://`, `mailto:` or `#`";
            faults.push(document.text_error(&pointer, &address, message, hint));
        }
    };
    check("/introduction".to_owned(), &spec.introduction);
    for (index, question) in spec.questions.iter().enumerate() {
        let pointer = format!("/questions/{index}");
        check(format!("{pointer}/prompt"), &question.prompt);
        check(format!("{pointer}/answer"), &question.answer);
        for (item, figure) in question.figures.iter().enumerate() {
            if let Some(text) = figure.get("text").and_then(|text| text.as_str()) {
                check(format!("{pointer}/figures/{item}/text"), text);
            }
        }
    }
}

/// Every `{value:…}` names a value that there will be, in a format that there is.
pub fn check_values(document: &Document, spec: &Spec, plan: &Plan, faults: &mut Vec<Diagnostic>) {
    let known = plan.value_names();
    let mut check = |pointer: String, text: &str| {
        for (reference, _) in values(text) {
            let written = format!("{{value:{reference}}}");
            if known.contains(reference.trim()) {
                continue;
            }
            let (name, format) = value_format(&reference);
            if !known.contains(name) {
                let message = format!("there is no value `{name}`");
                let hint = match nearest(name, known.iter().map(String::as_str)) {
                    Some(near) => format!("did you mean `{{value:{near}}}`?"),
                    None => "`cnn-report values` lists what there is".to_owned(),
                };
                faults.push(document.text_error(&pointer, &written, message, hint));
            } else if let Some(Err(error)) = format.map(Quantity::check_format) {
                let (message, hint) = match error.to_string().split_once("; ") {
                    Some((message, hint)) => (message.to_owned(), hint.to_owned()),
                    None => (error.to_string(), String::new()),
                };
                faults.push(document.text_error(&pointer, &written, message, hint));
            }
        }
    };
    for (pointer, text) in texts(spec) {
        check(pointer, text);
    }
}

/// Every text of the author in which values are filled in, with its JSON pointer.
fn texts(spec: &Spec) -> Vec<(String, &str)> {
    let mut texts = vec![
        ("/title".to_owned(), spec.title.as_str()),
        ("/introduction".to_owned(), spec.introduction.as_str()),
    ];
    for (index, question) in spec.questions.iter().enumerate() {
        let pointer = format!("/questions/{index}");
        texts.push((format!("{pointer}/title"), &question.title));
        texts.push((format!("{pointer}/prompt"), &question.prompt));
        texts.push((format!("{pointer}/answer"), &question.answer));
        for (item, figure) in question.figures.iter().enumerate() {
            let place = format!("{pointer}/figures/{item}");
            for (method, value) in figure {
                let place = format!("{place}/{method}");
                texts.extend(value.as_str().map(|text| (place.clone(), text)));
                for key in ["title", "caption"] {
                    let text = value.get(key).and_then(|text| text.as_str());
                    texts.extend(text.map(|text| (format!("{place}/{key}"), text)));
                }
            }
        }
    }
    texts
}

/// The parameters of every figure.
fn figures(spec: &Spec) -> impl Iterator<Item = &serde_json::Map<String, serde_json::Value>> {
    let items = spec.questions.iter().flat_map(|question| &question.figures);
    items.flat_map(|item| item.values().filter_map(serde_json::Value::as_object))
}
