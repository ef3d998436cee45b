//! Many inputs that show parts of one photo, with the early layers computed once for what they have in common.
//!
//! A place of an early layer sees a small window of the photo. Through such a window many of the inputs look the same: of a
//! thousand masks over superpixels some dozens differ there. So the layer's maps are cut into tiles, the window of each tile
//! is run once for each different view of it, and an input's maps are put together from the tiles that it shows; the network
//! runs on from there. The numbers are those of whole passes up to rounding, which is tried on the first input: where it does
//! not hold, inputs run whole.
//!
//! What is saved depends on how much of the work lies before windows get large: a third on SqueezeNet 1.1 and MobileNetV2
//! (docs/performance.md). On the CPU; on a graphics card it was not measured and is not done.

mod plan;
mod table;
pub mod tiles;

use tch::Tensor;

use super::ExplainError;
use super::class_maps::Step;
use crate::model::{Device, Model, Precision, Spread};
use plan::Plan;
use table::Table;

/// Part of an input: rows and columns of pixels, the last ones excluded.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Window {
    pub rows: (i64, i64),
    pub columns: (i64, i64),
}

/// What decides the pixels that an input has within a window.
pub type View = u64;

/// The view of each input through one window.
pub type Views<'a> = Box<dyn Fn(usize) -> View + 'a>;

/// Inputs that are put together from parts of a few pictures.
pub trait Inputs: Sync {
    fn count(&self) -> usize;

    /// Height and width of each.
    fn size(&self) -> (i64, i64);

    /// The view of each input through a window: inputs of equal views have equal pixels there, those of a later call on
    /// the same photo too. `None` where there are more views than numbers for them.
    fn views(&self, window: Window) -> Option<Views<'_>>;

    /// The pixels of some of them within a window, [N, C, h, w].
    fn through(&self, window: Window, inputs: &[usize]) -> Result<Tensor, ExplainError>;
}

/// The early layers of inputs of one photo.
pub struct Early<'a> {
    model: &'a Model,
    table: Table,
}

/// Of so few inputs too few look alike.
const FEWEST_INPUTS: usize = 16;

/// The largest difference from a whole pass, of the largest number of the layer: sums in another order.
const TOLERANCE: f64 = 1e-4;

/// The same where each number has 8 bits: a few times half of the last one.
const TOLERANCE_IN_BF16: f64 = 1.0 / 64.0;

impl<'a> Early<'a> {
    /// For whole inputs that are `spread` so; `None` where whole passes are faster.
    pub fn of(
        model: &'a Model,
        inputs: &dyn Inputs,
        spread: Spread,
    ) -> Result<Option<Self>, ExplainError> {
        let [_, height, width] = model.input_shape();
        let is_usual = inputs.size() == (height, width);
        let is_on_cpu = model.runs_on() == Device::Cpu;
        if inputs.count() < FEWEST_INPUTS || !is_usual || !is_on_cpu {
            return Ok(None);
        }
        let Some(plan) = Plan::cheapest(&model.local_layers(), inputs, (height, width)) else {
            return Ok(None);
        };
        let mut early = Self {
            model,
            table: Table::new(plan, (height, width), spread),
        };
        Ok(early.is_right(inputs)?.then_some(early))
    }

    /// Computes the tiles of all of the inputs that are not there yet; `step` is called between passes. Whether there is
    /// room for them: else these inputs and all later ones run whole.
    pub fn prepare(&mut self, inputs: &dyn Inputs, step: Step) -> Result<bool, ExplainError> {
        self.table.fill(self.model, inputs, inputs.count(), step)
    }

    /// The scores [N, classes] of some of the inputs that were prepared last.
    pub fn scores(&self, inputs: &dyn Inputs, some: &[usize]) -> Result<Tensor, ExplainError> {
        let maps = self.table.maps(some)?;
        match self.model.scores_behind(self.table.node(), &maps)? {
            Some(scores) => Ok(scores),
            // Says where the first number comes from that is none.
            None => Ok(self
                .model
                .scores(&inputs.through(self.table.whole(), some)?)?),
        }
    }

    /// Whether the first input's maps, put together from tiles, are those of a whole pass.
    fn is_right(&mut self, inputs: &dyn Inputs) -> Result<bool, ExplainError> {
        let _no_gradient = tch::no_grad_guard();
        let table = &mut self.table;
        if !table.fill(self.model, inputs, 1, &|_| Ok(()))? {
            return Ok(false);
        }
        let tiled = table.maps(&[0])?;
        let whole = inputs.through(table.whole(), &[0])?;
        let whole = self.model.record_for_scores(&whole, table.node())?;
        if tiled.size() != whole.size() {
            return Ok(false);
        }
        let largest = |tensor: &Tensor| tensor.f_abs().and_then(|sizes| sizes.f_max());
        let difference = largest(&tiled.f_sub(&whole)?)?.double_value(&[]);
        let tolerance = match self.model.precision() {
            Precision::Fp32 => TOLERANCE,
            Precision::Bf16 => TOLERANCE_IN_BF16,
        };
        Ok(difference <= tolerance * largest(&whole)?.double_value(&[]))
    }
}
