//! Deep dream over octaves (Mordvintsev, Olah, Tyka: Inceptionism, 2015): details are grown in a small
//! copy of the photo first, then carried into the next larger one.

use tch::{TchError, Tensor};

use super::super::ExplainError;
use super::super::seed::Numbers;
use super::pixels::PixelScale;
use super::{Objective, is_finite, values_and_gradient};

/// How a whole layer is dreamed.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Octaves {
    pub count: usize,
    /// Ratio of the sides of two octaves, above 1.
    pub scale: f64,
    /// Steps in each octave.
    pub steps: usize,
    /// Largest shift before every step, in pixels.
    pub jitter_px: usize,
    /// Mean change of a pixel in a step, in 8-bit levels.
    pub step_size: f64,
    /// The network sees at most this many pixels of a side at once; the gradients of larger pictures are put together.
    pub tile_px: Option<usize>,
    /// Steps, counted over all octaves, from one picture kept on the way to the next; `None` for none.
    pub picture_every: Option<usize>,
}

/// What one octave gave.
#[derive(Debug)]
pub struct Octave {
    /// Height and width in which it ran.
    pub size: (usize, usize),
    /// The photo in its full size with all details so far, normalised [1, C, H, W].
    pub picture: Tensor,
    /// What was raised, before each step.
    pub objectives: Vec<f64>,
}

#[derive(Debug)]
pub struct Dream {
    /// Smallest first. Shorter than asked for only where the ascent diverged.
    pub octaves: Vec<Octave>,
    /// Steps taken, and the photo in its full size with all details so far, normalised [1, C, H, W].
    pub on_the_way: Vec<(usize, Tensor)>,
    /// The pictures or gradients were no finite numbers any more.
    pub has_diverged: bool,
}

/// Half the mean square of a layer's output: its gradient is the activation itself, divided by their number.
pub fn half_mean_square(output: &Tensor) -> Result<Tensor, TchError> {
    output.f_square()?.f_mean(None)?.f_mul_scalar(0.5)
}

impl Octaves {
    /// Height and width of every octave, smallest first; the last is the photo's own.
    pub fn sizes(&self, height: usize, width: usize) -> Vec<(usize, usize)> {
        let side = |side: usize, at: usize| {
            ((side as f64 / self.scale.powi(at as i32)).round() as usize).max(1)
        };
        (0..self.count)
            .rev()
            .map(|at| (side(height, at), side(width, at)))
            .collect()
    }

    /// Dreams the photo, normalised [1, C, H, W]. `objective` maps a picture to the number that is raised, [1]. `after_step(done)` counts the steps of all
    /// octaves and may stop the dream.
    pub fn dream(
        &self,
        photo: &Tensor,
        pixels: &PixelScale,
        objective: &mut Objective,
        numbers: &mut Numbers,
        after_step: &dyn Fn(usize) -> Result<(), ExplainError>,
    ) -> Result<Dream, ExplainError> {
        let (_, _, height, width) = photo.size4()?;
        let sizes = self.sizes(height as usize, width as usize);
        let copies = copies(photo, &sizes)?;
        let full_size =
            |grown: &Tensor| photo.f_add(&resize(grown, (height as usize, width as usize))?);
        let mut dream = Dream {
            octaves: Vec::with_capacity(self.count),
            on_the_way: Vec::new(),
            has_diverged: false,
        };
        let mut detail: Option<Tensor> = None;
        for (at, (base, &size)) in copies.iter().zip(&sizes).enumerate() {
            let mut picture = match detail {
                Some(detail) => base.f_add(&resize(&detail, size)?)?,
                None => base.shallow_clone(),
            };
            let mut objectives = Vec::with_capacity(self.steps);
            for step in 0..self.steps {
                match self.step(&picture, pixels, objective, numbers)? {
                    Some((next, objective)) => {
                        picture = next;
                        objectives.push(objective);
                    }
                    None => dream.has_diverged = true,
                }
                if dream.has_diverged {
                    break;
                }
                let done = at * self.steps + step + 1;
                if self
                    .picture_every
                    .is_some_and(|every| done.is_multiple_of(every))
                {
                    let picture = full_size(&picture.f_sub(base)?)?;
                    dream.on_the_way.push((done, picture));
                }
                after_step(done)?;
            }
            let grown = picture.f_sub(base)?;
            dream.octaves.push(Octave {
                size,
                picture: full_size(&grown)?,
                objectives,
            });
            if dream.has_diverged {
                break;
            }
            detail = Some(grown);
        }
        Ok(dream)
    }

    /// One step on a rolled picture: the next picture and the objective before it, `None` where a
    /// number is not finite.
    fn step(
        &self,
        picture: &Tensor,
        pixels: &PixelScale,
        objective: &mut Objective,
        numbers: &mut Numbers,
    ) -> Result<Option<(Tensor, f64)>, ExplainError> {
        let most = self.largest_shift(picture)?;
        let (down, right) = (numbers.whole(-most, most), numbers.whole(-most, most));
        let rolled = picture.f_roll([down, right].as_slice(), [2, 3].as_slice())?;
        let (value, gradient) = self.tiled(&rolled, objective)?;
        if !value.is_finite() || !is_finite(&gradient)? {
            return Ok(None);
        }
        let _no_gradient = tch::no_grad_guard();
        // The paper's code works on pixels of 0..255: with p = 255 (std·x + mean) the gradient of p is
        // that of x over 255 std, and a change of p is one of x over 255 std.
        let of_pixels = gradient.f_div(pixels.std())?;
        let mean = of_pixels.f_abs()?.f_mean(None)?.f_double_value(&[])?;
        if mean == 0.0 {
            return Ok(Some((picture.shallow_clone(), value)));
        }
        let change = of_pixels
            .f_mul_scalar(self.step_size / 255.0 / mean)?
            .f_div(pixels.std())?;
        let moved = rolled.f_add(&change)?;
        let back = moved.f_roll([-down, -right].as_slice(), [2, 3].as_slice())?;
        Ok(Some((pixels.clip(&back)?, value)))
    }
}

impl Octaves {
    /// In pixels; of a picture in several tiles at least half a tile, so that their edges lie elsewhere in each step.
    fn largest_shift(&self, picture: &Tensor) -> Result<i64, TchError> {
        let (_, _, height, width) = picture.size4()?;
        let half_tile = self.tile_px.map(|tile| tile as i64);
        let half_tile = half_tile.filter(|&tile| height > tile || width > tile);
        let jitter = self.jitter_px as i64;
        Ok(half_tile.map_or(jitter, |tile| jitter.max(tile / 2)))
    }

    /// The objective and its gradient, tile by tile: the mean of the tiles' objectives, and of their gradients where
    /// they overlap.
    fn tiled(
        &self,
        picture: &Tensor,
        objective: &mut Objective,
    ) -> Result<(f64, Tensor), ExplainError> {
        let (_, _, height, width) = picture.size4()?;
        let side = |whole: i64| self.tile_px.map_or(whole, |tile| whole.min(tile as i64));
        let (rows, columns) = (side(height), side(width));
        let (tops, lefts) = (starts(height, rows), starts(width, columns));
        if tops.len() * lefts.len() == 1 {
            let (values, gradient) = values_and_gradient(picture, objective)?;
            return Ok((values[0], gradient));
        }
        let (sum, count) = (picture.f_zeros_like()?, picture.f_zeros_like()?);
        let mut total = 0.0;
        for &top in &tops {
            for &left in &lefts {
                let part = |of: &Tensor| of.f_narrow(2, top, rows)?.f_narrow(3, left, columns);
                let (values, gradient) = values_and_gradient(&part(picture)?, objective)?;
                total += values[0];
                let _ = part(&sum)?.f_add_(&gradient)?;
                let _ = part(&count)?.f_add_scalar_(1.0)?;
            }
        }
        let tiles = (tops.len() * lefts.len()) as f64;
        Ok((total / tiles, sum.f_div(&count)?))
    }
}

/// Where tiles of a side begin: as few as cover the whole, evenly spread.
fn starts(whole: i64, tile: i64) -> Vec<i64> {
    let count = (whole + tile - 1) / tile.max(1);
    (0..count)
        .map(|at| at * (whole - tile) / (count - 1).max(1))
        .collect()
}

/// The middle of a picture [1, C, H, W], enlarged to its size, `share` of each side left out.
pub fn zoomed(picture: &Tensor, share: f64) -> Result<Tensor, TchError> {
    let (_, _, height, width) = picture.size4()?;
    let kept = |side: i64| ((side as f64 * (1.0 - share)).round() as i64).clamp(1, side);
    let (rows, columns) = (kept(height), kept(width));
    let middle = picture.f_narrow(2, (height - rows) / 2, rows)?.f_narrow(
        3,
        (width - columns) / 2,
        columns,
    )?;
    resize(&middle, (height as usize, width as usize))
}

/// Copies of the photo, each made from the next larger one.
fn copies(photo: &Tensor, sizes: &[(usize, usize)]) -> Result<Vec<Tensor>, TchError> {
    let mut copies: Vec<Tensor> = Vec::with_capacity(sizes.len());
    for &size in sizes.iter().rev() {
        let larger = copies.last().unwrap_or(photo);
        let copy = resize(larger, size)?;
        copies.push(copy);
    }
    copies.reverse();
    Ok(copies)
}

/// Bilinear, pixel centres aligned; itself where the size is the same.
fn resize(picture: &Tensor, (height, width): (usize, usize)) -> Result<Tensor, TchError> {
    let (_, _, old_height, old_width) = picture.size4()?;
    if (old_height, old_width) == (height as i64, width as i64) {
        return Ok(picture.shallow_clone());
    }
    picture.f_upsample_bilinear2d([height as i64, width as i64], false, None, None)
}

#[cfg(test)]
#[path = "octaves_tests.rs"]
mod tests;
