//! Rates of independent labels: a table with a row for each label, and how the rates follow the threshold.

mod thresholds;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::exhibit::{Body, Curves, Exhibit, Series, Table};
use super::outcomes::notices::of_data;
use super::{Data, Presented, Task};
use crate::results::labels::{LabelRates, Labelling};
use crate::results::{LabelRow, Results, named};
use crate::words::{Argument, Message};

/// When a label counts as found.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct View {
    /// A label counts as found where its probability is this or more, 0 to 1. Default 0.5.
    #[schemars(range(min = 0.0, max = 1.0))]
    pub threshold: f64,
    /// How many labels get a figure of their own that shows how its rates follow the threshold, those of the most photos first. Default 6.
    #[schemars(range(min = 0, max = 1000))]
    pub label_curves: usize,
}

impl Default for View {
    fn default() -> Self {
        Self {
            threshold: 0.5,
            label_curves: 6,
        }
    }
}

/// Photos with a label below which its rates say little.
const FEW_PHOTOS: usize = 10;
/// Labels whose rates the description of the table says.
const LABELS_SAID: usize = 15;
/// Above so many labels those that no photo has and that are never found are left out.
const ALL_SHOWN_UP_TO: usize = 40;
/// Steps of the threshold from 0 to 1.
const STEPS: usize = 20;

/// Probabilities of all ranges with the labels of each photo.
pub struct Rows<'a> {
    pub rows: Vec<(&'a [f32], &'a [usize])>,
    /// Photos that could not be read, by their reasons.
    pub unreadable: Vec<String>,
}

impl<'a> Rows<'a> {
    pub fn of(task: &'a Task, data: &'a Data) -> Self {
        let found = task.found.iter().filter_map(|found| match found.results {
            Results::Labels(found) => Some(&found.rows),
            _ => None,
        });
        let mut unreadable = data.unreadable.clone();
        let mut rows = Vec::new();
        for (photo, (row, labels)) in found.flatten().zip(&data.labels).enumerate() {
            match row {
                LabelRow::Read(row) if row.len() >= data.groups.len() => {
                    rows.push((row.as_slice(), labels.as_slice()));
                }
                LabelRow::Read(_) => {} // of another network: the key of the store keeps them apart
                LabelRow::Unreadable(reason) => {
                    let path = data.paths.get(photo).map_or("", String::as_str);
                    unreadable.push(named(reason, path));
                }
            }
        }
        Self { rows, unreadable }
    }

    pub fn rated(&self, data: &Data, threshold: f64) -> Labelling {
        Labelling::new(&self.rows, data.groups.len(), threshold)
    }
}

pub fn present(task: &Task, view: &View) -> Presented {
    let Some(data) = task.data else {
        return Presented::default();
    };
    let rows = Rows::of(task, data);
    let found = rows.rated(data, view.threshold);
    let mut notices = of_data(data, &rows.unreadable);
    let few = found.labels.iter();
    let few = few.filter(|label| label.photos < FEW_PHOTOS).count();
    if few > 0 {
        notices.push(
            Message::new("labels.notice_few")
                .with("labels", few)
                .with("few", FEW_PHOTOS),
        );
    }
    if task.activation == "softmax" {
        notices.push(Message::new("labels.notice_softmax"));
    }
    Presented {
        exhibits: [table(task, data, view, &found), curves(task, data, &rows)]
            .into_iter()
            .chain(thresholds::of_labels(task, data, view, (&rows, &found)))
            .collect(),
        notices,
    }
}

fn with_all(message: Message, found: &Labelling) -> Message {
    message
        .with("total", found.photos)
        .with("exact", found.exact)
        .with("hamming", Argument::Percent(found.hamming_loss, 1))
        .with("precision", rate(found.mean_average_precision))
}

fn rate(value: Option<f64>) -> Argument {
    value.map_or(Argument::Text("–".to_owned()), |value| {
        Argument::Number(value, 3)
    })
}

fn table(task: &Task, data: &Data, view: &View, found: &Labelling) -> Exhibit {
    let keys = [
        "labels.label",
        "labels.photos",
        "labels.found",
        "labels.right",
        "outcomes.precision",
        "outcomes.recall",
        "outcomes.f1",
        "labels.average_precision",
        "labels.best_threshold",
        "labels.best_f1",
    ];
    let occurs = |rates: &LabelRates| rates.photos + rates.found > 0;
    let all = data.groups.len() <= ALL_SHOWN_UP_TO;
    let shown: Vec<(&String, &LabelRates)> = data
        .groups
        .iter()
        .zip(&found.labels)
        .filter(|(_, rates)| all || occurs(rates))
        .collect();
    let row = |(name, rates): &(&String, &LabelRates)| {
        vec![
            Argument::Text((*name).clone()),
            Argument::Count(rates.photos),
            Argument::Count(rates.found),
            Argument::Count(rates.right),
            rate(rates.precision),
            rate(rates.recall),
            rate(rates.f1),
            rate(rates.average_precision),
            rate(rates.best.map(|best| best.0)),
            rate(rates.best.map(|best| best.1)),
        ]
    };
    let sum = |of: fn(&LabelRates) -> usize| Argument::Count(found.labels.iter().map(of).sum());
    let mean = |key: &'static str, rates: [Option<f64>; 3], precision: Option<f64>| {
        let none = || Argument::Text(String::new());
        let [first, second, third] = rates.map(rate);
        vec![
            Argument::Message(Message::new(key)),
            sum(|rates| rates.photos),
            sum(|rates| rates.found),
            sum(|rates| rates.right),
            first,
            second,
            third,
            precision.map_or_else(none, |value| rate(Some(value))),
            none(),
            none(),
        ]
    };
    let mut rows: Vec<Vec<Argument>> = shown.iter().map(row).collect();
    rows.push(mean("labels.micro_average", found.micro, None));
    rows.push(mean(
        "labels.macro_average",
        found.macro_average.map(Some),
        found.mean_average_precision,
    ));
    let said = shown.iter().take(LABELS_SAID).map(|(name, rates)| {
        Message::new("labels.alt_label")
            .with("label", (*name).clone())
            .with("precision", rate(rates.precision))
            .with("recall", rate(rates.recall))
    });
    Exhibit {
        caption: with_all(task.own_text("caption", &[]), found),
        alt: with_all(Message::new("labels.alt"), found)
            .with("threshold", Argument::Number(view.threshold, 2))
            .with("labels", said.collect::<Vec<_>>()),
        body: Body::Table(Table {
            header: keys.map(Message::new).to_vec(),
            rows,
        }),
    }
}

/// Micro precision, recall and F1 at each step of the threshold.
fn curves(task: &Task, data: &Data, rows: &Rows) -> Exhibit {
    let steps = (0..=STEPS).map(|step| step as f64 / STEPS as f64);
    let at: Vec<(f64, [Option<f64>; 3])> = steps
        .map(|threshold| (threshold, rows.rated(data, threshold).micro))
        .collect();
    let keys = ["outcomes.precision", "outcomes.recall", "outcomes.f1"];
    let series = keys.iter().enumerate().map(|(which, key)| Series {
        label: Message::new(*key),
        points: at
            .iter()
            .filter_map(|(threshold, rates)| Some((*threshold, rates[which]?)))
            .collect(),
        intervals: Vec::new(),
    });
    let best = at.iter().filter_map(|(t, rates)| Some((*t, rates[2]?)));
    let best = best.max_by(|a, b| a.1.total_cmp(&b.1));
    Exhibit {
        caption: task.own_text("caption_thresholds", &[]),
        alt: Message::new("labels.alt_thresholds")
            .with("f1", rate(best.map(|best| best.1)))
            .with("threshold", rate(best.map(|best| best.0))),
        body: Body::Curves(Curves {
            x_label: Message::new("labels.threshold"),
            y_label: Message::new("labels.rate"),
            series: series.collect(),
        }),
    }
}
