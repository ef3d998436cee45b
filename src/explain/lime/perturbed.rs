//! The photo with some of its segments hidden, as the network's input.

use tch::{Device, Tensor};

use crate::explain::ExplainError;
use crate::explain::early::Window;
use crate::model::Frozen;
use crate::picture::segment::Segmentation;
use crate::picture::{Array, Picture, Preprocessing};

/// The photo with every segment in its own mean colour, each channel truncated to 8 bits.
pub fn mean_coloured(photo: &Picture, segments: &Segmentation) -> Picture {
    let mut sums = vec![[0_u64; 3]; segments.count];
    for (pixel, &label) in photo.pixels.chunks_exact(3).zip(&segments.labels) {
        let sum = &mut sums[label as usize];
        sum.iter_mut()
            .zip(pixel)
            .for_each(|(sum, level)| *sum += u64::from(*level));
    }
    let sizes = segments.sizes_px();
    // A mean of levels is a level again: at most 255.
    let colour =
        |segment: usize| sums[segment].map(|sum| (sum / sizes[segment].max(1) as u64) as u8);
    let pixels = segments
        .labels
        .iter()
        .flat_map(|&label| colour(label as usize))
        .collect();
    Picture { pixels, ..*photo }
}

/// The array with every segment at its own mean, each channel by itself.
pub fn mean_valued(array: &Array, segments: &Segmentation) -> Array {
    let sizes = segments.sizes_px();
    let labels = || segments.labels.iter().map(|&label| label as usize);
    let averaged = |channel: &[f32]| {
        let mut sums = vec![0.0_f64; segments.count];
        for (value, label) in channel.iter().zip(labels()) {
            sums[label] += f64::from(*value);
        }
        let means: Vec<f32> = sums
            .iter()
            .zip(&sizes)
            .map(|(sum, &size)| (sum / size.max(1) as f64) as f32)
            .collect();
        labels().map(|label| means[label]).collect::<Vec<_>>()
    };
    array.with_values(array.channels().flat_map(averaged).collect())
}

/// Makes batches of perturbed inputs. Normalising works on each pixel alone, so photo and hidden
/// photo are normalised once and mixed by the masks.
pub struct Perturbed {
    /// [1, C, H, W].
    photo: Frozen,
    /// [1, C, H, W].
    hidden: Frozen,
    /// Segment of each pixel, [H·W], int64.
    labels: Frozen,
    size: (i64, i64),
    device: Device,
    /// The same on the CPU.
    segments: Vec<u32>,
    count: usize,
}

impl Perturbed {
    /// `hidden` is what stands in for segments that are off; of the same size as `photo`.
    pub fn new(
        (photo, hidden): (&Picture, &Picture),
        segments: &Segmentation,
        preprocessing: &Preprocessing,
        device: Device,
    ) -> Result<Self, ExplainError> {
        let normalised = |picture: &Picture| preprocessing.tensor(&[picture], device);
        Self::of_inputs((normalised(photo), normalised(hidden)), segments)
    }

    /// As [`Perturbed::new`], of inputs [1, C, H, W] that are normalised already.
    pub fn of_inputs(
        (photo, hidden): (Tensor, Tensor),
        segments: &Segmentation,
    ) -> Result<Self, ExplainError> {
        let (_, _, height, width) = photo.size4()?;
        let device = photo.device();
        let labels: Vec<i64> = segments
            .labels
            .iter()
            .map(|&label| i64::from(label))
            .collect();
        Ok(Self {
            photo: photo.into(),
            hidden: hidden.into(),
            labels: Tensor::f_from_slice(&labels)?.f_to(device)?.into(),
            size: (height, width),
            device,
            segments: segments.labels.clone(),
            count: segments.count,
        })
    }

    /// The normalised inputs [N, C, H, W] of N masks.
    pub fn batch(&self, masks: &[&[bool]]) -> Result<Tensor, ExplainError> {
        self.within(self.whole(), masks)
    }

    /// The whole photo.
    pub fn whole(&self) -> Window {
        Window {
            rows: (0, self.size.0),
            columns: (0, self.size.1),
        }
    }

    /// As [`Perturbed::batch`], of a part of the photo.
    pub fn within(&self, window: Window, masks: &[&[bool]]) -> Result<Tensor, ExplainError> {
        let Window { rows, columns } = window;
        let (height, width) = (rows.1 - rows.0, columns.1 - columns.0);
        let part = |of: &Tensor| {
            let of = of.f_narrow(-2, rows.0, height)?;
            of.f_narrow(-1, columns.0, width)
        };
        let (count, segments) = (
            masks.len() as i64,
            masks.first().map_or(0, |mask| mask.len()),
        );
        let labels = part(&self.labels.f_view([self.size.0, self.size.1])?)?.f_reshape([-1])?;
        let on = Tensor::f_from_slice(&masks.concat())?.f_to(self.device)?;
        let on = on.f_view([count, segments as i64])?; // [N, K]
        let on = on.f_index_select(1, &labels)?; // [N, h·w]
        let on = on.f_view([count, 1, height, width])?;
        Ok(part(&self.photo)?.f_where_self(&on, &part(&self.hidden)?)?)
    }

    /// The segments of which something lies within the window, in their order.
    pub fn segments_within(&self, window: Window) -> Vec<usize> {
        let width = self.size.1;
        let row = |row: i64| {
            let columns = row * width + window.columns.0..row * width + window.columns.1;
            &self.segments[columns.start as usize..columns.end as usize]
        };
        let mut there = vec![false; self.count];
        for label in (window.rows.0..window.rows.1).flat_map(row) {
            there[*label as usize] = true;
        }
        (0..self.count).filter(|segment| there[*segment]).collect()
    }
}

#[cfg(test)]
#[path = "perturbed_tests.rs"]
mod tests;
