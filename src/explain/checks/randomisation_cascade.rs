//! From which layer on does the map depend on what the network has learned?
//!
//! The weights of the last layer are drawn anew, then those of the layer before it too, and so on back to the first; after
//! each step the method runs again for the same number, and the sizes of both maps are correlated by rank, place by
//! place (Adebayo et al. 2018, section 4.1, "cascading randomization"). The first step is the check `randomisation`.
//!
//! **Weights**, **layers** see `randomisation`: every node that reads a parameter of two dimensions or more is a layer; the
//! scales of batch norms stay. The layers stand in the order in which the graph lists them, which branches share.
//! **Differs from the paper** as `randomisation` does; of more than 12 layers several are drawn anew in a step.
//! **Cost** the method's own, up to 12 times.
//! **Errors** those of the method, also on a network of random weights; a network without such a layer.
//! **Paper** Adebayo, Gilmer, Muelly, Goodfellow, Hardt, Kim: "Sanity Checks for Saliency Maps", NeurIPS 2018.

use std::collections::BTreeMap;

use super::randomisation::{anew, same_photo, sizes};
use super::ranks::correlation;
use super::{GoOn, Judged, repeated};
use crate::explain::{ExplainError, Passes};
use crate::results::{CascadeStep, Fidelity, ScalarTarget};

/// Maps that are computed, at most.
const MOST_STEPS: usize = 12;

pub(super) fn run(
    passes: &Passes,
    judged: &Judged,
    target: &ScalarTarget,
    go_on: GoOn,
) -> Result<Fidelity, ExplainError> {
    let method = judged.of_photo(&passes.inputs, &target.scalar)?;
    let photo = same_photo(passes, judged)?;
    let layers = passes.model.weights_from_last();
    let learned = sizes(judged.found);
    let (mut drawn, mut done) = (BTreeMap::new(), 0);
    let mut steps = Vec::new();
    for end in ends(layers.len()) {
        for (name, tensor) in layers[done..end].iter().flatten() {
            drawn.insert((*name).to_owned(), anew(passes, name, tensor)?);
        }
        done = end;
        let weights = drawn.iter();
        let weights = weights.map(|(name, tensor)| (name.clone(), tensor.shallow_clone()));
        let model = passes.model.with_weights(weights.collect())?;
        let photo = std::sync::Arc::clone(&photo);
        let found = repeated::found(method.as_ref(), (&model, passes.inputs), photo, go_on)?;
        let name = layers[end - 1].first().map_or("", |(name, _)| *name);
        steps.push(CascadeStep {
            weights: name.to_owned(),
            layers: end,
            correlation: correlation(&learned, &sizes(&found)),
        });
    }
    match steps.is_empty() {
        true => Err(ExplainError::Failed(
            "no layer of the network has weights that could be drawn anew".to_owned(),
        )),
        false => Ok(Fidelity::RandomisationCascade { steps }),
    }
}

/// How many layers are random after each step: the last one first, all of them in the end.
fn ends(layers: usize) -> Vec<usize> {
    match layers {
        0 => Vec::new(),
        few if few <= MOST_STEPS => (1..=few).collect(),
        many => (0..MOST_STEPS)
            .map(|step| 1 + step * (many - 1) / (MOST_STEPS - 1))
            .collect(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn steps_begin_with_the_last_layer_and_end_with_all() {
        assert_eq!(ends(0), [0; 0]);
        assert_eq!(ends(3), [1, 2, 3]);
        let many = ends(53);
        assert_eq!((many.len(), many[0], many[11]), (12, 1, 53));
        assert!(many.windows(2).all(|pair| pair[0] < pair[1]));
    }
}
