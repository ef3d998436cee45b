//! How far to trust the weights, photo by photo.

use super::{LimeResult, r_squared};
use crate::present::Task;
use crate::present::exhibit::{Body, Exhibit, Table};
use crate::results::Explained;
use crate::words::{Argument, Message};

pub(super) fn table(task: &Task, photos: &[LimeResult]) -> Exhibit {
    let are_shapley = photos.iter().any(LimeResult::is_shapley);
    let (header, rows, alt) = match are_shapley {
        true => sums(photos),
        false => fits(photos),
    };
    Exhibit {
        caption: task.own_text("caption_quality", &[]),
        alt,
        body: Body::Table(Table {
            header: header.iter().map(|key| Message::new(*key)).collect(),
            rows,
        }),
    }
}

type Content = (Vec<&'static str>, Vec<Vec<Argument>>, Message);

/// Of every method.
const FIRST: [&str; 5] = [
    "superpixels.photo",
    "superpixels.class",
    "superpixels.probability",
    "superpixels.segments",
    "superpixels.samples",
];

fn first(explained: &LimeResult) -> [Argument; 5] {
    [
        Argument::from(explained.photo.name),
        Argument::from(explained.class.clone()),
        explained.probability(),
        Argument::Count(explained.result.segments()),
        Argument::Count(explained.result.fit.samples),
    ]
}

/// Of linear models: how well they stand for the network.
fn fits(photos: &[LimeResult]) -> Content {
    let last = [
        "superpixels.held_out",
        "superpixels.in_sample",
        "superpixels.local_prediction",
    ];
    let row = |explained: &LimeResult| {
        let fit = explained.result.fit;
        let last = [
            r_squared(fit.r_squared_held_out),
            r_squared(fit.r_squared),
            explained.amount(fit.local_prediction),
        ];
        first(explained).into_iter().chain(last).collect()
    };
    let said = photos.iter().map(|explained| {
        let fit = explained.result.fit;
        Message::new("superpixels.alt_quality")
            .with("photo", explained.photo.name)
            .with("held_out", r_squared(fit.r_squared_held_out))
            .with("in_sample", r_squared(fit.r_squared))
    });
    (
        FIRST.into_iter().chain(last).collect(),
        photos.iter().map(row).collect(),
        Message::new("superpixels.alt_table").with("photos", said.collect::<Vec<_>>()),
    )
}

/// Of Shapley values: what they share out, and how much of it lies in single segments.
fn sums(photos: &[LimeResult]) -> Content {
    // Of probabilities the whole is a column already.
    let has_whole = photos
        .iter()
        .any(|photo| photo.result.explained() == Explained::Score);
    let whole = has_whole.then_some("superpixels.whole");
    let last = [
        "superpixels.hidden",
        "superpixels.sum",
        "superpixels.additivity",
    ];
    let row = |explained: &LimeResult| {
        let result = explained.result;
        let last = [
            explained.amount(result.intercept),
            explained.sum(),
            r_squared(result.fit.r_squared),
        ];
        let whole = has_whole.then(|| explained.amount(result.whole()));
        first(explained)
            .into_iter()
            .chain(whole)
            .chain(last)
            .collect()
    };
    let said = photos.iter().map(|explained| {
        Message::new("superpixels.alt_sum")
            .with("photo", explained.photo.name)
            .with("hidden", explained.amount(explained.result.intercept))
            .with("sum", explained.sum())
            .with("whole", explained.amount(explained.result.whole()))
    });
    (
        FIRST.into_iter().chain(whole).chain(last).collect(),
        photos.iter().map(row).collect(),
        Message::new("superpixels.alt_sums").with("photos", said.collect::<Vec<_>>()),
    )
}
