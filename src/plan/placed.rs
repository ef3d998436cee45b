//! Figures that a text places by `{figure:ID}`: in which order they then appear, and what is wrong with a place.

use std::collections::{BTreeMap, BTreeSet};

use crate::diagnostic::{Diagnostic, nearest};
use crate::report::placements;
use crate::spec::{Document, QuestionSpec, Spec};

/// The items of a question in the order in which they appear, by their index in `figures`, and whether a text places
/// them. Figures are numbered in this order.
pub fn order(question: &QuestionSpec) -> Vec<(usize, bool)> {
    let ids: BTreeMap<&str, usize> = (0..question.figures.len())
        .filter_map(|index| Some((id(question, index)?, index)))
        .collect();
    let placed_in = |text: &str| -> Vec<usize> {
        let alone = placements(text).into_iter().filter(|place| place.is_alone);
        alone
            .filter_map(|place| ids.get(place.id.as_str()).copied())
            .collect()
    };
    let texts = (0..question.figures.len()).filter_map(|index| text(question, index));
    let all = texts.chain([question.answer.as_str()]).flat_map(&placed_in);
    let placed: BTreeSet<usize> = all.collect();
    let mut order = Vec::new();
    let mut done = BTreeSet::new(); // one that is placed twice is a fault
    for index in 0..question.figures.len() {
        if !placed.contains(&index) {
            order.push((index, false));
        }
        let here = text(question, index)
            .map(&placed_in)
            .unwrap_or_default()
            .into_iter();
        order.extend(
            here.filter(|index| done.insert(*index))
                .map(|index| (index, true)),
        );
    }
    let here = placed_in(&question.answer).into_iter();
    order.extend(
        here.filter(|index| done.insert(*index))
            .map(|index| (index, true)),
    );
    order
}

/// The id of an item that is a figure.
fn id(question: &QuestionSpec, index: usize) -> Option<&str> {
    question.figures[index].values().next()?.get("id")?.as_str()
}

fn text(question: &QuestionSpec, index: usize) -> Option<&str> {
    question.figures[index].get("text")?.as_str()
}

/// Each figure is placed once, in a text or the answer of its own question, by a paragraph of its own.
pub fn check(document: &Document, spec: &Spec, faults: &mut Vec<Diagnostic>) {
    let mut owners: BTreeMap<&str, usize> = BTreeMap::new();
    for (number, question) in spec.questions.iter().enumerate() {
        for index in 0..question.figures.len() {
            owners.extend(id(question, index).map(|id| (id, number)));
        }
    }
    let mut placed: BTreeSet<String> = BTreeSet::new();
    let mut check = |pointer: String, text: &str, question: Option<usize>| {
        let mut met: BTreeMap<String, usize> = BTreeMap::new();
        for place in placements(text) {
            let id = place.id;
            let nth = met.entry(id.clone()).or_insert(0);
            let wrong = match (owners.get(id.as_str()), question) {
                (None, _) => Some((
                    format!("no figure has the id `{id}`"),
                    match nearest(&id, owners.keys().copied()) {
                        Some(near) => format!("did you mean `{{figure:{near}}}`?"),
                        None => format!("give a figure of this question `id: {id}`"),
                    },
                )),
                (Some(_), None) => Some((
                    format!("the figure `{id}` cannot stand here"),
                    format!(
                        "place it in the answer or a `text` of its question; `{{fig:{id}}}` refers to it"
                    ),
                )),
                (Some(owner), Some(question)) if *owner != question => Some((
                    format!("the figure `{id}` belongs to question {}", owner + 1),
                    format!(
                        "a text places figures of its own question only; `{{fig:{id}}}` refers to it"
                    ),
                )),
                _ if !place.is_alone => Some((
                    format!("the figure `{id}` cannot stand within a paragraph, list or quotation"),
                    format!(
                        "put an empty line above and below `{{figure:{id}}}`; `{{fig:{id}}}` refers to the figure"
                    ),
                )),
                _ if !placed.insert(id.clone()) => Some((
                    format!("the figure `{id}` is placed a second time"),
                    format!("`{{fig:{id}}}` refers to it"),
                )),
                _ => None,
            };
            if let Some((message, hint)) = wrong {
                let written = format!("{{figure:{id}}}");
                faults.push(document.nth_text_error(&pointer, (&written, *nth), message, hint));
            }
            *nth += 1;
        }
    };
    check("/introduction".to_owned(), &spec.introduction, None);
    for (number, question) in spec.questions.iter().enumerate() {
        let pointer = format!("/questions/{number}");
        check(format!("{pointer}/prompt"), &question.prompt, None);
        for index in 0..question.figures.len() {
            if let Some(text) = text(question, index) {
                check(
                    format!("{pointer}/figures/{index}/text"),
                    text,
                    Some(number),
                );
            }
        }
        check(format!("{pointer}/answer"), &question.answer, Some(number));
    }
}
