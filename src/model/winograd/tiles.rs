//! The work of one convolution: tiles of 4 × 4 outputs, shared out among threads.

use std::sync::atomic::{AtomicUsize, Ordering};

use super::filters::Filters;
use super::lines;
use super::sizes::{Sizes, Then};
use super::transform::PRODUCTS;
use super::vector::{ROWS, Vector, columns};

/// One convolution.
pub struct Work<'a> {
    pub(super) sizes: Sizes,
    pub(super) filters: &'a Filters,
    pub(super) bias: Option<&'a [f32]>,
    pub(super) then: Then,
    pub(super) input: *const f32,
    pub(super) output: *mut f32,
    /// Tiles that one thread takes at once.
    pub(super) block: usize,
    /// Blocks of output channels that go to threads of their own.
    parts: usize,
    next: AtomicUsize,
}

// SAFETY: threads read the input and write different parts of the output: each number of `next` is given out once.
#[allow(unsafe_code)]
unsafe impl Sync for Work<'_> {}

/// Jobs that each thread gets at least, where there are so many: then none waits long for the last.
const JOBS_OF_A_THREAD: usize = 6;

impl<'a> Work<'a> {
    /// # Safety
    /// `input` holds as many numbers as `sizes` and the filters' channels say, `output` has room for the outputs, and both stay
    /// so as long as this lives; nobody else touches `output` meanwhile.
    #[allow(unsafe_code)]
    pub unsafe fn new(
        sizes: Sizes,
        filters: &'a Filters,
        (bias, then): (Option<&'a [f32]>, Then),
        (input, output): (*const f32, *mut f32),
        threads: usize,
    ) -> Self {
        // The transformed filters are read once a block, so blocks are larger where they are.
        let most = if filters.inputs < 128 {
            4 * ROWS
        } else {
            8 * ROWS
        };
        let tiles = sizes.all_tiles();
        let blocks = tiles.div_ceil(most).max(1);
        let block = tiles.div_ceil(blocks).next_multiple_of(ROWS).max(ROWS);
        let blocks = tiles.div_ceil(block).max(1);
        let parts = match threads {
            0 | 1 => 1,
            _ => (JOBS_OF_A_THREAD * threads).div_ceil(blocks),
        };
        Self {
            sizes,
            filters,
            bias,
            then,
            input,
            output,
            block,
            parts: parts
                .min(
                    filters
                        .outputs
                        .div_ceil(OUTPUTS_OF_A_PART.max(filters.columns)),
                )
                .max(1),
            next: AtomicUsize::new(0),
        }
    }

    /// So many threads find something to do.
    pub fn jobs(&self) -> usize {
        self.sizes.all_tiles().div_ceil(self.block) * self.parts
    }

    /// Does what nobody does yet, until all is begun.
    ///
    /// # Safety
    /// The processor computes with `V`, and the filters were made for it.
    #[inline(always)]
    #[allow(unsafe_code)]
    pub unsafe fn run<V: Vector>(&self) {
        let columns = columns::<V>();
        let inputs = self.filters.inputs;
        let mut transformed = lines::room(PRODUCTS * self.block * inputs);
        let mut products = lines::room(PRODUCTS * self.block * columns);
        let transformed = transformed.as_mut_ptr().cast::<f32>();
        let products = products.as_mut_ptr().cast::<f32>();
        let nothing = vec![0.0; inputs];
        let tiles = self.sizes.all_tiles();
        let all = self.filters.outputs.div_ceil(columns);
        loop {
            let job = self.next.fetch_add(1, Ordering::Relaxed);
            let (first, part) = (job / self.parts * self.block, job % self.parts);
            if first >= tiles {
                return;
            }
            let count = self.block.min(tiles - first);
            unsafe {
                for place in 0..count {
                    let at = self.tile(first + place);
                    self.transform_inputs::<V>(at, &nothing, transformed.add(place * inputs));
                }
                for block in part * all / self.parts..(part + 1) * all / self.parts {
                    self.multiply::<V>(block, count, transformed, products);
                    for place in 0..count {
                        let at = self.tile(first + place);
                        self.transform_products::<V>(at, block, products.add(place * columns));
                    }
                }
            }
        }
    }

    /// Picture, and the tile's place in it.
    fn tile(&self, index: usize) -> [usize; 3] {
        let [down, across] = self.sizes.tiles();
        [
            index / (down * across),
            index / across % down,
            index % across,
        ]
    }
}

/// Output channels below which sharing them out does not pay: each part transforms the inputs again.
const OUTPUTS_OF_A_PART: usize = 32;
