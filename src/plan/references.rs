//! The author's `{fig:ID}` and `{table:ID}`: those that lead nowhere, and what looks like one.

use super::texts::{figure_ids, prose};
use crate::diagnostic::{Diagnostic, nearest};
use crate::report::{NearMiss, ReferredTo, captions, near_misses, references};
use crate::spec::{Document, Spec};

/// What there is to refer to.
struct Ids {
    figures: Vec<String>,
    tables: Vec<String>,
}

impl Ids {
    fn of(spec: &Spec) -> Self {
        Self {
            figures: figure_ids(spec),
            tables: prose(spec).flat_map(|(_, text)| table_ids(text)).collect(),
        }
    }

    /// A figure of the spec may give several; `ID-2` is the second of them.
    fn has_figure(&self, id: &str) -> bool {
        let is_one = |id: &str| self.figures.iter().any(|figure| figure == id);
        let first = id
            .rsplit_once('-')
            .filter(|(_, number)| number.parse::<u32>().is_ok_and(|n| n > 1));
        is_one(id) || first.is_some_and(|(first, _)| is_one(first))
    }

    fn has_table(&self, id: &str) -> bool {
        self.tables.iter().any(|table| table == id)
    }

    fn serves(&self, to: ReferredTo, id: &str) -> bool {
        match to {
            ReferredTo::Figure => self.has_figure(id) || self.has_table(id),
            ReferredTo::Table => self.has_table(id),
        }
    }

    /// The reference that may be meant.
    fn nearest(&self, to: ReferredTo, id: &str) -> Option<String> {
        let tables = self.tables.iter().map(String::as_str);
        let near = match to {
            ReferredTo::Figure => {
                nearest(id, self.figures.iter().map(String::as_str).chain(tables))
            }
            ReferredTo::Table => nearest(id, tables),
        };
        near.map(|near| to.written(near))
    }
}

pub fn check(document: &Document, spec: &Spec, faults: &mut Vec<Diagnostic>) {
    let ids = Ids::of(spec);
    for (pointer, text) in prose(spec) {
        for id in table_ids(text) {
            let same = ids.tables.iter().filter(|other| **other == id).count();
            if same > 1 || ids.figures.contains(&id) {
                let message = format!("`{id}` is the id of another table or figure");
                let hint = "give the table an id of its own";
                faults.push(document.text_error(&pointer, &format!("{{#{id}}}"), message, hint));
            }
        }
        for (to, id, _) in references(text) {
            if !ids.serves(to, &id) {
                let (message, hint) = leads_nowhere(&ids, to, &id);
                faults.push(document.text_error(&pointer, &to.written(&id), message, hint));
            }
        }
    }
}

/// Message and hint.
fn leads_nowhere(ids: &Ids, to: ReferredTo, id: &str) -> (String, String) {
    let near = ids.nearest(to, id);
    let near = near.map(|near| format!("did you mean `{near}`?"));
    match to {
        ReferredTo::Figure => (
            format!("no figure has the id `{id}`"),
            near.unwrap_or_else(|| {
                format!("give a figure `id: {id}`, or the caption of a table `{{#{id}}}`")
            }),
        ),
        ReferredTo::Table if ids.has_figure(id) => (
            format!("`{id}` is the id of a figure, not of a table in a text"),
            format!("write `{}`", ReferredTo::Figure.written(id)),
        ),
        ReferredTo::Table => (
            format!("no table in a text has the id `{id}`"),
            near.unwrap_or_else(|| {
                format!("put `Table: its caption {{#{id}}}` into the paragraph before the table")
            }),
        ),
    }
}

/// What a reader will see with its braces.
pub fn warnings(document: &Document, spec: &Spec) -> Vec<Diagnostic> {
    let ids = Ids::of(spec);
    let of_text = |(pointer, text): (String, &str)| {
        let misses = near_misses(text).into_iter();
        let warnings = misses.map(|NearMiss { written, to, id }| {
            let message = format!("`{written}` is no reference and is shown as it is");
            let hint = match (ids.nearest(to, &id), to) {
                (Some(near), _) => format!("`{near}` is one"),
                (None, ReferredTo::Figure) => {
                    "`{fig:ID}` refers to the figure with `id: ID`".to_owned()
                }
                (None, ReferredTo::Table) => {
                    "`{table:ID}` refers to the table whose caption ends with `{#ID}`".to_owned()
                }
            };
            document.text_error(&pointer, &written, message, hint)
        });
        warnings.collect::<Vec<_>>()
    };
    prose(spec).flat_map(of_text).collect()
}

/// Ids of the captions of tables.
fn table_ids(text: &str) -> Vec<String> {
    let captions = captions(text).into_iter();
    captions.filter_map(|caption| caption.id).collect()
}
