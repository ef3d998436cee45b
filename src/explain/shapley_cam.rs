//! Where does a layer find what speaks for the class, if every cell is weighed by its Shapley value?
//!
//! L = Σₖ wₖ Aₖ, wₖ = 1/(h·w) Σᵢⱼ (g − ½ H A)ₖᵢⱼ with g = ∂u / ∂A and H = ∂²u / ∂A² of a utility u: the Shapley values of
//! cells of the layer, from the second-order Taylor series of u at the photo (Cai 2025, section 3). u is the class's
//! score s_c, or s_c + ln p_c (`residual_softmax`, section 4).
//!
//! **Input**, **Output**, layer: see `class_activation`.
//! **Differs from the paper** the ReLU is applied where the map is shown. p_c is what the network makes of its scores,
//! for a sigmoid as well as for a softmax.
//! **Errors** numbers that are not finite.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use tch::{Kind, Tensor};

use super::class_activation::with_parameters::{self, OfLayer};
use super::class_activation::{CELLS, Recorded, weighted};
use super::class_maps::predicted;
use super::target_name::{Takes, TargetName};
use super::{Entry, ExplainError, Photos, parameters};
use crate::model::{LayerName, OutputActivation};
use crate::results::{Attributions, Kind as ResultKind, Meaning};

pub const ENTRY: Entry = Entry {
    name: "shapley_cam",
    version: 1,
    kind: ResultKind::Attributions,
    view: CELLS,
    photos: Photos::Any,
    schema: parameters::schema::<ShapleyCam>,
    parse: with_parameters::parse::<ShapleyCam>,
    smallest: |_| Value::Object(Map::new()),
    citations: &["Cai, H.: CAMs as Shapley Value-based Explainers. The Visual Computer, 2025"],
};

/// Maps of a layer, weighted by gradient and curvature of a class score: Shapley values to second order.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct ShapleyCam {
    /// The class whose evidence is shown: `predicted` (each photo's own), a class name or its number. Default `predicted`.
    pub class: TargetName,
    /// The layer whose maps are weighted, by number or module path. Default: the last one that gives maps larger than 1 × 1 before pooling and classifier; the caption names it.
    pub layer: Option<LayerName>,
    /// The number that is explained: the class's `score`, or score plus logarithm of its probability (`residual_softmax`). Where only ReLUs, poolings and linear layers follow, the map of the score is that of Grad-CAM. Default `residual_softmax`.
    pub utility: Utility,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Utility {
    Score,
    #[default]
    ResidualSoftmax,
}

impl Default for ShapleyCam {
    fn default() -> Self {
        Self {
            class: predicted(),
            layer: None,
            utility: Utility::default(),
        }
    }
}

impl Utility {
    /// Of scores [1, classes], one number.
    fn of(self, scores: &Tensor, class: usize, activation: OutputActivation) -> Tensor {
        let of_class = |scores: &Tensor| scores.select(1, class as i64).sum(Kind::Float);
        match (self, activation) {
            (Self::Score, _) => of_class(scores),
            (Self::ResidualSoftmax, OutputActivation::Softmax) => {
                of_class(scores) + of_class(&scores.log_softmax(1, Kind::Float))
            }
            (Self::ResidualSoftmax, OutputActivation::Sigmoid | OutputActivation::SigmoidOfOne) => {
                of_class(scores) + of_class(&scores.log_sigmoid())
            }
        }
    }
}

impl OfLayer for ShapleyCam {
    fn class(&self) -> &TargetName {
        &self.class
    }

    fn takes(&self) -> Takes {
        Takes::OneClass {
            why: "its utility is made of the score and the probability of one",
        }
    }

    fn layer(&self) -> Option<&LayerName> {
        self.layer.as_ref()
    }

    fn with_layer(&self, layer: LayerName) -> Self {
        Self {
            layer: Some(layer),
            ..self.clone()
        }
    }

    fn explain(&self, of: &Recorded) -> Result<Attributions, ExplainError> {
        let (class, activation) = (of.target.scalar.plus[0], of.model().activation());
        let utility = |scores: &Tensor| self.utility.of(scores, class, activation);
        let (gradient, curvature) = of.gradient_with_curvature_of(&utility)?;
        let map = map(&of.activation()?, &gradient, &curvature)?;
        of.evidence(&map, Meaning::Evidence)
    }
}

/// The map [h, w] of activation A, gradient and Hessian times A, each [K, h, w].
pub fn map(
    activation: &Tensor,
    gradient: &Tensor,
    curvature: &Tensor,
) -> Result<Tensor, ExplainError> {
    let each = gradient.f_sub(&curvature.f_mul_scalar(0.5)?)?;
    let weights = each.f_mean_dim([1_i64, 2].as_slice(), false, None)?;
    weighted(activation, &weights)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn two_maps_by_hand() {
        let cells = |values: [f32; 4]| Tensor::from_slice(&values).view([2, 1, 2]);
        let activation = cells([1.0, 2.0, 3.0, -1.0]);
        let (gradient, curvature) = (cells([1.0, 3.0, -4.0, 2.0]), cells([2.0, 2.0, 0.0, 4.0]));
        // Weights (1 − 1 + 3 − 1) / 2 = 1 and (−4 − 0 + 2 − 2) / 2 = −2.
        let map = map(&activation, &gradient, &curvature).unwrap();
        assert_eq!(map, Tensor::from_slice(&[-5.0_f32, 4.0]).view([1, 2]));
    }

    /// s = (0, ln 3): p = 3/4, and for a sigmoid of ln 3 too.
    #[test]
    fn utilities_by_hand() {
        let s = 3.0_f32.ln();
        let scores = Tensor::from_slice(&[0.0, s]).view([1, 2]);
        let of = |utility: Utility, activation| {
            utility.of(&scores, 1, activation).double_value(&[]) - f64::from(s)
        };
        assert_eq!(of(Utility::Score, OutputActivation::Softmax), 0.0);
        let expected = 0.75_f64.ln();
        for activation in [OutputActivation::Softmax, OutputActivation::Sigmoid] {
            let found = of(Utility::ResidualSoftmax, activation);
            assert!((found - expected).abs() < 1e-6, "{found}");
        }
    }
}
