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

use super::randomisation::{Drawn, correlation_with, draw, no_weights};
use super::{GoOn, Judged};
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
    let layers = passes.model.weights_from_last();
    let (mut drawn, mut done) = (Drawn::new(), 0);
    let mut steps = Vec::new();
    for end in ends(layers.len()) {
        for layer in &layers[done..end] {
            draw(passes, layer, &mut drawn)?;
        }
        done = end;
        let name = layers[end - 1].first().map_or("", |(name, _)| *name);
        steps.push(CascadeStep {
            weights: name.to_owned(),
            layers: end,
            correlation: correlation_with(passes, judged, target, &drawn, go_on)?,
        });
    }
    match steps.is_empty() {
        true => Err(no_weights()),
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
