//! Which pixels excite the class, if only paths count on which every gradient is positive?
//!
//! At a ReLU with input z, a gradient R from above goes on as max(R, 0) · [z > 0] in place of R · [z > 0]
//! (Springenberg et al. 2015, section 3.4, figure 1).
//!
//! **Input** one photo [1, C, H, W], normalised. **Output** the changed gradient [C, H, W] of the score before
//! softmax, signed. All ReLUs of the network count, however they are written: modules, functions, in place, used
//! twice, clamps from zero.
//! **Differs from the paper** in nothing. Other packages change `nn.ReLU` modules only.
//! **Errors** a network without a ReLU, whose guided gradient is the plain one; gradients that are not finite.

use serde_json::{Map, Value};

use super::of_class::{self, Formula};
use super::relu_rule;
use super::target_name::{Takes, Wanted};
use super::{Entry, ExplainError, Needs, Passes, Photo, Photos, Viewing, parameters};
use crate::model::ReluRule;
use crate::results::{Attributions, Kind};

pub const ENTRY: Entry = Entry {
    name: "guided_backprop",
    version: 1,
    kind: Kind::Attributions,
    view: Viewing::PLAIN,
    photos: Photos::Any,
    schema: || {
        parameters::described::<of_class::Parameters>(
            "Gradient of a class score along paths on which every ReLU has a positive gradient and a positive input.",
        )
    },
    parse: |value| of_class::parse(value, &FORMULA),
    smallest: |_| Value::Object(Map::new()),
    citations: &[
        "Springenberg, J. T., Dosovitskiy, A., Brox, T., Riedmiller, M.: Striving for Simplicity: The All Convolutional Net. ICLR Workshop 2015",
        "Adebayo, J., Gilmer, J., Muelly, M., Goodfellow, I., Hardt, M., Kim, B.: Sanity Checks for Saliency Maps. NeurIPS 2018",
    ],
};

static FORMULA: Formula = Formula {
    needs: Needs::Layers,
    faults: relu_rule::faults,
    takes: Takes::Any,
    explain,
};

fn explain(passes: &Passes, photo: &Photo, class: &Wanted) -> Result<Attributions, ExplainError> {
    relu_rule::explain(passes, photo, class, ReluRule::Guided)
}
