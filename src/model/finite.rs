//! Scores that are not finite, and the node where that begins.

use tch::{Kind, TchError, Tensor};

use super::error::ModelError;
use super::graph::NodeId;
use super::network::Model;
use super::run::Program;

impl Model {
    /// An error that names the first node of numbers that are not finite, where the scores of `input` are not.
    /// A score of −∞ is a probability of 0.
    pub(super) fn check_finite(&self, input: &Tensor, scores: &Tensor) -> Result<(), ModelError> {
        if all_finite_or_negative(scores)? {
            return Ok(());
        }
        let first = match first_not_finite(&self.program, &input.f_detach()?)? {
            Some(node) => {
                let place = self.program.graph().nodes[node.0].place();
                format!("the first that are not come from {place}")
            }
            None => "only in company or in the precision of the report".to_owned(),
        };
        Err(ModelError::ScoresNotFinite { first })
    }
}

/// The first node that gives NaN or +∞; else the first that gives −∞, which masks of attention hold rightly.
pub(super) fn first_not_finite(
    program: &Program,
    input: &Tensor,
) -> Result<Option<NodeId>, ModelError> {
    let (mut first, mut negative) = (None, None);
    program.observe(input, &mut |node, output| {
        if first.is_some() || all_finite(output)? {
            return Ok(());
        }
        match all_finite_or_negative(output)? {
            true => negative = negative.or(Some(node)),
            false => first = Some(node),
        }
        Ok(())
    })?;
    Ok(first.or(negative))
}

/// Whether every number is finite or −∞.
pub(super) fn all_finite_or_negative(tensor: &Tensor) -> Result<bool, TchError> {
    let right = tensor.f_isneginf()?.f_logical_or(&tensor.f_isfinite()?)?;
    holds(&right)
}

pub(super) fn all_finite(tensor: &Tensor) -> Result<bool, TchError> {
    holds(&tensor.f_isfinite()?)
}

/// Whether a tensor of truth values is true throughout.
fn holds(truths: &Tensor) -> Result<bool, TchError> {
    Ok(truths.f_all()?.f_to_kind(Kind::Int64)?.f_int64_value(&[])? != 0)
}
