//! Where is what speaks for the class, with weights that make the map sum to the score as nearly as they can?
//!
//! L = Σₖ wₖ Aₖ, wₖ = Σᵢⱼ gₖᵢⱼ Aₖᵢⱼ / Σᵢⱼ Aₖᵢⱼ with g = ∂s_c / ∂A (Fu et al. 2020, equation 8). A map whose sum is
//! zero has no weight.
//!
//! **Input**, **Output**, layer: see `class_activation`. The sum of the map is that of HiResCAM's.
//! **Differs from the paper** in nothing. The layer should stand behind its ReLU: sums of signed maps can be near
//! zero, and their weights then are large.
//! **Errors** numbers that are not finite.

use serde_json::{Map, Value};
use tch::Tensor;

use super::class_activation::layer::Rule;
use super::class_activation::{self, CELLS, Formula, weighted};
use super::target_name::Takes;
use super::{Entry, ExplainError, Photos, parameters};
use crate::results::Kind;

pub const ENTRY: Entry = Entry {
    name: "xgrad_cam",
    version: 1,
    kind: Kind::Attributions,
    view: CELLS,
    photos: Photos::Any,
    schema: || {
        parameters::described::<class_activation::Parameters>(
            "Maps of a layer, each weighted by the gradient of a class score averaged where the map is strong.",
        )
    },
    parse: |value| class_activation::parse(value, &FORMULA),
    smallest: |_| Value::Object(Map::new()),
    citations: &[
        "Fu, R., Hu, Q., Dong, X., Guo, Y., Gao, Y., Li, B.: Axiom-based Grad-CAM: Towards Accurate Visualization and Explanation of CNNs. BMVC 2020",
    ],
};

static FORMULA: Formula = Formula {
    rule: Rule::Any,
    takes: Takes::Any,
    map: |of| map(&of.activation()?, &of.gradient()?),
};

/// The map [h, w] of activation and gradient [K, h, w].
pub fn map(activation: &Tensor, gradient: &Tensor) -> Result<Tensor, ExplainError> {
    let sum = |of: &Tensor| of.f_sum_dim_intlist([1_i64, 2].as_slice(), false, None);
    let (above, below) = (sum(&activation.f_mul(gradient)?)?, sum(activation)?);
    let weights = above.f_div(&below)?;
    let weights = weights.f_where_self(&below.f_ne(0.0)?, &below.f_zeros_like()?)?;
    weighted(activation, &weights)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Weights (1 + 6) / 3 and, of a map that sums to zero, 0.
    #[test]
    fn two_maps_by_hand() {
        let activation = Tensor::from_slice(&[1.0_f32, 2.0, 1.0, -1.0]).view([2, 1, 2]);
        let gradient = Tensor::from_slice(&[1.0_f32, 3.0, -4.0, 2.0]).view([2, 1, 2]);
        let map = map(&activation, &gradient).unwrap();
        let expected = Tensor::from_slice(&[7.0_f32 / 3.0, 14.0 / 3.0]).view([1, 2]);
        assert!((map - expected).abs().max().double_value(&[]) < 1e-6);
    }
}
