//! From which tokens the scores are read: those whose row of the last attention's weights has a gradient.

use std::cell::RefCell;

use tch::{Kind, Tensor};

use crate::model::attention::{Attention, record};
use crate::model::error::ModelError;
use crate::model::gradient::{Again, gradients};
use crate::model::graph::NodeId;
use crate::model::run::Program;

/// The shape of every layer's weights.
pub fn sizes(
    program: &Program,
    layers: &[Attention],
    input: &Tensor,
    scores: NodeId,
) -> Result<Vec<Vec<i64>>, ModelError> {
    let _no_gradient = tch::no_grad_guard();
    let mut sizes: Vec<Vec<i64>> = vec![Vec::new(); layers.len()];
    let mut see = |node: NodeId, _: &Tensor, weights: &Tensor| {
        if let Some(at) = layers.iter().position(|layer| layer.weights == node) {
            sizes[at] = weights.size();
        }
        Ok(None)
    };
    record(program, layers, input, &[scores], &mut see)?;
    Ok(sizes)
}

/// The tokens whose output in the last layer changes the scores.
pub fn read_out(
    program: &Program,
    layers: &[Attention],
    input: &Tensor,
    scores: NodeId,
) -> Result<Vec<i64>, ModelError> {
    let last = RefCell::new(None);
    let mut see = |node: NodeId, _: &Tensor, weights: &Tensor| {
        if layers.last().is_none_or(|layer| layer.weights != node) {
            return Ok(None);
        }
        let leaf = weights.f_detach()?.f_set_requires_grad(true)?;
        *last.borrow_mut() = Some(leaf.shallow_clone());
        Ok(Some(leaf))
    };
    let input = input.f_detach()?;
    let found = tch::with_grad(|| {
        let output = record(program, layers, &input, &[scores], &mut see)?.remove(0);
        // Weights that differ, for a softmax sums to 1 and a norm to 0.
        let places = Tensor::f_arange(output.numel() as i64, (Kind::Float, output.device()))?;
        let weights = places.f_add_scalar(1.0)?.f_multiply_scalar(1.7)?.f_sin()?;
        let score = output
            .f_reshape([-1])?
            .f_to_kind(Kind::Float)?
            .f_dot(&weights)?;
        let of: Option<Tensor> = last.take();
        gradients(&score, &of.iter().collect::<Vec<_>>(), Again::No)
    })?;
    match found.into_iter().next().flatten() {
        Some(gradient) => rows(&gradient),
        None => Ok(Vec::new()),
    }
}

/// The rows of [.., queries, keys] that are not zero throughout.
fn rows(gradient: &Tensor) -> Result<Vec<i64>, ModelError> {
    let Some([queries, keys]) = gradient.size().last_chunk::<2>().copied() else {
        return Ok(Vec::new());
    };
    let sizes = gradient
        .f_abs()?
        .f_reshape([-1, queries, keys])?
        .f_amax([0_i64, 2], false)?
        .f_to(tch::Device::Cpu)?
        .f_to_kind(Kind::Double)?;
    let sizes = Vec::<f64>::try_from(&sizes)?;
    let read = (0..queries).zip(sizes).filter(|(_, size)| *size > 0.0);
    Ok(read.map(|(row, _)| row).collect())
}
