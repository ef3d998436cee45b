//! What is not certain of a network, and keeps it from nothing.

use crate::diagnostic::Diagnostic;
use crate::model::export::EXPORT;
use crate::model::{Doubt, ModelFacts, OutputActivation, ScoreFacts};
use crate::spec::Document;

/// What the report will say of the network.
pub fn warnings(document: &Document, facts: &ModelFacts) -> Vec<Diagnostic> {
    let mut warnings = Vec::new();
    warnings.extend(doubt(document, &facts.scores));
    if let Some(place) = &facts.limits.not_finite {
        let message = format!(
            "the network's scores of noise are not finite numbers: the first that are not come from {place}"
        );
        let hint = "a photo may fail as well; look for a logarithm, a division by zero or weights that are too large there";
        warnings.push(document.error("/model/file", message, hint));
    }
    warnings
}

/// What is not certain about the scores of the network.
fn doubt(document: &Document, scores: &ScoreFacts) -> Option<Diagnostic> {
    let doubt = scores.doubt?;
    let (pointer, hint) = match doubt {
        Doubt::ClosingNotSeen if scores.activation == OutputActivation::Softmax => (
            "/model/file",
            format!("export it with `{EXPORT}`, where the softmax can be left out"),
        ),
        Doubt::ClosingNotSeen if scores.activation == OutputActivation::SigmoidOfOne => (
            "/model/file",
            "say that it is one with `model: scores: sigmoid`".to_owned(),
        ),
        Doubt::ClosingNotSeen => (
            "/model/file",
            "say what they are with `model: scores: sigmoid` or `softmax`".to_owned(),
        ),
        Doubt::NeverAboveZero => (
            "/model/file",
            "say what they are: `model: scores: log` for such logarithms, `softmax` for scores"
                .to_owned(),
        ),
        Doubt::ProbeDisagrees => (
            "/model/file",
            "say what they are with `model: scores:`".to_owned(),
        ),
        Doubt::StatedOtherwise(_) | Doubt::StatedImpossible(_) => (
            "/model/scores",
            "leave it out unless you know better".to_owned(),
        ),
    };
    Some(document.error(pointer, doubt.text(scores.given), hint))
}

/// Which of several sets of weights was taken, where the spec does not say.
pub fn weights(document: &Document, facts: &ModelFacts) -> Option<Diagnostic> {
    let origin = &facts.provenance;
    let first = origin.other_weights.first()?;
    let key = match origin.weights_key.as_str() {
        "" => "the top of the file".to_owned(),
        key => format!("`{key}`"),
    };
    let others = origin.other_weights.iter().map(|key| format!("`{key}`"));
    let others = others.collect::<Vec<_>>().join(", ");
    let message = format!("the weights are those of {key}; the file also holds {others}");
    let hint = format!("`model: weights: {first}` chooses others");
    Some(document.error("/model/file", message, hint))
}
