//! `sections:` as `questions:` are called in a report that asks none, and `text:` in one.

use serde_json::{Value, json};

use crate::diagnostic::Diagnostic;
use crate::spec::document::{Document, Origin};

/// Puts sections in the place of questions, and the text of each in front of its figures; whether there are any.
pub fn as_questions(document: &mut Document, value: &mut Value) -> (bool, Vec<Diagnostic>) {
    let mut faults = Vec::new();
    let sections = value.get("sections").is_some();
    if sections && value.get("questions").is_some() {
        let message = "`sections` and `questions` stand for the same";
        let hint =
            "keep `sections` for chapters without numbers of questions, `questions` for homework";
        faults.push(document.key_error("/sections", message, hint));
        if let Some(report) = value.as_object_mut() {
            report.shift_remove("sections");
        }
    } else if sections && let Some(report) = value.as_object_mut() {
        let taken = report.shift_remove("sections").unwrap_or(Value::Null);
        report.insert("questions".to_owned(), taken);
        let origin = document.origin("/sections");
        document.moved("/questions", origin);
    }
    let questions = value.get_mut("questions").and_then(Value::as_array_mut);
    for (index, question) in questions.into_iter().flatten().enumerate() {
        text_first(document, question, &format!("/questions/{index}"));
    }
    (sections, faults)
}

/// `text: …` becomes the first item of `figures`.
fn text_first(document: &mut Document, question: &mut Value, pointer: &str) {
    let Some(question) = question.as_object_mut() else {
        return;
    };
    if !question.get("text").is_some_and(Value::is_string) {
        return; // the schema says what is wrong with another value
    }
    let figures = question.entry("figures").or_insert_with(|| json!([]));
    let Value::Array(items) = figures else {
        return;
    };
    let place = |index: usize| format!("{pointer}/figures/{index}");
    let origins: Vec<Origin> = (0..items.len())
        .map(|at| document.origin(&place(at)))
        .collect();
    let of_text = document.origin(&format!("{pointer}/text"));
    for (at, origin) in origins.into_iter().enumerate() {
        document.moved(&place(at + 1), origin);
    }
    document.moved(&place(0), of_text.clone());
    document.moved(&format!("{}/text", place(0)), of_text);
    let text = question.shift_remove("text");
    if let Some(Value::Array(items)) = question.get_mut("figures") {
        items.insert(0, json!({ "text": text }));
    }
}
