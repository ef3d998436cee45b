//! The confusion matrix and its rates as figures, tables and warnings.

mod notices;

use super::confusion_matrix::{ConfusionMatrix, Example, Prepared};
use super::groups::Groups;
use super::metrics::{Average, Confusion, Rates, confusions};
use crate::explain::finding::{
    Argument, Body, Exhibit, Finding, Matrix, Message, PictureTile, Pictures, Table,
};
use crate::explain::parameters;

/// Above so many groups the ones that never occur are left out of matrix and table.
const ALL_SHOWN_UP_TO: usize = 40;
/// Longest list of names in a sentence; longer ones are counted.
const NAMES_LISTED: usize = 15;

pub(super) fn finding(
    method: &ConfusionMatrix,
    prepared: &Prepared,
    counts: &[Vec<usize>],
    examples: &[Example],
) -> Finding {
    let result = Evaluated {
        groups: &prepared.groups,
        counts,
        rates: Rates::new(counts),
        shown: shown(&prepared.groups, counts),
    };
    let mut exhibits = vec![result.matrix(), result.table()];
    exhibits.extend(result.pairs(examples));
    exhibits.extend(result.pictures(method, examples));
    Finding {
        exhibits,
        parameters: parameters::used(method),
        notices: result.notices(&prepared.labelled),
    }
}

/// The groups that stand in matrix and table, without `other`.
fn shown(groups: &Groups, counts: &[Vec<usize>]) -> Vec<usize> {
    let all = 0..groups.names.len();
    if all.len() <= ALL_SHOWN_UP_TO {
        return all.collect();
    }
    let occurs = |group: &usize| {
        counts[*group].iter().any(|n| *n > 0) || counts.iter().any(|row| row[*group] > 0)
    };
    all.filter(occurs).collect()
}

struct Evaluated<'a> {
    groups: &'a Groups,
    counts: &'a [Vec<usize>],
    rates: Rates,
    shown: Vec<usize>,
}

impl Evaluated<'_> {
    fn name(&self, group: usize) -> Message {
        match self.groups.names.get(group) {
            Some(name) => Message::literal(name),
            None => Message::new("confusion_matrix.other"),
        }
    }

    fn names(&self, groups: &[usize]) -> Vec<Message> {
        groups.iter().map(|&group| self.name(group)).collect()
    }

    /// The groups shown, and `other` where `occurs` says so.
    fn with_other(&self, occurs: bool) -> Vec<usize> {
        self.shown
            .iter()
            .copied()
            .chain(occurs.then_some(self.groups.other()))
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

    fn matrix(&self) -> Exhibit {
        let other = &self.rates.classes[self.groups.other()];
        let rows = self.with_other(other.support > 0);
        let columns = self.with_other(other.support + other.predicted > 0);
        let cells = |row: &usize| {
            columns
                .iter()
                .map(|&column| self.counts[*row][column])
                .collect()
        };
        let mistakes = confusions(self.counts);
        let said = mistakes
            .iter()
            .take(NAMES_LISTED)
            .map(|mistake| self.mistake(mistake));
        let alt = Message::new(if mistakes.is_empty() {
            "confusion_matrix.alt_no_mistake"
        } else {
            "confusion_matrix.alt"
        });
        Exhibit {
            caption: self.with_accuracy(Message::new("confusion_matrix.caption")),
            alt: self
                .with_accuracy(alt)
                .with("groups", self.shown.len())
                .with("mistakes", said.collect::<Vec<_>>()),
            body: Body::Matrix(Matrix {
                rows: self.names(&rows),
                columns: self.names(&columns),
                row_label: Message::new("confusion_matrix.truth"),
                column_label: Message::new("confusion_matrix.prediction"),
                counts: rows.iter().map(cells).collect(),
            }),
        }
    }

    fn mistake(&self, mistake: &Confusion) -> Message {
        Message::new("confusion_matrix.mistake")
            .with("truth", self.name(mistake.truth))
            .with("predicted", self.name(mistake.predicted))
            .with("count", mistake.count)
    }

    fn table(&self) -> Exhibit {
        let keys = [
            "confusion_matrix.group",
            "confusion_matrix.photos",
            "confusion_matrix.taken",
            "confusion_matrix.right_count",
            "confusion_matrix.precision",
            "confusion_matrix.recall",
            "confusion_matrix.f1",
        ];
        let other = &self.rates.classes[self.groups.other()];
        let groups = self.with_other(other.support + other.predicted > 0);
        let mut rows: Vec<Vec<Argument>> = groups.iter().map(|&group| self.row(group)).collect();
        rows.push(self.average("confusion_matrix.macro_average", &self.rates.macro_average));
        rows.push(self.average(
            "confusion_matrix.weighted_average",
            &self.rates.weighted_average,
        ));
        let said = groups.iter().map(|&group| {
            Message::new("confusion_matrix.alt_rate")
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
            caption: Message::new("confusion_matrix.caption_rates")
                .with("count", occurring.count()),
            alt: Message::new("confusion_matrix.alt_rates").with("rates", said.collect::<Vec<_>>()),
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

    fn pairs(&self, examples: &[Example]) -> Option<Exhibit> {
        if examples.is_empty() {
            return None;
        }
        let row = |example: &Example| {
            let Confusion {
                truth,
                predicted,
                count,
            } = example.confusion;
            let support = self.rates.classes[truth].support.max(1);
            vec![
                Argument::Message(self.name(truth)),
                Argument::Message(self.name(predicted)),
                Argument::Count(count),
                Argument::Percent(count as f64 / support as f64, 1),
            ]
        };
        let said = examples
            .iter()
            .map(|example| self.mistake(&example.confusion));
        let kinds = confusions(self.counts).len();
        let keys = [
            "confusion_matrix.truth",
            "confusion_matrix.prediction",
            "confusion_matrix.photos",
            "confusion_matrix.share",
        ];
        Some(Exhibit {
            caption: Message::new("confusion_matrix.caption_pairs")
                .with("count", examples.len())
                .with("kinds", kinds)
                .with("mistakes", self.rates.total - self.rates.right),
            alt: Message::new("confusion_matrix.alt_pairs")
                .with("mistakes", said.collect::<Vec<_>>()),
            body: Body::Table(Table {
                header: keys.map(Message::new).to_vec(),
                rows: examples.iter().map(row).collect(),
            }),
        })
    }

    fn pictures(&self, method: &ConfusionMatrix, examples: &[Example]) -> Option<Exhibit> {
        let photos = || examples.iter().flat_map(|example| &example.photos);
        let labels = || {
            photos().map(|(outcome, _)| {
                Message::new("confusion_matrix.label_example")
                    .with("truth", self.name(outcome.truth))
                    .with("predicted", self.name(outcome.predicted))
                    .with("probability", Argument::Percent(outcome.probability, 0))
            })
        };
        let tiles = photos().zip(labels());
        let tiles: Vec<_> = tiles
            .map(|((_, picture), label)| PictureTile {
                label,
                picture: picture.clone(),
            })
            .collect();
        (!tiles.is_empty()).then(|| Exhibit {
            caption: Message::new("confusion_matrix.caption_examples")
                .with("examples", method.examples),
            alt: Message::new("confusion_matrix.alt_examples")
                .with("examples", labels().collect::<Vec<_>>()),
            body: Body::Pictures(Pictures {
                columns: method.examples.clamp(1, 4),
                tiles,
            }),
        })
    }
}

fn rate(value: Option<f64>) -> Argument {
    value.map_or(Argument::Text("–".to_owned()), |value| {
        Argument::Number(value, 3)
    })
}
