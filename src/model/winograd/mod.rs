//! Convolutions of 3 × 3 with 36 multiplications for 144 (Winograd's F(4 × 4, 3 × 3)), forth and back.
//!
//! oneDNN, which computes libtorch's convolutions on a CPU, multiplies directly, and NNPACK, which libtorch has for this,
//! is slower than that (0.3 to 1.0 of its speed). Here such layers take about half of oneDNN's time. Numbers differ from direct sums in
//! the last digits: see [`transform`]. A number depends on its tile only: neither on the batch, nor on threads, nor on
//! the width of the processor's vectors.

mod filters;
mod gradient;
mod known;
mod lines;
mod sizes;
mod steps;
mod threads;
mod tiles;
mod transform;
mod vector;
mod width;

use std::cell::Cell;

use tch::{Device, Kind, TchError, Tensor};

use known::Known;
pub use known::KnownFilters;
use sizes::{Sizes, Then};
use tiles::Work;

/// Tiles of a call below which reading the transformed filters, four times as many numbers, takes longer than what they save.
/// With the four of 7 × 7 pixels and 512 channels it takes 0.6 of oneDNN's time still.
const LEAST_TILES: usize = 4;

/// Computed outputs for each that is asked for, at most: a map of 5 × 5 pays, one of 1 × 1 does not.
const MOST_WASTE: f64 = 2.6;

/// How a kernel moves over a map.
pub struct Moves<'a> {
    pub stride: &'a [i64],
    pub padding: &'a [i64],
    pub dilation: &'a [i64],
    pub groups: i64,
}

impl Moves<'_> {
    /// Zeros around the input, where the kernel goes to each pixel.
    fn padding_at_each_pixel(&self) -> Option<[usize; 2]> {
        let is_one = |numbers: &[i64]| numbers.iter().all(|number| *number == 1);
        let padding = match *self.padding {
            [padding] => [padding; 2],
            [rows, columns] => [rows, columns],
            _ => return None,
        };
        let is_small = padding.iter().all(|padding| (0..=2).contains(padding));
        let is_plain = self.groups == 1 && is_one(self.stride) && is_one(self.dilation);
        (is_plain && is_small).then(|| padding.map(|padding| padding as usize))
    }
}

/// What a node may make use of.
#[derive(Clone, Copy)]
pub struct Fast<'a> {
    pub filters: &'a KnownFilters,
    pub relu: &'a Cell<ReluBehind>,
}

/// The ReLU that alone reads what a node gives.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ReluBehind {
    /// There is none, or it has to see what it is given.
    Apart,
    /// It may be applied at once.
    Waits,
    /// It was.
    Applied,
}

/// The convolution of `input` [N, C, H, W] and one of a network's weights, bias [outputs] or none; `None` where it is not one of
/// 3 × 3 that is faster so. Has gradients with respect to the input, of the first and higher orders. A ReLU that waits is
/// applied where the input asks for no gradient.
pub fn convolution(
    fast: Fast,
    input: &Tensor,
    weight: &Tensor,
    bias: Option<&Tensor>,
    moves: &Moves,
) -> Result<Option<Tensor>, TchError> {
    let Some(filters) = fast.filters.of(weight) else {
        return Ok(None);
    };
    let Some(sizes) = sizes(input, moves, &filters) else {
        return Ok(None);
    };
    let is_constant = |tensor: &Tensor| is_plain(tensor) && !tensor.requires_grad();
    let is_bias = |bias: &Tensor| is_constant(bias) && bias.size() == [filters.outputs() as i64];
    if weight.requires_grad() || !bias.is_none_or(is_bias) {
        return Ok(None);
    }
    if input.requires_grad() {
        return gradient::convolution(input, bias, filters, sizes).map(Some);
    }
    let then = match fast.relu.get() {
        ReluBehind::Waits => Then::Relu,
        ReluBehind::Apart | ReluBehind::Applied => Then::Nothing,
    };
    let rows = input.f_permute([0, 2, 3, 1])?.f_contiguous()?;
    let [height, width] = sizes.outputs().map(|side| side as i64);
    let shape = [
        sizes.pictures as i64,
        height,
        width,
        filters.outputs() as i64,
    ];
    let output = Tensor::f_empty(shape, (Kind::Float, Device::Cpu))?;
    let bias = bias.map(|bias| bias.f_contiguous()).transpose()?;
    let bias = bias
        .as_ref()
        .map(|bias| bias.data_ptr().cast::<f32>().cast_const());
    let (from, to) = (
        rows.data_ptr().cast::<f32>(),
        output.data_ptr().cast::<f32>(),
    );
    // SAFETY: both tensors are float32 on the CPU and without gaps, of the sizes that are said; the output is new.
    #[allow(unsafe_code)]
    unsafe {
        run(&sizes, filters.forth(), (bias, then), (from, to));
    }
    if then == Then::Relu {
        fast.relu.set(ReluBehind::Applied);
    }
    Ok(Some(output.f_permute([0, 3, 1, 2])?))
}

/// Sizes of a call that is faster so.
fn sizes(input: &Tensor, moves: &Moves, filters: &Known) -> Option<Sizes> {
    let padding = moves.padding_at_each_pixel()?;
    let &[pictures, channels, height, width] = input.size().as_slice() else {
        return None;
    };
    if !is_plain(input) || channels != filters.inputs() as i64 {
        return None;
    }
    let side = |side: i64| usize::try_from(side).ok();
    let sizes = Sizes {
        pictures: side(pictures)?,
        height: side(height)?,
        width: side(width)?,
        padding,
    };
    let asked: usize = sizes.outputs().iter().product();
    let wasted = sizes.computed() as f64 / asked.max(1) as f64;
    let is_enough = sizes.all_tiles() >= LEAST_TILES && wasted <= MOST_WASTE;
    (asked > 0 && is_enough).then_some(sizes)
}

/// Dense float32 numbers on the CPU.
fn is_plain(tensor: &Tensor) -> bool {
    tensor.device() == Device::Cpu
        && tensor.kind() == Kind::Float
        && !tensor.is_sparse()
        && !tensor.is_mkldnn()
}

/// # Safety
/// As of [`Work::new`]; `bias` is of as many numbers as there are filters.
#[allow(unsafe_code)]
unsafe fn run(
    sizes: &Sizes,
    filters: &filters::Filters,
    (bias, then): (Option<*const f32>, Then),
    maps: (*const f32, *mut f32),
) {
    let threads = threads::usual();
    let bias = bias.map(|bias| unsafe { std::slice::from_raw_parts(bias, filters.outputs) });
    let work = unsafe { Work::new(*sizes, filters, (bias, then), maps, threads) };
    let threads = threads.min(work.jobs());
    threads::together(threads, &|| width::run(&work));
}

#[cfg(test)]
mod tests;
