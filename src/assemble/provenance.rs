//! What somebody needs who builds the report again. No clock: same input, same bytes.

use crate::model::{
    Doubt, OutputActivation, Precision, ScoreFacts, ScoresAre, ScoresTaken, device_name,
};
use crate::plan::{InputFrom, Plan, PlannedModel};
use crate::words::{Argument, Message};

/// Label and value of each line.
pub fn of(plan: &Plan) -> Vec<(String, String)> {
    let label = |key: &'static str| plan.strings.text(&Message::new(key));
    let mut lines = vec![(
        label("provenance_version"),
        format!("cnn-report {}", env!("CARGO_PKG_VERSION")),
    )];
    for model in &plan.models {
        // Where there is one only, all lines are about it.
        let named = |key: &'static str| match plan.models.len() {
            1 => label(key),
            _ => format!("{} · {}", label(key), model.name),
        };
        lines.extend([
            (named("provenance_model"), network(model)),
            (
                named("provenance_sha256"),
                model.facts.provenance.sha256.clone(),
            ),
            (named("provenance_input"), input(plan, model)),
            (
                named("provenance_scores"),
                plan.strings.text(&scores(&model.facts.scores)),
            ),
        ]);
    }
    lines.extend([
        (label("provenance_device"), device_name(plan.device)),
        (label("provenance_precision"), precision(plan)),
        (
            label("provenance_libtorch"),
            env!("LIBTORCH_VERSION").to_owned(),
        ),
        (label("provenance_seed"), plan.seed.to_string()),
    ]);
    lines
}

/// With what bfloat16 changes of the report's photos.
fn precision(plan: &Plan) -> String {
    let text = |message: &Message| plan.strings.text(message);
    let Some(agreement) = &plan.agreement else {
        return text(&Message::new(match plan.precision {
            Precision::Fp32 => "precision_fp32",
            Precision::Bf16 => "precision_bf16",
        }));
    };
    let same = agreement.photos - agreement.other_class.len();
    let agreement = Message::new("precision_agreement")
        .with("same", same)
        .with("photos", agreement.photos)
        .with(
            "difference",
            Argument::Number(agreement.largest_difference, 3),
        );
    let precision = text(&Message::new("precision_bf16"));
    format!(
        "{precision}{}{}",
        plan.strings.get("clause_separator"),
        text(&agreement)
    )
}

/// File, format, and what of it was taken.
fn network(model: &PlannedModel) -> String {
    let origin = &model.facts.provenance;
    let network = match &origin.architecture {
        Some(architecture) => format!("{} ({}, {architecture})", model.file, origin.format),
        None => format!("{} ({})", model.file, origin.format),
    };
    let weights = Some(origin.weights_key.as_str()).filter(|key| !key.is_empty());
    let taken = weights.into_iter().chain(model.output.as_deref());
    taken.fold(network, |network, taken| format!("{network}, `{taken}`"))
}

/// Its size, and who says it.
fn input(plan: &Plan, model: &PlannedModel) -> String {
    let [channels, height, width] = model.preprocessing.input_shape();
    let size = format!("{channels} × {height} × {width}");
    let from = match model.input_from {
        InputFrom::Spec => return size,
        InputFrom::File => "input_of_file",
        InputFrom::Architecture => "input_of_architecture",
    };
    let from = plan.strings.text(&Message::new(from));
    format!("{size}{}{from}", plan.strings.get("clause_separator"))
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
