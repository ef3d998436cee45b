//! Which layer and filters a draft shows.

use serde::Serialize;

use crate::explain::parameters::yaml_text;
use crate::model::{Layer, ModelFacts};

/// Filters that are shown, spread over the layer's.
const FILTERS: i64 = 4;
/// Cells along the shorter side of a map that still shows where something is.
const FEWEST_CELLS: i64 = 7;
/// A map of so many cells less along a side than the photo has pixels shows parts of things, not edges only.
const REDUCTION: i64 = 16;

#[derive(Debug, Serialize)]
pub struct LayerToShow {
    path: String,
    filters: String,
    /// Whether pictures of its filters are grown too.
    ascent: bool,
}

/// The last layer whose maps are at most 16 times smaller than the photo; `None` where no layer gives maps.
pub fn to_show(facts: &ModelFacts, ascent: bool) -> Option<LayerToShow> {
    let [_, height, width] = facts.input_shape;
    let fewest = (height.min(width) / REDUCTION).max(FEWEST_CELLS);
    let is_map = |layer: &&Layer| {
        let maps = facts.maps(layer);
        maps.is_some_and(|maps| maps.channels >= FILTERS && maps.height.min(maps.width) >= fewest)
    };
    let layer = facts.leaves().iter().rfind(is_map)?;
    let filters = facts.maps(layer)?.channels;
    let spread: Vec<String> = (0..FILTERS)
        .map(|at| (at * filters / FILTERS).to_string())
        .collect();
    Some(LayerToShow {
        path: yaml_text(&layer.path),
        filters: format!("[{}]", spread.join(", ")),
        ascent,
    })
}
