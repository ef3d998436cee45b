//! The photo with some of its segments hidden, as the network's input.

use std::collections::BTreeMap;

use tch::{Device, Tensor};

use super::masks::Masks;
use crate::explain::{ExplainError, numbers};
use crate::model::{ModelError, OutputActivation, in_batches};
use crate::picture::segment::Segmentation;
use crate::picture::{Array, Picture, Preprocessing};
use crate::results::{Explained, Scalar};

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
    photo: Tensor,
    /// [1, C, H, W].
    hidden: Tensor,
    /// Segment of each pixel, [H·W], int64.
    labels: Tensor,
    size: (i64, i64),
    device: Device,
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
            photo,
            hidden,
            labels: Tensor::f_from_slice(&labels)?.f_to(device)?,
            size: (height, width),
            device,
        })
    }

    /// The normalised inputs [N, C, H, W] of N masks.
    pub fn batch(&self, masks: &[&[bool]]) -> Result<Tensor, ExplainError> {
        let segments = masks.first().map_or(0, |mask| mask.len() as i64);
        let on = Tensor::f_from_slice(&masks.concat())?.f_to(self.device)?;
        let on = on.f_view([masks.len() as i64, segments])?; // [N, K]
        let on = on.f_index_select(1, &self.labels)?; // [N, H·W]
        let on = on.f_view([masks.len() as i64, 1, self.size.0, self.size.1])?;
        Ok(self.photo.f_where_self(&on, &self.hidden)?)
    }
}

/// Maps [N, C, H, W] to scores [N, classes].
pub type Scores<'a> = &'a dyn Fn(&Tensor) -> Result<Tensor, ModelError>;

/// Maps inputs [N, C, H, W] to N numbers.
pub type Value<'a> = &'a dyn Fn(&Tensor) -> Result<Vec<f64>, ExplainError>;

/// Groups equal masks: they give the same picture, which then runs only once.
pub struct Distinct<'a> {
    masks: Vec<&'a [bool]>,
    /// Row of the masks → index in `masks`.
    of_row: Vec<usize>,
}

impl<'a> Distinct<'a> {
    pub fn new(masks: &'a Masks) -> Self {
        let mut known = BTreeMap::new();
        let mut distinct = Vec::new();
        let of_row = masks.rows().map(|mask| {
            *known.entry(mask).or_insert_with(|| {
                distinct.push(mask);
                distinct.len() - 1
            })
        });
        let of_row = of_row.collect();
        Self {
            masks: distinct,
            of_row,
        }
    }

    /// How many pictures run.
    pub fn pictures(&self) -> usize {
        self.masks.len()
    }

    /// What `value` says of the picture of each row of the masks, `batch` pictures at once or fewer where memory is
    /// short. `progress` gets the pictures done and may stop it.
    pub fn values(
        &self,
        perturbed: &Perturbed,
        batch: usize,
        value: Value,
        progress: &dyn Fn(usize) -> Result<(), ExplainError>,
    ) -> Result<Vec<f64>, ExplainError> {
        let mut found = Vec::with_capacity(self.pictures());
        in_batches(self.pictures(), batch, |range| {
            found.extend(value(&perturbed.batch(&self.masks[range])?)?);
            progress(found.len())
        })?;
        Ok(self.of_row.iter().map(|&index| found[index]).collect())
    }

    /// A number of the scores as [`Distinct::values`]. `scores` maps [N, C, H, W] to [N, classes], of which
    /// `activation` makes probabilities.
    pub fn numbers(
        &self,
        perturbed: &Perturbed,
        scalar: &Scalar,
        batch: usize,
        (activation, scores): (OutputActivation, Scores),
        progress: &dyn Fn(usize) -> Result<(), ExplainError>,
    ) -> Result<Vec<f64>, ExplainError> {
        let value = |input: &Tensor| {
            let scores = scores(input)?;
            let rows = match scalar.of {
                Explained::Probability => numbers::probabilities(&scores, activation)?,
                Explained::Score => {
                    let (_, classes) = scores.size2()?;
                    let all = numbers::precise_values(&scores)?;
                    let rows = all.chunks(classes.max(1) as usize);
                    rows.map(<[f64]>::to_vec).collect()
                }
            };
            let each = rows.iter().map(|row| scalar.combined(row));
            each.collect::<Option<Vec<f64>>>().ok_or_else(|| {
                ExplainError::Failed("the network gives no score for a class".to_owned())
            })
        };
        self.values(perturbed, batch, &value, progress)
    }
}

#[cfg(test)]
#[path = "perturbed_tests.rs"]
mod tests;
