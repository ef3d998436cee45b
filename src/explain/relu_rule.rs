//! Gradients with a rule of their own at the ReLUs, which guided backpropagation and the deconvnet share.

use tch::Tensor;

use super::target;
use super::target_name::Wanted;
use super::{ExplainError, Fault, Inputs, Passes, Photo, class_maps};
use crate::model::{Model, ReluRule};
use crate::results::{Attributions, Meaning};

/// Operators that are ReLUs, or may be: which of them are is known when the network is open.
const RELUS: [&str; 5] = ["relu", "relu6", "hardtanh", "clamp", "clamp_min"];

const NONE: &str = "the network has no ReLU, so that the result would be the plain gradient";

/// A fault where no operator can be a ReLU.
pub fn faults(inputs: &Inputs) -> Vec<Fault> {
    let mut nodes = inputs.facts.nodes().iter();
    match nodes.any(|node| RELUS.contains(&node.kind.trim_end_matches('_'))) {
        true => Vec::new(),
        false => vec![Fault {
            pointer: String::new(),
            message: NONE.to_owned(),
            hint: "take `saliency`".to_owned(),
        }],
    }
}

/// An error where none of the operators is a ReLU.
pub fn check(model: &Model) -> Result<(), ExplainError> {
    match model.relus().is_empty() {
        true => Err(ExplainError::Failed(format!("{NONE}; take `saliency`"))),
        false => Ok(()),
    }
}

/// The gradient of the class's score, changed at the ReLUs.
pub fn explain(
    passes: &Passes,
    photo: &Photo,
    class: &Wanted,
    rule: ReluRule,
) -> Result<Attributions, ExplainError> {
    check(passes.model)?;
    let input = passes.input(photo)?;
    let scores = passes.model.scores_node();
    let outputs = {
        let _no_gradient = tch::no_grad_guard();
        passes.model.record(&input, &[scores], &[])?
    };
    let target = target::of(passes.model, &outputs[0], class)?;
    let class_maps = |outputs: &Tensor| target::number(passes.model, outputs, &target.scalar);
    let gradient = passes.model.gradient(&input, scores, rule, &class_maps)?;
    class_maps::over_input(target, Meaning::Sensitivity, &gradient.f_get(0)?, None)
}
