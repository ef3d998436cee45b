//! What the numbers are that a network gives for the classes, and how probabilities are made of its scores.

use serde::{Deserialize, Serialize};

/// What the numbers are that the file gives.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ScoresAre {
    /// Numbers of any size and sign, also called logits.
    Scores,
    /// None is negative and they sum to 1: what softmax gives.
    Probabilities,
    /// One for each label, each by itself between 0 and 1: what a sigmoid of several numbers gives.
    IndependentProbabilities,
    /// That of the second of two classes: what a sigmoid of one number gives.
    OneProbability,
    /// Logarithms of probabilities that sum to 1: what log-softmax gives.
    LogProbabilities,
    /// Logarithms of independent probabilities, or of one: what log-sigmoid gives.
    IndependentLogProbabilities,
}

/// How probabilities are made of scores.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum OutputActivation {
    /// Over all classes: the probabilities sum to 1.
    Softmax,
    /// Of each class by itself: the labels are independent.
    Sigmoid,
    /// Of the one number s that the network gives: the two classes have the scores −s and s, and their
    /// probabilities sum to 1.
    SigmoidOfOne,
}

/// How scores are got from the numbers of the network.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ScoresTaken {
    /// They are the numbers that the file gives.
    AsGiven,
    /// They are the input of the operator at the end that makes probabilities of them.
    BeforeClosing,
    /// ln p of each probability.
    Logarithms,
    /// ln p − ln(1 − p) of each probability.
    Logits,
    /// y − ln(1 − exp y) of each logarithm y of a probability.
    LogitsOfLogarithms,
}

/// What the user says that the numbers are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum StatedScores {
    /// Softmax makes the probabilities.
    Softmax,
    /// A sigmoid of each number makes the probabilities.
    Sigmoid,
    /// The file gives probabilities.
    Probabilities,
    /// The file gives logarithms of probabilities.
    Log,
}

/// Why it is not certain what the numbers are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Doubt {
    /// They are probabilities on noise, yet no softmax or sigmoid is seen at the end.
    ClosingNotSeen,
    /// A softmax or sigmoid is seen at the end, yet they are not what it gives.
    ProbeDisagrees,
    /// No number is above 0 on noise, as logarithms of independent probabilities are, and scores may be too.
    NeverAboveZero,
    /// The user says something else than was found, and it is done as the user says.
    StatedOtherwise(StatedScores),
    /// The user says something that the numbers cannot be, and it is done as was found.
    StatedImpossible(StatedScores),
}

/// All of this about one network.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct ScoreFacts {
    pub given: ScoresAre,
    pub taken: ScoresTaken,
    pub activation: OutputActivation,
    pub doubt: Option<Doubt>,
}

impl ScoresAre {
    /// As messages name it.
    pub fn text(self) -> &'static str {
        match self {
            Self::Scores => "scores",
            Self::Probabilities => "probabilities that sum to 1",
            Self::IndependentProbabilities => "independent probabilities",
            Self::OneProbability => "one probability",
            Self::LogProbabilities => "log-probabilities",
            Self::IndependentLogProbabilities => "logarithms of independent probabilities",
        }
    }
}

impl OutputActivation {
    /// As messages and the keys of texts name it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Softmax => "softmax",
            Self::Sigmoid => "sigmoid",
            Self::SigmoidOfOne => "sigmoid_of_one",
        }
    }
}

impl StatedScores {
    /// As report.yaml writes it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Softmax => "softmax",
            Self::Sigmoid => "sigmoid",
            Self::Probabilities => "probabilities",
            Self::Log => "log",
        }
    }
}

impl Doubt {
    /// A sentence without a full stop; the network is its subject.
    pub fn text(self, given: ScoresAre) -> String {
        let given_text = given.text();
        match self {
            Self::ClosingNotSeen => match given {
                ScoresAre::IndependentProbabilities | ScoresAre::OneProbability => format!(
                    "the network gives {given_text} on noise, but no sigmoid is seen at its end; \
                     their logits stand for the scores"
                ),
                _ => "the network gives probabilities, not the scores before its closing softmax; \
                      their logarithms stand for the scores"
                    .to_owned(),
            },
            Self::ProbeDisagrees => format!(
                "the network seems to end in an operator that gives {given_text}, but on noise its \
                 numbers are something else"
            ),
            Self::NeverAboveZero => {
                "on noise none of the network's numbers is above 0: they may be logarithms of independent \
                 probabilities, and are taken for scores"
                    .to_owned()
            }
            Self::StatedOtherwise(stated) => format!(
                "`scores: {}` is used, but the network gives {given_text}",
                stated.name()
            ),
            Self::StatedImpossible(stated) => format!(
                "`scores: {}` is not used: on noise the network gives {given_text}",
                stated.name()
            ),
        }
    }
}
