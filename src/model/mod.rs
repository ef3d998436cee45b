//! An image classifier as a graph of named nodes, and the one interpreter that runs it.

mod backward;
pub mod batches;
mod caught;
pub mod device;
pub mod error;
pub mod graph;
mod in_place;
pub mod labels;
pub mod layers;
pub mod load;
mod memory_layout;
mod names;
pub mod operators;
mod passes;
mod precision;
pub mod probe;
pub mod receptive_field;
pub mod rectifiers;
pub mod run;
mod scores;
mod source;
pub mod table;

pub use tch::Device;
use tch::{Kind, Tensor};

pub use backward::RectifierRule;
pub use batches::{BatchSize, MemoryError, in_batches, refusal};
pub use caught::becomes_an_error;
pub use device::{device, device_name};
pub use error::ModelError;
pub use labels::Class;
pub use load::architecture::Architecture;
pub use load::{Provenance, is_text};
pub use names::{ClassName, LayerName};
pub use precision::{Precision, precision, precision_name};
pub use probe::ScoresAre;
pub use run::Change;
pub use source::Source;
pub use table::{layer_json, layer_table};

use graph::Graph;
use layers::Layers;
use load::Loaded;
use receptive_field::Seen;
use run::Program;
use scores::{does_not_run, scores_node};

/// A node of the graph, in the order of execution.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct NodeId(pub usize);

/// A leaf module as it runs, in the numbering of `cnn-report layers`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Layer {
    pub number: usize,
    /// Module path, `features.3.squeeze`; a module that runs again has `#2` and so on behind it.
    pub path: String,
    /// `Conv2d`, `ReLU`, …
    pub kind: String,
    /// The node whose output is the layer's output.
    pub node: NodeId,
    /// For a batch of 1. \[1, C, H, W\] in the convolutional part.
    pub output_shape: Vec<i64>,
    /// Numbers in the layer's own weights.
    pub parameters: usize,
}

/// What can be reached of a network besides its scores.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Parts {
    /// Every node of its graph, and so its layers.
    Nodes,
    /// Nothing: TorchScript runs as a whole.
    None,
}

/// The names of the classes, in the order of the network's scores.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Labels(pub Vec<String>);

/// A classifier, ready to run. Its weights are frozen.
pub struct Model {
    program: Program,
    layers: Layers,
    parts: Parts,
    scores_are: ScoresAre,
    scores: NodeId,
    classes: usize,
    input_shape: [i64; 3],
    /// Of the output of every node that gives one tensor, for one picture.
    shapes: Vec<Option<Vec<i64>>>,
    device: Device,
    precision: Precision,
    provenance: Provenance,
}

impl Model {
    /// Reads, checks and freezes the network; no code of the file is executed.
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

    /// From what a file held.
    pub fn new(loaded: Loaded, source: &Source, device: Device) -> Result<Self, ModelError> {
        let input_shape = match source.as_exported {
            true => loaded.input_shape(source.input_shape),
            false => source.input_shape,
        };
        let precision = source.precision;
        let Loaded {
            graph,
            weights,
            module,
            provenance,
        } = loaded;
        let whole = module.is_some();
        if whole && precision == Precision::Bf16 {
            return Err(ModelError::Bf16NotOfTorchScript);
        }
        let program = Program::new(graph, weights, device)?;
        let program = match module {
            Some(script) => program.with_module(load::torchscript::MODULE, script.on(device)?),
            None => program,
        };
        let scores = scores_node(program.graph())?;
        let zeros = |batch: i64| {
            let [channels, height, width] = input_shape;
            Tensor::f_zeros([batch, channels, height, width], (Kind::Float, device))
        };
        let does_not_run = |source| does_not_run(program.graph(), input_shape, source);
        let shapes = program.shapes(&zeros(1)?).map_err(does_not_run)?;
        let classes = match shapes[scores.0].as_deref() {
            Some([1, classes]) if *classes > 0 => *classes as usize,
            shape => {
                return Err(ModelError::NotAClassifier {
                    shape: shape.unwrap_or_default().to_vec(),
                });
            }
        };
        if let Some(Some(batch)) = program.graph().input_sizes.first().copied() {
            let fixed = |fault| ModelError::FixedBatch { batch, fault };
            let two = program.record(&zeros(2)?, &[scores], &[]);
            let size = two.map_err(|error| fixed(error.to_string()))?[0].size();
            if size != [2, classes as i64] {
                return Err(fixed(format!("two pictures give {size:?}")));
            }
        }
        if precision == Precision::Bf16 {
            let lowered = program.record_lowered(&zeros(1)?, &[scores]);
            lowered.map_err(|source| ModelError::Bf16DoesNotRun {
                source: Box::new(source),
            })?;
        }
        let scores_are = if whole {
            probe::probe(&program, scores, input_shape, device)?
        } else {
            ScoresAre::Scores
        };
        let layers = Layers::new(&program, input_shape, &shapes);
        Ok(Self {
            program,
            layers,
            parts: if whole { Parts::None } else { Parts::Nodes },
            scores_are,
            scores,
            classes,
            input_shape,
            shapes,
            device,
            precision,
            provenance,
        })
    }

    pub fn device(&self) -> Device {
        self.device
    }

    /// What [`Model::scores`] without gradients are computed in; all else is float32.
    pub fn precision(&self) -> Precision {
        self.precision
    }

    pub fn parts(&self) -> Parts {
        self.parts
    }

    /// What the scores turned out to be, of a network whose end cannot be looked at.
    pub fn scores_are(&self) -> ScoresAre {
        self.scores_are
    }

    /// Number of scores.
    pub fn classes(&self) -> usize {
        self.classes
    }

    /// Channels, height and width of one input.
    pub fn input_shape(&self) -> [i64; 3] {
        self.input_shape
    }

    pub fn provenance(&self) -> &Provenance {
        &self.provenance
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

    /// What a layer's output sees of the photo; `None` where it does not depend on it.
    pub fn seen(&self, layer: &Layer) -> Option<Seen> {
        self.layers.seen(layer.node)
    }

    /// The layer, or a message that names the nearest ones. A path may also be that of a module that
    /// holds others (`layer4`: its output), the name of a node (`cat_1`), or the beginning of one leaf's path.
    pub fn layer(&self, name: &LayerName) -> Result<&Layer, ModelError> {
        self.layers.find(name)
    }

    /// The node that gives the scores: the last one, or the one before a closing softmax or sigmoid.
    pub fn scores_node(&self) -> NodeId {
        self.scores
    }
}
