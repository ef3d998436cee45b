//! Scores of a photo of which parts are hidden, for methods that ask what is lost without them.

use tch::Tensor;

use super::class_maps::Step;
use super::{ExplainError, Passes, numbers};
use crate::model::{BatchSize, in_batches};
use crate::results::{Explained, Scalar, ScalarTarget};

/// Photos with hidden parts a batch: as LIME's perturbed ones.
const FASTEST_BATCH_ON_CPU: usize = 8;

/// A number of the scores, or of the probabilities as it says, for each of `count` inputs [1, C, H, W] that `input` gives,
/// in the report's precision.
pub fn values(
    passes: &Passes,
    scalar: &Scalar,
    count: usize,
    input: &mut dyn FnMut(usize) -> Result<Tensor, ExplainError>,
    step: Step,
) -> Result<Vec<f64>, ExplainError> {
    let _no_gradient = tch::no_grad_guard();
    let model = passes.model;
    let batch = model.batch_size(BatchSize::AUTO, FASTEST_BATCH_ON_CPU)?;
    let mut found = Vec::with_capacity(count);
    in_batches(count, batch, |range| {
        let inputs = range.map(&mut *input).collect::<Result<Vec<_>, _>>()?;
        let scores = model.scores(&Tensor::f_cat(&inputs, 0)?)?;
        let rows = match scalar.of {
            Explained::Score => numbers::rows(&scores)?,
            Explained::Probability => numbers::probabilities(&scores, model.activation())?,
        };
        let values = rows.iter().map(|row| scalar.combined(row));
        let values = values.collect::<Option<Vec<_>>>().ok_or_else(|| {
            ExplainError::Failed("the network gives no score for a class".to_owned())
        })?;
        step(found.len() + values.len())?;
        found.extend(values);
        Ok::<(), ExplainError>(())
    })?;
    Ok(found)
}

/// By how much that number is less than `whole`, the one of the whole photo, for each of the inputs.
pub fn losses(
    passes: &Passes,
    whole: &ScalarTarget,
    count: usize,
    input: &mut dyn FnMut(usize) -> Result<Tensor, ExplainError>,
    step: Step,
) -> Result<Vec<f64>, ExplainError> {
    let left = values(passes, &whole.scalar, count, input, step)?;
    Ok(left.into_iter().map(|left| whole.value() - left).collect())
}
