//! The author's Markdown: links that lead nowhere, pictures that a report could not carry, values that there are not.

use super::{Plan, models};
use crate::diagnostic::{Diagnostic, nearest};
use crate::present::values::Quantity;
use crate::report::prose::headings::{addresses, slugs};
use crate::report::{
    images_in, references, refused_links_in, shown_as_source, value_format, values,
};
use crate::spec::{Document, Format, Spec};

pub fn check(document: &Document, spec: &Spec, faults: &mut Vec<Diagnostic>) {
    for (pointer, text) in prose(spec) {
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
    }
}

/// What the pages will show otherwise than the author may think.
pub fn warnings(document: &Document, spec: &Spec, plan: &Plan) -> Vec<Diagnostic> {
    let ids = figure_ids(spec);
    let texts: Vec<(String, &str)> = prose(spec).collect();
    let headings: Vec<String> = texts.iter().flat_map(|(_, text)| slugs(text)).collect();
    let has_page = plan.output.formats.contains(&Format::Html);
    let mut warnings = Vec::new();
    let mut warn = |pointer: &str, fragment: &str, message: String, hint: String| {
        warnings.push(document.text_error(pointer, fragment, message, hint));
    };
    for (pointer, text) in &texts {
        for address in addresses(text) {
            let name = address.trim_start_matches('#');
            if !is_anchor(name, &headings, &ids, spec) {
                let message = format!("the link to `{address}` leads to no heading and no figure");
                let hint = "link to a heading of a text (`## Results` is `#results`), a question (`#question-1`) or a figure (`{fig:ID}`)";
                warn(pointer, &address, message, hint.to_owned());
            }
        }
        if has_page {
            for (source, message) in shown_as_source(text) {
                let hint =
                    "GitHub draws it; for the page make a picture and list it under `images`";
                warn(pointer, &source, message.to_owned(), hint.to_owned());
            }
        }
    }
    warnings
}

/// Whether a page has such an anchor.
fn is_anchor(name: &str, headings: &[String], ids: &[String], spec: &Spec) -> bool {
    let kind = match spec.has_sections {
        true => "section-",
        false => "question-",
    };
    let question = name.strip_prefix(kind);
    let question = question.and_then(|number| number.parse::<usize>().ok());
    let decoded = percent_encoding::percent_decode_str(name).decode_utf8_lossy();
    name.is_empty()
        || !references(name).is_empty()
        || question.is_some_and(|number| (1..=spec.questions.len()).contains(&number))
        || headings.contains(&decoded.to_lowercase())
        || name.starts_with("fig-")
        || name.starts_with("table-")
        || ids.iter().any(|id| id == name)
}

/// The author's Markdown, with JSON pointers.
pub(super) fn prose(spec: &Spec) -> impl Iterator<Item = (String, &str)> {
    let introduction = ("/introduction".to_owned(), spec.introduction.as_str());
    let of_questions = spec
        .questions
        .iter()
        .enumerate()
        .flat_map(|(index, question)| {
            let pointer = format!("/questions/{index}");
            let texts = question.figures.iter().enumerate();
            let texts = texts.filter_map({
                let pointer = pointer.clone();
                move |(item, figure)| {
                    let text = figure.get("text")?.as_str()?;
                    Some((format!("{pointer}/figures/{item}/text"), text))
                }
            });
            std::iter::once((format!("{pointer}/prompt"), question.prompt.as_str()))
                .chain(texts)
                .chain(std::iter::once((
                    format!("{pointer}/answer"),
                    question.answer.as_str(),
                )))
        });
    std::iter::once(introduction).chain(of_questions)
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

/// The ids of all figures, with those that a figure of several networks has for each.
pub(super) fn figure_ids(spec: &Spec) -> Vec<String> {
    let items = spec.questions.iter().flat_map(|question| &question.figures);
    let figures = items.flat_map(|item| item.values().filter_map(serde_json::Value::as_object));
    figures.flat_map(models::ids).collect()
}
