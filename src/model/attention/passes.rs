//! Passes that look at the weights of attention.

use std::cell::RefCell;

use tch::{TchError, Tensor};

use super::{Attention, Form};
use crate::model::error::ModelError;
use crate::model::gradient::{Again, gradients};
use crate::model::graph::NodeId;
use crate::model::network::Model;
use crate::model::run::Program;
use crate::model::run::pass::Change;

/// The weights of one attention for one photo.
pub struct Attended {
    /// A \[heads, queries, keys\], rows sum to 1.
    pub weights: Tensor,
    /// G = ∂ score / ∂ A, of the same shape.
    pub gradient: Tensor,
}

/// The outputs of `nodes`; `change` is given the weights of every attention [.., queries, keys], as often as it is
/// run, and may put others in their place.
pub fn record(
    program: &Program,
    layers: &[Attention],
    input: &Tensor,
    nodes: &[NodeId],
    change: Change<'_>,
) -> Result<Vec<Tensor>, ModelError> {
    let of_form = |form: Form| -> Vec<NodeId> {
        let layers = layers.iter().filter(|layer| layer.form == form);
        layers.map(|layer| layer.weights).collect()
    };
    let (written_out, fused) = (of_form(Form::WrittenOut), of_form(Form::Fused));
    program.record_attended(input, nodes, (&written_out, &fused), change)
}

/// [.., queries, keys] of one photo as [heads, queries, keys].
fn of_one_photo(weights: &Tensor) -> Result<Tensor, TchError> {
    match weights.size().as_slice() {
        [.., queries, keys] => weights.f_reshape([-1, *queries, *keys]),
        _ => Ok(weights.shallow_clone()),
    }
}

/// A tensor whose gradient can be asked for, with the way back to where it comes from.
fn with_gradient(weights: &Tensor) -> Result<Tensor, TchError> {
    match weights.requires_grad() {
        true => weights.f_alias(),
        false => leaf(weights),
    }
}

fn leaf(tensor: &Tensor) -> Result<Tensor, TchError> {
    tensor.f_detach()?.f_set_requires_grad(true)
}

fn all<T>(found: Vec<Option<T>>, model: &Model) -> Result<Vec<T>, ModelError> {
    let found = found.into_iter().zip(&model.facts().attention.layers);
    let found = found.map(|(found, layer)| found.ok_or_else(|| model.not_run(layer)));
    found.collect()
}

impl Model {
    /// The weights A [heads, queries, keys] of every attention for one photo [1, C, H, W], in the order in which
    /// they run.
    pub fn attention(&self, input: &Tensor) -> Result<Vec<Tensor>, ModelError> {
        let layers = &self.facts.attention.layers;
        let mut found: Vec<Option<Tensor>> = layers.iter().map(|_| None).collect();
        let mut see = |node: NodeId, _: &Tensor, weights: &Tensor| {
            if let Some(at) = layers.iter().position(|layer| layer.weights == node) {
                found[at] = Some(of_one_photo(&weights.f_detach()?)?);
            }
            Ok(None)
        };
        let input = input.f_detach()?;
        record(
            &self.program,
            layers,
            &input,
            &[self.scores_node()],
            &mut see,
        )?;
        all(found, self)
    }

    /// The same with their gradients of `score(output of [`Model::scores_node`])`, one number. The gradient with
    /// respect to the weights of a layer holds what they do to those of the layers behind it.
    pub fn attention_gradients(
        &self,
        input: &Tensor,
        score: &dyn Fn(&Tensor) -> Tensor,
    ) -> Result<Vec<Attended>, ModelError> {
        let layers = &self.facts.attention.layers;
        let found: RefCell<Vec<Option<Tensor>>> =
            RefCell::new(layers.iter().map(|_| None).collect());
        let mut see = |node: NodeId, _: &Tensor, weights: &Tensor| {
            let passed = with_gradient(weights)?;
            if let Some(at) = layers.iter().position(|layer| layer.weights == node) {
                found.borrow_mut()[at] = Some(passed.shallow_clone());
            }
            Ok(Some(passed))
        };
        let input = input.f_detach()?;
        tch::with_grad(|| {
            let nodes = [self.scores_node()];
            let outputs = record(&self.program, layers, &input, &nodes, &mut see)?;
            let weights = all(found.take(), self)?;
            let of: Vec<&Tensor> = weights.iter().collect();
            let gradients = gradients(&score(&outputs[0]), &of, Again::No)?;
            weights.iter().zip(gradients).map(attended).collect()
        })
    }

    /// For each of the last `count` attentions, its weights with their gradients of a score of its own block: the
    /// rest of the network is run with the mean of the tokens that the block gives in the place of every token of the
    /// last block, and `score(output of [`Model::scores_node`])` of that is differentiated. An error where what a block
    /// gives is not one node.
    pub fn attention_gradients_of_blocks(
        &self,
        input: &Tensor,
        count: usize,
        score: &dyn Fn(&Tensor) -> Tensor,
    ) -> Result<Vec<Attended>, ModelError> {
        let layers = &self.facts.attention.layers;
        let chosen = &layers[layers.len().saturating_sub(count)..];
        let block = |layer: &Attention| {
            layer.block.ok_or_else(|| ModelError::NotOneTensor {
                node: layer.path.clone(),
            })
        };
        let blocks = chosen.iter().map(block).collect::<Result<Vec<_>, _>>()?;
        let leaves: RefCell<Vec<Option<Tensor>>> =
            RefCell::new(chosen.iter().map(|_| None).collect());
        let mut see = |node: NodeId, _: &Tensor, weights: &Tensor| {
            let Some(at) = chosen.iter().position(|layer| layer.weights == node) else {
                return Ok(None);
            };
            // Cut off from what is before it: a block's score is a matter of its own attention.
            let passed = leaf(weights)?;
            leaves.borrow_mut()[at] = Some(passed.shallow_clone());
            Ok(Some(passed))
        };
        let input = input.f_detach()?;
        tch::with_grad(|| {
            let outputs = record(&self.program, chosen, &input, &blocks, &mut see)?;
            let mut found = Vec::with_capacity(chosen.len());
            for ((layer, leaf), output) in chosen.iter().zip(leaves.take()).zip(&outputs) {
                let leaf = leaf.ok_or_else(|| self.not_run(layer))?;
                let tokens = output.size().iter().position(|size| *size == layer.keys);
                let mean = output.f_mean_dim(tokens.unwrap_or(1) as i64, true, None)?;
                let last = *blocks.last().unwrap_or(&self.scores_node());
                let everywhere = mean.f_expand_as(output)?;
                let scores = self.resume(&[(last, everywhere)], &[self.scores_node()])?;
                let gradient = gradients(&score(&scores[0]), &[&leaf], Again::Yes)?;
                found.push(attended((&leaf, gradient.into_iter().next().flatten()))?);
            }
            Ok(found)
        })
    }

    fn not_run(&self, layer: &Attention) -> ModelError {
        ModelError::NotDownstream {
            node: self.facts.output.scores_name.clone(),
            before: layer.path.clone(),
        }
    }
}

fn attended((weights, gradient): (&Tensor, Option<Tensor>)) -> Result<Attended, ModelError> {
    let weights = of_one_photo(&weights.f_detach()?)?;
    let gradient = match gradient {
        Some(gradient) => of_one_photo(&gradient)?,
        None => weights.f_zeros_like()?,
    };
    Ok(Attended { weights, gradient })
}
