//! The density that quickshift climbs, and the next pixel uphill.

use rayon::prelude::*;

use super::Quickshift;
use super::exponential::exponentials;
use crate::picture::{Picture, gaussian, lab};

/// Rows summed up together; fixed, so that sums are rounded alike on any number of cores.
const BAND_ROWS: usize = 16;

/// The scaled colours, one plane after the other, and the kernel.
pub(super) struct Field {
    width: usize,
    height: usize,
    planes: [Vec<f64>; 3],
    kernel_size: f64,
    /// Half the window, px.
    reach: usize,
}

impl Field {
    pub(super) fn new(settings: &Quickshift, picture: &Picture) -> Self {
        let (width, height) = (picture.width, picture.height);
        let colours = gaussian::smoothed(&lab::lab(picture), (height, width, 3), settings.sigma);
        let plane = |channel: usize| {
            colours
                .iter()
                .skip(channel)
                .step_by(3)
                .map(|value| value * settings.ratio)
                .collect()
        };
        let kernel_size = settings.kernel_size.max(1.0);
        let reach = (3.0 * kernel_size).ceil() as usize;
        Self {
            width,
            height,
            planes: [0, 1, 2].map(plane),
            kernel_size,
            reach,
        }
    }

    /// The sum of the kernel over the window of every pixel.
    pub(super) fn densities(&self) -> Vec<f64> {
        let bands = (0..self.height.div_ceil(BAND_ROWS)).into_par_iter();
        let bands: Vec<_> = bands.map(|band| self.band(band)).collect();
        let mut densities = vec![1.0; self.width * self.height]; // each pixel's own kernel
        for (band, sums) in bands.iter().enumerate() {
            let first = band * BAND_ROWS * self.width;
            for (density, sum) in densities[first..].iter_mut().zip(sums) {
                *density += sum;
            }
        }
        densities
    }

    /// The kernel between each pixel of a band of rows and every later pixel (row-major) of its window,
    /// added to both: the kernel is symmetric, so each pair is computed once. Sums for the rows from
    /// the band's first on.
    fn band(&self, band: usize) -> Vec<f64> {
        let width = self.width;
        let top = band * BAND_ROWS;
        let bottom = (top + BAND_ROWS).min(self.height);
        let end = (bottom + self.reach).min(self.height);
        let mut sums = vec![0.0; (end - top) * width];
        let mut kernels = vec![0.0; width];
        for y in top..bottom {
            for other_y in y..(y + self.reach + 1).min(self.height) {
                let down = other_y - y;
                let reach = self.reach.min(width.saturating_sub(1));
                let leftmost = if down == 0 { 1 } else { -(reach as isize) };
                for right in leftmost..=reach as isize {
                    // Columns that have a neighbour `right` columns further.
                    let from = right.min(0).unsigned_abs();
                    let other_from = right.max(0) as usize;
                    let kernels = &mut kernels[..width - right.unsigned_abs()];
                    self.kernels((y, from), (other_y, other_from), kernels);
                    let sums_of = |y: usize, x: usize| (y - top) * width + x;
                    for (sum, kernel) in sums[sums_of(y, from)..].iter_mut().zip(&*kernels) {
                        *sum += kernel;
                    }
                    for (sum, kernel) in sums[sums_of(other_y, other_from)..]
                        .iter_mut()
                        .zip(&*kernels)
                    {
                        *sum += kernel;
                    }
                }
            }
        }
        sums
    }

    /// The kernel between the pixels of one row from (row, column) on and those of another.
    fn kernels(&self, one: (usize, usize), other: (usize, usize), kernels: &mut [f64]) {
        let count = kernels.len();
        let squared = |a: usize, b: usize| (a.abs_diff(b) * a.abs_diff(b)) as f64;
        let (down_squared, right_squared) = (squared(one.0, other.0), squared(one.1, other.1));
        let scale = -0.5 / (self.kernel_size * self.kernel_size);
        let run = |plane: usize, (y, x): (usize, usize)| {
            &self.planes[plane][y * self.width + x..][..count]
        };
        let [light, a, b] = [0, 1, 2].map(|plane| (run(plane, one), run(plane, other)));
        for at in 0..count {
            let differences = [light, a, b].map(|(own, others)| own[at] - others[at]);
            let squares = differences.map(|difference| difference * difference);
            let distance = squares[0] + squares[1] + squares[2] + down_squared + right_squared;
            kernels[at] = distance * scale;
        }
        exponentials(kernels);
    }

    /// The nearest denser pixel of each, or itself where there is none within `max_dist`.
    pub(super) fn parents(&self, densities: &[f64], max_dist: f64) -> Vec<usize> {
        let steps = self.steps(max_dist);
        let row = |y: usize| {
            let columns = 0..self.width;
            columns
                .map(|x| self.parent((x, y), &steps, densities, max_dist))
                .collect::<Vec<_>>()
        };
        let rows: Vec<_> = (0..self.height).into_par_iter().map(row).collect();
        rows.concat()
    }

    /// The window, the nearest places first; what is further than `max_dist` can never be a parent.
    fn steps(&self, max_dist: f64) -> Vec<Step> {
        let reach = self.reach as isize;
        let mut steps: Vec<Step> = (-reach..=reach)
            .flat_map(|down| (-reach..=reach).map(move |right| Step { right, down }))
            .filter(|step| (1.0..=max_dist).contains(&step.squared().sqrt()))
            .collect();
        steps.sort_by(|a, b| a.squared().total_cmp(&b.squared())); // stable: row-major in a ring
        steps
    }

    fn parent(
        &self,
        (x, y): (usize, usize),
        steps: &[Step],
        densities: &[f64],
        max_dist: f64,
    ) -> usize {
        let own = y * self.width + x;
        let (mut nearest, mut parent) = (f64::INFINITY, own);
        for step in steps {
            if step.squared() > nearest {
                break; // colour can only add to it
            }
            let (Some(x), Some(y)) = (
                x.checked_add_signed(step.right),
                y.checked_add_signed(step.down),
            ) else {
                continue;
            };
            let other = y * self.width + x;
            if x >= self.width || y >= self.height || densities[other] <= densities[own] {
                continue;
            }
            let mut distance = 0.0;
            for plane in &self.planes {
                let difference = plane[own] - plane[other];
                distance += difference * difference;
            }
            distance = distance + (step.down * step.down) as f64 + (step.right * step.right) as f64;
            if distance < nearest || (distance == nearest && other < parent) {
                (nearest, parent) = (distance, other);
            }
        }
        if nearest.sqrt() > max_dist {
            own
        } else {
            parent
        }
    }
}

/// From a pixel to another of its window, px.
struct Step {
    right: isize,
    down: isize,
}

impl Step {
    fn squared(&self) -> f64 {
        (self.right * self.right + self.down * self.down) as f64
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A left half and a right half, with a little texture.
    fn halves(width: usize, height: usize) -> Picture {
        let mut picture = Picture::filled(width, height, [200, 40, 40]);
        for (at, pixel) in picture.pixels.chunks_exact_mut(3).enumerate() {
            if at % width >= width / 2 {
                pixel.copy_from_slice(&[30, 90, 200]);
            }
            pixel[1] += (at * 7 % 5) as u8;
        }
        picture
    }

    #[test]
    fn the_number_of_threads_changes_nothing() {
        let picture = halves(37, 70);
        let field = Field::new(&Quickshift::LIME, &picture);
        let on = |threads: usize| {
            let pool = rayon::ThreadPoolBuilder::new().num_threads(threads);
            pool.build().unwrap().install(|| {
                let densities = field.densities();
                let parents = field.parents(&densities, 200.0);
                (densities, parents)
            })
        };
        let alone = on(1);
        for threads in [2, 3, 16] {
            assert_eq!(on(threads), alone); // to the bit
        }
    }

    #[test]
    fn densities_are_the_sum_over_the_window() {
        let picture = halves(9, 20);
        let settings = Quickshift {
            kernel_size: 1.0,
            ..Quickshift::LIME
        };
        let field = Field::new(&settings, &picture);
        let densities = field.densities();
        for (at, density) in densities.iter().enumerate() {
            let (x, y) = (at % 9, at / 9);
            let mut expected = 0.0;
            for other in (0..180).filter(|o| x.abs_diff(o % 9) <= 3 && y.abs_diff(o / 9) <= 3) {
                let place = x.abs_diff(other % 9).pow(2) + y.abs_diff(other / 9).pow(2);
                let colour: f64 = field
                    .planes
                    .iter()
                    .map(|p| (p[at] - p[other]).powi(2))
                    .sum();
                expected += (-0.5 * (colour + place as f64)).exp();
            }
            assert!((density - expected).abs() < 1e-12);
        }
    }
}
