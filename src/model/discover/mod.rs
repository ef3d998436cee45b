//! Finding the facts of a network by running it: on zeros, in company, and on noise.

mod at_once;
mod attention;
mod channels_last;
mod company;
mod decide;
mod limits;
mod own_input;
mod preserving;
mod probe;
mod reach;
mod scores;
mod sizes;
pub mod table;
mod tried;

use decide::Evidence;
use tch::{Kind, Tensor};

use super::device::Device;
use super::error::ModelError;
use super::facts::{ModelFacts, Parts};
use super::graph::Graph;
use super::load::loaded::Loaded;
use super::load::torchscript::memory::Bounded;
use super::precision::Precision;
use super::provenance::Provenance;
use super::run::Program;
use super::scores::{OutputActivation, StatedScores};
use super::source::Source;

/// How a network is to be run.
pub struct Trial {
    /// Channels, height and width of one input.
    pub input_shape: [i64; 3],
    pub parts: Parts,
    pub precision: Precision,
    pub device: tch::Device,
    /// What the user says that the network gives.
    pub scores: Option<StatedScores>,
    /// Height and width that the file fixes.
    pub exported_size: Option<[i64; 2]>,
}

/// Runs the network on zeros, or says why it cannot serve as a classifier.
pub fn facts(
    program: &Program,
    trial: &Trial,
    provenance: Provenance,
) -> Result<ModelFacts, ModelError> {
    // Of TorchScript nothing is known before it runs; a card's memory is another matter.
    let untold = trial.parts == Parts::None && trial.device == tch::Device::Cpu;
    let _bounded = untold.then(|| Bounded::new(4 * provenance.parameters as u64));
    let graph = program.graph();
    let last = scores::last(graph)?;
    let does_not_run = |source| scores::does_not_run(graph, trial.input_shape, source);
    let shapes = program.shapes(&trial.zeros(1)?).map_err(does_not_run)?;
    let shape = shapes[last.0].as_deref().unwrap_or_default();
    // [1, numbers], or one number for each picture: [1].
    let numbers: usize = match shape {
        [1] => 1,
        [1, numbers] if *numbers > 0 => *numbers as usize,
        _ => {
            return Err(ModelError::NotAClassifier {
                shape: shape.to_vec(),
            });
        }
    };
    let end = scores::end(program, &shapes)?;
    let output = end.output;
    let at_once = at_once::at_once(program, trial, output.scores, numbers)?;
    if trial.precision == Precision::Bf16 {
        let lowered = program.record_lowered(&trial.zeros(1)?, &[output.scores]);
        lowered.map_err(|source| ModelError::Bf16DoesNotRun {
            source: Box::new(source),
        })?;
    }
    if trial.parts == Parts::None {
        probe::check_repeats(program, last, trial.input_shape, trial.device)?;
    }
    let evidence = Evidence {
        numbers,
        closing: end.closing,
        is_unbounded: end.is_unbounded,
        probed: probe::probe(program, last, trial.input_shape, trial.device)?,
    };
    let scores = decide::decide(&evidence, trial.scores);
    let classes = match scores.activation {
        OutputActivation::SigmoidOfOne => 2,
        OutputActivation::Softmax | OutputActivation::Sigmoid => numbers,
    };
    Ok(ModelFacts {
        classes,
        input_shape: trial.input_shape,
        parts: trial.parts,
        at_once,
        scores,
        limits: limits::limits(program, trial, output.scores, &shapes)?,
        attention: attention::attention(program, &limits::picture(trial)?, &output, &shapes)?,
        own_input: own_input::own_input(program, trial.exported_size),
        output,
        layers: table::layers(program, trial.input_shape, &shapes),
        precision: trial.precision,
        provenance,
    })
}

impl ModelFacts {
    /// Whether the facts can be those of a network that is run so.
    pub fn fit(&self, graph: &Graph, trial: &Trial) -> bool {
        let scores = graph.nodes.get(self.output.scores.0);
        self.layers.node_count() == graph.nodes.len()
            && scores.is_some_and(|node| node.name == self.output.scores_name)
            && self.parts == trial.parts
            && self.input_shape == trial.input_shape
            && (self.precision == trial.precision || trial.precision == Precision::Fp32)
    }
}

impl Trial {
    /// As the source wants it; an error where the network cannot be run so.
    pub fn of(loaded: &Loaded, source: &Source, device: Device) -> Result<Self, ModelError> {
        let parts = match loaded.module {
            Some(_) => Parts::None,
            None => Parts::Nodes,
        };
        if parts == Parts::None && source.precision == Precision::Bf16 {
            return Err(ModelError::Bf16NotOfTorchScript);
        }
        Ok(Self {
            input_shape: loaded.input_shape(source),
            parts,
            precision: source.precision,
            device: device.into(),
            scores: source.scores,
            exported_size: loaded.exported_size,
        })
    }

    fn zeros(&self, batch: i64) -> Result<Tensor, tch::TchError> {
        let [channels, height, width] = self.input_shape;
        Tensor::f_zeros([batch, channels, height, width], (Kind::Float, self.device))
    }
}
