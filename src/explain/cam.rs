//! Where in the photo is what speaks for the class, if the network averages the maps of its last layer?
//!
//! M = Σₖ w_ck Aₖ with the weights w_c of the one linear layer behind the global average (Zhou et al. 2016, equation
//! 2). There w_ck is h·w times the gradient of the score at any place of Aₖ, and this is how it is read.
//!
//! **Input**, **Output**: see `class_activation`. The mean of the map is the score without the linear layer's bias.
//! A network that averages maps of the classes themselves has w_ck = 1 for the class, 0 for others.
//! **Differs from the paper** in nothing.
//! **Errors** a network with more behind the layer; numbers that are not finite.

use serde_json::{Map, Value};
use tch::Tensor;

use super::class_activation::layer::Rule;
use super::class_activation::{self, CELLS, Formula};
use super::target_name::Takes;
use super::{Entry, ExplainError, Photos, grad_cam, parameters};
use crate::results::Kind;

pub const ENTRY: Entry = Entry {
    name: "cam",
    version: 1,
    kind: Kind::Attributions,
    view: CELLS,
    photos: Photos::Any,
    schema: || {
        parameters::described::<class_activation::Parameters>(
            "Maps of the last layer before a global average, each with its weight in the linear layer behind it.",
        )
    },
    parse: |value| class_activation::parse(value, &FORMULA),
    smallest: |_| Value::Object(Map::new()),
    citations: &[
        "Zhou, B., Khosla, A., Lapedriza, A., Oliva, A., Torralba, A.: Learning Deep Features for Discriminative Localization. CVPR 2016",
    ],
};

static FORMULA: Formula = Formula {
    rule: Rule::BeforeAverage,
    takes: Takes::Scores {
        why: "its weights are those of the linear layer behind the maps",
    },
    map: |of| map(&of.activation()?, &of.gradient()?),
};

/// The map [h, w] of activation and gradient [K, h, w].
pub fn map(activation: &Tensor, gradient: &Tensor) -> Result<Tensor, ExplainError> {
    let (_, height, width) = activation.size3()?;
    let cells = (height * width) as f64;
    Ok(grad_cam::map(activation, gradient)?.f_mul_scalar(cells)?)
}
