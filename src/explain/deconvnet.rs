//! Which pixels would a network run backwards draw for the class?
//!
//! At a ReLU, a gradient R from above goes on as max(R, 0), whatever the ReLU's input was (Zeiler and Fergus 2014,
//! section 2.1; as a gradient: Simonyan et al. 2013, section 4). Max pooling sends it to where the maximum was.
//!
//! **Input** one photo [1, C, H, W], normalised. **Output** [C, H, W], signed, from the score before softmax. All
//! ReLUs of the network count, however they are written.
//! **Differs from the paper** it starts from the score of a class, not from one filter's largest response.
//! **Errors** a network without a ReLU; numbers that are not finite.

use serde_json::{Map, Value};

use super::of_class::{self, Formula};
use super::relu_rule;
use super::target_name::{Takes, Wanted};
use super::{Entry, ExplainError, Needs, Passes, Photo, Photos, Viewing, parameters};
use crate::model::ReluRule;
use crate::results::{Attributions, Kind};

pub const ENTRY: Entry = Entry {
    name: "deconvnet",
    version: 1,
    kind: Kind::Attributions,
    view: Viewing::PLAIN,
    photos: Photos::Any,
    schema: || {
        parameters::described::<of_class::Parameters>(
            "A class score sent backwards through the network, with a ReLU on the way back in place of the ReLU's own gradient.",
        )
    },
    parse: |value| of_class::parse(value, &FORMULA),
    smallest: |_| Value::Object(Map::new()),
    citations: &[
        "Zeiler, M. D., Fergus, R.: Visualizing and Understanding Convolutional Networks. ECCV 2014",
        "Simonyan, K., Vedaldi, A., Zisserman, A.: Deep Inside Convolutional Networks: Visualising Image Classification Models and Saliency Maps. ICLR Workshop 2014",
    ],
};

static FORMULA: Formula = Formula {
    needs: Needs::Layers,
    faults: relu_rule::faults,
    takes: Takes::Any,
    explain,
};

fn explain(passes: &Passes, photo: &Photo, class: &Wanted) -> Result<Attributions, ExplainError> {
    relu_rule::explain(passes, photo, class, ReluRule::Deconvnet)
}
