//! A classifier, ready to run.

use tch::Tensor;

use super::device::Device;
use super::discover::{self, Trial};
use super::error::ModelError;
use super::facts::{ModelFacts, Parts};
use super::graph::{Graph, NodeId};
use super::layers::{Layer, LayerName};
use super::load;
use super::load::architecture::Architecture;
use super::load::loaded::Loaded;
use super::precision::Precision;
use super::provenance::Provenance;
use super::receptive_field::ReceptiveField;
use super::run::Program;
use super::scores::{OutputActivation, ScoresAre};
use super::source::Source;

/// A classifier, ready to run. Its weights are frozen.
pub struct Model {
    pub(super) program: Program,
    pub(super) facts: ModelFacts,
    pub(super) device: Device,
    pub(super) precision: Precision,
}

impl Model {
    /// Reads, checks and freezes the network, and runs it on zeros to find its facts; no code of the file
    /// is executed.
    pub fn load(source: &Source, device: Device) -> Result<Self, ModelError> {
        Self::new(load::load(source)?, source, device)
    }

    /// As [`Model::load`], from a file of weights and an architecture that is not built in.
    pub fn load_into(
        source: &Source,
        architecture: &Architecture,
        device: Device,
    ) -> Result<Self, ModelError> {
        Self::new(load::load_into(source, architecture)?, source, device)
    }

    /// As [`Model::load`], or [`Model::load_into`] where an architecture is given, for files whose facts were
    /// found before and which have not changed since: nothing is run and no weight is read. Where
    /// `facts` are not those of the network, they are found again by [`Model::load`].
    pub fn load_known(
        source: &Source,
        architecture: Option<&Architecture>,
        device: Device,
        facts: ModelFacts,
    ) -> Result<Self, ModelError> {
        let loaded = load::load_known(source, architecture, &facts.provenance)?;
        let trial = Trial::of(&loaded, source, device)?;
        let program = loaded.program(device)?;
        if facts.fit(program.graph(), &trial) {
            return Ok(Self {
                program: program.giving(facts.at_once),
                facts,
                device,
                precision: source.precision,
            });
        }
        drop(program);
        match architecture {
            Some(architecture) => Self::load_into(source, architecture, device),
            None => Self::load(source, device),
        }
    }

    /// From what a file held.
    pub fn new(loaded: Loaded, source: &Source, device: Device) -> Result<Self, ModelError> {
        let trial = Trial::of(&loaded, source, device)?;
        let provenance = loaded.provenance.clone();
        let program = loaded.program(device)?;
        let facts = discover::facts(&program, &trial, provenance)?;
        Ok(Self {
            program,
            facts,
            device,
            precision: source.precision,
        })
    }

    /// All that can be said of the network without running it again.
    pub fn facts(&self) -> &ModelFacts {
        &self.facts
    }

    /// Where tensors must lie that the network is given.
    pub fn device(&self) -> tch::Device {
        self.device.into()
    }

    /// What the network runs on.
    pub fn runs_on(&self) -> Device {
        self.device
    }

    /// What [`Model::scores`] without gradients are computed in; all else is float32.
    pub fn precision(&self) -> Precision {
        self.precision
    }

    /// Pictures that passes were run for so far, from the input or from a layer, whole or in part.
    pub fn pictures_run(&self) -> u64 {
        self.program.pictures_run()
    }

    pub fn parts(&self) -> Parts {
        self.facts.parts
    }

    /// What the numbers are that the file gives.
    pub fn scores_are(&self) -> ScoresAre {
        self.facts.scores.given
    }

    /// How probabilities are made of [`Model::scores`].
    pub fn activation(&self) -> OutputActivation {
        self.facts.scores.activation
    }

    /// Number of classes.
    pub fn classes(&self) -> usize {
        self.facts.classes
    }

    /// Channels, height and width of one input.
    pub fn input_shape(&self) -> [i64; 3] {
        self.facts.input_shape
    }

    pub fn provenance(&self) -> &Provenance {
        &self.facts.provenance
    }

    /// The nodes of the network, for those who look at more than layers.
    pub fn graph(&self) -> &Graph {
        self.program.graph()
    }

    /// Weights and buffers by state-dict name, in the order of the file.
    pub fn weights(&self) -> impl Iterator<Item = (&str, &Tensor)> {
        let stored = self.graph().stored.iter();
        stored.filter_map(|s| Some((s.name.as_str(), self.program.weight(s.value)?)))
    }

    /// Leaf modules in the order they run.
    pub fn layers(&self) -> &[Layer] {
        self.facts.leaves()
    }

    /// The network's modules that hold others.
    pub fn containers(&self) -> &[Layer] {
        self.facts.containers()
    }

    /// Every node that gives one tensor, as a layer by its own name.
    pub fn nodes(&self) -> &[Layer] {
        self.facts.nodes()
    }

    /// How much of the photo a layer's output depends on; `None` where it does not depend on it.
    pub fn receptive_field(&self, layer: &Layer) -> Option<ReceptiveField> {
        self.facts.receptive_field(layer)
    }

    /// As [`ModelFacts::layer`].
    pub fn layer(&self, name: &LayerName) -> Result<&Layer, ModelError> {
        Ok(self.facts.layer(name)?)
    }

    /// The node that gives the scores: the last one, or the one before a closing softmax or sigmoid.
    pub fn scores_node(&self) -> NodeId {
        self.facts.output.scores
    }
}
