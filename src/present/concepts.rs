//! Concepts of a class: how much each matters, the crops with most of the leading ones, and where they are on photos.

use super::exhibit::{
    Bar, BarGroup, BarUnit, Bars, Body, Exhibit, HeatMaps, HeatTile, HeatView, PictureTile,
    Pictures, Scale, Sign,
};
use super::outcomes::{self, notices::of_data};
use super::{Data, Presented, Task};
use crate::results::{Concept, Concepts, Picture, Results, named};
use crate::words::{Argument, Message};

/// Concepts whose crops and maps are shown, the most important ones.
const SHOWN: usize = 5;
/// Crops of each.
const CROPS: usize = 6;

pub fn present(task: &Task) -> Presented {
    let (Some(data), Some(found)) = (task.data, found(task)) else {
        return Presented::default();
    };
    let mut notices = of_data(data, &unreadable(data, found));
    let about = |key| Message::new(key).with("class", task.class(found.class));
    notices.extend(group(task, data, found));
    if found.shifted_channels > 0 {
        let shifted = about("class_concepts.notice_shifted").with("layer", found.layer.to_string());
        notices.push(shifted.with("count", found.shifted_channels));
    }
    if found.concepts.iter().all(|one| one.importance == 0.0) {
        notices.push(about("class_concepts.notice_constant"));
    }
    if !found.is_converged {
        let iterations = found.iterations;
        notices.push(about("class_concepts.notice_open").with("iterations", iterations));
    }
    let exhibits = [
        Some(importance(task, found)),
        crops(task, data, found),
        maps(task, data, found),
    ];
    Presented {
        exhibits: exhibits.into_iter().flatten().collect(),
        notices,
    }
}

/// That photos are those of a group of classes, where they are not of the class alone.
fn group(task: &Task, data: &Data, found: &Concepts) -> Option<Message> {
    let group = *data.truths.get(*found.shown.first()?)?;
    let classes = *data.classes_in.get(group)?;
    (classes > 1).then(|| {
        Message::new("class_concepts.notice_group")
            .with("class", task.class(found.class))
            .with("group", outcomes::name(data, group))
            .with("classes", classes)
    })
}

/// All photos of a class are one unit.
pub fn found<'a>(task: &Task<'a>) -> Option<&'a Concepts> {
    task.found.iter().find_map(|found| match found.results {
        Results::Concepts(concepts) => Some(concepts),
        _ => None,
    })
}

/// Why photos could not be read, with their names.
pub fn unreadable(data: &Data, found: &Concepts) -> Vec<String> {
    let while_running = found.unreadable.iter().filter_map(|(place, reason)| {
        let path = data.paths.get(*place)?;
        Some(named(reason, path))
    });
    let before = data.unreadable.iter().cloned();
    before.chain(while_running).collect()
}

fn caption(task: &Task, key: &str, found: &Concepts) -> Message {
    let [height, width] = found.crop_px;
    task.own_text(key, &[])
        .saying("class", task.class(found.class))
        .saying("layer", found.layer.to_string())
        .saying("photos", found.photos)
        .saying("crops", found.crops)
        .saying("judged", found.judged)
        .saying("width", width.to_string())
        .saying("height", height.to_string())
        .saying("explained", Argument::Percent(found.explained, 0))
}

fn number(index: usize) -> Message {
    Message::new("class_concepts.name").with("number", index + 1)
}

fn importance(task: &Task, found: &Concepts) -> Exhibit {
    let bar = |(index, one): (usize, &Concept)| Bar {
        label: number(index),
        value: one.importance,
        uncertainty: None,
    };
    let said = found.concepts.iter().enumerate().map(|(index, one)| {
        Message::new("class_concepts.alt_importance")
            .with("name", number(index))
            .with("importance", Argument::Number(one.importance, 3))
            .with("share", Argument::Percent(one.share, 0))
    });
    Exhibit {
        caption: caption(task, "caption", found),
        alt: Message::new("class_concepts.alt").with("concepts", said.collect::<Vec<_>>()),
        body: Body::Bars(Bars {
            columns: 1,
            groups: vec![BarGroup {
                segments: Vec::new(),
                label: Message::literal(task.class(found.class)),
                bars: found.concepts.iter().enumerate().map(bar).collect(),
            }],
            quantity: Message::new("class_concepts.importance"),
            unit: BarUnit::Amount,
        }),
    }
}

/// A row a concept.
fn crops(task: &Task, data: &Data, found: &Concepts) -> Option<Exhibit> {
    let mut tiles = Vec::new();
    let mut said = Vec::new();
    let columns = columns(found);
    for (index, one) in found.concepts.iter().take(SHOWN).enumerate() {
        // Where its photos are gone or it has no crop, a concept has no row.
        tiles.resize_with(tiles.len().next_multiple_of(columns), || empty(found));
        for crop in one.crops.iter().take(CROPS) {
            let Some(photo) = (data.open)(crop.photo) else {
                continue;
            };
            let label = Message::new("class_concepts.tile")
                .with("name", number(index))
                .with("value", Argument::Scientific(f64::from(crop.value)));
            said.push(label.clone());
            tiles.push(PictureTile {
                label,
                picture: part(&photo, (crop.top, crop.left), found.crop_px),
            });
        }
    }
    (!tiles.is_empty()).then(|| Exhibit {
        caption: caption(task, "caption_crops", found),
        alt: Message::new("class_concepts.alt").with("concepts", said),
        body: Body::Pictures(Pictures {
            columns,
            tiles,
            is_sequence: false,
        }),
    })
}

/// A cell of a row whose concept has fewer crops than another: white.
fn empty(found: &Concepts) -> PictureTile {
    let [height, width] = found.crop_px;
    PictureTile {
        label: Message::literal(String::new()),
        picture: Picture {
            width,
            height,
            pixels: vec![u8::MAX; width * height * 3],
        },
    }
}

/// As many as the concept with most of them has, so that each has a row of its own.
fn columns(found: &Concepts) -> usize {
    let counts = found.concepts.iter().take(SHOWN).map(|one| one.crops.len());
    counts.max().unwrap_or(1).clamp(1, CROPS)
}

/// A photo a row, then each leading concept over it.
fn maps(task: &Task, data: &Data, found: &Concepts) -> Option<Exhibit> {
    let leading = &found.concepts[..found.concepts.len().min(SHOWN)];
    let mut tiles = Vec::new();
    let mut said = Vec::new();
    for (row, place) in found.shown.iter().enumerate() {
        let Some(photo) = (data.open)(*place) else {
            continue;
        };
        let path = data.paths.get(*place).map_or("", String::as_str);
        let name = path.rsplit(['/', '\\']).next().unwrap_or_default();
        tiles.push(HeatTile {
            label: Message::literal(name),
            view: HeatView::Photo(photo.clone()),
            range: (0.0, 1.0),
        });
        for (index, one) in leading.iter().enumerate() {
            let Some(map) = one.maps.get(row) else {
                continue;
            };
            let (_, largest) = map.extremes();
            let label = Message::new("class_concepts.tile")
                .with("name", number(index))
                .with("value", Argument::Scientific(f64::from(largest)));
            said.push(label.clone());
            tiles.push(HeatTile {
                label,
                view: HeatView::Overlay {
                    photo: photo.clone(),
                    map: map.clone(),
                },
                range: (0.0, largest.max(0.0)),
            });
        }
    }
    (!tiles.is_empty()).then(|| Exhibit {
        caption: caption(task, "caption_maps", found),
        alt: Message::new("class_concepts.alt").with("concepts", said),
        body: Body::HeatMaps(HeatMaps {
            columns: leading.len() + 1,
            tiles,
            sign: Sign::Unsigned,
            quantity: Message::new("class_concepts.amount"),
            scale: Scale::OwnPerTile,
            gamma: 1.0,
        }),
    })
}

/// A part of a photo.
fn part(photo: &Picture, (top, left): (usize, usize), [height, width]: [usize; 2]) -> Picture {
    let height = height.min(photo.height.saturating_sub(top));
    let width = width.min(photo.width.saturating_sub(left));
    let rows = (top..top + height).flat_map(|row| {
        let start = (row * photo.width + left) * 3;
        photo.pixels[start..start + width * 3].iter().copied()
    });
    Picture {
        width,
        height,
        pixels: rows.collect(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_part_is_cut_out() {
        let pixels = (0..24).map(|at| at / 3).collect();
        let photo = Picture {
            width: 4,
            height: 2,
            pixels,
        };
        let found = part(&photo, (1, 2), [3, 2]);
        assert_eq!((found.width, found.height), (2, 1));
        assert_eq!(found.pixels, [6, 6, 6, 7, 7, 7]);
    }
}
