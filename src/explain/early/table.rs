//! The tiles that were computed, and a layer's maps put together from them.

use std::collections::{BTreeMap, HashMap};
use std::ops::Range;

use tch::{Device, Kind, Tensor};

use super::plan::Plan;
use super::tiles::Span;
use super::{Inputs, View, Window};
use crate::explain::ExplainError;
use crate::explain::class_maps::Step;
use crate::model::{Frozen, Model, NodeId, Spread, in_lanes};

/// Of one photo.
pub struct Table {
    plan: Plan,
    /// Height and width of the photo in pixels.
    photo: (i64, i64),
    /// How whole photos run.
    spread: Spread,
    /// For each tile the number of each view.
    known: Vec<HashMap<View, i64>>,
    /// Tiles by their number, [views, side, side, C]; those at the end of the maps are filled up with zeros.
    tiles: Frozen,
    /// For each input of the last call the numbers of its tiles.
    of_inputs: Vec<Vec<i64>>,
}

/// A view of a tile that is not there yet.
struct Missing {
    tile: usize,
    /// One that shows it.
    input: usize,
    number: i64,
}

impl Table {
    pub fn new(plan: Plan, photo: (i64, i64), spread: Spread) -> Self {
        let known = vec![HashMap::new(); plan.tiles.count()];
        Self {
            plan,
            photo,
            spread,
            known,
            tiles: Tensor::new().into(),
            of_inputs: Vec::new(),
        }
    }

    pub fn node(&self) -> NodeId {
        self.plan.layer.node
    }

    /// The whole photo.
    pub fn whole(&self) -> Window {
        Window {
            rows: (0, self.photo.0),
            columns: (0, self.photo.1),
        }
    }

    /// Computes what the first `count` of the inputs show and the table lacks, where there is room for it. `step` is called
    /// between passes.
    pub fn fill(
        &mut self,
        model: &Model,
        inputs: &dyn Inputs,
        count: usize,
        step: Step,
    ) -> Result<bool, ExplainError> {
        let missing = self.number(inputs, count)?;
        let tiles = missing.last().map_or(0, |last| last.number + 1);
        if !self.plan.has_room_for(tiles) {
            return Ok(false);
        }
        // Pieces of one size run together, whichever tiles they are of.
        let mut alike: BTreeMap<[(i64, i64, i64); 2], Vec<Missing>> = BTreeMap::new();
        for missing in missing {
            let shape = self.plan.tiles.tile(missing.tile).map(|span| {
                let (begin, end) = span.pixels;
                (end - begin, span.offset, span.places)
            });
            alike.entry(shape).or_default().push(missing);
        }
        if tiles > 0 {
            let mut all = self.with_room_for(tiles)?;
            for missing in alike.into_values() {
                self.run(model, inputs, (&missing, &mut all), step)?;
            }
            self.tiles = all.into();
        }
        Ok(true)
    }

    /// The tiles that are there, at the front of a tensor for so many.
    fn with_room_for(&self, tiles: i64) -> Result<Tensor, ExplainError> {
        let (side, channels) = (self.plan.tiles.side, self.plan.layer.channels);
        let options = (Kind::Float, Device::Cpu);
        let all = Tensor::f_empty([tiles, side, side, channels], options)?;
        if self.tiles.numel() > 0 {
            let mut known = all.f_narrow(0, 0, self.tiles.size()[0])?;
            known.f_copy_(&self.tiles)?;
        }
        Ok(all)
    }

    /// Numbers the tiles of the first `count` of the inputs; those that the table lacks get the next numbers.
    fn number(&mut self, inputs: &dyn Inputs, count: usize) -> Result<Vec<Missing>, ExplainError> {
        let mut next = self.known.iter().map(|views| views.len() as i64).sum();
        let mut missing = Vec::new();
        self.of_inputs = vec![Vec::with_capacity(self.known.len()); count];
        for (tile, known) in self.known.iter_mut().enumerate() {
            let view = inputs
                .views(self.plan.tiles.window(tile))
                .ok_or_else(too_many_views)?;
            for (input, tiles) in self.of_inputs.iter_mut().enumerate() {
                let number = *known.entry(view(input)).or_insert_with(|| {
                    missing.push(Missing {
                        tile,
                        input,
                        number: next,
                    });
                    next += 1;
                    next - 1
                });
                tiles.push(number);
            }
        }
        Ok(missing)
    }

    /// Runs pieces of one size; their tiles go to their places in `all` [N, side, side, C].
    fn run(
        &self,
        model: &Model,
        inputs: &dyn Inputs,
        (missing, all): (&[Missing], &mut Tensor),
        step: Step,
    ) -> Result<(), ExplainError> {
        let Some(first) = missing.first() else {
            return Ok(());
        };
        let shape = self.plan.tiles.tile(first.tile);
        let pixels = self.plan.tiles.window(first.tile).pixels().max(1);
        let photos = self.spread.size as i64 * self.photo.0 * self.photo.1;
        let spread = Spread {
            size: (photos / pixels).max(1) as usize,
            ..self.spread
        };
        let compute = |range: Range<usize>| {
            let _no_gradient = tch::no_grad_guard();
            let mut pieces = Vec::new();
            for of_tile in missing[range].chunk_by(|a, b| a.tile == b.tile) {
                let some: Vec<usize> = of_tile.iter().map(|missing| missing.input).collect();
                let window = self.plan.tiles.window(of_tile[0].tile);
                pieces.push(inputs.through(window, &some)?);
            }
            let pieces = Tensor::f_cat(&pieces, 0)?;
            let maps = model.record_for_scores(&pieces, self.node())?;
            self.cut(&maps, shape)
        };
        let mut keep = |range: Range<usize>, tiles: Tensor| {
            step(0)?;
            let numbers: Vec<i64> = missing[range].iter().map(|tile| tile.number).collect();
            let _same = all.f_index_copy_(0, &Tensor::f_from_slice(&numbers)?, &tiles)?;
            Ok::<(), ExplainError>(())
        };
        in_lanes(missing.len(), spread, &mut Ok, &compute, &mut keep)
    }

    /// The tiles [N, side, side, C] out of the maps [N, C, h, w] of pieces.
    fn cut(&self, maps: &Tensor, [rows, columns]: [Span; 2]) -> Result<Tensor, ExplainError> {
        let (count, channels, _, _) = maps.size4()?;
        let side = self.plan.tiles.side;
        let tile = maps.f_narrow(2, rows.offset, rows.places)?;
        let tile = tile.f_narrow(3, columns.offset, columns.places)?;
        let tile = tile.f_permute([0, 2, 3, 1])?;
        if (rows.places, columns.places) == (side, side) {
            return Ok(tile.f_contiguous()?);
        }
        let full = Tensor::f_zeros([count, side, side, channels], (Kind::Float, maps.device()))?;
        let part = full.f_narrow(1, 0, rows.places)?;
        let mut part = part.f_narrow(2, 0, columns.places)?;
        part.f_copy_(&tile)?;
        Ok(full)
    }

    /// The layer's maps [N, C, h, w] of some of the inputs of the last call.
    pub fn maps(&self, some: &[usize]) -> Result<Tensor, ExplainError> {
        let (tiles, layer) = (&self.plan.tiles, &self.plan.layer);
        let ([height, width], side) = (layer.places, tiles.side);
        let columns = tiles.columns.len();
        // A row of a tile is one run of numbers in memory: input by input, row by row, tile by tile.
        let mut runs = Vec::with_capacity(some.len() * height as usize * columns);
        for input in some {
            for row in 0..height {
                let first = (row / side) as usize * columns;
                let of_row = &self.of_inputs[*input][first..first + columns];
                runs.extend(of_row.iter().map(|number| number * side + row % side));
            }
        }
        let all = self.tiles.f_view([-1, side * layer.channels])?;
        let across = columns as i64 * side;
        let maps = all.f_index_select(0, &Tensor::f_from_slice(&runs)?)?;
        let maps = maps.f_view([some.len() as i64, height, across, layer.channels])?;
        let maps = match across == width {
            true => maps,
            false => maps.f_narrow(2, 0, width)?.f_contiguous()?,
        };
        Ok(maps.f_permute([0, 3, 1, 2])?)
    }
}

/// A plan is made for windows that have few; one that was not counted may have more.
fn too_many_views() -> ExplainError {
    ExplainError::Failed("a window of the photo shows too many segments".to_owned())
}
