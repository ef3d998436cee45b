//! Which maps of a layer does the class's score lose most by?
//!
//! L = Σₖ wₖ Aₖ, wₖ = s_c − s_c without map k, which is set to zero (Desai and Ramaswamy 2020, equation 3). No
//! gradient is needed: K passes from the layer on.
//!
//! **Input**, **Output**, layer: see `class_activation`; every path from the photo to the scores must lead through the
//! layer.
//! **Differs from the paper** the loss is not divided by the score: where that is negative, the division would turn
//! all signs, and the map is shown on a scale of its own anyway.
//! **Errors** a layer that a branch leads round; numbers that are not finite.

use serde_json::{Map, Value};
use tch::Tensor;

use super::class_activation::layer::Rule;
use super::class_activation::{self, CELLS, Formula, Recorded, weighted};
use super::target_name::Takes;
use super::{Entry, ExplainError, Photos, parameters};
use crate::results::Kind;

pub const ENTRY: Entry = Entry {
    name: "ablation_cam",
    version: 1,
    kind: Kind::Attributions,
    view: CELLS,
    photos: Photos::Any,
    schema: || {
        parameters::described::<class_activation::Parameters>(
            "Maps of a layer, each weighted by what a class score loses without it. A short pass for each map.",
        )
    },
    parse: |value| class_activation::parse(value, &FORMULA),
    smallest: |_| Value::Object(Map::new()),
    citations: &[
        "Desai, S., Ramaswamy, H. G.: Ablation-CAM: Visual Explanations for Deep Convolutional Network via Gradient-free Localization. WACV 2020",
    ],
};

static FORMULA: Formula = Formula {
    rule: Rule::Any,
    takes: Takes::Any,
    map,
};

fn map(of: &Recorded) -> Result<Tensor, ExplainError> {
    let without = of.scores_without_each()?;
    let lost: Vec<f32> = without
        .iter()
        .map(|score| (of.target.value() - score) as f32)
        .collect();
    let activation = of.activation()?;
    let lost = Tensor::f_from_slice(&lost)?.f_to(activation.device())?;
    weighted(&activation, &lost)
}
