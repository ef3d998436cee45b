//! The photo with some of its segments hidden, as the network's input.

use std::collections::BTreeMap;

use tch::{Device, Tensor};

use super::masks::Masks;
use crate::explain::{ExplainError, numbers};
use crate::model::{ModelError, OutputActivation, in_batches};
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

    /// The probability of `class` as [`Distinct::values`]. `scores` maps [N, C, H, W] to [N, classes], of which
    /// `activation` makes probabilities.
    pub fn probabilities(
        &self,
        perturbed: &Perturbed,
        class: usize,
        batch: usize,
        (activation, scores): (OutputActivation, Scores),
        progress: &dyn Fn(usize) -> Result<(), ExplainError>,
    ) -> Result<Vec<f64>, ExplainError> {
        let value = |input: &Tensor| {
            let rows = numbers::probabilities(&scores(input)?, activation)?;
            let of_class = rows.iter().map(|row| row.get(class).copied());
            of_class.collect::<Option<Vec<f64>>>().ok_or_else(|| {
                ExplainError::Failed(format!("the network gives no score for class {class}"))
            })
        };
        self.values(perturbed, batch, &value, progress)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::picture::{Input, Resize};

    const SOFTMAX: OutputActivation = OutputActivation::Softmax;

    fn preprocessing() -> Preprocessing {
        let resize = Resize::Stretch {
            height: 2,
            width: 3,
        };
        Preprocessing {
            resize,
            mean: vec![0.5, 0.4, 0.3],
            std: vec![0.2, 0.3, 0.4],
            ..Preprocessing::default()
        }
    }

    fn photo() -> (Picture, Segmentation) {
        let pixels = (0..18).map(|level| level * 14).collect();
        let marks = [0, 1, 1, 0, 2, 2];
        (
            Picture {
                width: 3,
                height: 2,
                pixels,
            },
            Segmentation::relabelled(3, 2, &marks),
        )
    }

    #[test]
    fn means_are_truncated() {
        let photo = Picture {
            width: 2,
            height: 1,
            pixels: vec![0, 3, 255, 1, 4, 254],
        };
        let hidden = mean_coloured(&photo, &Segmentation::relabelled(2, 1, &[7, 7]));
        assert_eq!(hidden.pixels, [0, 3, 254, 0, 3, 254]);
    }

    /// The mean is not truncated, and each channel has its own.
    #[test]
    fn arrays_hide_segments_by_their_own_mean() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("array.npy");
        let values = Tensor::from_slice(&[0.5f32, 1.0, -3.0, 0.0, 2.0, 7.0]);
        values.view([3, 1, 2]).write_npy(&file).unwrap();
        let how = Preprocessing::preset("unit", (1, 2)).unwrap();
        let prepared = Input::open(&file, None).unwrap().prepared(&file, &how);
        let array = prepared.unwrap().array.unwrap();
        let means = |marks: &[usize]| -> Vec<f32> {
            let hidden = mean_valued(&array, &Segmentation::relabelled(2, 1, marks));
            Vec::try_from(hidden.tensor(Device::Cpu).flatten(0, -1)).unwrap()
        };
        assert_eq!(means(&[4, 4]), [0.75, 0.75, -1.5, -1.5, 4.5, 4.5]);
        assert_eq!(means(&[0, 1]), [0.5, 1.0, -3.0, 0.0, 2.0, 7.0]);
    }

    /// As the package does it: compose 8-bit pictures, then normalise each.
    fn naive(mask: &[bool], photo: &Picture, hidden: &Picture, segments: &Segmentation) -> Picture {
        let mut mixed = photo.clone();
        for (at, &label) in segments.labels.iter().enumerate() {
            if !mask[label as usize] {
                mixed.pixels[at * 3..][..3].copy_from_slice(&hidden.pixels[at * 3..][..3]);
            }
        }
        mixed
    }

    #[test]
    fn batches_equal_pictures_composed_one_by_one() {
        let ((photo, segments), preprocessing) = (photo(), preprocessing());
        let hidden = mean_coloured(&photo, &segments);
        let both = (&photo, &hidden);
        let perturbed = Perturbed::new(both, &segments, &preprocessing, Device::Cpu).unwrap();
        let masks = Masks::every(3);
        let rows: Vec<_> = masks.rows().collect();
        let composed: Vec<_> = rows
            .iter()
            .map(|row| naive(row, &photo, &hidden, &segments))
            .collect();
        let expected = preprocessing.tensor(&composed.iter().collect::<Vec<_>>(), Device::Cpu);
        assert_eq!(perturbed.batch(&rows).unwrap(), expected);
    }

    #[test]
    fn the_batch_changes_nothing_and_equal_masks_run_once() {
        let ((photo, segments), preprocessing) = (photo(), preprocessing());
        let hidden = Picture::filled(3, 2, [0, 0, 0]);
        let both = (&photo, &hidden);
        let perturbed = Perturbed::new(both, &segments, &preprocessing, Device::Cpu).unwrap();
        let masks = Masks::random(40, 3, 0);
        let distinct = Distinct::new(&masks);
        assert_eq!(distinct.pictures(), 8); // 40 draws of 8
        let run = std::cell::Cell::new(0);
        let scores = |input: &Tensor| {
            run.set(run.get() + input.size()[0]);
            Ok(input.f_flatten(1, 3)?.f_slice(1, 0, 4, 1)?)
        };
        let found = |batch| {
            run.set(0);
            let found = distinct
                .probabilities(&perturbed, 1, batch, (SOFTMAX, &scores), &|_| Ok(()))
                .unwrap();
            assert_eq!((found.len(), run.get()), (40, 8));
            found
        };
        assert_eq!(found(1), found(50));
        assert_eq!(found(3), found(8));
        assert!(
            distinct
                .probabilities(&perturbed, 4, 8, (SOFTMAX, &scores), &|_| Ok(()))
                .is_err()
        );
    }
}
