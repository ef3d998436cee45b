//! The confusion matrix and its rates as figures, tables and warnings.

mod cells;
mod mistaken;
pub(super) mod notices;
pub(super) mod rows;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::exhibit::{Body, Exhibit, Matrix, Table};
use super::{Data, Presented, Task};
use crate::results::rates::{Average, Confusion, Rates, confusions};
use crate::words::{Argument, Message};
use rows::{Classified, counts, examples, rows};

/// How outcomes of labelled photos are shown.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct View {
    /// How many of the most frequent kinds of mistake are listed. Default 5.
    #[schemars(range(min = 0, max = 100))]
    pub pairs: usize,
    /// Photos shown of each of these, those of the highest probability first. Default 3.
    #[schemars(range(min = 0, max = 20))]
    pub examples: usize,
    /// Photos of each cell that the HTML page shows small when the reader points at the cell, those of the highest
    /// probability first; at most 60 in all. Default 3.
    #[schemars(range(min = 0, max = 20))]
    pub cell_photos: usize,
}

impl Default for View {
    fn default() -> Self {
        Self {
            pairs: 5,
            examples: 3,
            cell_photos: 3,
        }
    }
}

/// Above so many groups the ones that never occur are left out of matrix and table.
const ALL_SHOWN_UP_TO: usize = 40;
/// Of so many groups or fewer the matrix is made where more occur: those of the most frequent mistakes.
const CONFUSED_SHOWN: usize = 24;
/// Longest list of names in a sentence; longer ones are counted.
const NAMES_LISTED: usize = 15;

pub fn present(task: &Task, view: &View) -> Presented {
    let Some(data) = task.data else {
        return Presented::default();
    };
    let (classified, unreadable) = rows(task, data);
    let counts = counts(data.groups.len() + 1, &classified);
    let examples = examples(view, data, &classified, &counts);
    let result = Evaluated {
        task,
        data,
        counts: &counts,
        rates: Rates::new(&counts),
        shown: shown(data, &counts),
        confused: confused(data, &counts),
    };
    let mut exhibits = vec![result.matrix(view, &classified), result.table()];
    exhibits.extend(result.pairs(&examples));
    exhibits.extend(result.pictures(view, &examples));
    Presented {
        exhibits,
        notices: result.notices(&unreadable),
    }
}

/// The name of a group; behind the last stands `other`.
pub(super) fn name(data: &Data, group: usize) -> Message {
    match data.groups.get(group) {
        Some(name) => Message::literal(name),
        None => Message::new("outcomes.other"),
    }
}

/// The groups that stand in matrix and table, without `other`.
fn shown(data: &Data, counts: &[Vec<usize>]) -> Vec<usize> {
    let all = 0..data.groups.len();
    if all.len() <= ALL_SHOWN_UP_TO {
        return all.collect();
    }
    let occurs = |group: &usize| {
        counts[*group].iter().any(|n| *n > 0) || counts.iter().any(|row| row[*group] > 0)
    };
    all.filter(occurs).collect()
}

/// The groups of the most frequent mistakes, where those that occur are too many for a matrix.
fn confused(data: &Data, counts: &[Vec<usize>]) -> Option<Vec<usize>> {
    if shown(data, counts).len() <= ALL_SHOWN_UP_TO {
        return None;
    }
    let mut groups = std::collections::BTreeSet::new();
    for mistake in confusions(counts) {
        let both = [mistake.truth, mistake.predicted];
        let both = both.into_iter().filter(|group| *group < data.groups.len());
        let more: Vec<usize> = both.filter(|group| !groups.contains(group)).collect();
        if groups.len() + more.len() > CONFUSED_SHOWN {
            break;
        }
        groups.extend(more);
    }
    Some(groups.into_iter().collect())
}

struct Evaluated<'a> {
    task: &'a Task<'a>,
    data: &'a Data<'a>,
    counts: &'a [Vec<usize>],
    rates: Rates,
    shown: Vec<usize>,
    /// Those of the most frequent mistakes, where `shown` are too many for a matrix.
    confused: Option<Vec<usize>>,
}

impl Evaluated<'_> {
    /// Number of the group of classes that are in none.
    fn other(&self) -> usize {
        self.data.groups.len()
    }

    fn name(&self, group: usize) -> Message {
        name(self.data, group)
    }

    fn names(&self, groups: &[usize]) -> Vec<Message> {
        groups.iter().map(|&group| self.name(group)).collect()
    }

    /// The groups shown, and `other` where `occurs` says so.
    fn with_other(&self, occurs: bool) -> Vec<usize> {
        self.shown
            .iter()
            .copied()
            .chain(occurs.then_some(self.other()))
            .collect()
    }

    fn with_accuracy(&self, message: Message) -> Message {
        message
            .with("right", self.rates.right)
            .with("total", self.rates.total)
            .with("accuracy", Argument::Percent(self.rates.accuracy, 1))
            .with("low", Argument::Percent(self.rates.interval.0, 1))
            .with("high", Argument::Percent(self.rates.interval.1, 1))
    }

    fn matrix(&self, view: &View, classified: &[Classified]) -> Exhibit {
        let other = &self.rates.classes[self.other()];
        let (rows, columns) = match &self.confused {
            Some(confused) => (confused.clone(), confused.clone()),
            None => (
                self.with_other(other.support > 0),
                self.with_other(other.support + other.predicted > 0),
            ),
        };
        let cells = cells::Cells {
            rows: &rows,
            columns: &columns,
            has_rest: self.confused.is_some(),
        };
        let photos = cells::photos(&cells, self.data, classified, view.cell_photos);
        let cells = |row: &usize| {
            let counts = &self.counts[*row];
            let mut cells: Vec<usize> = columns.iter().map(|&column| counts[column]).collect();
            if self.confused.is_some() {
                // So that a row still has all its photos, of which a cell's colour is a share.
                let all: usize = counts.iter().sum();
                cells.push(all - cells.iter().sum::<usize>());
            }
            cells
        };
        let elsewhere = self.confused.as_ref();
        let elsewhere = elsewhere.map(|_| Message::new("outcomes.elsewhere"));
        let mistakes = confusions(self.counts);
        let said = mistakes
            .iter()
            .take(NAMES_LISTED)
            .map(|mistake| self.mistake(mistake));
        let alt = Message::new(if mistakes.is_empty() {
            "outcomes.alt_no_mistake"
        } else {
            "outcomes.alt"
        });
        Exhibit {
            caption: self.with_accuracy(self.task.own_text("caption", &[])),
            alt: self
                .with_accuracy(alt)
                .with("groups", self.shown.len())
                .with("mistakes", said.collect::<Vec<_>>()),
            body: Body::Matrix(Matrix {
                rows: self.names(&rows),
                columns: self.names(&columns).into_iter().chain(elsewhere).collect(),
                row_label: Message::new("outcomes.truth"),
                column_label: Message::new("outcomes.prediction"),
                counts: rows.iter().map(cells).collect(),
                photos,
            }),
        }
    }

    fn mistake(&self, mistake: &Confusion) -> Message {
        Message::new("outcomes.mistake")
            .with("truth", self.name(mistake.truth))
            .with("predicted", self.name(mistake.predicted))
            .with("count", mistake.count)
    }

    fn table(&self) -> Exhibit {
        let keys = [
            "outcomes.group",
            "outcomes.photos",
            "outcomes.taken",
            "outcomes.right_count",
            "outcomes.precision",
            "outcomes.recall",
            "outcomes.f1",
        ];
        let other = &self.rates.classes[self.other()];
        let groups = match &self.confused {
            Some(confused) => confused.clone(),
            None => self.with_other(other.support + other.predicted > 0),
        };
        let mut rows: Vec<Vec<Argument>> = groups.iter().map(|&group| self.row(group)).collect();
        rows.push(self.average("outcomes.macro_average", &self.rates.macro_average));
        rows.push(self.average("outcomes.weighted_average", &self.rates.weighted_average));
        let said = groups.iter().map(|&group| {
            Message::new("outcomes.alt_rate")
                .with("group", self.name(group))
                .with("recall", rate(self.rates.classes[group].recall))
                .with("precision", rate(self.rates.classes[group].precision))
        });
        let occurring = self
            .rates
            .classes
            .iter()
            .filter(|class| class.support + class.predicted > 0);
        Exhibit {
            caption: self
                .task
                .own_text("caption_rates", &[])
                .with("count", occurring.count()),
            alt: Message::new("outcomes.alt_rates").with("rates", said.collect::<Vec<_>>()),
            body: Body::Table(Table {
                header: keys.map(Message::new).to_vec(),
                rows,
            }),
        }
    }

    fn row(&self, group: usize) -> Vec<Argument> {
        let rates = &self.rates.classes[group];
        vec![
            Argument::Message(self.name(group)),
            Argument::Count(rates.support),
            Argument::Count(rates.predicted),
            Argument::Count(rates.right),
            rate(rates.precision),
            rate(rates.recall),
            rate(rates.f1),
        ]
    }

    fn average(&self, key: &'static str, average: &Average) -> Vec<Argument> {
        vec![
            Argument::Message(Message::new(key)),
            Argument::Count(self.rates.total),
            Argument::Count(self.rates.total),
            Argument::Count(self.rates.right),
            rate(Some(average.precision)),
            rate(Some(average.recall)),
            rate(Some(average.f1)),
        ]
    }
}

fn rate(value: Option<f64>) -> Argument {
    value.map_or(Argument::Text("–".to_owned()), |value| {
        Argument::Number(value, 3)
    })
}
