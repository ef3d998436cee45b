//! The overview: photo by method.

use serde::Serialize;

use crate::report;

/// Photos in rows and methods in columns, or the other way round where there are many methods.
#[derive(Serialize)]
pub(super) struct Summary<'a> {
    by_method: bool,
    columns: Vec<SummaryHead<'a>>,
    rows: Vec<SummaryRow<'a>>,
}

/// A photo with its class and probability, or a method, which has none.
#[derive(Serialize)]
struct SummaryHead<'a> {
    title: &'a str,
    class: &'a str,
    probability: &'a str,
}

#[derive(Serialize)]
struct SummaryRow<'a> {
    head: SummaryHead<'a>,
    cells: Vec<SummaryCell<'a>>,
}

#[derive(Serialize)]
struct SummaryCell<'a> {
    /// Of the figure; empty where it does not have this photo.
    id: &'a str,
    name: &'a str,
    class: &'a str,
    fit: &'a str,
}

/// So many methods stand side by side in the width of the text; more do where photos side by side would take more room.
const METHODS_ACROSS: usize = 2;
/// Columns of a table with photos in rows that are no methods: photo, class and probability.
const OTHER_COLUMNS: usize = 3;

/// `None` where no method explains a class of a photo.
pub(super) fn summary(summary: &report::Summary) -> Option<Summary<'_>> {
    let (photos, methods) = (&summary.photos, &summary.methods);
    if photos.is_empty() {
        return None;
    }
    let of_photo = |photo: usize| SummaryHead {
        title: &photos[photo].name,
        class: &photos[photo].class,
        probability: &photos[photo].probability,
    };
    let of_method = |method: usize| SummaryHead {
        title: &methods[method].title,
        class: "",
        probability: "",
    };
    let cell = |photo: usize, method: usize| {
        let (id, name) = &methods[method].figure;
        match photos[photo].cells.get(method).and_then(Option::as_ref) {
            Some(cell) => SummaryCell {
                id,
                name,
                class: &cell.class,
                fit: &cell.fit,
            },
            None => SummaryCell {
                id: "",
                name: "",
                class: "",
                fit: "",
            },
        }
    };
    let by_method =
        methods.len() > METHODS_ACROSS && photos.len() + 1 < methods.len() + OTHER_COLUMNS;
    let row = |index: usize| match by_method {
        true => SummaryRow {
            head: of_method(index),
            cells: (0..photos.len()).map(|photo| cell(photo, index)).collect(),
        },
        false => SummaryRow {
            head: of_photo(index),
            cells: (0..methods.len())
                .map(|method| cell(index, method))
                .collect(),
        },
    };
    let (rows, columns): (usize, Vec<SummaryHead>) = match by_method {
        true => (methods.len(), (0..photos.len()).map(of_photo).collect()),
        false => (photos.len(), (0..methods.len()).map(of_method).collect()),
    };
    Some(Summary {
        by_method,
        columns,
        rows: (0..rows).map(row).collect(),
    })
}
