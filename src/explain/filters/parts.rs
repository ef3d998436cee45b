//! The ascent of pictures of which the network sees random parts, whose magnitudes are those of photos (MaCo).

use std::cell::RefCell;

use tch::{Kind, Tensor};

use super::super::optimise::crops::{Cropping, Crops};
use super::super::optimise::maco::{Maco, Magnitude};
use super::super::optimise::nadam::NAdam;
use super::super::optimise::pixels::PixelScale;
use super::super::optimise::transforms::Transforms;
use super::super::optimise::{Ascent, Watcher, ascend};
use super::super::seed::Numbers;
use super::super::{ExplainError, Inputs, Passes, Photo};
use super::ENTRY;
use super::measure::{Measure, Seen};
use crate::model;

/// Above this share of all pixels a pixel is fully opaque, the authors'.
const OPAQUE_FROM: f64 = 0.8;

pub(super) struct Parts {
    pub(super) maco: Maco,
    scale: PixelScale,
    crops: Crops,
    cropping: RefCell<Cropping>,
    moves: RefCell<Option<(Transforms, Numbers)>>,
}

impl Parts {
    pub(super) fn new(
        passes: &Passes,
        size: (usize, usize),
        (crops, transforms): (Crops, Option<Transforms>),
    ) -> Result<Self, ExplainError> {
        let inputs = &passes.inputs;
        let device = passes.model.device();
        let scale = PixelScale::new(inputs.preprocessing, device)?;
        let photos = in_order(inputs).into_iter();
        let photos = photos.map(|photo| Ok(scale.pixels(&passes.input(photo)?)?));
        let photos = photos.collect::<Result<Vec<Tensor>, ExplainError>>()?;
        let channels = inputs.preprocessing.channels;
        let magnitude = Magnitude::of(&Tensor::f_cat(&photos, 0)?, channels)?;
        // Parts, noise and moves do not depend on the objective.
        let numbers = |what| Numbers::new(inputs.seed, ENTRY.name, what);
        let seen = inputs.preprocessing.resize.output_px();
        let cropping = Cropping::new(crops, channels.count(), seen, numbers("crops"))?;
        Ok(Self {
            maco: Maco::new(&magnitude, size, Kind::Float, device)?,
            scale,
            crops,
            cropping: RefCell::new(cropping),
            moves: RefCell::new(transforms.map(|moves| (moves, numbers("transforms")))),
        })
    }

    /// The ascent, its normalised pictures [N, C, H, W] and how much each of their pixels mattered.
    pub(super) fn ascend(
        &self,
        start: &Tensor,
        steps: usize,
        descent: &mut NAdam,
        measure: &Measure,
        watch: &mut Watcher,
    ) -> Result<(Ascent, Tensor, Option<Tensor>), ExplainError> {
        let mut mattered: Option<Tensor> = None;
        let mut objective = |phases: &Tensor| {
            let pixels = self.maco.pixels(phases)?;
            let wants_gradient = phases.requires_grad();
            let leaf = pixels.f_detach()?.f_set_requires_grad(wants_gradient)?;
            let values = self.mean_of_parts(&leaf, measure)?;
            if !wants_gradient {
                return Ok(values);
            }
            let slope = model::gradient(&values.f_sum(None::<Kind>)?, &leaf)?;
            let size = slope.f_abs()?.f_mean_dim(1_i64, true, None)?;
            mattered = Some(match mattered.take() {
                Some(sum) => sum.f_add(&size)?,
                None => size,
            });
            // The same values, with the gradient of the pixels handed on to the phases.
            let handed_on = pixels.f_mul(&slope)?.f_flatten(1, -1)?;
            let handed_on = handed_on.f_sum_dim_intlist(1_i64, false, None)?;
            let values = values.f_detach()?;
            Ok(values.f_add(&handed_on.f_sub(&handed_on.f_detach()?)?)?)
        };
        let ascent = ascend(start, steps, descent, &mut objective, watch)?;
        let pictures = || self.scale.normalise(&self.maco.pixels(&ascent.variable)?);
        let pictures = tch::no_grad(pictures)?;
        let opacity = mattered.map(|sum| opacity(&sum)).transpose()?;
        Ok((ascent, pictures, opacity))
    }

    /// What the pictures give in the mean over random parts of them, [N].
    fn mean_of_parts(&self, pixels: &Tensor, measure: &Measure) -> Result<Tensor, ExplainError> {
        let mut moves = self.moves.borrow_mut();
        let moved = match moves.as_mut() {
            Some((transforms, numbers)) => transforms.apply(pixels, numbers)?,
            None => pixels.shallow_clone(),
        };
        let before = measure.seen.borrow().len();
        let mut sum: Option<Tensor> = None;
        for _ in 0..self.crops.count {
            let part = self.cropping.borrow_mut().next(&moved)?;
            let values = measure.of(&self.scale.normalise(&part)?)?;
            sum = Some(match sum {
                Some(sum) => sum.f_add(&values)?,
                None => values,
            });
        }
        measure.seen.replace_with(|seen| {
            let of_parts = seen.split_off(before.min(seen.len()));
            seen.extend(Seen::mean(&of_parts));
            std::mem::take(seen)
        });
        let sum = sum.ok_or_else(|| ExplainError::Failed("no crop was drawn".to_owned()))?;
        Ok(sum.f_div_scalar(self.crops.count as f64)?)
    }
}

/// The photos of the magnitudes, by what their files hold: their order in the figure changes no bit.
pub(super) fn in_order<'a>(inputs: &Inputs<'a>) -> Vec<&'a Photo> {
    let mut photos: Vec<&Photo> = inputs.photos.iter().map(AsRef::as_ref).collect();
    photos.sort_by_key(|photo| (&photo.digest, &photo.tensor_name));
    photos
}

/// [N, 1, H, W] from 0 to 1: linear up to the value below which [`OPAQUE_FROM`] of the picture's pixels lie.
fn opacity(mattered: &Tensor) -> Result<Tensor, tch::TchError> {
    let flat = mattered.f_flatten(1, -1)?;
    let opaque = flat.f_quantile_scalar(OPAQUE_FROM, 1_i64, true, "linear")?;
    let opaque = opaque
        .f_clamp_min(f64::MIN_POSITIVE)?
        .f_view([-1, 1, 1, 1])?;
    mattered.f_div(&opaque)?.f_clamp(0.0, 1.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// 0, 1, …, 10: eight tenths of the way is 8.
    #[test]
    fn opacity_by_hand() {
        let mattered = Tensor::arange(11, (Kind::Double, tch::Device::Cpu)).view([1, 1, 1, 11]);
        let found = opacity(&mattered).unwrap();
        for (at, expected) in [(0, 0.0), (4, 0.5), (8, 1.0), (10, 1.0)] {
            assert!((found.double_value(&[0, 0, 0, at]) - expected).abs() < 1e-12);
        }
    }
}
