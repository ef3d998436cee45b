//! What somebody needs who builds the report again. No clock: same input, same bytes.

use crate::model::{
    Doubt, OutputActivation, Precision, ScoreFacts, ScoresAre, ScoresTaken, device_name,
};
use crate::plan::{InputFrom, Plan};
use crate::words::Message;

/// Label and value of each line.
pub fn of(plan: &Plan) -> Vec<(String, String)> {
    let origin = &plan.facts.provenance;
    let mut network = match &origin.architecture {
        Some(architecture) => format!("{} ({}, {architecture})", plan.model_file, origin.format),
        None => format!("{} ({})", plan.model_file, origin.format),
    };
    if !origin.weights_key.is_empty() {
        network = format!("{network}, `{}`", origin.weights_key);
    }
    let label = |key: &'static str| plan.strings.text(&Message::new(key));
    let [channels, height, width] = plan.preprocessing.input_shape();
    let mut input = format!("{channels} × {height} × {width}");
    let from = match plan.input_from {
        InputFrom::Spec => None,
        InputFrom::File => Some("input_of_file"),
        InputFrom::Architecture => Some("input_of_architecture"),
    };
    if let Some(from) = from {
        input = format!(
            "{input}{}{}",
            plan.strings.get("clause_separator"),
            label(from)
        );
    }
    vec![
        (
            label("provenance_version"),
            format!("cnn-report {}", env!("CARGO_PKG_VERSION")),
        ),
        (label("provenance_model"), network),
        (label("provenance_sha256"), origin.sha256.clone()),
        (label("provenance_input"), input),
        (
            label("provenance_scores"),
            plan.strings.text(&scores(&plan.facts.scores)),
        ),
        (label("provenance_device"), device_name(plan.device)),
        (
            label("provenance_precision"),
            label(match plan.precision {
                Precision::Fp32 => "precision_fp32",
                Precision::Bf16 => "precision_bf16",
            }),
        ),
        (
            label("provenance_libtorch"),
            env!("LIBTORCH_VERSION").to_owned(),
        ),
        (label("provenance_seed"), plan.seed.to_string()),
    ]
}

/// What the network gives, where the scores are taken, and how probabilities are made of them.
fn scores(facts: &ScoreFacts) -> Message {
    let given = match facts.given {
        ScoresAre::Scores => "given_scores",
        ScoresAre::Probabilities => "given_probabilities",
        ScoresAre::IndependentProbabilities => "given_independent_probabilities",
        ScoresAre::OneProbability => "given_one_probability",
        ScoresAre::LogProbabilities => "given_log_probabilities",
        ScoresAre::IndependentLogProbabilities => "given_independent_log_probabilities",
    };
    let taken = match facts.taken {
        ScoresTaken::AsGiven => "taken_as_given",
        ScoresTaken::BeforeClosing => "taken_before_closing",
        ScoresTaken::Logarithms => "taken_logarithms",
        ScoresTaken::Logits | ScoresTaken::LogitsOfLogarithms => "taken_logits",
    };
    let activation = match facts.activation {
        OutputActivation::Softmax => "activation_softmax",
        OutputActivation::Sigmoid => "activation_sigmoid",
        OutputActivation::SigmoidOfOne => "activation_sigmoid_of_one",
    };
    let key = match facts.doubt {
        None => "scores_certain",
        Some(Doubt::ClosingNotSeen | Doubt::ProbeDisagrees | Doubt::NeverAboveZero) => {
            "scores_by_noise"
        }
        Some(Doubt::StatedOtherwise(_)) => "scores_stated",
        Some(Doubt::StatedImpossible(_)) => "scores_stated_impossible",
    };
    Message::new(key)
        .with("given", Message::new(given))
        .with("taken", Message::new(taken))
        .with("activation", Message::new(activation))
}
