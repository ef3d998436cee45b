//! Maps of filters: the photos in the first row, then a row a filter.

use super::scale::Scales;
use super::{Shaded, Shown, View, sign};
use crate::present::exhibit::{Body, Exhibit, HeatMaps, HeatTile, HeatView, Sign};
use crate::present::{Photo, Presented, Task};
use crate::results::{LayerRef, Map, Target};
use crate::words::{Argument, Message};

/// A filter's map of one photo.
struct Cell<'a> {
    photo: &'a Photo<'a>,
    map: &'a Map,
    range: (f32, f32),
}

pub(super) fn present(task: &Task, view: &View, shaded: &[Shaded]) -> Presented {
    let scales = Scales::new(view, sign(shaded), shaded);
    let mut rows: Vec<(usize, Vec<Cell>)> = Vec::new();
    let mut named = None;
    for (index, one) in shaded.iter().enumerate() {
        let (Target::Filter { layer, filter }, Some(photo)) =
            (&one.attributions.target, task.photo(one.found))
        else {
            continue;
        };
        named.get_or_insert(layer);
        let (map, range) = (&one.map, scales.range(index));
        let cell = Cell { photo, map, range };
        match rows.iter_mut().find(|(known, _)| known == filter) {
            Some((_, cells)) => cells.push(cell),
            None => rows.push((*filter, vec![cell])),
        }
    }
    let scale = scales.range(0);
    let photo = |photo: &Photo| HeatTile {
        label: Message::literal(photo.name),
        view: HeatView::Photo(photo.picture.clone()),
        range: scale,
    };
    let mut tiles: Vec<HeatTile> = task.photos.iter().map(photo).collect();
    for (filter, cells) in &rows {
        tiles.extend(row(view, *filter, cells));
    }
    let silent = rows.iter().filter(|(_, cells)| {
        let mut values = cells.iter().flat_map(|cell| &cell.map.values);
        values.all(|value| *value == 0.0)
    });
    let notices = silent
        .map(|(filter, _)| Message::new("attributions.silent").with("filter", filter.to_string()));
    Presented {
        notices: notices.collect(),
        exhibits: vec![Exhibit {
            caption: Message::new("attributions.caption")
                .with("method", caption(task, named, shaded))
                .with("scale", scales.sentence(view)),
            alt: Message::new("attributions.alt_filters")
                .with("filters", rows.iter().map(text).collect::<Vec<_>>()),
            body: Body::HeatMaps(HeatMaps {
                columns: task.photos.len().max(1),
                tiles,
                sign: match scales.sign {
                    Sign::Unsigned => Sign::Unsigned,
                    Sign::Signed => Sign::Signed,
                },
                quantity: Message::new(format!("{}.quantity", task.method)),
                scale: view.scale.of_figure(),
                gamma: view.gamma as f32,
            }),
        }],
    }
}

fn caption(task: &Task, layer: Option<&LayerRef>, shaded: &[Shaded]) -> Message {
    let cells = shaded
        .first()
        .map_or((0, 0), |one| (one.map.width, one.map.height));
    let caption = task
        .own_text("caption", &[])
        .saying("width", cells.0.to_string())
        .saying("height", cells.1.to_string());
    match layer {
        Some(layer) => caption.saying("layer", layer.to_string()),
        None => caption,
    }
}

fn row(view: &View, filter: usize, cells: &[Cell]) -> Vec<HeatTile> {
    let tile = |cell: &Cell, view: HeatView| HeatTile {
        label: Message::new("attributions.filter_tile")
            .with("filter", filter.to_string())
            .with("photo", cell.photo.name),
        view,
        range: cell.range,
    };
    let plain = |cell: &Cell| {
        let size = (cell.photo.picture.width, cell.photo.picture.height);
        let map = cell.map.clone();
        let photo = Some(cell.photo.picture.clone());
        tile(cell, HeatView::Map { map, size, photo })
    };
    let over = |cell: &Cell| {
        let (photo, map) = (cell.photo.picture.clone(), cell.map.clone());
        tile(cell, HeatView::Overlay { photo, map })
    };
    match view.view {
        Shown::Map => cells.iter().map(plain).collect(),
        Shown::Overlay => cells.iter().map(over).collect(),
        Shown::Both => {
            let plain = cells.iter().map(plain);
            plain.chain(cells.iter().map(over)).collect()
        }
    }
}

/// `filter 7: coffee from 0 to 12.3, mean 1.2, cat …`.
fn text((filter, cells): &(usize, Vec<Cell>)) -> Message {
    let photo = |cell: &Cell| {
        let values = cell.map.values.iter().copied().map(f64::from);
        let mean = values.sum::<f64>() / cell.map.values.len().max(1) as f64;
        let (low, high) = cell.map.extremes();
        Message::new("attributions.alt_filter_photo")
            .with("photo", cell.photo.name)
            .with("low", Argument::Scientific(f64::from(low)))
            .with("high", Argument::Scientific(f64::from(high)))
            .with("mean", Argument::Scientific(mean))
    };
    Message::new("attributions.alt_filter")
        .with("filter", filter.to_string())
        .with("photos", cells.iter().map(photo).collect::<Vec<_>>())
}
