//! Which details excite the class, within the places that speak for it?
//!
//! R = G ⊙ U(max(L, 0)) with the guided gradient G of the score (see `guided_backprop`), Grad-CAM's map L of a layer (see
//! `grad_cam`), and its enlargement U to the size of the photo (Selvaraju et al. 2017, section 3.2).
//!
//! **Input** one photo [1, C, H, W], normalised. **Output** [C, H, W], signed; gradient times evidence, in no unit.
//! **Differs from the paper** in nothing with `bilinear`; captum's default is `nearest`.
//! **Errors** a network without a ReLU; numbers that are not finite.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use tch::Tensor;

use super::class_activation::Recorded;
use super::class_activation::with_parameters::{self, OfLayer};
use super::class_maps::{self, predicted};
use super::target_name::TargetName;
use super::{Entry, ExplainError, Fault, Inputs, Photos, Viewing, grad_cam, parameters, relu_rule};
use crate::model::{LayerName, ReluRule};
use crate::results::{Attributions, Kind, Meaning};

pub const ENTRY: Entry = Entry {
    name: "guided_grad_cam",
    version: 1,
    kind: Kind::Attributions,
    view: Viewing::PLAIN,
    photos: Photos::Any,
    schema: parameters::schema::<GuidedGradCam>,
    parse: with_parameters::parse::<GuidedGradCam>,
    smallest: |_| Value::Object(Map::new()),
    citations: &[
        "Selvaraju, R. R., Cogswell, M., Das, A., Vedantam, R., Parikh, D., Batra, D.: Grad-CAM: Visual Explanations from Deep Networks via Gradient-Based Localization. ICCV 2017",
        "Adebayo, J., Gilmer, J., Muelly, M., Goodfellow, I., Hardt, M., Kim, B.: Sanity Checks for Saliency Maps. NeurIPS 2018",
    ],
};

/// Guided gradient of a class score, times Grad-CAM's map of a layer.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct GuidedGradCam {
    /// The class whose score is explained: `predicted` (each photo's own), a class name or its number; or a number made of several, `{difference: [cat, dog]}`, `{sum: [cat, lynx]}`, of scores or of probabilities (docs/scores.md). Default `predicted`.
    pub class: TargetName,
    /// The layer whose maps Grad-CAM weights, by number or module path. Default: the last one that gives maps larger than 1 × 1 before pooling and classifier; the caption names it.
    pub layer: Option<LayerName>,
    /// How the cells of Grad-CAM's map become pixels: `bilinear` or `nearest`. Default `bilinear`.
    pub enlarging: Enlarging,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Enlarging {
    #[default]
    Bilinear,
    Nearest,
}

impl Default for GuidedGradCam {
    fn default() -> Self {
        Self {
            class: predicted(),
            layer: None,
            enlarging: Enlarging::default(),
        }
    }
}

impl OfLayer for GuidedGradCam {
    fn class(&self) -> &TargetName {
        &self.class
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

    fn faults(&self, inputs: &Inputs) -> Vec<Fault> {
        relu_rule::faults(inputs)
    }

    fn explain(&self, of: &Recorded) -> Result<Attributions, ExplainError> {
        relu_rule::check(of.model())?;
        let places = grad_cam::map(&of.activation()?, &of.gradient()?)?.f_relu()?;
        let places = self.enlarging.enlarged(&places, of.input_size()?)?;
        let values = of.input_gradient(ReluRule::Guided)?.f_mul(&places)?;
        class_maps::over_input(of.target.clone(), Meaning::Sensitivity, &values, None)
    }
}

impl Enlarging {
    /// A map [h, w] as [height, width].
    fn enlarged(self, map: &Tensor, (height, width): (i64, i64)) -> Result<Tensor, ExplainError> {
        let map = map.f_unsqueeze(0)?.f_unsqueeze(0)?;
        let large = match self {
            Self::Bilinear => map.f_upsample_bilinear2d([height, width], false, None, None)?,
            Self::Nearest => map.f_upsample_nearest2d([height, width], None, None)?,
        };
        Ok(large.f_view([height, width])?)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cells_become_blocks_or_slopes() {
        let map = Tensor::from_slice(&[0.0_f32, 4.0]).view([1, 2]);
        let large = |enlarging: Enlarging| enlarging.enlarged(&map, (1, 4)).unwrap().view([4]);
        let expected = Tensor::from_slice(&[0.0_f32, 0.0, 4.0, 4.0]);
        assert_eq!(large(Enlarging::Nearest), expected);
        let expected = Tensor::from_slice(&[0.0_f32, 1.0, 3.0, 4.0]);
        assert_eq!(large(Enlarging::Bilinear), expected);
    }
}
