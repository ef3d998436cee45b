//! Maps of filters or of heads of attention: the photos in the first row, then a row a filter.

use super::scale::Scales;
use super::{Shaded, Shown, View, sign};
use crate::present::exhibit::{Body, Exhibit, HeatMaps, HeatTile, HeatView, Sign};
use crate::present::{Photo, Presented, Task};
use crate::results::{LayerRef, Map, Target};
use crate::words::{Argument, Message};

/// What a row is of.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Part<'a> {
    Filter(usize),
    Head { layer: &'a LayerRef, head: usize },
}

impl Part<'_> {
    /// A message about it, by the ends of its keys: that of a filter, or of a head.
    fn says(self, of_filter: &str, of_head: &str) -> Message {
        match self {
            Part::Filter(filter) => {
                Message::new(format!("attributions.{of_filter}")).with("filter", filter.to_string())
            }
            Part::Head { layer, head } => Message::new(format!("attributions.{of_head}"))
                .with("layer", layer.number.to_string())
                .with("head", head.to_string()),
        }
    }
}

/// A filter's map of one photo.
struct Cell<'a> {
    photo: &'a Photo<'a>,
    map: &'a Map,
    range: (f32, f32),
}

pub(super) fn present(task: &Task, view: &View, shaded: &[Shaded]) -> Presented {
    let scales = Scales::new(view, sign(shaded), shaded);
    let mut rows: Vec<(Part, Vec<Cell>)> = Vec::new();
    let mut named = None;
    for (index, one) in shaded.iter().enumerate() {
        let (layer, part) = match &one.attributions.target {
            Target::Filter { layer, filter } => (layer, Part::Filter(*filter)),
            Target::Head { layer, head } => (layer, Part::Head { layer, head: *head }),
            Target::Class(_)
            | Target::Layer { .. }
            | Target::Neuron { .. }
            | Target::Direction { .. }
            | Target::Sum { .. } => continue,
        };
        let Some(photo) = task.photo(one.found) else {
            continue;
        };
        named.get_or_insert(layer);
        let (map, range) = (&one.map, scales.range(index));
        let cell = Cell { photo, map, range };
        match rows.iter_mut().find(|(known, _)| *known == part) {
            Some((_, cells)) => cells.push(cell),
            None => rows.push((part, vec![cell])),
        }
    }
    let scale = scales.range(0);
    let photo = |photo: &Photo| HeatTile {
        label: Message::literal(photo.name),
        view: HeatView::Photo(photo.picture.clone()),
        range: scale,
    };
    let mut tiles: Vec<HeatTile> = task.photos.iter().map(photo).collect();
    for (part, cells) in &rows {
        tiles.extend(row(view, *part, cells));
    }
    let silent = rows.iter().filter(|(part, cells)| {
        let mut values = cells.iter().flat_map(|cell| &cell.map.values);
        matches!(part, Part::Filter(_)) && values.all(|value| *value == 0.0)
    });
    // Weights of attention sum to 1: those of a head are never all zero.
    let notices = silent.map(|(part, _)| part.says("silent", "silent"));
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

fn row(view: &View, part: Part, cells: &[Cell]) -> Vec<HeatTile> {
    let tile = |cell: &Cell, view: HeatView| HeatTile {
        label: part
            .says("filter_tile", "head_tile")
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
fn text((part, cells): &(Part, Vec<Cell>)) -> Message {
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
    part.says("alt_filter", "alt_head")
        .with("photos", cells.iter().map(photo).collect::<Vec<_>>())
}
