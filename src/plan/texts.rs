//! The author's Markdown: references that lead nowhere, pictures that a report could not carry.

use crate::diagnostic::{Diagnostic, nearest};
use crate::report::{images_in, references, refused_links_in};
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

/// The parameters of every figure.
fn figures(spec: &Spec) -> impl Iterator<Item = &serde_json::Map<String, serde_json::Value>> {
    let items = spec.questions.iter().flat_map(|question| &question.figures);
    items.flat_map(|item| item.values().filter_map(serde_json::Value::as_object))
}
