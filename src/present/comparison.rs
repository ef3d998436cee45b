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
use crate::results::{Map, Meaning, Results, ScalarTarget, Target};
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
    target: ScalarTarget,
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
            let (target, map) = support(found.results)?;
            Some(Support {
                method: at % methods.len(),
                target,
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
                .with("class", task.explained(&one.target))
        })
    });
    Presented {
        exhibits: groups.into_iter().map(exhibit).collect(),
        notices: notices.collect(),
    }
}

/// The titles of the methods; those that occur several times with the parameters that tell them apart.
fn titles(task: &Task) -> Vec<Message> {
    let methods = task.parameters.get("methods").and_then(Value::as_array);
    let methods: Vec<(&str, Option<&Given>)> = methods.into_iter().flatten().map(named).collect();
    let title = |(at, (name, given)): (usize, &(&str, Option<&Given>))| {
        let title = Message::new(format!("{name}.title"));
        let others = methods.iter().enumerate();
        let others = others.filter(|(other, (same, _))| *other != at && same == name);
        let others: Vec<Option<&Given>> = others.map(|(_, (_, given))| *given).collect();
        match different(*given, &others) {
            own if own.is_empty() => title,
            own => Message::new("comparison.again")
                .with("method", title)
                .with("parameters", own),
        }
    };
    methods.iter().enumerate().map(title).collect()
}

/// Parameters that stand in the file.
type Given = serde_json::Map<String, Value>;

fn named(method: &Value) -> (&str, Option<&Given>) {
    match method {
        Value::String(name) => (name, None),
        other => {
            let with = other.as_object().and_then(|keys| keys.iter().next());
            with.map_or(("", None), |(name, given)| (name, given.as_object()))
        }
    }
}

/// The given parameters that one of the others has not, or not so.
fn different(given: Option<&Given>, others: &[Option<&Given>]) -> Vec<Message> {
    let is_different = |(key, value): &(&String, &Value)| {
        let of = |other: &Option<&Given>| other.and_then(|other| other.get(*key)) != Some(*value);
        others.iter().any(of)
    };
    let written = |(key, value): (&String, &Value)| match value {
        Value::String(word) => Message::literal(format!("{key}: {word}")),
        other => Message::literal(format!("{key}: {other}")),
    };
    let given = given.into_iter().flatten().filter(is_different);
    given.map(written).collect()
}

/// What of a map speaks for its class, zero or more: of sensitivities their size, of all else what is above zero.
fn support(results: &Results) -> Option<(ScalarTarget, Map)> {
    let target = results.explained()?.clone();
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
    let is_rounding = evidence::is_rounding(high.max(-low), &Target::Class(target.clone()));
    for value in &mut map.values {
        *value = if is_rounding { 0.0 } else { value.max(0.0) };
    }
    Some((target, map))
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
                end.max(0.0)
            })
            .collect();
        for of_class in supports.chunks(methods.len()) {
            let Some(first) = of_class.first() else {
                continue;
            };
            let named = Message::new("attributions.photo")
                .with("photo", photo.name)
                .with("class", task.explained(&first.target));
            // Of several classes some methods may explain the score and others the probability.
            let named = match first.target.scalar.class() {
                Some(_) => named.with("probability", task.said(&first.target)),
                None => named.with("probability", ""),
            };
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

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn the_parameters_that_differ_tell_methods_apart() {
        let first = json!({ "attn_lrp": { "rule": "cp_lrp", "class": 1 } });
        let second = json!({ "attn_lrp": { "class": 1 } });
        let (first, second) = (named(&first).1, named(&second).1);
        let found = different(first, &[second]);
        assert_eq!(found, [Message::literal("rule: cp_lrp")]);
        assert!(different(second, &[first]).is_empty());
        assert!(different(first, &[]).is_empty());
        assert_eq!(different(second, &[None]).len(), 1);
    }
}
