//! All that can be said of a network without running it again.

use serde::{Deserialize, Serialize};

use super::attention::AttentionFacts;
use super::graph::NodeId;
use super::layers::{Layer, LayerName, Layers, UnknownLayer};
use super::limits::Limits;
use super::own_input::OwnInput;
use super::precision::Precision;
use super::provenance::Provenance;
use super::receptive_field::ReceptiveField;
use super::scores::{OutputActivation, ScoreFacts};

/// All that can be said of a network without running it again. Plain data: a store keeps it by the digest of
/// the model file, its companions, the architecture that weights are put into and the input shape, so that
/// `check` and `layers` open no network.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ModelFacts {
    /// Number of classes: of the numbers that the network gives, and two where it gives one.
    pub classes: usize,
    /// Channels, height and width of one input.
    pub input_shape: [i64; 3],
    pub parts: Parts,
    pub at_once: AtOnce,
    /// What the numbers are that it gives.
    pub scores: ScoreFacts,
    pub output: OutputFacts,
    pub layers: Layers,
    pub attention: AttentionFacts,
    /// What keeps methods from it.
    pub limits: Limits,
    /// What its file says of its input.
    pub own_input: OwnInput,
    /// The network was tried in it and in float32. Facts of a network that was tried in bfloat16 hold for
    /// float32 as well.
    pub precision: Precision,
    pub provenance: Provenance,
}

/// What can be reached of a network besides its scores.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Parts {
    /// Every node of its graph, and so its layers.
    Nodes,
    /// Nothing: TorchScript runs as a whole.
    None,
}

/// How many pictures the network can be given at once.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum AtOnce {
    Any,
    /// It was exported for one picture; several are run one after the other, which is slower.
    One,
}

/// Where the scores come out of the network.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct OutputFacts {
    /// Of the value that the network gives.
    pub name: String,
    /// The node that gives the scores: the last one, or the one before a closing softmax or sigmoid.
    pub scores: NodeId,
    pub scores_name: String,
    /// Operators at the very end that turn scores into probabilities, the last one first; they are left
    /// out, and scores are taken before them.
    pub left_out: Vec<String>,
}

impl ModelFacts {
    /// How many numbers the network gives for a picture.
    pub fn numbers(&self) -> usize {
        match self.scores.activation {
            OutputActivation::SigmoidOfOne => 1,
            OutputActivation::Softmax | OutputActivation::Sigmoid => self.classes,
        }
    }

    /// Leaf modules in the order they run.
    pub fn leaves(&self) -> &[Layer] {
        self.layers.leaves()
    }

    /// The network's modules that hold others.
    pub fn containers(&self) -> &[Layer] {
        self.layers.containers()
    }

    /// Every node that gives one tensor, as a layer by its own name.
    pub fn nodes(&self) -> &[Layer] {
        self.layers.nodes()
    }

    /// How much of the photo a layer's output depends on; `None` where it does not depend on it.
    pub fn receptive_field(&self, layer: &Layer) -> Option<ReceptiveField> {
        self.layers.receptive_field(layer.node)
    }

    /// The layer, or a message that names the nearest ones. A path may also be that of a module that
    /// holds others (`layer4`: its output), the name of a node (`cat_1`), or the beginning of one leaf's path.
    pub fn layer(&self, name: &LayerName) -> Result<&Layer, UnknownLayer> {
        self.layers.find(name)
    }
}
