//! How much does each pixel, as bright as it is, add to the score of the class?
//!
//! Rᵢ = xᵢ · ∂s_c / ∂xᵢ for the score s_c (before softmax) of class c and the normalised input x (Shrikumar et al.
//! 2016, section 3): the first term of a Taylor series about the input that is zero everywhere.
//!
//! **Input** one photo [1, C, H, W], normalised. **Output** [C, H, W], signed, in score. Over a network of ReLUs,
//! poolings and linear layers without biases the sum is the score.
//! **Differs from the paper** in nothing; zero is the normalised input's zero, the mean colour.
//! **Errors** scores or gradients that are not finite.

use serde_json::{Map, Value, json};

use super::class_maps;
use super::of_class::{self, Formula};
use super::target_name::{Takes, Wanted};
use super::{Entry, ExplainError, Needs, Passes, Photo, Photos, Viewing, parameters};
use crate::results::{Attributions, Kind, Meaning};

pub const ENTRY: Entry = Entry {
    name: "input_x_gradient",
    version: 1,
    kind: Kind::Attributions,
    view: SIGNED_PIXELS,
    photos: Photos::Any,
    schema: || {
        parameters::described::<of_class::Parameters>(
            "Pixel times gradient of a class score: what each pixel adds to it, to first order.",
        )
    },
    parse: |value| of_class::parse(value, &FORMULA),
    smallest: |_| Value::Object(Map::new()),
    citations: &[
        "Shrikumar, A., Greenside, P., Shcherbina, A., Kundaje, A.: Not Just a Black Box: Learning Important Features Through Propagating Activation Differences. arXiv:1605.01713, 2016",
    ],
};

/// How signed maps of pixels are shown: their channels are summed, so that no reduction is to be chosen.
pub const SIGNED_PIXELS: Viewing = Viewing {
    defaults: || json!({}),
    without: &["reduction"],
};

static FORMULA: Formula = Formula {
    needs: Needs::Gradients,
    faults: |_| Vec::new(),
    takes: Takes::Any,
    explain,
};

fn explain(passes: &Passes, photo: &Photo, class: &Wanted) -> Result<Attributions, ExplainError> {
    let input = passes.input(photo)?;
    let (gradient, target) = class_maps::at_photo(passes, &input, class)?;
    let product = input.f_mul(&gradient)?.f_get(0)?;
    class_maps::over_input(target, Meaning::Contribution, &product, None)
}
