//! Scores of a photo of which parts are hidden, for methods that ask what is lost without them.

use tch::Tensor;

use super::of_class::Step;
use super::{ExplainError, Passes, numbers};
use crate::model::{BatchSize, in_batches};

/// Photos with hidden parts a batch: as LIME's perturbed ones.
const FASTEST_BATCH_ON_CPU: usize = 8;

/// The score and probability of `class` for each of `count` inputs [1, C, H, W] that `input` gives, in the report's
/// precision.
pub fn scores(
    passes: &Passes,
    class: usize,
    count: usize,
    input: &mut dyn FnMut(usize) -> Result<Tensor, ExplainError>,
    step: Step,
) -> Result<Vec<(f64, f64)>, ExplainError> {
    let _no_gradient = tch::no_grad_guard();
    let model = passes.model;
    let batch = model.batch_size(BatchSize::AUTO, FASTEST_BATCH_ON_CPU)?;
    let mut found = Vec::with_capacity(count);
    in_batches(count, batch, |range| {
        let inputs = range.map(&mut *input).collect::<Result<Vec<_>, _>>()?;
        let scores = model.scores(&Tensor::f_cat(&inputs, 0)?)?;
        let of_class = numbers::precise_values(&scores.f_select(1, class as i64)?)?;
        let probabilities = numbers::probabilities(&scores, model.activation())?;
        step(found.len() + of_class.len())?;
        let pairs = of_class.into_iter().zip(probabilities);
        found.extend(pairs.map(|(score, row)| (score, row[class])));
        Ok::<(), ExplainError>(())
    })?;
    Ok(found)
}
