//! The surest mistakes: each photo, and the maps of what it was predicted as and of what it is, on one scale.

use super::attributions::{Reduction, one_channel};
use super::exhibit::{Body, Exhibit, HeatMaps, HeatTile, HeatView, Scale, Sign, Table};
use super::outcomes::name;
use super::outcomes::notices::of_data;
use super::statistics::percentile;
use super::{Data, Presented, Task};
use crate::results::{
    Attributions, Map, Meaning, Mistake, Outcome, Picture, Results, ScalarTarget, most_confident,
    named,
};
use crate::words::{Argument, Message};

/// Of gradients the largest are far above all others: where the scale of both maps ends.
const PERCENTILE_OF_SENSITIVITY: f64 = 99.0;

/// A mistake with what explains it.
pub struct Explained<'a> {
    pub mistake: Mistake,
    pub predicted: Option<&'a Attributions>,
    /// `None` where no class of the network belongs to the label.
    pub truth: Option<&'a Attributions>,
}

pub fn present(task: &Task) -> Presented {
    let Some(data) = task.data else {
        return Presented::default();
    };
    let (all, unreadable, total) = explained(task, data);
    let mut notices = of_data(data, &unreadable);
    if all.is_empty() {
        notices.push(Message::new("wrong_photos.notice_none").with("total", total));
        return Presented {
            exhibits: Vec::new(),
            notices,
        };
    }
    let without: Vec<Message> = all
        .iter()
        .enumerate()
        .filter(|(_, one)| one.truth.is_none())
        .map(|(rank, _)| Message::literal((rank + 1).to_string()))
        .collect();
    if !without.is_empty() {
        notices.push(Message::new("wrong_photos.notice_not_in_model").with("ranks", without));
    }
    let silent: Vec<Message> = all
        .iter()
        .enumerate()
        .filter(|(_, one)| one.truth.is_some_and(is_dark))
        .map(|(rank, _)| Message::literal((rank + 1).to_string()))
        .collect();
    if !silent.is_empty() {
        notices.push(Message::new("wrong_photos.notice_no_evidence").with("ranks", silent));
    }
    Presented {
        exhibits: maps(task, data, &all)
            .into_iter()
            .chain([table(task, data, &all)])
            .collect(),
        notices,
    }
}

/// The mistakes with their maps, the photos that cannot be read, and how many photos were classified.
pub fn explained<'a>(task: &Task<'a>, data: &Data) -> (Vec<Explained<'a>>, Vec<String>, usize) {
    let rows: Vec<&Outcome> = task
        .found
        .iter()
        .filter_map(|found| match found.results {
            Results::Outcomes(outcomes) => Some(&outcomes.rows),
            _ => None,
        })
        .flatten()
        .collect();
    let mut unreadable = data.unreadable.clone();
    for (row, path) in rows.iter().zip(&data.paths) {
        if let Outcome::Unreadable(reason) = row {
            unreadable.push(named(reason, path));
        }
    }
    let total = rows
        .iter()
        .filter(|row| matches!(row, Outcome::Classified(_)))
        .count();
    let mut maps = task.found.iter().filter_map(|found| match found.results {
        Results::Attributions(map) => Some(map),
        _ => None,
    });
    let count = task.parameters.get("count");
    let count = count.and_then(serde_json::Value::as_u64).unwrap_or(0) as usize;
    let mistakes = most_confident(&rows, &data.truths, count).into_iter();
    // In the order in which the method asked for them: two of each, one where no class belongs to the label.
    let explained = mistakes.map(|mistake| {
        let has_class = |group: usize| data.classes_in.get(group).is_some_and(|count| *count > 0);
        let predicted = has_class(mistake.predicted).then(|| maps.next()).flatten();
        let truth = has_class(mistake.truth).then(|| maps.next()).flatten();
        Explained {
            mistake,
            predicted,
            truth,
        }
    });
    (explained.collect(), unreadable, total)
}

/// As it is coloured: of evidence only what speaks for the class.
fn shown(map: &Attributions) -> Map {
    let mut one = one_channel(map, Reduction::Max);
    if map.meaning == Meaning::Evidence {
        one.values
            .iter_mut()
            .for_each(|value| *value = value.max(0.0));
    }
    one
}

fn is_dark(map: &Attributions) -> bool {
    shown(map).values.iter().all(|value| *value == 0.0)
}

fn class_of(map: &Attributions) -> Option<&ScalarTarget> {
    map.target.of_classes()
}

fn maps(task: &Task, data: &Data, all: &[Explained]) -> Option<Exhibit> {
    let mut tiles = Vec::new();
    for (rank, one) in all.iter().enumerate() {
        if let Some(picture) = (data.open)(one.mistake.photo) {
            tiles.extend(tiles_of(task, data, (rank, one), picture));
        }
    }
    let is_signed = all
        .iter()
        .flat_map(|one| [one.predicted, one.truth])
        .flatten()
        .any(|map| shown(map).values.iter().any(|value| *value < 0.0));
    let cells = all.iter().find_map(|one| one.predicted.map(shown));
    let (width, height) = cells.map_or((0, 0), |map| (map.width, map.height));
    (!tiles.is_empty()).then(|| Exhibit {
        caption: task
            .own_text("caption", &[])
            .saying("shown", all.len())
            .saying("width", width.to_string())
            .saying("height", height.to_string()),
        alt: Message::new("wrong_photos.alt").with(
            "mistakes",
            all.iter()
                .map(|one| said(data, &one.mistake))
                .collect::<Vec<_>>(),
        ),
        body: Body::HeatMaps(HeatMaps {
            columns: 3,
            tiles,
            sign: match is_signed {
                true => Sign::Signed,
                false => Sign::Unsigned,
            },
            quantity: task.own_text("quantity", &[]),
            scale: Scale::OwnPerTile,
            gamma: 1.0,
        }),
    })
}

fn said(data: &Data, mistake: &Mistake) -> Message {
    Message::new("outcomes.label_example")
        .with("truth", name(data, mistake.truth))
        .with("predicted", name(data, mistake.predicted))
        .with("probability", Argument::Percent(mistake.probability, 0))
}

/// The photo, and both maps over it with the ends of their colour scales the same.
fn tiles_of(
    task: &Task,
    data: &Data,
    (rank, one): (usize, &Explained),
    picture: Picture,
) -> Vec<HeatTile> {
    let maps = [
        (one.predicted, "wrong_photos.as_predicted"),
        (one.truth, "wrong_photos.as_labelled"),
    ];
    let ends = maps.iter().filter_map(|(map, _)| Some(end((*map)?)));
    let end = ends.fold(0.0, f32::max);
    let is_negative = maps
        .iter()
        .filter_map(|(map, _)| *map)
        .any(|map| shown(map).values.iter().any(|value| *value < 0.0));
    let range = if is_negative { (-end, end) } else { (0.0, end) };
    let photo = HeatTile {
        label: Message::new("wrong_photos.photo")
            .with("rank", rank + 1)
            .with("mistake", said(data, &one.mistake)),
        view: HeatView::Photo(picture.clone()),
        range,
    };
    let overlays = maps.into_iter().map(|(map, key)| match map {
        Some(map) => HeatTile {
            label: match class_of(map) {
                Some(class) => Message::new(key)
                    .with("class", task.explained(class))
                    .with("probability", Argument::Percent(class.probability, 1)),
                None => Message::literal(""),
            },
            view: HeatView::Overlay {
                photo: picture.clone(),
                map: shown(map),
            },
            range,
        },
        None => HeatTile {
            label: Message::new("wrong_photos.no_class"),
            view: HeatView::Photo(picture.clone()),
            range,
        },
    });
    std::iter::once(photo).chain(overlays).collect()
}

/// Where a map's own scale would end.
fn end(map: &Attributions) -> f32 {
    let sizes: Vec<f32> = shown(map).values.iter().map(|value| value.abs()).collect();
    let largest = sizes.iter().copied().fold(0.0, f32::max);
    match map.meaning {
        Meaning::Sensitivity => {
            let clipped = percentile(&sizes, PERCENTILE_OF_SENSITIVITY);
            if clipped > 0.0 { clipped } else { largest }
        }
        Meaning::Contribution | Meaning::Evidence | Meaning::Activation | Meaning::Attention => {
            largest
        }
    }
}

fn table(task: &Task, data: &Data, all: &[Explained]) -> Exhibit {
    let keys = [
        "wrong_photos.rank",
        "wrong_photos.file",
        "outcomes.truth",
        "outcomes.prediction",
        "wrong_photos.probability",
        "wrong_photos.probability_of_truth",
    ];
    let row = |(rank, one): (usize, &Explained)| {
        let of_truth = one.truth.and_then(class_of);
        vec![
            Argument::Count(rank + 1),
            Argument::Text(short(data, one.mistake.photo)),
            Argument::Message(name(data, one.mistake.truth)),
            Argument::Message(name(data, one.mistake.predicted)),
            Argument::Percent(one.mistake.probability, 1),
            of_truth.map_or(Argument::Text("–".to_owned()), |class| {
                Argument::Percent(class.probability, 2)
            }),
        ]
    };
    Exhibit {
        caption: task.own_text("caption_table", &[]),
        alt: Message::new("wrong_photos.alt_table").with("count", all.len()),
        body: Body::Table(Table {
            header: keys.map(Message::new).to_vec(),
            rows: all.iter().enumerate().map(row).collect(),
        }),
    }
}

/// The file with the folder that it lies in: the whole path is long and says where the user's files are.
pub(super) fn short(data: &Data, photo: usize) -> String {
    let path = data.paths.get(photo).map_or("", String::as_str);
    let mut parts = path.rsplit(['/', '\\']);
    let (file, folder) = (parts.next().unwrap_or_default(), parts.next());
    match folder {
        Some(folder) => format!("{folder}/{file}"),
        None => file.to_owned(),
    }
}
