//! How the rates of one label by itself follow the threshold.

use super::{Rows, View};
use crate::present::exhibit::{Body, Curves, Exhibit, Series};
use crate::present::{Data, Task};
use crate::results::labels::{AtThreshold, Labelling};
use crate::words::{Argument, Message};

/// Steps of the threshold from 0 to 1, where the rates change at more places than these.
const FINE_STEPS: usize = 100;

/// The labels that get a figure of their own, by number: most photos first, of equals the first.
fn with_curves(found: &Labelling, count: usize) -> Vec<usize> {
    let photos = |label: &usize| found.labels[*label].photos;
    let mut labels: Vec<usize> = (0..found.labels.len()).collect();
    labels.retain(|label| photos(label) > 0);
    labels.sort_by_key(|label| std::cmp::Reverse(photos(label)));
    labels.truncate(count);
    labels
}

/// Of each label by itself: its rates at every threshold at which they change, or at [`FINE_STEPS`] where these are more.
pub(super) fn of_labels(
    task: &Task,
    data: &Data,
    view: &View,
    (rows, found): (&Rows, &Labelling),
) -> Vec<Exhibit> {
    let labels = with_curves(found, view.label_curves).into_iter();
    let each = labels.map(|label| {
        let name = data.groups.get(label).cloned().unwrap_or_default();
        let at = shown(&AtThreshold::all(&rows.rows, label));
        let best = found.labels[label].best.unwrap_or_default();
        let line = |key: &'static str, of: fn(&AtThreshold) -> f64| Series {
            label: Message::new(key),
            points: at.iter().map(|one| (one.threshold, of(one))).collect(),
            intervals: Vec::new(),
        };
        let marked = Series {
            label: Message::new("labels.best_marked")
                .with("f1", Argument::Number(best.1, 3))
                .with("threshold", Argument::Number(best.0, 3)),
            points: vec![best],
            intervals: Vec::new(),
        };
        let about = |message: Message| {
            message
                .with("label", name.clone())
                .with("photos", found.labels[label].photos)
                .with("f1", Argument::Number(best.1, 3))
                .with("best", Argument::Number(best.0, 3))
        };
        Exhibit {
            caption: about(task.own_text("caption_label", &[])),
            alt: about(Message::new("labels.alt_label_curve")),
            body: Body::Curves(Curves {
                x_label: Message::new("labels.threshold"),
                y_label: Message::new("labels.rate"),
                series: vec![
                    line("outcomes.precision", |at| at.precision),
                    line("outcomes.recall", |at| at.recall),
                    line("outcomes.f1", |at| at.f1),
                    marked,
                ],
            }),
        }
    });
    each.collect()
}

/// All of them from 0 on; of many those that hold at even steps.
fn shown(all: &[AtThreshold]) -> Vec<AtThreshold> {
    let holds_at = |threshold: f64| {
        let first = all.iter().find(|at| at.threshold >= threshold)?;
        Some(AtThreshold {
            threshold,
            ..*first
        })
    };
    if all.len() > FINE_STEPS {
        let steps = (0..=FINE_STEPS).map(|step| step as f64 / FINE_STEPS as f64);
        return steps.filter_map(holds_at).collect();
    }
    let is_open = all.first().is_some_and(|at| at.threshold > 0.0);
    let from_zero = is_open.then(|| holds_at(0.0)).flatten();
    from_zero.into_iter().chain(all.iter().copied()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(threshold: f64) -> AtThreshold {
        AtThreshold {
            threshold,
            precision: threshold,
            recall: 0.0,
            f1: 0.0,
        }
    }

    /// Up to the first threshold its rates hold; of 201 every second one is shown.
    #[test]
    fn rates_hold_up_to_the_threshold() {
        let few = shown(&[at(0.25), at(0.5)]);
        let found: Vec<(f64, f64)> = few
            .iter()
            .map(|one| (one.threshold, one.precision))
            .collect();
        assert_eq!(found, [(0.0, 0.25), (0.25, 0.25), (0.5, 0.5)]);
        let many: Vec<AtThreshold> = (0..=200).map(|step| at(f64::from(step) / 200.0)).collect();
        let found = shown(&many);
        assert_eq!(found.len(), FINE_STEPS + 1);
        assert!(
            found
                .iter()
                .all(|one| (one.threshold - one.precision).abs() < 1e-12)
        );
        assert_eq!(shown(&[]), []);
    }
}
