//! The three steps of a block of tiles: inputs transformed, products summed up over the channels, and those transformed back.

#![expect(
    clippy::needless_range_loop,
    reason = "closures of iterators are not compiled for the processor's vectors where they are not inlined"
)]

use super::sizes::Then;
use super::tiles::Work;
use super::transform::{INPUTS, OUTPUTS, PRODUCTS, of_inputs, of_products};
use super::vector::{MOST_ACROSS, ROWS, Vector, columns};

impl Work<'_> {
    /// Writes product by product, `block` tiles × input channels each.
    #[inline(always)]
    #[allow(unsafe_code)]
    pub(super) unsafe fn transform_inputs<V: Vector>(
        &self,
        at: [usize; 3],
        nothing: &[f32],
        to: *mut f32,
    ) {
        let (sizes, inputs) = (&self.sizes, self.filters.inputs);
        let mut sources = [nothing.as_ptr(); PRODUCTS];
        for (place, source) in sources.iter_mut().enumerate() {
            // Wraps to a number beyond every side where it is negative.
            let row = (at[1] * OUTPUTS + place / INPUTS).wrapping_sub(sizes.padding[0]);
            let column = (at[2] * OUTPUTS + place % INPUTS).wrapping_sub(sizes.padding[1]);
            if row < sizes.height && column < sizes.width {
                let pixel = (at[0] * sizes.height + row) * sizes.width + column;
                *source = unsafe { self.input.add(pixel * inputs) };
            }
        }
        let next = self.block * inputs;
        for channel in (0..inputs).step_by(V::LANES) {
            unsafe {
                // Loops and no closures: only what is inlined is compiled for the processor's vectors.
                let mut columns = [[V::all(0.0); INPUTS]; INPUTS];
                for (column, found) in columns.iter_mut().enumerate() {
                    let mut pixels = [V::all(0.0); INPUTS];
                    for (row, pixel) in pixels.iter_mut().enumerate() {
                        *pixel = V::load(sources[row * INPUTS + column].add(channel));
                    }
                    *found = of_inputs(pixels);
                }
                for row in 0..INPUTS {
                    let mut numbers = [V::all(0.0); INPUTS];
                    for (number, column) in numbers.iter_mut().zip(&columns) {
                        *number = column[row];
                    }
                    for (column, number) in of_inputs(numbers).into_iter().enumerate() {
                        number.store(to.add((row * INPUTS + column) * next + channel));
                    }
                }
            }
        }
    }

    /// For each of the 36 products: tiles × input channels, by input channels × a block of output channels.
    #[inline(always)]
    #[allow(unsafe_code)]
    pub(super) unsafe fn multiply<V: Vector>(
        &self,
        block: usize,
        count: usize,
        from: *const f32,
        to: *mut f32,
    ) {
        let (inputs, columns) = (self.filters.inputs, columns::<V>());
        for product in 0..PRODUCTS {
            unsafe {
                let filters = self
                    .filters
                    .numbers
                    .as_ptr()
                    .cast::<f32>()
                    .add((block * PRODUCTS + product) * inputs * columns);
                let from = from.add(product * self.block * inputs);
                let to = to.add(product * self.block * columns);
                for row in (0..count).step_by(ROWS) {
                    let (from, to) = (from.add(row * inputs), to.add(row * columns));
                    match count - row {
                        1 => rows::<V, 1>(from, filters, inputs, to),
                        2 => rows::<V, 2>(from, filters, inputs, to),
                        3 => rows::<V, 3>(from, filters, inputs, to),
                        4 => rows::<V, 4>(from, filters, inputs, to),
                        5 => rows::<V, 5>(from, filters, inputs, to),
                        _ => rows::<V, ROWS>(from, filters, inputs, to),
                    }
                }
            }
        }
    }

    #[inline(always)]
    #[allow(unsafe_code)]
    pub(super) unsafe fn transform_products<V: Vector>(
        &self,
        at: [usize; 3],
        block: usize,
        from: *const f32,
    ) {
        let columns = columns::<V>();
        let [height, width] = self.sizes.outputs();
        let outputs = self.filters.outputs;
        let next = self.block * columns;
        for vector in 0..V::ACROSS {
            let channel = block * columns + vector * V::LANES;
            if channel >= outputs {
                return;
            }
            unsafe {
                let from = from.add(vector * V::LANES);
                let mut columns = [[V::all(0.0); OUTPUTS]; INPUTS];
                for (column, found) in columns.iter_mut().enumerate() {
                    let mut products = [V::all(0.0); INPUTS];
                    for (row, product) in products.iter_mut().enumerate() {
                        *product = V::load(from.add((row * INPUTS + column) * next));
                    }
                    *found = of_products(products);
                }
                let bias = match self.bias {
                    Some(bias) => V::load(bias.as_ptr().add(channel)),
                    None => V::all(0.0),
                };
                for down in 0..OUTPUTS.min(height - at[1] * OUTPUTS) {
                    let mut numbers = [V::all(0.0); INPUTS];
                    for (number, column) in numbers.iter_mut().zip(&columns) {
                        *number = column[down];
                    }
                    let row = (at[0] * height + at[1] * OUTPUTS + down) * width + at[2] * OUTPUTS;
                    let numbers = of_products(numbers);
                    for across in 0..OUTPUTS.min(width - at[2] * OUTPUTS) {
                        let to = self.output.add((row + across) * outputs + channel);
                        let number = numbers[across].add(bias);
                        match self.then {
                            Then::Nothing => number.store(to),
                            Then::Relu => number.relu().store(to),
                        }
                    }
                }
            }
        }
    }
}

/// `R` rows of `inputs` numbers each by `inputs` × columns.
#[inline(always)]
#[allow(unsafe_code)]
unsafe fn rows<V: Vector, const R: usize>(
    from: *const f32,
    filters: *const f32,
    inputs: usize,
    to: *mut f32,
) {
    let columns = columns::<V>();
    unsafe {
        let mut sums = [[V::all(0.0); MOST_ACROSS]; R];
        for input in 0..inputs {
            let mut factors = [V::all(0.0); MOST_ACROSS];
            for vector in 0..V::ACROSS {
                factors[vector] = V::load(filters.add(input * columns + vector * V::LANES));
            }
            for row in 0..R {
                let number = V::all(*from.add(row * inputs + input));
                for vector in 0..V::ACROSS {
                    sums[row][vector] = number.mul_add(factors[vector], sums[row][vector]);
                }
            }
        }
        for row in 0..R {
            for vector in 0..V::ACROSS {
                sums[row][vector].store(to.add(row * columns + vector * V::LANES));
            }
        }
    }
}
