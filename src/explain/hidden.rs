//! Scores of a photo of which parts are hidden, for methods that ask what is lost without them.

use tch::Tensor;

use super::class_maps::Step;
use super::{ExplainError, Passes, numbers};
use crate::model::{BatchSize, in_batches};
use crate::results::Scalar;

/// Photos with hidden parts a batch: as LIME's perturbed ones.
const FASTEST_BATCH_ON_CPU: usize = 8;

/// The score and probability of a number of the scores for each of `count` inputs [1, C, H, W] that `input` gives, in the report's
/// precision.
pub fn scores(
    passes: &Passes,
    scalar: &Scalar,
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
        let probabilities = numbers::probabilities(&scores, model.activation())?;
        let (_, classes) = scores.size2()?;
        let scores = numbers::precise_values(&scores)?;
        let rows = scores.chunks(classes.max(1) as usize).zip(&probabilities);
        let pairs =
            rows.map(|(scores, row)| Some((scalar.combined(scores)?, scalar.combined(row)?)));
        let pairs = pairs.collect::<Option<Vec<_>>>().ok_or_else(|| {
            ExplainError::Failed("the network gives no score for a class".to_owned())
        })?;
        step(found.len() + pairs.len())?;
        found.extend(pairs);
        Ok::<(), ExplainError>(())
    })?;
    Ok(found)
}
