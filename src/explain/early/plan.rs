//! Which layer is put together from tiles, and how large they are.

use super::tiles::Tiles;
use super::{Inputs, View};
use crate::model::LocalLayer;

/// Sides of tiles that are tried, in places.
const SIDES: [i64; 5] = [1, 2, 3, 4, 6];

/// Tiles whose different views are counted; the others are taken to have as many.
const COUNTED: usize = 16;

/// A whole pass is left alone for less than this part of its work.
const LEAST_SAVED: f64 = 0.03;

/// Numbers that a table may hold: 256 MiB.
const MOST_NUMBERS: i64 = 64 * 1024 * 1024;

/// Moving a number twice, from the table and into its order, in multiplications as [`LocalLayer::work`].
const MOVED: f64 = 30.0;

/// A layer with its tiles.
#[derive(Debug, Clone)]
pub struct Plan {
    pub layer: LocalLayer,
    pub tiles: Tiles,
}

impl Plan {
    /// The one that takes the least work for all of the inputs, of `photo` (height, width) pixels; `None` where that is
    /// hardly less than that of whole passes. The same for the same inputs on every machine.
    pub fn cheapest(layers: &[LocalLayer], inputs: &dyn Inputs, photo: (i64, i64)) -> Option<Self> {
        let whole = layers
            .first()
            .map_or(0.0, |layer| layer.work[0] + layer.work[1]);
        let mut best = (whole * inputs.count() as f64 * (1.0 - LEAST_SAVED), None);
        for layer in worth_trying(layers) {
            for side in SIDES {
                let tiles = Tiles::new(layer, photo, side);
                let work = work(layer, &tiles, inputs, photo);
                if work.is_some_and(|work| work < best.0) {
                    best = (work.unwrap_or(best.0), Some((layer, tiles)));
                }
            }
        }
        let (layer, tiles) = best.1?;
        let every = |index| inputs.views(tiles.window(index)).is_some();
        (0..tiles.count()).all(every).then(|| Self {
            layer: layer.clone(),
            tiles: tiles.clone(),
        })
    }
}

impl Plan {
    /// Whether a table may hold so many tiles.
    pub fn has_room_for(&self, tiles: i64) -> bool {
        let side = self.tiles.side;
        tiles.saturating_mul(self.layer.channels * side * side) <= MOST_NUMBERS
    }
}

/// Of layers with the same maps and the same sight, the last one.
fn worth_trying(layers: &[LocalLayer]) -> impl Iterator<Item = &LocalLayer> {
    let alike = |layer: &LocalLayer| (layer.channels, layer.places, layer.sights);
    let is_last = move |index: usize| {
        let next = layers.get(index + 1);
        next.is_none_or(|next| alike(next) != alike(&layers[index]))
    };
    (0..layers.len())
        .filter(move |index| is_last(*index))
        .map(|index| &layers[index])
}

/// Of all inputs; `None` where the table would be too large, or the views of a window too many.
fn work(
    layer: &LocalLayer,
    tiles: &Tiles,
    inputs: &dyn Inputs,
    (height, width): (i64, i64),
) -> Option<f64> {
    let count = inputs.count() as f64;
    let [before, behind] = layer.work;
    let stride = tiles.count().div_ceil(COUNTED).max(1);
    let (mut views, mut photos, mut counted) = (0.0, 0.0, 0.0);
    for index in (0..tiles.count()).step_by(stride) {
        let window = tiles.window(index);
        let different = different(inputs, index, tiles)? as f64;
        views += different;
        photos += different * window.pixels() as f64 / (height * width) as f64;
        counted += 1.0;
    }
    let all = tiles.count() as f64 / counted;
    let numbers = (layer.channels * layer.places[0] * layer.places[1]) as f64;
    let held = views * all * (layer.channels * tiles.side * tiles.side) as f64;
    (held <= MOST_NUMBERS as f64)
        .then_some(photos * all * before + count * (behind + numbers * MOVED))
}

/// How many different views the inputs have of a tile's window.
fn different(inputs: &dyn Inputs, index: usize, tiles: &Tiles) -> Option<usize> {
    let view = inputs.views(tiles.window(index))?;
    let mut views: Vec<View> = (0..inputs.count()).map(view).collect();
    views.sort_unstable();
    views.dedup();
    Some(views.len())
}
