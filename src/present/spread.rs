//! How the outputs of filters are spread, and their means by class.

use super::exhibit::{Bar, BarGroup, BarUnit, Bars, Body, Exhibit, Histogram, Histograms};
use super::outcomes::name;
use super::outcomes::notices::of_data;
use super::patches::{dead, filters, responses, unreadable};
use super::{Data, Presented, Task};
use crate::results::responses::{FilterResponses, Responses};
use crate::words::{Argument, Message};

/// Columns of a chart.
const COLUMNS: usize = 24;
/// Classes shown of each filter, those of the largest means.
const CLASSES: usize = 12;
/// 97.5 % point of the normal distribution.
const Z: f64 = 1.959_963_984_540_054;

/// The photos of a group and what a filter gives for them.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct OfGroup {
    pub group: usize,
    pub photos: usize,
    /// Mean over the photos of the mean output of each.
    pub mean: f64,
    /// Of the mean; `None` of a single photo.
    pub standard_error: Option<f64>,
}

pub fn present(task: &Task) -> Presented {
    let (Some(data), Some(all)) = (task.data, responses(task)) else {
        return Presented::default();
    };
    let chosen: Vec<(usize, &FilterResponses)> = filters(task)
        .into_iter()
        .filter_map(|filter| Some((filter, all.filters.get(filter)?)))
        .collect();
    let mut notices = of_data(data, &unreadable(data, &all));
    notices.extend(dead(&all));
    let exhibits = vec![
        spread(task, &all, &chosen),
        means(task, data, &all, &chosen),
    ];
    Presented { exhibits, notices }
}

/// The groups with photos, those of the largest mean first.
pub fn by_group(data: &Data, all: &Responses, filter: &FilterResponses) -> Vec<OfGroup> {
    let readable = all.unreadable.iter().zip(&data.truths);
    let readable = readable.filter(|(reason, _)| reason.is_none());
    let mut values: Vec<Vec<f64>> = vec![Vec::new(); data.groups.len() + 1];
    for ((_, &truth), mean) in readable.zip(&filter.means) {
        values[truth].push(f64::from(*mean));
    }
    let of_group = |(group, values): (usize, Vec<f64>)| {
        let photos = values.len();
        let count = photos as f64;
        let mean = values.iter().sum::<f64>() / count.max(1.0);
        let squares: f64 = values.iter().map(|value| (value - mean).powi(2)).sum();
        OfGroup {
            group,
            photos,
            mean,
            standard_error: (photos > 1).then(|| (squares / (count - 1.0) / count).sqrt()),
        }
    };
    let groups = values.into_iter().enumerate().map(of_group);
    let mut groups: Vec<OfGroup> = groups.filter(|group| group.photos > 0).collect();
    groups.sort_by(|a, b| b.mean.total_cmp(&a.mean)); // stable
    groups
}

fn label(filter: usize, found: &FilterResponses) -> Message {
    let largest = found.largest().unwrap_or(0.0);
    Message::new("spread.filter")
        .with("filter", filter.to_string())
        .with("zero", Argument::Percent(found.zero_share(), 1))
        .with("largest", Argument::Scientific(f64::from(largest)))
}

fn spread(task: &Task, all: &Responses, chosen: &[(usize, &FilterResponses)]) -> Exhibit {
    let chart = |&(filter, found): &(usize, &FilterResponses)| {
        let cells = found.cells().max(1) as f64;
        let (edges, counts) = found
            .columns(COLUMNS)
            .unwrap_or((vec![0.0, 1.0], vec![0.0]));
        Histogram {
            label: label(filter, found),
            edges,
            heights: vec![counts.iter().map(|count| 100.0 * count / cells).collect()],
        }
    };
    let [height, width] = all.cells;
    Exhibit {
        caption: task
            .own_text("caption", &[])
            .saying("layer", all.layer.to_string())
            .saying("width", width.to_string())
            .saying("height", height.to_string())
            .saying(
                "photos",
                all.filters.first().map_or(0, |one| one.means.len()),
            ),
        alt: Message::new("spread.alt").with(
            "filters",
            chosen
                .iter()
                .map(|(filter, found)| label(*filter, found))
                .collect::<Vec<_>>(),
        ),
        body: Body::Histograms(Histograms {
            columns: chosen.len().clamp(1, 2),
            x_label: Message::new("spread.output"),
            y_label: Message::new("spread.cells"),
            parts: vec![Message::literal("")],
            charts: chosen.iter().map(chart).collect(),
        }),
    }
}

fn means(
    task: &Task,
    data: &Data,
    all: &Responses,
    chosen: &[(usize, &FilterResponses)],
) -> Exhibit {
    let group = |&(filter, found): &(usize, &FilterResponses)| BarGroup {
        segments: Vec::new(),
        label: Message::new("spread.filter_short").with("filter", filter.to_string()),
        bars: by_group(data, all, found)
            .into_iter()
            .take(CLASSES)
            .map(|of| Bar {
                label: Message::new("spread.group")
                    .with("group", name(data, of.group))
                    .with("photos", of.photos),
                value: of.mean,
                uncertainty: of.standard_error.map(|error| Z * error),
            })
            .collect(),
    };
    let said = |&(filter, found): &(usize, &FilterResponses)| {
        let first = by_group(data, all, found).into_iter().next();
        Message::new("spread.alt_filter")
            .with("filter", filter.to_string())
            .with(
                "group",
                first.map_or(Message::literal("–"), |of| name(data, of.group)),
            )
            .with(
                "mean",
                Argument::Scientific(first.map_or(0.0, |of| of.mean)),
            )
    };
    Exhibit {
        caption: task
            .own_text("caption_classes", &[])
            .saying("layer", all.layer.to_string())
            .saying("classes", CLASSES),
        alt: Message::new("spread.alt_classes")
            .with("filters", chosen.iter().map(said).collect::<Vec<_>>()),
        body: Body::Bars(Bars {
            columns: chosen.len().clamp(1, 2),
            groups: chosen.iter().map(group).collect(),
            quantity: Message::new("spread.mean_output"),
            unit: BarUnit::Amount,
        }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::results::LayerRef;
    use crate::results::responses::Seen;

    #[test]
    fn means_of_groups_by_hand() {
        let filter = FilterResponses {
            means: vec![1.0, 5.0, 3.0, 9.0],
            ..FilterResponses::default()
        };
        let all = Responses {
            layer: LayerRef {
                path: "conv".to_owned(),
                number: 0,
            },
            cells: [1, 1],
            seen: [Seen::All; 2],
            // The third photo of five could not be read.
            unreadable: vec![None, None, Some("x".to_owned()), None, None],
            filters: vec![filter.clone()],
        };
        let groups = ["a".to_owned(), "b".to_owned()];
        let data = Data {
            groups: &groups,
            classes_in: vec![1, 1, 0],
            truths: vec![0, 1, 1, 0, 1],
            labels: Vec::new(),
            paths: Vec::new(),
            arrays: 0,
            skipped: 0,
            unread_formats: Vec::new(),
            unreadable: Vec::new(),
            classes_in_text_order: &[],
            open: &|_| None,
        };
        let found = by_group(&data, &all, &filter);
        let of = |at: usize| (found[at].group, found[at].photos, found[at].mean);
        assert_eq!((found.len(), of(0), of(1)), (2, (1, 2, 7.0), (0, 2, 2.0)));
        // 5 and 9: deviation √8, error √8 / √2.
        assert!((found[0].standard_error.unwrap() - 2.0).abs() < 1e-12);
    }
}
