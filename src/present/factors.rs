//! The components of a layer's output: for each photo a row of maps, each named by what the network says of it alone.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::attributions::Scale;
use super::exhibit::{Body, Exhibit, HeatMaps, HeatTile, HeatView, Sign};
use super::places::place;
use super::statistics::{grid_shares, largest};
use super::{Photo, Presented, Task};
use crate::results::{Component, Factors, Results};
use crate::words::{Argument, Message};

/// Photo and maps in a row on a wide page, at most.
const COLUMNS: usize = 6;

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
        presented.notices.extend(notice(photo, factors));
    }
    presented
}

fn exhibit(task: &Task, view: &View, photo: &Photo, factors: &Factors) -> Exhibit {
    let first = factors.components.first();
    let (width, height) = first.map_or((0, 0), |one| (one.map.width, one.map.height));
    let most = factors.components.iter();
    let most = most.fold(0.0, |most: f32, one| most.max(one.map.extremes().1));
    let end = |end: f32| if end > 0.0 { end } else { 1.0 };
    let picture = photo.picture;
    let of_photo = HeatTile {
        label: Message::literal(photo.name),
        view: HeatView::Photo(picture.clone()),
        range: (0.0, end(most)),
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
            Scale::Own => (0.0, end(one.map.extremes().1)),
            Scale::Shared => (0.0, end(most)),
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
            let end = Argument::Scientific(f64::from(end(most)));
            Message::new("factors.scale_shared").with("end", end)
        }
    };
    let caption = task
        .own_text("caption", &[])
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

/// Why the numbers are not to be trusted.
fn notice(photo: &Photo, factors: &Factors) -> Option<Message> {
    let is_zero = factors
        .components
        .iter()
        .all(|one| one.map.values.iter().all(|value| *value == 0.0));
    let about = |key| Message::new(key).with("photo", photo.name);
    if is_zero {
        let layer = factors.layer.to_string();
        return Some(about("factors.zero").with("layer", layer));
    }
    let iterations = factors.iterations;
    (!factors.is_converged).then(|| about("factors.open").with("iterations", iterations))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_are_as_even_as_can_be() {
        assert_eq!([1, 2, 6, 7, 9, 13, 21].map(columns), [1, 2, 6, 4, 5, 5, 6]);
    }
}
