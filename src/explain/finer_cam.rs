//! Where does a layer find what tells the class from those that score nearly as much?
//!
//! L = Σₖ wₖ Aₖ, wₖ = 1/(h·w) Σᵢⱼ ∂d / ∂Aₖᵢⱼ of the weighted difference d = Σⱼ pⱼ (s_c − α sⱼ) / Σⱼ pⱼ to the classes j whose
//! scores are nearest to s_c, pⱼ their probabilities (Zhang et al. 2025, section 3).
//!
//! **Input**, **Output**, layer: see `class_activation`.
//! **Differs from the paper** the ReLU is applied where the map is shown; classes are weighted by probability, as in
//! the authors' code, not equally. 1e-9 is added below the fraction, as there.
//! **Errors** a network with one class; numbers that are not finite.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use tch::{Kind, Tensor};

use super::class_activation::with_parameters::{self, OfLayer};
use super::class_activation::{CELLS, Recorded};
use super::class_maps::predicted;
use super::target_name::{Takes, TargetName};
use super::{Entry, ExplainError, Fault, Inputs, Photos, grad_cam, numbers, parameters};
use crate::model::{LayerName, OutputActivation};
use crate::results::{Attributions, Kind as ResultKind, Meaning};

pub const ENTRY: Entry = Entry {
    name: "finer_cam",
    version: 1,
    kind: ResultKind::Attributions,
    view: CELLS,
    photos: Photos::Any,
    schema: parameters::schema::<FinerCam>,
    parse: with_parameters::parse::<FinerCam>,
    smallest: |_| Value::Object(Map::new()),
    citations: &[
        "Zhang, Z., Gu, J., Chowdhury, A., Mai, Z., Carlyn, D., Berger-Wolf, T., Su, Y., Chao, W.-L.: Finer-CAM: Spotting the Difference Reveals Finer Details for Visual Explanation. CVPR 2025",
    ],
};

/// Keeps the weighted mean finite where all probabilities are zero, as in the authors' code.
const ABOVE_ZERO: f64 = 1e-9;

/// Maps of a layer, weighted by the gradient of a class score less those of the nearest classes.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct FinerCam {
    /// The class whose evidence is shown: `predicted` (each photo's own), a class name or its number. Default `predicted`.
    pub class: TargetName,
    /// The layer whose maps are weighted, by number or module path. Default: the last one that gives maps larger than 1 × 1 before pooling and classifier; the caption names it.
    pub layer: Option<LayerName>,
    /// With how many classes it is compared: those whose scores are nearest. At most all others. Default 3.
    #[schemars(range(min = 1, max = 1000))]
    pub compared: usize,
    /// How much of their scores is subtracted, 0 to 2: at 0 the map is that of Grad-CAM. Default 1.
    #[schemars(range(min = 0.0, max = 2.0))]
    pub strength: f64,
}

impl Default for FinerCam {
    fn default() -> Self {
        Self {
            class: predicted(),
            layer: None,
            compared: 3,
            strength: 1.0,
        }
    }
}

impl FinerCam {
    /// d of scores [1, classes], one number. Which classes are compared is no part of the gradient.
    fn difference(&self, scores: &Tensor, class: usize, activation: OutputActivation) -> Tensor {
        let values = numbers::precise_values(scores).expect("scores of one photo");
        let nearest = nearest(&values, class, self.compared);
        let nearest = Tensor::from_slice(&nearest).to(scores.device());
        let probabilities = match activation {
            OutputActivation::Softmax => scores.softmax(1, Kind::Float),
            OutputActivation::Sigmoid | OutputActivation::SigmoidOfOne => scores.sigmoid(),
        };
        let weights = probabilities.index_select(1, &nearest);
        let others = scores.index_select(1, &nearest) * self.strength;
        let differences = scores.select(1, class as i64).unsqueeze(1) - others;
        (&weights * differences).sum(Kind::Float) / (weights.sum(Kind::Float) + ABOVE_ZERO)
    }
}

/// The classes whose scores are nearest to that of `class`, nearest first; of equals the lower number first.
fn nearest(scores: &[f64], class: usize, count: usize) -> Vec<i64> {
    let own = scores.get(class).copied().unwrap_or(0.0);
    let distances: Vec<f64> = scores.iter().map(|score| -(score - own).abs()).collect();
    let order = numbers::largest(&distances, scores.len()).into_iter();
    let others = order.filter(|other| *other != class).take(count);
    others.map(|other| other as i64).collect()
}

impl OfLayer for FinerCam {
    fn class(&self) -> &TargetName {
        &self.class
    }

    fn takes(&self) -> Takes {
        Takes::OneClass {
            why: "it compares that with the nearest others itself",
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

    fn faults(&self, inputs: &Inputs) -> Vec<Fault> {
        match inputs.facts.classes {
            0 | 1 => vec![Fault {
                pointer: String::new(),
                message: "the network has no second class to compare with".to_owned(),
                hint: "take `grad_cam`".to_owned(),
            }],
            _ => Vec::new(),
        }
    }

    fn explain(&self, of: &Recorded) -> Result<Attributions, ExplainError> {
        let (class, activation) = (of.target.scalar.plus[0], of.model().activation());
        let gradient = of.gradient_of(&|scores| self.difference(scores, class, activation))?;
        let map = grad_cam::map(&of.activation()?, &gradient)?;
        of.evidence(&map, Meaning::Evidence)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_nearest_classes_are_others() {
        assert_eq!(nearest(&[1.0, 5.0, 4.0, 6.0, 5.5], 1, 3), [4, 2, 3]);
        assert_eq!(nearest(&[2.0, 2.0], 0, 3), [1]);
    }

    /// s = (ln 3, 0, ln 2): for class 0 the nearest is class 2, then class 1, with probabilities 2/6 and 1/6.
    #[test]
    fn differences_by_hand() {
        let (two, three) = (2.0_f64.ln(), 3.0_f64.ln());
        let scores = Tensor::from_slice(&[three as f32, 0.0, two as f32]).view([1, 3]);
        let of = |compared, strength| {
            let method = FinerCam {
                compared,
                strength,
                ..FinerCam::default()
            };
            let found = method.difference(&scores, 0, OutputActivation::Softmax);
            found.double_value(&[])
        };
        assert!((of(1, 1.0) - (three - two)).abs() < 1e-6);
        let expected = (2.0 * (three - 0.5 * two) + three) / 3.0;
        assert!((of(2, 0.5) - expected).abs() < 1e-6);
        assert!((of(9, 0.0) - three).abs() < 1e-6);
    }
}
