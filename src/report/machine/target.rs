//! What a result is of.

use schemars::JsonSchema;
use serde::Serialize;

use super::Explained;

/// The number that was explained or raised.
#[derive(Debug, Clone, Serialize, JsonSchema)]
#[serde(tag = "kind", rename_all = "snake_case")]
#[schemars(deny_unknown_fields)]
pub enum Target {
    /// The score or the probability of a class.
    Class(ExplainedClass),
    /// A number that is made of several classes.
    Classes(ExplainedClasses),
    /// The output of a filter.
    Filter { layer: Layer, filter: usize },
    /// A head of an attention layer, which is numbered among the attention layers, from 0.
    Head { layer: Layer, head: usize },
    /// The whole output of a layer.
    Layer { layer: Layer },
    /// The output of a filter at one place: shares of the map's height and width from the top left.
    Neuron {
        layer: Layer,
        filter: usize,
        at: [f64; 2],
    },
    /// Channels of a layer, each as [channel, weight].
    Direction {
        layer: Layer,
        weights: Vec<(usize, f64)>,
    },
    /// Several of these, weighted and added.
    Sum { terms: Vec<Term> },
}

/// One of the numbers that are added.
#[derive(Debug, Clone, Serialize, JsonSchema)]
#[schemars(deny_unknown_fields)]
pub struct Term {
    pub weight: f64,
    pub target: Target,
}

/// A class that is explained for one photo.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct ExplainedClass {
    /// Index among the network's scores.
    pub class: usize,
    pub name: String,
    /// Which of its numbers is explained.
    pub of: Explained,
    /// Before the softmax or sigmoid that makes the probability.
    pub score: Option<f64>,
    /// 0..1.
    pub probability: Option<f64>,
}

/// The sum of the numbers of some classes less that of others, for one photo.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct ExplainedClasses {
    /// The classes that are added.
    pub plus: Vec<NamedClass>,
    /// The classes that are subtracted.
    pub minus: Vec<NamedClass>,
    /// Which number of each.
    pub of: Explained,
    /// Made of scores, before the softmax or sigmoid that makes probabilities.
    pub score: Option<f64>,
    /// Made of probabilities.
    pub probability: Option<f64>,
}

#[derive(Debug, Clone, Serialize, JsonSchema)]
#[schemars(deny_unknown_fields)]
pub struct NamedClass {
    /// Index among the network's scores.
    pub class: usize,
    pub name: String,
}

/// A class for one photo.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct Class {
    /// Index among the network's scores.
    pub class: usize,
    pub name: String,
    /// Before the softmax or sigmoid that makes the probability.
    pub score: Option<f64>,
    /// 0..1.
    pub probability: Option<f64>,
}

#[derive(Debug, Clone, Serialize, JsonSchema)]
#[schemars(deny_unknown_fields)]
pub struct Layer {
    /// Module path.
    pub path: String,
    /// In the numbering of `cnn-report layers`.
    pub number: usize,
}

/// Whether the cells of a map are pixels of the network's input or cells of the target's layer.
#[derive(Debug, Clone, Copy, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Place {
    Input,
    Layer,
}

/// What the numbers of a map mean.
#[derive(Debug, Clone, Copy, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Meaning {
    /// ∂ score / ∂ input.
    Sensitivity,
    /// Share of the score, positive or negative.
    Contribution,
    /// Support for the class, zero or more.
    Evidence,
    /// Output of a filter.
    Activation,
    /// Attention of the tokens that are read to a place, as such or weighted by gradients; zero or more.
    Attention,
}
