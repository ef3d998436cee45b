//! Gradients at noisy copies of a photo, which SmoothGrad and VarGrad share.

use tch::Tensor;

use super::moments::Moments;
use super::of_class::{self, Step};
use super::seed::Numbers;
use super::{ExplainError, Passes, Photo};
use crate::model::{BatchSize, in_batches};

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

/// Moments of `of(gradient of the class's score)` over `samples` copies of `input` [1, C, H, W], each with the
/// noise that `draw` gives.
pub fn moments(
    (passes, input, class): (&Passes, &Tensor, usize),
    samples: usize,
    draw: &mut dyn FnMut() -> Result<Tensor, ExplainError>,
    of: &dyn Fn(f64) -> f64,
    step: Step,
) -> Result<Moments, ExplainError> {
    let mut moments = Moments::new(input.numel());
    let batch = passes
        .model
        .batch_size(BatchSize::AUTO, FASTEST_BATCH_ON_CPU)?;
    // A batch that does not fit into memory is run again in halves: what was drawn for it is kept.
    let mut drawn: Vec<Tensor> = Vec::new();
    in_batches(samples, batch, |range| {
        while drawn.len() < range.len() {
            drawn.push(draw()?);
        }
        let noise = Tensor::f_cat(&drawn[..range.len()], 0)?.f_to(input.device())?;
        let (gradients, _) = of_class::at_inputs(passes, &input.f_add(&noise)?, class)?;
        for gradient in gradients {
            moments.add(gradient.into_iter().map(of));
        }
        drawn.drain(..range.len());
        step(range.end)
    })?;
    Ok(moments)
}
