//! Where is what speaks for the class, if it may stand in several places of the photo?
//!
//! L = Σₖ wₖ Aₖ, wₖ = Σᵢⱼ αₖᵢⱼ max(gₖᵢⱼ, 0), α = g² / (2 g² + g³ Σ Aₖ) where g = ∂s_c / ∂A is not zero, else 0
//! (Chattopadhay et al. 2018, equations 5, 7 and 19).
//!
//! **Input**, **Output**, layer: see `class_activation`.
//! **Differs from the paper** the factor exp(s_c) of all weights is left out, as everywhere. pytorch-grad-cam adds
//! 1e-6 below the fraction, which outweighs g² where gradients are small; nothing is added here.
//! **Errors** numbers that are not finite.

use serde_json::{Map, Value};
use tch::Tensor;

use super::class_activation::layer::Rule;
use super::class_activation::{self, CELLS, Formula, weighted};
use super::target_name::Takes;
use super::{Entry, ExplainError, Photos, parameters};
use crate::results::Kind;

pub const ENTRY: Entry = Entry {
    name: "grad_cam_plus_plus",
    version: 1,
    kind: Kind::Attributions,
    view: CELLS,
    photos: Photos::Any,
    schema: || {
        parameters::described::<class_activation::Parameters>(
            "Maps of a layer, each weighted by its positive gradients, so that a class that is there twice is seen twice.",
        )
    },
    parse: |value| class_activation::parse(value, &FORMULA),
    smallest: |_| Value::Object(Map::new()),
    citations: &[
        "Chattopadhay, A., Sarkar, A., Howlader, P., Balasubramanian, V. N.: Grad-CAM++: Generalized Gradient-Based Visual Explanations for Deep Convolutional Networks. WACV 2018",
    ],
};

static FORMULA: Formula = Formula {
    rule: Rule::Any,
    takes: Takes::Any,
    map: |of| map(&of.activation()?, &of.gradient()?, 0.0),
};

/// The map [h, w] of activation and gradient [K, h, w]. `added` stands below the fraction of α as well; in float64,
/// for g³ is small.
pub fn map(activation: &Tensor, gradient: &Tensor, added: f64) -> Result<Tensor, ExplainError> {
    let (activation, gradient) = (
        activation
            .f_to(tch::Device::Cpu)?
            .f_to_kind(tch::Kind::Double)?,
        gradient
            .f_to(tch::Device::Cpu)?
            .f_to_kind(tch::Kind::Double)?,
    );
    let square = gradient.f_square()?;
    let sums = activation.f_sum_dim_intlist([1_i64, 2].as_slice(), true, None)?;
    let cubes = square.f_mul(&gradient)?.f_mul(&sums)?;
    let below = square
        .f_mul_scalar(2.0)?
        .f_add(&cubes)?
        .f_add_scalar(added)?;
    let alpha = square.f_div(&below)?;
    let alpha = alpha.f_where_self(&gradient.f_ne(0.0)?, &gradient.f_zeros_like()?)?;
    let weights = alpha.f_mul(&gradient.f_relu()?)?;
    let weights = weights.f_sum_dim_intlist([1_i64, 2].as_slice(), false, None)?;
    weighted(&activation, &weights)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// g = (1, 0), ΣA = 3: α = 1 / (2 + 3) and 0, w = 1/5. A map without positive gradient has no weight.
    #[test]
    fn two_maps_by_hand() {
        let activation = Tensor::from_slice(&[1.0_f32, 2.0, 9.0, 9.0]).view([2, 1, 2]);
        let gradient = Tensor::from_slice(&[1.0_f32, 0.0, -4.0, 0.0]).view([2, 1, 2]);
        let map = map(&activation, &gradient, 0.0).unwrap();
        let expected = Tensor::from_slice(&[0.2_f64, 0.4]).view([1, 2]);
        assert!((map - expected).abs().max().double_value(&[]) < 1e-15);
    }
}
