//! Where in the photo is what speaks for the class, in the eyes of a layer?
//!
//! L = Σₖ wₖ Aₖ, wₖ = 1/(h·w) Σᵢⱼ gₖᵢⱼ with g = ∂s_c / ∂A (Selvaraju et al. 2017, equations 1 and 2).
//!
//! **Input**, **Output**, layer: see `class_activation`.
//! **Differs from the paper** the ReLU of equation 2 is applied where the map is shown; the result keeps its sign.
//! **Errors** numbers that are not finite.

use serde_json::{Map, Value};
use tch::Tensor;

use super::class_activation::layer::Rule;
use super::class_activation::{self, CELLS, Formula, weighted};
use super::target_name::Takes;
use super::{Entry, ExplainError, Photos, parameters};
use crate::results::Kind;

pub const ENTRY: Entry = Entry {
    name: "grad_cam",
    version: 1,
    kind: Kind::Attributions,
    view: CELLS,
    photos: Photos::Any,
    schema: || {
        parameters::described::<class_activation::Parameters>(
            "Maps of a layer, each weighted by the mean gradient of a class score over it.",
        )
    },
    parse: |value| class_activation::parse(value, &FORMULA),
    smallest: |_| Value::Object(Map::new()),
    citations: &[
        "Selvaraju, R. R., Cogswell, M., Das, A., Vedantam, R., Parikh, D., Batra, D.: Grad-CAM: Visual Explanations from Deep Networks via Gradient-Based Localization. ICCV 2017",
    ],
};

static FORMULA: Formula = Formula {
    rule: Rule::Any,
    takes: Takes::Any,
    map: |of| map(&of.activation()?, &of.gradient()?),
};

/// The map [h, w] of activation and gradient [K, h, w].
pub fn map(activation: &Tensor, gradient: &Tensor) -> Result<Tensor, ExplainError> {
    let weights = gradient.f_mean_dim([1_i64, 2].as_slice(), false, None)?;
    weighted(activation, &weights)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn two_maps_by_hand() {
        let activation = Tensor::from_slice(&[1.0_f32, 2.0, 3.0, -1.0]).view([2, 1, 2]);
        let gradient = Tensor::from_slice(&[1.0_f32, 3.0, -4.0, 2.0]).view([2, 1, 2]);
        // Weights 2 and −1: 2·1 − 3, 2·2 + 1.
        let map = map(&activation, &gradient).unwrap();
        assert_eq!(map, Tensor::from_slice(&[-1.0_f32, 5.0]).view([1, 2]));
    }
}
