//! How well a network withstands changes that should not matter.

use super::exhibit::{Bar, BarGroup, BarUnit, Bars, Body, Exhibit, Table};
use super::outcomes::notices::of_data;
use super::{Data, Presented, Task};
use crate::results::rates::wilson_interval;
use crate::results::{Results, Variation, Varied, Withstood, named, withstood};
use crate::words::{Argument, Message};

/// All that was found.
pub struct Found {
    pub unchanged: Withstood,
    pub changed: Vec<(Variation, Withstood)>,
    pub arrays: usize,
    pub unreadable: Vec<String>,
}

pub fn found(task: &Task, data: &Data) -> Option<Found> {
    let of_ranges = task.found.iter().filter_map(|found| match found.results {
        Results::Variations(variations) => Some(variations),
        _ => None,
    });
    let of_ranges: Vec<_> = of_ranges.collect();
    let variations = &of_ranges.first()?.variations;
    let rows: Vec<&Varied> = of_ranges.iter().flat_map(|range| &range.rows).collect();
    let mut unreadable = data.unreadable.clone();
    for (row, path) in rows.iter().zip(&data.paths) {
        if let Varied::Unreadable(reason) = row {
            unreadable.push(named(reason, path));
        }
    }
    let mut all = withstood(&rows, &data.truths, variations.len()).into_iter();
    Some(Found {
        unchanged: all.next()?,
        changed: variations.iter().copied().zip(all).collect(),
        arrays: rows
            .iter()
            .filter(|row| matches!(row, Varied::Array))
            .count(),
        unreadable,
    })
}

/// The variations of a figure, from its parameters: known before anything was run.
pub fn variations(parameters: &serde_json::Map<String, serde_json::Value>) -> Vec<String> {
    let lists = [
        ("jpeg", "jpeg"),
        ("brightness", "brightness"),
        ("blur_px", "blur"),
        ("shift_px", "shift"),
        ("rotation_degrees", "rotation"),
    ];
    let mut names = Vec::new();
    for (key, sort) in lists {
        let listed = parameters.get(key).and_then(serde_json::Value::as_array);
        for number in listed.into_iter().flatten() {
            let number = number.as_f64().unwrap_or(0.0);
            names.push(format!("{sort}-{number}"));
        }
    }
    if parameters
        .get("mirrored")
        .and_then(serde_json::Value::as_bool)
        == Some(true)
    {
        names.push("mirrored".to_owned());
    }
    names
}

pub fn present(task: &Task) -> Presented {
    let Some((data, found)) = task.data.and_then(|data| Some((data, found(task, data)?))) else {
        return Presented::default();
    };
    let mut notices = of_data(data, &found.unreadable);
    if found.arrays > 0 {
        notices.push(Message::new("withstood.notice_arrays").with("count", found.arrays));
    }
    Presented {
        exhibits: vec![bars(task, &found), table(task, &found)],
        notices,
    }
}

fn name(variation: Variation) -> Message {
    Message::new(format!("withstood.{}", variation.sort())).with("strength", variation.strength())
}

fn with_unchanged(found: &Found, message: Message) -> Message {
    let (low, high) = wilson_interval(found.unchanged.right, found.unchanged.photos);
    message
        .with("photos", found.unchanged.photos)
        .with("accuracy", Argument::Percent(found.unchanged.accuracy(), 1))
        .with("low", Argument::Percent(low, 1))
        .with("high", Argument::Percent(high, 1))
}

/// A chart for each sort of change, the unchanged photos first in each.
fn bars(task: &Task, found: &Found) -> Exhibit {
    let mut groups: Vec<(&'static str, Vec<Bar>)> = Vec::new();
    let bar = |label: Message, of: &Withstood| Bar {
        label,
        value: of.accuracy(),
        uncertainty: None,
    };
    for (variation, of) in &found.changed {
        let sort = variation.sort();
        if groups.last().is_none_or(|(last, _)| *last != sort) {
            let unchanged = bar(Message::new("withstood.unchanged"), &found.unchanged);
            groups.push((sort, vec![unchanged]));
        }
        if let Some((_, bars)) = groups.last_mut() {
            bars.push(bar(name(*variation), of));
        }
    }
    let said = found.changed.iter().map(|(variation, of)| {
        Message::new("withstood.alt_one")
            .with("change", name(*variation))
            .with("accuracy", Argument::Percent(of.accuracy(), 1))
    });
    let group = |(sort, bars): (&str, Vec<Bar>)| BarGroup {
        segments: Vec::new(),
        label: Message::new(format!("withstood.sort_{sort}")),
        bars,
    };
    Exhibit {
        caption: with_unchanged(found, task.own_text("caption", &[])),
        alt: with_unchanged(found, Message::new("withstood.alt"))
            .with("changes", said.collect::<Vec<_>>()),
        body: Body::Bars(Bars {
            columns: 2,
            groups: groups.into_iter().map(group).collect(),
            quantity: Message::new("withstood.accuracy"),
            unit: BarUnit::Probability,
        }),
    }
}

fn table(task: &Task, found: &Found) -> Exhibit {
    let row = |label: Message, of: &Withstood| {
        let (low, high) = wilson_interval(of.right, of.photos);
        let interval = Message::new("withstood.interval")
            .with("low", Argument::Percent(low, 1))
            .with("high", Argument::Percent(high, 1));
        vec![
            Argument::Message(label),
            Argument::Percent(of.accuracy(), 1),
            Argument::Message(interval),
            Argument::Percent(of.accuracy() - found.unchanged.accuracy(), 1),
            Argument::Percent(of.share_same(), 1),
            Argument::Percent(of.probability, 1),
        ]
    };
    let unchanged = row(Message::new("withstood.unchanged"), &found.unchanged);
    let changed = found
        .changed
        .iter()
        .map(|(variation, of)| row(name(*variation), of));
    let keys = [
        "change",
        "accuracy",
        "interval_head",
        "difference",
        "same",
        "probability",
    ];
    Exhibit {
        caption: task.own_text("caption_table", &[]),
        alt: with_unchanged(found, Message::new("withstood.alt_table"))
            .with("changes", found.changed.len()),
        body: Body::Table(Table {
            header: keys
                .map(|key| Message::new(format!("withstood.{key}")))
                .to_vec(),
            rows: std::iter::once(unchanged).chain(changed).collect(),
        }),
    }
}
