//! The filters of a convolution, transformed once.

use std::sync::{Mutex, PoisonError};

use super::lines::{self, Line, NUMBERS};
use super::threads;
use super::transform::{INPUTS, PRODUCTS, points};

/// Output channels that are transformed at once; a block has a multiple of it.
const AT_ONCE: usize = NUMBERS;

/// Transformed filters of 3 × 3.
pub struct Filters {
    pub inputs: usize,
    pub outputs: usize,
    /// Blocks of output channels × 36 products × input channels × the channels of a block; what a block lacks at the end is 0.
    pub numbers: Vec<Line>,
    /// Output channels of a block.
    pub columns: usize,
}

impl Filters {
    /// `weights` holds outputs × inputs × 3 × 3 numbers; a block has `columns` output channels.
    pub fn new(weights: &[f32], [outputs, inputs]: [usize; 2], columns: usize) -> Self {
        Self::of([outputs, inputs], columns, |output, input, tap| {
            weights[(output * inputs + input) * 9 + tap]
        })
    }

    /// Those of the way back, from gradients of the outputs to gradients of the inputs: turned by 180 degrees.
    pub fn back(weights: &[f32], [outputs, inputs]: [usize; 2], columns: usize) -> Self {
        Self::of([inputs, outputs], columns, |output, input, tap| {
            weights[(input * inputs + output) * 9 + 8 - tap]
        })
    }

    /// `weight` gives the number of an output channel, an input channel and one of nine taps.
    fn of(
        [outputs, inputs]: [usize; 2],
        columns: usize,
        weight: impl Fn(usize, usize, usize) -> f32 + Sync,
    ) -> Self {
        assert!(columns.is_multiple_of(AT_ONCE), "blocks of whole parts");
        let block_numbers = PRODUCTS * inputs * columns;
        let mut lines = lines::zeros(outputs.div_ceil(columns) * block_numbers);
        // libtorch's threads and not rayon's: one of those, while it waits, may begin a pass that waits for these filters.
        let blocks = Mutex::new(lines.chunks_mut(block_numbers / NUMBERS).enumerate());
        let next = || blocks.lock().unwrap_or_else(PoisonError::into_inner).next();
        threads::together(threads::usual(), &|| {
            while let Some((block, lines)) = next() {
                let numbers = lines::numbers(lines);
                for first in (0..columns).step_by(AT_ONCE) {
                    let weight =
                        |input, column, tap| weight(block * columns + first + column, input, tap);
                    let present = outputs.saturating_sub(block * columns + first).min(AT_ONCE);
                    fill(&mut numbers[first..], columns, [inputs, present], weight);
                }
            }
        });
        Self {
            inputs,
            outputs,
            numbers: lines,
            columns,
        }
    }
}

/// `numbers` holds 36 products × inputs × `columns` numbers, of which the first few are filled; `weight` gives the number of
/// an input channel, an output channel and one of nine taps.
fn fill(
    numbers: &mut [f32],
    columns: usize,
    [inputs, outputs]: [usize; 2],
    weight: impl Fn(usize, usize, usize) -> f32,
) {
    for input in 0..inputs {
        let mut taps = [[0.0; AT_ONCE]; 9];
        for column in 0..outputs {
            for (tap, row) in taps.iter_mut().enumerate() {
                row[column] = f64::from(weight(input, column, tap));
            }
        }
        transform(&taps, |product, found| {
            let at = (product * inputs + input) * columns;
            for (to, number) in numbers[at..at + AT_ONCE].iter_mut().zip(found) {
                *to = *number as f32;
            }
        });
    }
}

/// G g Gᵀ of as many filters as there are columns, in float64; `put` takes the numbers of one of the 36 products.
fn transform(taps: &[[f64; AT_ONCE]; 9], mut put: impl FnMut(usize, &[f64; AT_ONCE])) {
    let g = points();
    for (row, factors) in g.iter().enumerate() {
        let along: [[f64; AT_ONCE]; 3] = std::array::from_fn(|across| {
            sum(
                factors,
                [&taps[across], &taps[3 + across], &taps[6 + across]],
            )
        });
        for (column, factors) in g.iter().enumerate() {
            let [first, second, third] = &along;
            put(row * INPUTS + column, &sum(factors, [first, second, third]));
        }
    }
}

fn sum(factors: &[f64; 3], of: [&[f64; AT_ONCE]; 3]) -> [f64; AT_ONCE] {
    std::array::from_fn(|at| {
        factors[0] * of[0][at] + factors[1] * of[1][at] + factors[2] * of[2][at]
    })
}
