//! Which places of a layer raise the score of the class?
//!
//! L = Σₖ gₖ ⊙ Aₖ with g = ∂s_c / ∂A (Draelos and Carin 2020, equation 3).
//!
//! **Input**, **Output**, layer: see `class_activation`. Where one linear layer follows, the sum of the map is the
//! score without its bias.
//! **Differs from the paper** in nothing; Grad-CAM's ReLU is applied where the map is shown.
//! **Errors** numbers that are not finite.

use serde_json::{Map, Value};
use tch::Tensor;

use super::class_activation::layer::Rule;
use super::class_activation::{self, CELLS, Formula};
use super::target_name::Takes;
use super::{Entry, ExplainError, Photos, parameters};
use crate::results::Kind;

pub const ENTRY: Entry = Entry {
    name: "hires_cam",
    version: 1,
    kind: Kind::Attributions,
    view: CELLS,
    photos: Photos::Any,
    schema: || {
        parameters::described::<class_activation::Parameters>(
            "Maps of a layer times the gradient of a class score, place by place.",
        )
    },
    parse: |value| class_activation::parse(value, &FORMULA),
    smallest: |_| Value::Object(Map::new()),
    citations: &[
        "Draelos, R. L., Carin, L.: Use HiResCAM Instead of Grad-CAM for Faithful Explanations of Convolutional Neural Networks. arXiv:2011.08891, 2020",
    ],
};

static FORMULA: Formula = Formula {
    rule: Rule::Any,
    takes: Takes::Any,
    map: |of| map(&of.activation()?, &of.gradient()?),
};

/// The map [h, w] of activation and gradient [K, h, w].
pub fn map(activation: &Tensor, gradient: &Tensor) -> Result<Tensor, ExplainError> {
    let product = activation.f_mul(gradient)?;
    Ok(product.f_sum_dim_intlist(0_i64, false, None)?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn two_maps_by_hand() {
        let activation = Tensor::from_slice(&[1.0_f32, 2.0, 3.0, -1.0]).view([2, 1, 2]);
        let gradient = Tensor::from_slice(&[1.0_f32, 3.0, -4.0, 2.0]).view([2, 1, 2]);
        let map = map(&activation, &gradient).unwrap();
        assert_eq!(map, Tensor::from_slice(&[-11.0_f32, 4.0]).view([1, 2]));
    }
}
