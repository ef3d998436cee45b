//! A picture as the phases of its spectrum, whose magnitudes are those of photos (Fel et al.: Unlocking Feature Visualization
//! for Deeper Networks with MAgnitude Constrained Optimization. NeurIPS 2023).

use std::f64::consts::PI;

use tch::{Device, Kind, TchError, Tensor};

use super::super::seed::Numbers;
use super::fourier::{correlate, decorrelate};
use crate::picture::Channels;

/// Black and white have no finite logit: pixels are kept this far from both.
const MARGIN: f64 = 0.02;

/// The mean magnitude of photos' spectra, in colours that are nearly independent, and their mean colour in these.
#[derive(Debug)]
pub struct Magnitude {
    channels: Channels,
    /// [C, h, w/2 + 1], orthonormal transform, zero at frequency zero.
    values: Tensor,
    /// [C, 1, 1].
    mean: Tensor,
    width: i64,
}

/// Pictures [N, C, height, width] of 0..1 from phases [N, C, height, width/2 + 1], in radians.
#[derive(Debug)]
pub struct Maco {
    magnitude: Tensor,
    mean: Tensor,
    channels: Channels,
    size: [i64; 2],
}

impl Magnitude {
    /// Of photos [N, C, h, w], pixels of 0..1.
    pub fn of(photos: &Tensor, channels: Channels) -> Result<Self, TchError> {
        let (_, _, _, width) = photos.size4()?;
        let pixels = photos.f_to(Device::Cpu)?.f_to_kind(Kind::Double)?;
        let plain = decorrelate(&pixels.f_logit(MARGIN)?, channels)?;
        let means = plain.f_mean_dim([2_i64, 3].as_slice(), true, None)?;
        let spectra =
            plain
                .f_sub(&means)?
                .f_fft_rfft2(None::<i64>, [-2, -1].as_slice(), "ortho")?;
        Ok(Self {
            channels,
            values: spectra.f_abs()?.f_mean_dim(0_i64, false, None)?,
            mean: means.f_mean_dim(0_i64, false, None)?,
            width,
        })
    }

    /// Of pictures of another size: the magnitude at the same frequencies, in periods a pixel, between the photos'
    /// frequencies by proportion; below their lowest as there.
    fn of_size(&self, height: i64, width: i64) -> Result<Tensor, TchError> {
        let (_, rows, columns) = self.values.size3()?;
        if (rows, self.width) == (height, width) {
            return Ok(self.values.shallow_clone());
        }
        // Row k of `height` has the frequency k / height, from −1/2; −k as k.
        let of_rows = (0..height).map(|row| {
            let frequency = row.min(height - row) as f64 / height as f64 * rows as f64;
            let place = frequency.min((rows / 2) as f64);
            if row > height / 2 {
                rows as f64 - place
            } else {
                place
            }
        });
        let of_columns = (0..=width / 2).map(|column| {
            let frequency = column as f64 / width as f64 * self.width as f64;
            frequency.min((columns - 1) as f64)
        });
        let along_rows = between(&of_rows.collect::<Vec<_>>(), rows, true)?;
        let along_columns = between(&of_columns.collect::<Vec<_>>(), columns, false)?;
        // The mean was taken off: frequency zero borrows from its neighbours.
        let filled = self.values.f_detach_copy()?;
        let corner = |row: i64, column: i64| filled.f_select(1, row)?.f_select(1, column);
        let lowest = corner(1 % rows, 0)?
            .f_add(&corner(0, 1 % columns)?)?
            .f_mul_scalar(0.5)?;
        corner(0, 0)?.f_copy_(&lowest)?;
        let found = along_rows
            .f_matmul(&filled)?
            .f_matmul(&along_columns.f_transpose(0, 1)?)?;
        let _ = found.f_select(1, 0)?.f_select(1, 0)?.f_zero_()?;
        Ok(found)
    }
}

/// A matrix [places, count] that takes a vector at places between its elements, by proportion; where `wraps`, the first
/// element follows the last.
fn between(places: &[f64], count: i64, wraps: bool) -> Result<Tensor, TchError> {
    let count = count as usize;
    let mut matrix = vec![0.0; places.len() * count];
    for (row, place) in places.iter().enumerate() {
        let lower = place.floor() as usize;
        let upper = if wraps {
            (lower + 1) % count
        } else {
            (lower + 1).min(count - 1)
        };
        let share = place - place.floor();
        matrix[row * count + lower % count] += 1.0 - share;
        matrix[row * count + upper] += share;
    }
    Tensor::f_from_slice(&matrix)?.f_view([places.len() as i64, count as i64])
}

impl Maco {
    pub fn new(
        magnitude: &Magnitude,
        (height, width): (usize, usize),
        kind: Kind,
        device: Device,
    ) -> Result<Self, TchError> {
        let size = [height as i64, width as i64];
        let ready = |tensor: &Tensor| tensor.f_to_kind(kind)?.f_to(device);
        Ok(Self {
            magnitude: ready(&magnitude.of_size(size[0], size[1])?)?,
            mean: ready(&magnitude.mean)?,
            channels: magnitude.channels,
            size,
        })
    }

    /// Phases from −π to π with equal chance, [1, C, height, width/2 + 1].
    pub fn noise(&self, numbers: &mut Numbers) -> Result<Tensor, TchError> {
        let (channels, rows, columns) = self.magnitude.size3()?;
        let count = channels * rows * columns;
        let phases: Vec<f64> = (0..count)
            .map(|_| PI * (2.0 * numbers.uniform() - 1.0))
            .collect();
        Tensor::f_from_slice(&phases)?
            .f_view([1, channels, rows, columns])?
            .f_to_kind(self.magnitude.kind())?
            .f_to(self.magnitude.device())
    }

    /// Pixels 0..1 of phases.
    pub fn pixels(&self, phases: &Tensor) -> Result<Tensor, TchError> {
        let real = self.magnitude.f_mul(&phases.f_cos()?)?;
        let imaginary = self.magnitude.f_mul(&phases.f_sin()?)?;
        let plain = Tensor::f_complex(&real, &imaginary)?
            .f_fft_irfft2(self.size.as_slice(), [-2, -1].as_slice(), "ortho")?
            .f_add(&self.mean)?;
        correlate(&plain, self.channels)?.f_sigmoid()
    }
}

#[cfg(test)]
#[path = "maco_tests.rs"]
mod tests;
