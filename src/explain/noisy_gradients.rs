//! Gradients at noisy copies of a photo, which SmoothGrad and VarGrad share.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::collections::btree_map::Entry;
use std::ops::Range;

use tch::Tensor;

use super::class_maps::{self, Step};
use super::moments::Moments;
use super::sampled_mean::{Count, Samples};
use super::seed::Numbers;
use super::target_name::Wanted;
use super::{ExplainError, Passes, Photo};
use crate::model::{BatchSize, Frozen, in_lanes};
use crate::results::{Attributions, Meaning, Sampling, Scalar};

/// Gradients run one by one on a CPU: more at once are no faster there and keep every layer's output in memory.
const FASTEST_BATCH_ON_CPU: usize = 1;

/// The noise of each copy of a photo, drawn from the photo's own stream of the method: normal, with a standard
/// deviation of `share` of largest minus smallest number of `input`.
pub fn draws(
    (method, passes, photo): (&str, &Passes, &Photo),
    share: f64,
    input: &Tensor,
) -> Result<impl FnMut() -> Result<Tensor, ExplainError> + use<>, ExplainError> {
    let range = input.f_max()?.f_sub(&input.f_min()?)?;
    let deviation = share * range.f_double_value(&[])?;
    let (shape, length) = (input.size(), input.numel());
    let mut numbers = Numbers::new(passes.inputs.seed, method, &photo.id);
    Ok(move || {
        let one = |_| (deviation * numbers.normal()) as f32;
        let values: Vec<f32> = (0..length).map(one).collect();
        Ok(Tensor::f_from_slice(&values)?.f_view(shape.as_slice())?)
    })
}

/// Samples between two looks at the error.
const ROUND: usize = 32;

/// The most noisy copies with `samples: auto`, where the spec does not say it.
pub const MOST_SAMPLES: usize = 1000;

/// How many noisy copies.
pub fn count<const LEAST: usize, const MOST: usize>(
    samples: Samples<LEAST, MOST>,
    most: Option<usize>,
    tolerance: Option<f64>,
) -> Count {
    samples.count((most, MOST_SAMPLES), tolerance, ROUND)
}

/// What of the gradients becomes the map.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Statistic {
    Mean,
    Variance,
}

/// The map of a photo: a statistic of `of(gradient of a number of the scores)` over copies of it with noise, with its
/// standard error.
pub fn map(
    (method, passes, photo): (&str, &Passes, &Photo),
    class: &Wanted,
    (share, count): (f64, Count),
    statistic: (&dyn Fn(f64) -> f64, Statistic),
    step: Step,
) -> Result<Attributions, ExplainError> {
    let input = passes.input(photo)?;
    let (_, target) = class_maps::at_photo(passes, &input, class)?;
    let mut draw = draws((method, passes, photo), share, &input)?;
    let on = (passes, &input, &target.scalar);
    let (values, sampling) = sampled(on, count, &mut draw, statistic, step)?;
    let values = class_maps::as_volume(&values, &input)?;
    Ok(Attributions {
        sampling: Some(sampling),
        ..class_maps::over_input(target, Meaning::Sensitivity, &values, None)?
    })
}

/// A statistic of `of(gradient of a number of the scores)` over copies of `input` [1, C, H, W], each with the noise
/// that `draw` gives, with its standard error.
pub fn sampled(
    (passes, input, scalar): (&Passes, &Tensor, &Scalar),
    count: Count,
    draw: &mut dyn FnMut() -> Result<Tensor, ExplainError>,
    (of, statistic): (&dyn Fn(f64) -> f64, Statistic),
    step: Step,
) -> Result<(Vec<f64>, Sampling), ExplainError> {
    let mut moments = match statistic {
        Statistic::Mean => Moments::new(input.numel()),
        Statistic::Variance => Moments::with_error_of_variance(input.numel()),
    };
    let model = passes.model;
    let spread = model.spread(BatchSize::AUTO, FASTEST_BATCH_ON_CPU)?;
    let frozen = Frozen::from(input.shallow_clone());
    let compute = |noise: Vec<Tensor>| {
        let noise = Tensor::f_cat(&noise, 0)?.f_to(frozen.device())?;
        let (gradients, _) = class_maps::at_inputs(model, &frozen.f_add(&noise)?, scalar)?;
        Ok::<_, ExplainError>(gradients)
    };
    let take = |moments: &mut Moments, samples: Range<usize>| {
        // A batch that does not fit into memory is run again in halves: what was drawn is kept until it was used.
        let drawn = RefCell::new(BTreeMap::<usize, Tensor>::new());
        let mut noise = |range: Range<usize>| {
            let mut drawn = drawn.borrow_mut();
            let one = |index| match drawn.entry(index) {
                Entry::Occupied(known) => Ok(known.get().shallow_clone()),
                Entry::Vacant(place) => Ok(place.insert(draw()?).shallow_clone()),
            };
            range.map(one).collect::<Result<Vec<_>, ExplainError>>()
        };
        let mut keep = |range: Range<usize>, gradients: Vec<Vec<f64>>| {
            for gradient in gradients {
                moments.add(gradient.into_iter().map(of));
            }
            range.clone().for_each(|index| {
                drawn.borrow_mut().remove(&index);
            });
            step(samples.start + range.end)
        };
        in_lanes(samples.len(), spread, &mut noise, &compute, &mut keep)
    };
    let estimate = |moments: &Moments| match statistic {
        Statistic::Mean => (moments.mean().to_vec(), moments.standard_errors_of_mean()),
        Statistic::Variance => (moments.variance(), moments.standard_errors_of_variance()),
    };
    count.sample(&mut moments, take, estimate)
}
