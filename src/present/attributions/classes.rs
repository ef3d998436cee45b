//! Maps of a class: each photo, its map, the map over it.

use super::scale::Scales;
use super::{Shaded, Shown, View, sign};
use crate::present::exhibit::{Body, Exhibit, HeatMaps, HeatTile, HeatView};
use crate::present::places::{CENTRE, place};
use crate::present::statistics::{grid_shares, largest};
use crate::present::{Photo, Presented, Task};
use crate::results::{ClassTarget, Map, Target};
use crate::words::{Argument, Message};

/// A map with its photo and class.
struct OfClass<'a> {
    photo: &'a Photo<'a>,
    class: ClassTarget,
    map: &'a Map,
    largest: f32,
    range: (f32, f32),
}

pub(super) fn present(task: &Task, view: &View, shaded: &[Shaded]) -> Presented {
    let scales = Scales::new(view, sign(shaded), shaded);
    let of_class = |(index, one): (usize, &'_ Shaded)| -> Option<_> {
        let Target::Class(class) = one.attributions.target else {
            return None;
        };
        let (low, high) = one.map.extremes();
        Some((
            task.photo(one.found)?,
            class,
            high.max(-low),
            scales.range(index),
        ))
    };
    let maps: Vec<OfClass> = shaded
        .iter()
        .enumerate()
        .filter_map(|(index, one)| {
            let (photo, class, largest, range) = of_class((index, one))?;
            let map = &one.map;
            Some(OfClass {
                photo,
                class,
                map,
                largest,
                range,
            })
        })
        .collect();
    let columns = match view.view {
        Shown::Both => 3,
        // Photo and map stand together; two pairs fit in a row.
        Shown::Map | Shown::Overlay => 2 * maps.len().clamp(1, 2),
    };
    let texts: Vec<Message> = maps.iter().map(|one| alt(task, one)).collect();
    let exhibit = Exhibit {
        caption: Message::new("attributions.caption")
            .with("method", task.own_text("caption", &[task.activation]))
            .with("scale", scales.sentence(view)),
        alt: Message::new("attributions.alt").with("photos", texts),
        body: Body::HeatMaps(HeatMaps {
            columns,
            tiles: maps.iter().flat_map(|one| tiles(task, view, one)).collect(),
            sign: scales.sign,
            quantity: Message::new(format!("{}.quantity", task.method)),
            scale: view.scale.of_figure(),
        }),
    };
    let zero = |one: &&OfClass| one.largest == 0.0;
    let notices = maps.iter().filter(zero).map(|one| {
        Message::new("attributions.zero")
            .with("photo", one.photo.name)
            .with("class", task.class(one.class.class))
    });
    Presented {
        exhibits: vec![exhibit],
        notices: notices.collect(),
    }
}

/// The photo, then its map, the map over it, or both.
fn tiles(task: &Task, view: &View, one: &OfClass) -> Vec<HeatTile> {
    let picture = one.photo.picture;
    let tile = |label, view| HeatTile {
        label,
        view,
        range: one.range,
    };
    let named = Message::new("attributions.photo")
        .with("photo", one.photo.name)
        .with("class", task.class(one.class.class))
        .with("probability", Argument::Percent(one.class.probability, 1));
    let numbers = Message::new("attributions.map")
        .with("largest", Argument::Scientific(f64::from(one.largest)));
    let plain = |label| {
        let (map, size) = (one.map.clone(), (picture.width, picture.height));
        tile(label, HeatView::Map { map, size })
    };
    let overlay = |label| {
        let (photo, map) = (picture.clone(), one.map.clone());
        tile(label, HeatView::Overlay { photo, map })
    };
    let mut tiles = vec![tile(named, HeatView::Photo(picture.clone()))];
    match view.view {
        Shown::Map => tiles.push(plain(numbers)),
        Shown::Overlay => tiles.push(overlay(numbers)),
        Shown::Both => tiles.extend([
            plain(numbers),
            overlay(Message::new("attributions.overlay")),
        ]),
    }
    tiles
}

/// `coffee: espresso 96 %; 30 % of the map lies in the middle, most (34 %) in the upper part`.
fn alt(task: &Task, one: &OfClass) -> Message {
    let sizes = Map {
        values: one.map.values.iter().map(|value| value.abs()).collect(),
        ..*one.map
    };
    let shares = grid_shares(&sizes);
    let most = match one.largest == 0.0 {
        true => CENTRE,
        false => largest(&shares),
    };
    let key = match one.largest == 0.0 {
        true => "attributions.alt_zero",
        false => "attributions.alt_photo",
    };
    Message::new(key)
        .with("photo", one.photo.name)
        .with("class", task.class(one.class.class))
        .with("probability", Argument::Percent(one.class.probability, 1))
        .with("middle", Argument::Percent(shares[CENTRE], 0))
        .with("place", place(most))
        .with("most", Argument::Percent(shares[most], 0))
}
