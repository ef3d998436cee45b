//! Scores of a photo of which parts are hidden, for methods that ask what is lost without them.

use std::ops::Range;

use tch::Tensor;

use super::class_maps::Step;
use super::{ExplainError, Passes, numbers};
use crate::model::{BatchSize, in_lanes};
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
    let spread = model.spread(BatchSize::AUTO, FASTEST_BATCH_ON_CPU)?;
    let mut found = Vec::with_capacity(count);
    let mut take = |range: Range<usize>| range.map(&mut *input).collect::<Result<Vec<_>, _>>();
    let compute = |inputs: Vec<Tensor>| {
        let _no_gradient = tch::no_grad_guard();
        let scores = model.scores(&Tensor::f_cat(&inputs, 0)?)?;
        let rows = match scalar.of {
            Explained::Score => numbers::rows(&scores)?,
            Explained::Probability => numbers::probabilities(&scores, model.activation())?,
        };
        let values = rows.iter().map(|row| scalar.combined(row));
        values.collect::<Option<Vec<_>>>().ok_or_else(|| {
            ExplainError::Failed("the network gives no score for a class".to_owned())
        })
    };
    let mut keep = |_, values: Vec<f64>| {
        step(found.len() + values.len())?;
        found.extend(values);
        Ok::<(), ExplainError>(())
    };
    in_lanes(count, spread, &mut take, &compute, &mut keep)?;
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
