//! What the numbers of a network are: what is seen of its end, what it gives for noise, and what the user says.

use super::probe::Probed;
use super::scores::Closing;
use crate::model::scores::{
    Doubt, OutputActivation, ScoreFacts, ScoresAre, ScoresTaken, StatedScores,
};

/// What is known before it is decided.
#[derive(Debug, Clone, Copy)]
pub struct Evidence {
    /// How many numbers the network gives for a picture.
    pub numbers: usize,
    pub closing: Option<Closing>,
    /// Whether the numbers come from a layer of weights, so that no range holds them.
    pub is_unbounded: bool,
    pub probed: Probed,
}

/// As the user says where that is possible, else as found.
pub fn decide(evidence: &Evidence, stated: Option<StatedScores>) -> ScoreFacts {
    let found = found(evidence);
    match stated {
        None => found,
        Some(stated) => as_stated(evidence, found, stated),
    }
}

/// The activation of scores that are probabilities each by itself.
fn sigmoid(numbers: usize) -> (ScoresAre, OutputActivation) {
    match numbers {
        1 => (ScoresAre::OneProbability, OutputActivation::SigmoidOfOne),
        _ => (
            ScoresAre::IndependentProbabilities,
            OutputActivation::Sigmoid,
        ),
    }
}

fn found(evidence: &Evidence) -> ScoreFacts {
    let Evidence {
        numbers, probed, ..
    } = *evidence;
    let (independent, own_sigmoid) = sigmoid(numbers);
    // Softmax over one number gives 1 whatever the number is.
    let (given, agrees) = match evidence.closing {
        Some(Closing::Softmax) if numbers > 1 => (ScoresAre::Probabilities, probed.sum_to_one),
        Some(Closing::LogSoftmax) if numbers > 1 => {
            (ScoresAre::LogProbabilities, probed.exponentials_sum_to_one)
        }
        Some(Closing::Sigmoid) => (independent, probed.not_outside_zero_and_one),
        Some(Closing::LogSigmoid) => (
            ScoresAre::IndependentLogProbabilities,
            probed.never_above_zero,
        ),
        Some(Closing::Softmax | Closing::LogSoftmax) => (independent, false),
        None => return hidden(evidence),
    };
    ScoreFacts {
        given,
        taken: ScoresTaken::BeforeClosing,
        activation: match given {
            ScoresAre::IndependentProbabilities
            | ScoresAre::IndependentLogProbabilities
            | ScoresAre::OneProbability => own_sigmoid,
            _ => OutputActivation::Softmax,
        },
        doubt: (probed.tried && !agrees).then_some(Doubt::ProbeDisagrees),
    }
}

/// Where no closing operator is seen.
fn hidden(evidence: &Evidence) -> ScoreFacts {
    let probed = evidence.probed;
    let (independent, own_sigmoid) = sigmoid(evidence.numbers);
    let (given, taken, activation) = if probed.sum_to_one {
        (
            ScoresAre::Probabilities,
            ScoresTaken::Logarithms,
            OutputActivation::Softmax,
        )
    } else if probed.exponentials_sum_to_one {
        // Softmax of logarithms of probabilities gives the probabilities again.
        (
            ScoresAre::LogProbabilities,
            ScoresTaken::AsGiven,
            OutputActivation::Softmax,
        )
    } else if probed.within_zero_and_one && !evidence.is_unbounded {
        (independent, ScoresTaken::Logits, own_sigmoid)
    } else {
        let activation = match own_sigmoid {
            OutputActivation::SigmoidOfOne => own_sigmoid,
            _ => OutputActivation::Softmax,
        };
        if probed.never_above_zero && !evidence.is_unbounded {
            return ScoreFacts {
                given: ScoresAre::Scores,
                taken: ScoresTaken::AsGiven,
                activation,
                doubt: Some(Doubt::NeverAboveZero),
            };
        }
        (ScoresAre::Scores, ScoresTaken::AsGiven, activation)
    };
    ScoreFacts {
        given,
        taken,
        activation,
        doubt: (taken != ScoresTaken::AsGiven).then_some(Doubt::ClosingNotSeen),
    }
}

fn as_stated(evidence: &Evidence, found: ScoreFacts, stated: StatedScores) -> ScoreFacts {
    let confirmed = ScoreFacts {
        doubt: found
            .doubt
            .filter(|doubt| !matches!(doubt, Doubt::ClosingNotSeen | Doubt::NeverAboveZero)),
        ..found
    };
    let answered = ScoreFacts {
        doubt: found.doubt.filter(|doubt| *doubt != Doubt::NeverAboveZero),
        ..found
    };
    let otherwise = Some(Doubt::StatedOtherwise(stated));
    let impossible = ScoreFacts {
        doubt: Some(Doubt::StatedImpossible(stated)),
        ..found
    };
    let one = evidence.numbers == 1;
    match (stated, found.given) {
        (StatedScores::Log, ScoresAre::IndependentLogProbabilities) => confirmed,
        (StatedScores::Log, ScoresAre::Scores) if evidence.probed.never_above_zero => ScoreFacts {
            given: ScoresAre::IndependentLogProbabilities,
            taken: ScoresTaken::LogitsOfLogarithms,
            activation: sigmoid(evidence.numbers).1,
            doubt: None,
        },
        (StatedScores::Softmax, _) if one => impossible, // of one number it is 1
        (StatedScores::Softmax, given) => match (found.activation, found.taken) {
            (OutputActivation::Softmax, _) => answered,
            (_, ScoresTaken::BeforeClosing) => ScoreFacts {
                activation: OutputActivation::Softmax,
                doubt: otherwise,
                ..found
            },
            // They lie between 0 and 1 by what was tried, which scores may do.
            _ => ScoreFacts {
                given,
                taken: ScoresTaken::AsGiven,
                activation: OutputActivation::Softmax,
                doubt: otherwise,
            },
        },
        (
            StatedScores::Sigmoid,
            ScoresAre::IndependentProbabilities
            | ScoresAre::IndependentLogProbabilities
            | ScoresAre::OneProbability,
        ) => confirmed,
        (StatedScores::Sigmoid, ScoresAre::Scores) => ScoreFacts {
            activation: sigmoid(evidence.numbers).1,
            ..confirmed
        },
        (StatedScores::Sigmoid, ScoresAre::Probabilities | ScoresAre::LogProbabilities) => {
            ScoreFacts {
                taken: match found.taken {
                    ScoresTaken::Logarithms => ScoresTaken::Logits,
                    taken => taken,
                },
                activation: OutputActivation::Sigmoid,
                doubt: otherwise,
                ..found
            }
        }
        // That a softmax cannot be left out stays worth knowing.
        (StatedScores::Probabilities, ScoresAre::Probabilities) => found,
        (
            StatedScores::Probabilities,
            ScoresAre::IndependentProbabilities | ScoresAre::OneProbability,
        ) => confirmed,
        (StatedScores::Probabilities, ScoresAre::Scores)
            if evidence.probed.not_outside_zero_and_one =>
        {
            let (given, activation) = sigmoid(evidence.numbers);
            ScoreFacts {
                given,
                taken: ScoresTaken::Logits,
                activation,
                doubt: None,
            }
        }
        (StatedScores::Log, ScoresAre::LogProbabilities) => found,
        (StatedScores::Probabilities | StatedScores::Log, _) => impossible,
    }
}

#[cfg(test)]
#[path = "decide_tests.rs"]
mod tests;
