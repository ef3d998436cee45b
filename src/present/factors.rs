//! The components of a layer's output: for each photo a row of maps, each named by what the network says of it alone.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::attributions::Scale;
use super::exhibit::{Body, Exhibit, HeatMaps, HeatTile, HeatView, Sign};
use super::places::place;
use super::statistics::{grid_shares, largest};
use super::{Photo, Presented, Task};
use crate::results::{ClassTarget, Component, Factors, Results};
use crate::words::{Argument, Message};

/// Photo and maps in a row on a wide page, at most.
const COLUMNS: usize = 6;
/// Probabilities that differ by no more are nearly the same.
const NEARLY: f64 = 0.1;

/// How components are shown.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct View {
    /// What is shown of each component: its `map` by itself, or as an `overlay` over the photo. Default `overlay`.
    pub view: Shown,
    /// Whether each map has a colour scale of its `own` or all maps of a photo one that is `shared`. Default `own`.
    pub scale: Scale,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Shown {
    Map,
    #[default]
    Overlay,
}

impl Default for View {
    fn default() -> Self {
        Self {
            view: Shown::default(),
            scale: Scale::Own,
        }
    }
}

/// One figure a photo: components of different photos have nothing in common.
pub fn present(task: &Task, view: &View) -> Presented {
    let mut presented = Presented::default();
    for found in task.found {
        let (Results::Factors(factors), Some(photo)) = (found.results, task.photo(found)) else {
            continue;
        };
        presented.exhibits.push(exhibit(task, view, photo, factors));
        presented.notices.extend(notices(task, photo, factors));
    }
    presented
}

fn exhibit(task: &Task, view: &View, photo: &Photo, factors: &Factors) -> Exhibit {
    let first = factors.components.first();
    let (width, height) = first.map_or((0, 0), |one| (one.map.width, one.map.height));
    let most = factors.components.iter();
    let most = most.fold(0.0, |most: f32, one| most.max(one.map.extremes().1));
    let picture = photo.picture;
    let of_photo = HeatTile {
        label: Message::literal(photo.name),
        view: HeatView::Photo(picture.clone()),
        range: (0.0, most),
    };
    let of_component = |(index, one): (usize, &Component)| HeatTile {
        label: label(task, index, one),
        view: match view.view {
            Shown::Map => HeatView::Map {
                map: one.map.clone(),
                size: (picture.width, picture.height),
                photo: Some(picture.clone()),
            },
            Shown::Overlay => HeatView::Overlay {
                photo: picture.clone(),
                map: one.map.clone(),
            },
        },
        range: match view.scale {
            Scale::Own => (0.0, one.map.extremes().1),
            Scale::Shared => (0.0, most),
        },
    };
    let components = factors.components.iter().enumerate();
    let tiles: Vec<HeatTile> = std::iter::once(of_photo)
        .chain(components.map(of_component))
        .collect();
    let said = factors.components.iter().enumerate();
    let said: Vec<Message> = said.map(|(index, one)| alt(task, index, one)).collect();
    let scale = match view.scale {
        Scale::Own => Message::new("factors.scale_own"),
        Scale::Shared => {
            let end = Argument::Scientific(f64::from(most));
            Message::new("factors.scale_shared").with("end", end)
        }
    };
    let words: &[&str] = match factors.shifted_channels {
        0 => &[],
        _ => &["shifted"],
    };
    let caption = task
        .own_text("caption", words)
        .saying("shifted", factors.shifted_channels)
        .saying("photo", photo.name)
        .saying("layer", factors.layer.to_string())
        .saying("width", width.to_string())
        .saying("height", height.to_string())
        .saying("components", factors.components.len())
        .saying("explained", Argument::Percent(factors.explained, 0));
    Exhibit {
        caption: Message::new("factors.caption")
            .with("method", caption)
            .with("scale", scale),
        alt: Message::new("factors.alt")
            .with("photo", photo.name)
            .with("components", said),
        body: Body::HeatMaps(HeatMaps {
            columns: columns(tiles.len()),
            tiles,
            sign: Sign::Unsigned,
            quantity: task.own_text("quantity", &[]),
            scale: view.scale.of_figure(),
            gamma: 1.0,
        }),
    }
}

/// As even rows as can be.
fn columns(tiles: usize) -> usize {
    tiles.div_ceil(tiles.div_ceil(COLUMNS).max(1)).max(1)
}

/// The two most probable classes of a component.
fn names(task: &Task, one: &Component) -> Vec<Message> {
    let name = |target: &crate::results::ClassTarget| {
        Message::new("factors.name")
            .with("class", task.class(target.class))
            .with("probability", Argument::Percent(target.probability, 0))
    };
    one.leading.iter().take(2).map(name).collect()
}

fn label(task: &Task, index: usize, one: &Component) -> Message {
    Message::new("factors.tile")
        .with("number", index + 1)
        .with("share", Argument::Percent(one.share, 0))
        .with("names", names(task, one))
}

fn alt(task: &Task, index: usize, one: &Component) -> Message {
    let shares = grid_shares(&one.map);
    let most = largest(&shares);
    Message::new("factors.alt_component")
        .with("number", index + 1)
        .with("share", Argument::Percent(one.share, 0))
        .with("names", names(task, one))
        .with("place", place(most))
        .with("most", Argument::Percent(shares[most], 0))
}

/// Why the numbers are not to be trusted, or are not of what one thinks.
fn notices(task: &Task, photo: &Photo, factors: &Factors) -> Vec<Message> {
    let is_zero = factors
        .components
        .iter()
        .all(|one| one.map.values.iter().all(|value| *value == 0.0));
    let layer = factors.layer.to_string();
    let about = |key| Message::new(key).with("photo", photo.name);
    if is_zero {
        return vec![about("factors.zero").with("layer", layer)];
    }
    let mut notices = Vec::new();
    if factors.shifted_channels > 0 {
        let shifted = about("factors.shifted").with("layer", layer.as_str());
        let shifted = shifted.with("count", factors.shifted_channels);
        notices.push(shifted.with("of", factors.channels));
    }
    if let Some(class) = beside(factors) {
        let same = about("factors.same").with("layer", layer);
        let same = same.with("class", task.class(class.class));
        notices.push(same.with("probability", Argument::Percent(class.probability, 0)));
    }
    if !factors.is_converged {
        notices.push(about("factors.open").with("iterations", factors.iterations));
    }
    notices
}

/// The class that the network names with the layer at zero, where it names it with each component alone, too, about as
/// probable: what decides then comes from beside the layer or from behind it.
fn beside(factors: &Factors) -> Option<&ClassTarget> {
    let at_zero = factors.at_zero.first()?;
    let is_same = |one: &Component| {
        one.leading.first().is_some_and(|first| {
            let difference = (first.probability - at_zero.probability).abs();
            first.class == at_zero.class && difference <= NEARLY
        })
    };
    factors.components.iter().all(is_same).then_some(at_zero)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The layer decides as soon as one component alone gets another class, or clearly another probability.
    #[test]
    fn the_same_class_for_all_is_that_of_the_layer_at_zero() {
        let class = |class: usize, probability: f64| ClassTarget {
            class,
            score: 0.0,
            probability,
        };
        let factors = |alone: [ClassTarget; 2]| Factors {
            layer: crate::results::LayerRef {
                path: "layer".to_owned(),
                number: 1,
            },
            channels: 1,
            shifted_channels: 0,
            components: alone
                .map(|leading| Component {
                    map: crate::results::Map {
                        width: 1,
                        height: 1,
                        values: vec![1.0],
                    },
                    direction: vec![1.0],
                    share: 0.5,
                    leading: vec![leading],
                })
                .into(),
            explained: 1.0,
            iterations: 1,
            is_converged: true,
            at_zero: vec![class(3, 0.9)],
        };
        let found = |alone| beside(&factors(alone)).map(|one| one.class);
        assert_eq!(found([class(3, 0.85), class(3, 0.95)]), Some(3));
        assert_eq!(found([class(3, 0.85), class(4, 0.95)]), None);
        assert_eq!(found([class(3, 0.5), class(3, 0.9)]), None);
    }

    #[test]
    fn rows_are_as_even_as_can_be() {
        assert_eq!([1, 2, 6, 7, 9, 13, 21].map(columns), [1, 2, 6, 4, 5, 5, 6]);
    }
}
