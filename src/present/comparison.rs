//! Maps of several methods in rows: the photo, then a map a method; a row a class.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::attributions::{Reduction, one_channel};
use super::evidence;
use super::exhibit::{Body, Exhibit, HeatMaps, HeatTile, HeatView, Scale, Sign};
use super::factors::Shown;
use super::places::place;
use super::statistics::{grid_shares, largest, percentile};
use super::{Photo, Presented, Task};
use crate::results::{ClassTarget, Map, Meaning, Results, Target};
use crate::words::{Argument, Message};

/// Photo and maps in a row on a wide page, at most.
const COLUMNS: usize = 6;

/// How maps are compared.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct View {
    /// What is shown of each map: the `map` by itself, or as an `overlay` over the photo. Default `overlay`.
    pub view: Shown,
    /// The percentile of what is shown of a map at which its colour scale ends; larger values are clipped. Default 99.
    #[schemars(range(min = 50.0, max = 100.0))]
    pub percentile: f64,
}

impl Default for View {
    fn default() -> Self {
        Self {
            view: Shown::default(),
            percentile: 99.0,
        }
    }
}

/// What speaks for a class at each place, by one method.
struct Support {
    method: usize,
    class: ClassTarget,
    map: Map,
}

pub fn present(task: &Task, view: &View) -> Presented {
    let methods = titles(task);
    let classes = task.parameters.get("classes").and_then(Value::as_array);
    let classes = classes.map_or(1, Vec::len).max(1);
    let maps = methods.len() * classes;
    if maps == 0 || !task.found.len().is_multiple_of(maps) {
        return Presented::default(); // a map is missing: the failure is told elsewhere
    }
    let rows = task.found.chunks(maps).filter_map(|of_photo| {
        let photo = task.photo(of_photo.first()?)?;
        let supports = of_photo.iter().enumerate();
        let supports = supports.filter_map(|(at, found)| {
            let (class, map) = support(found.results)?;
            Some(Support {
                method: at % methods.len(),
                class,
                map,
            })
        });
        Some((photo, supports.collect::<Vec<_>>()))
    });
    let rows: Vec<(&Photo, Vec<Support>)> = rows.collect();
    let is_wide = methods.len() + 1 > COLUMNS;
    let groups: Vec<&[(&Photo, Vec<Support>)]> = match is_wide {
        true => rows.chunks(1).collect(),
        false => vec![&rows],
    };
    let exhibit = |rows: &[(&Photo, Vec<Support>)]| exhibit(task, view, &methods, rows);
    let notices = rows.iter().flat_map(|(photo, supports)| {
        let silent = supports.iter().filter(|one| one.map.extremes().1 == 0.0);
        silent.map(|one| {
            Message::new("comparison.nothing")
                .with("photo", photo.name)
                .with("method", methods[one.method].clone())
                .with("class", task.class(one.class.class))
        })
    });
    Presented {
        exhibits: groups.into_iter().map(exhibit).collect(),
        notices: notices.collect(),
    }
}

/// The titles of the methods; of those that occur several times with a number.
fn titles(task: &Task) -> Vec<Message> {
    let methods = task.parameters.get("methods").and_then(Value::as_array);
    let name = |method: &Value| match method {
        Value::String(name) => name.clone(),
        other => {
            let keys = other.as_object().and_then(|keys| keys.keys().next());
            keys.cloned().unwrap_or_default()
        }
    };
    let names: Vec<String> = methods.into_iter().flatten().map(name).collect();
    let title = |(at, name): (usize, &String)| {
        let title = Message::new(format!("{name}.title"));
        let same = names.iter().filter(|other| *other == name).count();
        let number = names[..=at].iter().filter(|other| *other == name).count();
        match same {
            1 => title,
            _ => Message::new("comparison.again")
                .with("method", title)
                .with("number", number),
        }
    };
    names.iter().enumerate().map(title).collect()
}

/// What of a map speaks for its class, zero or more: of sensitivities their size, of all else what is above zero.
fn support(results: &Results) -> Option<(ClassTarget, Map)> {
    let class = results.explained_class()?;
    let mut map = match results {
        Results::Attributions(found) => {
            let mut map = one_channel(found, Reduction::Max);
            if found.meaning == Meaning::Sensitivity {
                map.values.iter_mut().for_each(|value| *value = value.abs());
            }
            map
        }
        other => other.one_number_a_place()?,
    };
    let (low, high) = map.extremes();
    let is_rounding = evidence::is_rounding(high.max(-low), &Target::Class(class));
    for value in &mut map.values {
        *value = if is_rounding { 0.0 } else { value.max(0.0) };
    }
    Some((class, map))
}

fn exhibit(
    task: &Task,
    view: &View,
    methods: &[Message],
    rows: &[(&Photo, Vec<Support>)],
) -> Exhibit {
    let mut tiles = Vec::new();
    let mut said = Vec::new();
    for (photo, supports) in rows {
        // One scale a method for all classes of the photo, so that they can be compared.
        let ends: Vec<f32> = (0..methods.len())
            .map(|method| {
                let of_method = supports.iter().filter(|one| one.method == method);
                let ends = of_method.map(|one| end(&one.map, view.percentile));
                let end = ends.fold(0.0, f32::max);
                if end > 0.0 { end } else { 1.0 }
            })
            .collect();
        for of_class in supports.chunks(methods.len()) {
            let Some(first) = of_class.first() else {
                continue;
            };
            let named = Message::new("attributions.photo")
                .with("photo", photo.name)
                .with("class", task.class(first.class.class))
                .with("probability", Argument::Percent(first.class.probability, 1));
            said.push(named.clone());
            tiles.push(HeatTile {
                label: named,
                view: HeatView::Photo(photo.picture.clone()),
                range: (0.0, 1.0),
            });
            for one in of_class {
                let title = methods[one.method].clone();
                said.push(alt(&title, &one.map));
                tiles.push(HeatTile {
                    label: title,
                    view: drawn(view, photo, &one.map),
                    range: (0.0, ends[one.method]),
                });
            }
        }
    }
    let tiles_in_row = methods.len() + 1;
    Exhibit {
        caption: task
            .own_text("caption", &[])
            .saying("methods", methods.len())
            .saying("percentile", view.percentile.to_string()),
        alt: Message::new("comparison.alt").with("maps", said),
        body: Body::HeatMaps(HeatMaps {
            columns: tiles_in_row.div_ceil(tiles_in_row.div_ceil(COLUMNS)),
            tiles,
            sign: Sign::Unsigned,
            quantity: task.own_text("quantity", &[]),
            scale: Scale::OwnPerTile,
            gamma: 1.0,
        }),
    }
}

fn drawn(view: &View, photo: &Photo, map: &Map) -> HeatView {
    let picture = photo.picture;
    match view.view {
        Shown::Map => HeatView::Map {
            map: map.clone(),
            size: (picture.width, picture.height),
            photo: Some(picture.clone()),
        },
        Shown::Overlay => HeatView::Overlay {
            photo: picture.clone(),
            map: map.clone(),
        },
    }
}

/// The percentile; the largest number where so few are above zero that the percentile is not.
fn end(map: &Map, percent: f64) -> f32 {
    match percentile(&map.values, percent) {
        clip if clip > 0.0 => clip,
        _ => map.extremes().1,
    }
}

/// `Grad-CAM: most (34 %) in the upper left ninth`.
fn alt(title: &Message, map: &Map) -> Message {
    let shares = grid_shares(map);
    let most = largest(&shares);
    Message::new("comparison.alt_map")
        .with("method", title.clone())
        .with("place", place(most))
        .with("most", Argument::Percent(shares[most], 0))
}
