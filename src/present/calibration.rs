//! Confidence against how often it is right: a curve, how the confidences are spread, a table of the bins.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::exhibit::{Body, Curves, Exhibit, Histogram, Histograms, Series, Table};
use super::outcomes::notices::of_data;
use super::outcomes::rows::{Classified, rows};
use super::{Presented, Task};
use crate::results::calibration::{self, Bin, Calibration};
use crate::results::rates::wilson_interval;
use crate::words::{Argument, Message};

/// How confidence and success are compared.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct View {
    /// Bins of the confidence. The error depends on it: compare only errors of the same number of bins. Default 10.
    #[schemars(range(min = 1, max = 100))]
    pub bins: usize,
    /// Whether bins are equally wide (`uniform`) or hold equally many photos (`quantile`). Default `uniform`.
    pub binning: Binning,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Binning {
    #[default]
    Uniform,
    Quantile,
}

/// Photos in a bin below which its share says little.
const FEW_PHOTOS: usize = 10;

impl Default for View {
    fn default() -> Self {
        Self {
            bins: 10,
            binning: Binning::default(),
        }
    }
}

impl View {
    /// Of photos with their confidence and whether they are right.
    pub fn of(&self, photos: &[(f64, bool)]) -> Calibration {
        let binning = match self.binning {
            Binning::Uniform => calibration::Binning::Uniform,
            Binning::Quantile => calibration::Binning::Quantile,
        };
        Calibration::new(photos, self.bins, binning)
    }
}

pub fn present(task: &Task, view: &View) -> Presented {
    let Some(data) = task.data else {
        return Presented::default();
    };
    let (classified, unreadable) = rows(task, data);
    let found = view.of(&confidences_of(&classified));
    let mut notices = of_data(data, &unreadable);
    if found.expected_error < found.expected_error_by_chance {
        notices.push(with_errors(
            &found,
            Message::new("reliability.notice_by_chance"),
        ));
    }
    let occupied = || found.bins.iter().filter(|bin| bin.count > 0);
    let few = occupied().filter(|bin| bin.count < FEW_PHOTOS).count();
    if few > 0 {
        notices.push(
            Message::new("reliability.notice_few_photos")
                .with("bins", few)
                .with("few", FEW_PHOTOS),
        );
    }
    Presented {
        exhibits: vec![
            curve(task, &found),
            confidences(task, &found),
            table(task, &found),
        ],
        notices,
    }
}

/// Of each photo how sure the network is, and whether it is right.
pub fn confidences_of(classified: &[Classified]) -> Vec<(f64, bool)> {
    let of = |one: &Classified| (one.probability, one.truth == one.predicted);
    classified.iter().map(of).collect()
}

fn with_errors(found: &Calibration, message: Message) -> Message {
    message
        .with("error", Argument::Percent(found.expected_error, 1))
        .with(
            "by_chance",
            Argument::Percent(found.expected_error_by_chance, 1),
        )
        .with("largest", Argument::Percent(found.maximum_error, 1))
        .with("brier", Argument::Number(found.brier, 3))
        .with("confidence", Argument::Percent(found.confidence, 1))
        .with("accuracy", Argument::Percent(found.accuracy, 1))
        .with("total", found.total)
}

/// Bins with photos and their share that is right.
fn occupied(found: &Calibration) -> impl Iterator<Item = (&Bin, f64)> {
    let bins = found.bins.iter();
    bins.filter_map(|bin| Some((bin, bin.share_right()?)))
}

fn curve(task: &Task, found: &Calibration) -> Exhibit {
    let said = occupied(found).map(|(bin, share)| {
        Message::new("reliability.alt_bin")
            .with("confidence", Argument::Percent(bin.confidence, 0))
            .with("share", Argument::Percent(share, 0))
            .with("count", bin.count)
    });
    let interval = |(bin, _): (&Bin, f64)| wilson_interval(bin.right, bin.count);
    Exhibit {
        caption: with_errors(found, task.own_text("caption", &[])),
        alt: with_errors(found, Message::new("reliability.alt"))
            .with("bins", said.collect::<Vec<_>>()),
        body: Body::Curves(Curves {
            x_label: Message::new("reliability.confidence"),
            y_label: Message::new("reliability.share_right"),
            series: vec![
                Series {
                    label: Message::new("reliability.found"),
                    points: occupied(found)
                        .map(|(bin, share)| (bin.confidence, share))
                        .collect(),
                    intervals: occupied(found).map(interval).collect(),
                },
                Series {
                    label: Message::new("reliability.perfect"),
                    points: vec![(0.0, 0.0), (1.0, 1.0)],
                    intervals: Vec::new(),
                },
            ],
        }),
    }
}

fn confidences(task: &Task, found: &Calibration) -> Exhibit {
    let right = found.bins.iter().map(|bin| bin.right as f64);
    let wrong = found.bins.iter().map(|bin| (bin.count - bin.right) as f64);
    let ends = found.bins.iter().map(|bin| bin.high);
    let first = found.bins.first().map(|bin| bin.low);
    let said = found.bins.iter().filter(|bin| bin.count > 0).map(|bin| {
        Message::new("reliability.alt_confidences_bin")
            .with("low", Argument::Percent(bin.low, 0))
            .with("high", Argument::Percent(bin.high, 0))
            .with("right", bin.right)
            .with("wrong", bin.count - bin.right)
    });
    Exhibit {
        caption: with_errors(found, task.own_text("caption_confidences", &[])),
        alt: Message::new("reliability.alt_confidences").with("bins", said.collect::<Vec<_>>()),
        body: Body::Histograms(Histograms {
            columns: 1,
            x_label: Message::new("reliability.confidence"),
            y_label: Message::new("outcomes.photos"),
            parts: ["reliability.right", "reliability.wrong"]
                .map(Message::new)
                .to_vec(),
            charts: vec![Histogram {
                label: Message::literal(""),
                edges: first.into_iter().chain(ends).collect(),
                heights: vec![right.collect(), wrong.collect()],
            }],
        }),
    }
}

fn table(task: &Task, found: &Calibration) -> Exhibit {
    let keys = [
        "reliability.bin",
        "outcomes.photos",
        "reliability.mean_confidence",
        "reliability.share_right",
        "reliability.gap",
    ];
    let none = || Argument::Text("–".to_owned());
    let share = |share: Option<f64>| share.map_or_else(none, |share| Argument::Percent(share, 1));
    let row = |bin: &Bin| {
        let ends = Message::new("reliability.ends")
            .with("low", Argument::Number(bin.low, 2))
            .with("high", Argument::Number(bin.high, 2));
        vec![
            Argument::Message(ends),
            Argument::Count(bin.count),
            share((bin.count > 0).then_some(bin.confidence)),
            share(bin.share_right()),
            share(bin.gap()),
        ]
    };
    Exhibit {
        caption: task.own_text("caption_bins", &[]),
        alt: with_errors(found, Message::new("reliability.alt_table"))
            .with("bins", found.bins.len()),
        body: Body::Table(Table {
            header: keys.map(Message::new).to_vec(),
            rows: found.bins.iter().map(row).collect(),
        }),
    }
}
