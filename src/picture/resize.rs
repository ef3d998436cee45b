//! Resampling, equal to Pillow's to the last grey level.
//!
//! Networks were trained on photos resized by Pillow, so its arithmetic is followed exactly: columns
//! first, then rows, or the other way round where Pillow 13 does that; each output pixel is a weighted mean of the input pixels below its filter, which
//! is stretched when the picture shrinks (antialiasing) and cut and renormalised at the borders; the
//! weights are rounded to 22 binary places and the result of each pass to 8 bits.

use std::f64::consts::PI;
use std::ops::Range;

use super::Picture;

/// Binary places of a weight: 32 bits less 8 for the level and 2 for sums beyond its range.
const WEIGHT_BITS: u32 = 32 - 8 - 2;

/// The kernel a pixel is rebuilt with.
#[derive(serde::Serialize, Debug, Clone, Copy, PartialEq, Eq)]
pub enum Filter {
    /// Triangle, 1 px to each side.
    Bilinear,
    /// The same without antialiasing: of a larger picture only the pixels beside the place count, as OpenCV's
    /// `INTER_LINEAR` and torchvision's `antialias=False` do it.
    BilinearAliased,
    /// Keys' cubic with a = −½, 2 px to each side.
    Bicubic,
    /// Windowed sinc, 3 px to each side.
    Lanczos,
    /// The mean of what the pixel covers.
    Box,
    /// The one pixel below its middle: no antialiasing.
    Nearest,
}

impl Filter {
    /// Half the kernel's width in px.
    fn support(self) -> f64 {
        match self {
            Self::Bilinear | Self::BilinearAliased => 1.0,
            Self::Bicubic => 2.0,
            Self::Lanczos => 3.0,
            Self::Box | Self::Nearest => 0.5,
        }
    }

    /// The kernel at `x` px from its middle.
    fn at(self, x: f64) -> f64 {
        let distance = x.abs();
        match self {
            Self::Bilinear | Self::BilinearAliased => (1.0 - distance).max(0.0),
            Self::Bicubic => {
                const A: f64 = -0.5; // Keys 1981, third order
                if distance < 1.0 {
                    ((A + 2.0) * distance - (A + 3.0)) * distance * distance + 1.0
                } else if distance < 2.0 {
                    (((distance - 5.0) * distance + 8.0) * distance - 4.0) * A
                } else {
                    0.0
                }
            }
            Self::Lanczos if (-3.0..3.0).contains(&x) => sinc(x) * sinc(x / 3.0),
            Self::Lanczos => 0.0,
            // Of two neighbours at ½ px the left one counts.
            Self::Box | Self::Nearest if x > -0.5 && x <= 0.5 => 1.0,
            Self::Box | Self::Nearest => 0.0,
        }
    }
}

fn sinc(x: f64) -> f64 {
    if x == 0.0 {
        1.0
    } else {
        (x * PI).sin() / (x * PI)
    }
}

/// Whether Pillow takes the rows first: where they shrink, and by more than twice what the columns lose.
/// Found by comparing 1,500 random sizes with Pillow 13.0.0, all of which follow it; the first pass is
/// rounded to 8 bits, so the order is seen in single levels.
fn rows_first((width, height): (usize, usize), (to_width, to_height): (usize, usize)) -> bool {
    let lost = |from: usize, to: usize| from as i64 - to as i64;
    to_height < height && 2 * lost(width, to_width) < lost(height, to_height)
}

impl Picture {
    /// The whole picture at another size in px, the aspect as asked for; sides below 1 count as 1.
    pub fn resized(&self, width: usize, height: usize, filter: Filter) -> Self {
        let (width, height) = (width.max(1), height.max(1));
        self.resized_part((width, height), 0..width, 0..height, filter)
    }

    /// Columns and rows of what [`Picture::resized`] to `full` (width, height) would give, without
    /// computing the rest: a long strip is never blown up as a whole.
    pub(super) fn resized_part(
        &self,
        full: (usize, usize),
        columns: Range<usize>,
        rows: Range<usize>,
        filter: Filter,
    ) -> Self {
        if rows_first((self.width, self.height), full) {
            let turned = self.transposed();
            let part = turned.columns_then_rows((full.1, full.0), rows, columns, filter);
            return part.transposed();
        }
        self.columns_then_rows(full, columns, rows, filter)
    }

    /// Rows as columns.
    fn transposed(&self) -> Self {
        let mut pixels = Vec::with_capacity(self.pixels.len());
        for x in 0..self.width {
            for y in 0..self.height {
                let at = (y * self.width + x) * 3;
                pixels.extend_from_slice(&self.pixels[at..at + 3]);
            }
        }
        Self {
            width: self.height,
            height: self.width,
            pixels,
        }
    }

    fn columns_then_rows(
        &self,
        full: (usize, usize),
        columns: Range<usize>,
        rows: Range<usize>,
        filter: Filter,
    ) -> Self {
        let (width, height) = (columns.len(), rows.len());
        let across = taps(self.width, full.0, columns, filter);
        let down = taps(self.height, full.1, rows, filter);
        let needed = needed_inputs(&down);
        let narrow = self.resampled_columns(&across, needed.clone());
        let mut pixels = Vec::with_capacity(width * height * 3);
        let mut sums = vec![0; width * 3];
        for tap in &down {
            sums.fill(1 << (WEIGHT_BITS - 1)); // half, so that the shift rounds
            for (y, weight) in (tap.first - needed.start..).zip(&tap.weights) {
                let row = &narrow[y * width * 3..][..width * 3];
                for (sum, &level) in sums.iter_mut().zip(row) {
                    *sum = with(*sum, level, *weight);
                }
            }
            pixels.extend(sums.iter().map(|&sum| level(sum)));
        }
        Self {
            width,
            height,
            pixels,
        }
    }

    /// The rows `rows`, each resampled to `across.len()` pixels.
    fn resampled_columns(&self, across: &[Tap], rows: Range<usize>) -> Vec<u8> {
        let mut pixels = Vec::with_capacity(across.len() * rows.len() * 3);
        for y in rows {
            let row = &self.pixels[y * self.width * 3..][..self.width * 3];
            for tap in across {
                let mut sums = [1 << (WEIGHT_BITS - 1); 3];
                for (pixel, weight) in row[tap.first * 3..].chunks_exact(3).zip(&tap.weights) {
                    for (sum, &level) in sums.iter_mut().zip(pixel) {
                        *sum = with(*sum, level, *weight);
                    }
                }
                pixels.extend(sums.map(level));
            }
        }
        pixels
    }
}

/// A sum with one more level. It stays below 2^31: weights sum to 2^22, their sizes to less than twice that, and levels end
/// at 255; without a check for it the loops run on several numbers at once, twice as fast.
fn with(sum: i32, level: u8, weight: i32) -> i32 {
    sum.wrapping_add(i32::from(level).wrapping_mul(weight))
}

fn level(sum: i32) -> u8 {
    (sum >> WEIGHT_BITS).clamp(0, 255) as u8
}

/// The input pixels one output pixel is made of, along one axis.
struct Tap {
    first: usize,
    /// Of `first`, `first + 1`, …; in units of 2^−22, their sum about 1.
    weights: Vec<i32>,
}

/// Taps for the output positions `part` of an axis scaled from `from` to `to` px.
fn taps(from: usize, to: usize, part: Range<usize>, filter: Filter) -> Vec<Tap> {
    if from == to {
        // Pillow skips the pass; the weights would be exactly 0, 1, 0 anyway.
        return part
            .map(|at| Tap {
                first: at,
                weights: vec![1 << WEIGHT_BITS],
            })
            .collect();
    }
    let scale = from as f64 / to as f64;
    if filter == Filter::Nearest {
        return nearest_taps(from, scale, part);
    }
    let stretch = match filter {
        Filter::BilinearAliased => 1.0,
        _ => scale.max(1.0),
    };
    let support = filter.support() * stretch;
    part.map(|at| {
        let centre = (at as f64 + 0.5) * scale;
        let first = (centre - support + 0.5).max(0.0) as usize;
        let end = ((centre + support + 0.5) as usize).min(from);
        let inverse = 1.0 / stretch;
        let weights: Vec<f64> = (first..end)
            .map(|x| filter.at((x as f64 - centre + 0.5) * inverse))
            .collect();
        let total: f64 = weights.iter().sum();
        let fixed = |weight: &f64| {
            let weight = weight / total * f64::from(1 << WEIGHT_BITS);
            (weight + 0.5_f64.copysign(weight)) as i32
        };
        Tap {
            first,
            weights: weights.iter().map(fixed).collect(),
        }
    })
    .collect()
}

/// Pillow adds the scale up instead of multiplying, and so meets the pixel before where the sum of the
/// roundings says so.
fn nearest_taps(from: usize, scale: f64, part: Range<usize>) -> Vec<Tap> {
    let sums = std::iter::successors(Some(scale * 0.5), |place| Some(place + scale));
    let tap = |place: f64| Tap {
        first: (place as usize).min(from.saturating_sub(1)),
        weights: vec![1 << WEIGHT_BITS],
    };
    sums.skip(part.start).take(part.len()).map(tap).collect()
}

/// From the first to the last input position that any tap reads.
fn needed_inputs(taps: &[Tap]) -> Range<usize> {
    let start = taps.iter().map(|tap| tap.first).min().unwrap_or(0);
    let end = taps
        .iter()
        .map(|tap| tap.first + tap.weights.len())
        .max()
        .unwrap_or(0);
    start..end
}

#[cfg(test)]
#[path = "resize_tests.rs"]
mod tests;
