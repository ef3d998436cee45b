//! The network as it runs: scores, layers, and which methods it serves.

use serde::Serialize;

use super::attention::attention_text;
use super::methods::{self, MethodRow};
use crate::explain::Entry;
use crate::model::{
    AtOnce, Model, ModelFacts, OutputActivation, ScoresAre, ScoresTaken, trained_input,
};

#[derive(Debug, Serialize)]
pub struct Classifier {
    /// Channels, height and width of the input that it was tried with.
    pub input_shape: [i64; 3],
    /// Whether several pictures run at once; false where the file was exported for one, so that they run one by one.
    pub several_at_once: bool,
    pub output: Output,
    /// What the network does to the photo before its first layer; `None` where it does nothing.
    pub normalises: Option<String>,
    /// How photos became the input on which the published weights of the built-in architecture were trained.
    pub trained_on: Option<String>,
    /// Where attention is, how its tokens lie on the photo, and which of them the scores are read from; `None`
    /// without attention.
    pub attention: Option<String>,
    /// Leaf modules; 0 where the file names no modules.
    pub layers: usize,
    /// Modules and nodes of the graph that can be named besides.
    pub other_names: usize,
    pub methods: Vec<MethodRow>,
}

#[derive(Debug, Serialize)]
pub struct Output {
    /// Of the value that the network gives.
    pub name: String,
    pub classes: usize,
    /// How many numbers it gives for a picture: one for each class, or one for two classes.
    pub numbers: usize,
    /// What these numbers are.
    pub gives: ScoresAre,
    /// How scores are got from them.
    pub scores_taken: ScoresTaken,
    /// How probabilities are made of the scores.
    pub activation: OutputActivation,
    /// What is not certain of this, in words; null where nothing is.
    pub doubt: Option<String>,
    /// Operators at the very end that turn scores into probabilities, the last one first; they are left
    /// out, and scores are taken before them.
    pub left_out: Vec<String>,
    /// The node that gives the scores.
    pub scores: String,
}

impl Classifier {
    pub fn of(model: &Model, entries: &[&'static Entry]) -> Self {
        Self {
            input_shape: model.input_shape(),
            output: Output::of(model.facts()),
            several_at_once: model.facts().at_once == AtOnce::Any,
            normalises: Some(model.facts().own_input.text()).filter(|text| !text.is_empty()),
            trained_on: trained_on(model.facts()),
            attention: attention_text(model.facts()),
            layers: model.layers().len(),
            other_names: model.containers().len() + model.nodes().len(),
            methods: methods::rows(model.facts(), entries),
        }
    }
}

fn trained_on(facts: &ModelFacts) -> Option<String> {
    let trained = trained_input(facts.provenance.architecture.as_deref()?)?;
    let [height, width] = trained.size;
    Some(format!(
        "{height} × {width} px, the middle of a photo whose shorter side was brought to {} px, {}; mean {:?}, std {:?} of pixels from 0 to 1",
        trained.shorter, trained.interpolation, trained.mean, trained.std
    ))
}

impl Output {
    fn of(facts: &ModelFacts) -> Self {
        Self {
            name: facts.output.name.clone(),
            classes: facts.classes,
            numbers: facts.numbers(),
            gives: facts.scores.given,
            scores_taken: facts.scores.taken,
            activation: facts.scores.activation,
            doubt: facts
                .scores
                .doubt
                .map(|doubt| doubt.text(facts.scores.given)),
            left_out: facts.output.left_out.clone(),
            scores: facts.output.scores_name.clone(),
        }
    }
}
