//! Gradient ascent on pictures: the loop, the rules of descent, three ways to parameterise a picture.

pub mod adam;
pub mod crops;
pub mod fourier;
pub mod maco;
pub mod nadam;
pub mod octaves;
pub mod pixels;
pub mod sgd;
pub mod transforms;

use std::ops::ControlFlow;

use tch::{Kind, TchError, Tensor};

use super::{ExplainError, numbers};
use crate::model::{self, Model, ModelError, NodeId};

/// Maps the variable [N, …] to one number an item, [N].
pub type Objective<'a> = dyn FnMut(&Tensor) -> Result<Tensor, ExplainError> + 'a;

/// Called after step k, from 1, with the variable; may stop the ascent.
pub type Watcher<'a> = dyn FnMut(usize, &Tensor) -> Result<ControlFlow<()>, ExplainError> + 'a;

/// A rule that lowers a function: the next variable from this one and the gradient there.
/// Open axis: a new rule is a new file with a struct.
pub trait Descent {
    fn step(&mut self, variable: &Tensor, gradient: &Tensor) -> Result<Tensor, TchError>;
}

/// What an ascent gave.
#[derive(Debug)]
pub struct Ascent {
    /// The variable after the last step, [N, …].
    pub variable: Tensor,
    /// `objectives[item][k]` is the objective after k steps; one more than there were steps.
    pub objectives: Vec<Vec<f64>>,
    /// Of each item: the step from which on no gradient reached it any more, until the end.
    pub zero_gradient_since: Vec<Option<usize>>,
}

impl Ascent {
    /// Whether the item ended at zero without a gradient: its ReLU gives zero everywhere.
    pub fn is_dead(&self, item: usize) -> bool {
        let last = self.objectives[item].last().copied().unwrap_or(0.0);
        self.zero_gradient_since[item].is_some() && last <= 0.0
    }
}

/// The output of `node`, with the nodes of `bypass` handing their input through; its maps [N, K, h, w] where it
/// has some in another order.
pub fn record_one(
    model: &Model,
    input: &Tensor,
    node: NodeId,
    bypass: &[NodeId],
) -> Result<Tensor, ModelError> {
    let mut outputs = model.record(input, &[node], bypass)?;
    // `record` gives one output a node; an empty answer would be a defect of the model.
    let output = outputs
        .pop()
        .expect("record gives one tensor for each of the nodes asked for");
    model.maps_of(node, &output)
}

/// The mean of filter `filters[i]` over picture i's own map, [N], of a layer's output [N, K, h, w].
pub fn filter_means(output: &Tensor, filters: &[usize]) -> Result<Tensor, TchError> {
    let mean = |(item, &filter): (usize, &usize)| {
        output
            .f_get(item as i64)?
            .f_get(filter as i64)?
            .f_mean(None)
    };
    Tensor::f_stack(
        &filters
            .iter()
            .enumerate()
            .map(mean)
            .collect::<Result<Vec<_>, _>>()?,
        0,
    )
}

/// The objective of each item, and the gradient of their sum with respect to `variable`.
pub fn values_and_gradient(
    variable: &Tensor,
    objective: &mut Objective,
) -> Result<(Vec<f64>, Tensor), ExplainError> {
    let leaf = variable.f_detach()?.f_set_requires_grad(true)?;
    let values = objective(&leaf)?;
    let gradient = model::gradient(&values.f_sum(None)?, &leaf)?;
    Ok((numbers::precise_values(&values)?, gradient))
}

/// Raises the objective of every item of a batch at once.
///
/// `objective` maps the variable [N, …] to one number an item, [N]. The items do not act on each
/// other: the gradient of the sum is every item's own, and `descent` works element by element, so a
/// batch gives what separate runs give. `after_step(k, variable)` is called after step k, from 1,
/// and may stop the ascent.
pub fn ascend(
    start: &Tensor,
    steps: usize,
    descent: &mut dyn Descent,
    objective: &mut Objective,
    after_step: &mut Watcher,
) -> Result<Ascent, ExplainError> {
    let items = start.size().first().map_or(0, |&count| count as usize);
    let mut variable = start.f_detach()?;
    let mut objectives = vec![Vec::with_capacity(steps + 1); items];
    let mut zero_gradient_since = vec![None; items];
    for step in 0..steps {
        let (values, gradient) = values_and_gradient(&variable, objective)?;
        for (item, has_gradient) in has_gradient(&gradient)?.into_iter().enumerate() {
            objectives[item].push(values[item]);
            zero_gradient_since[item] = if has_gradient {
                None
            } else {
                zero_gradient_since[item].or(Some(step))
            };
        }
        variable = tch::no_grad(|| descent.step(&variable, &gradient.f_neg()?))?;
        if after_step(step + 1, &variable)?.is_break() {
            break;
        }
    }
    let last = tch::no_grad(|| objective(&variable))?;
    for (item, value) in numbers::precise_values(&last)?.into_iter().enumerate() {
        objectives[item].push(value);
    }
    Ok(Ascent {
        variable,
        objectives,
        zero_gradient_since,
    })
}

/// Of each item of [N, …]: whether any number of it is not zero.
fn has_gradient(gradient: &Tensor) -> Result<Vec<bool>, ExplainError> {
    let largest = gradient
        .f_abs()?
        .f_flatten(1, -1)?
        .f_amax([1].as_slice(), false)?;
    Ok(numbers::values(&largest)?
        .into_iter()
        .map(|value| value != 0.0)
        .collect())
}

/// Whether every number of the tensor is finite.
pub fn is_finite(tensor: &Tensor) -> Result<bool, ExplainError> {
    let all = tensor.f_isfinite()?.f_all()?.f_to_kind(Kind::Int64)?;
    Ok(all.f_int64_value(&[])? != 0)
}

/// For ascents that are not watched.
pub fn unwatched(_: usize, _: &Tensor) -> Result<ControlFlow<()>, ExplainError> {
    Ok(ControlFlow::Continue(()))
}

#[cfg(test)]
mod tests;
