//! The weights of an attention while it runs: who sees them may put others in their place.

use tch::{TchError, Tensor as T};

use super::Result;

/// Is given the weights A [.., queries, keys] and may put others in their place.
pub type SeeWeights<'a> = &'a mut dyn FnMut(&T) -> std::result::Result<Option<T>, TchError>;

/// For a run that only computes.
pub fn unseen(_: &T) -> std::result::Result<Option<T>, TchError> {
    Ok(None)
}

/// The weights, or those that were put in their place.
pub fn changed(weights: T, see: SeeWeights) -> Result<T> {
    Ok(see(&weights)?.unwrap_or(weights))
}
