//! Which places of a layer speak for the class, at any depth of the network?
//!
//! L = Σₖ max(gₖ, 0) ⊙ Aₖ with g = ∂s_c / ∂A: each place has a weight of its own (Jiang et al. 2021, equations 4
//! and 5).
//!
//! **Input**, **Output**, layer: see `class_activation`.
//! **Differs from the paper** in nothing; the last ReLU is applied where the map is shown.
//! **Errors** numbers that are not finite.

use serde_json::{Map, Value};
use tch::Tensor;

use super::class_activation::layer::Rule;
use super::class_activation::{self, CELLS, Formula};
use super::target_name::Takes;
use super::{Entry, ExplainError, Photos, hires_cam, parameters};
use crate::results::Kind;

pub const ENTRY: Entry = Entry {
    name: "layer_cam",
    version: 1,
    kind: Kind::Attributions,
    view: CELLS,
    photos: Photos::Any,
    schema: || {
        parameters::described::<class_activation::Parameters>(
            "Maps of a layer times the positive gradients of a class score, place by place; good for early layers too.",
        )
    },
    parse: |value| class_activation::parse(value, &FORMULA),
    smallest: |_| Value::Object(Map::new()),
    citations: &[
        "Jiang, P.-T., Zhang, C.-B., Hou, Q., Cheng, M.-M., Wei, Y.: LayerCAM: Exploring Hierarchical Class Activation Maps for Localization. IEEE Transactions on Image Processing 30, 2021",
    ],
};

static FORMULA: Formula = Formula {
    rule: Rule::Any,
    takes: Takes::Any,
    map: |of| map(&of.activation()?, &of.gradient()?),
};

/// The map [h, w] of activation and gradient [K, h, w].
pub fn map(activation: &Tensor, gradient: &Tensor) -> Result<Tensor, ExplainError> {
    hires_cam::map(activation, &gradient.f_relu()?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn negative_gradients_count_nothing() {
        let activation = Tensor::from_slice(&[1.0_f32, 2.0, 3.0, -1.0]).view([2, 1, 2]);
        let gradient = Tensor::from_slice(&[1.0_f32, 3.0, -4.0, 2.0]).view([2, 1, 2]);
        let map = map(&activation, &gradient).unwrap();
        assert_eq!(map, Tensor::from_slice(&[1.0_f32, 4.0]).view([1, 2]));
    }
}
