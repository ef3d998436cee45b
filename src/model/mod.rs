//! An image classifier as a graph of named nodes, and the one interpreter that runs it.

pub mod backward;
pub mod device;
pub mod error;
pub mod graph;
mod in_place;
pub mod labels;
pub mod layers;
pub mod load;
mod memory_layout;
pub mod operators;
pub mod probe;
pub mod rectifiers;
pub mod run;
pub mod table;

use tch::{Device, Kind, Tensor};

pub use backward::RectifierRule;
pub use device::{device, device_name};
pub use error::ModelError;
pub use labels::Class;
pub use load::Provenance;
pub use load::architecture::Architecture;
pub use probe::ScoresAre;
pub use run::Change;
pub use table::layer_table;

use graph::Graph;
use layers::Layers;
use load::Loaded;
use run::Program;

/// A node of the graph, in the order of execution.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct NodeId(pub usize);

/// Where a network comes from.
#[derive(Debug, Clone)]
pub struct Source {
    pub file: std::path::PathBuf,
    /// Name of a built-in architecture, for files that hold weights only.
    pub architecture: Option<String>,
    /// Channels, height and width of one input.
    pub input_shape: [i64; 3],
}

impl Source {
    pub fn new(file: impl Into<std::path::PathBuf>, input_shape: [i64; 3]) -> Self {
        Self {
            file: file.into(),
            architecture: None,
            input_shape,
        }
    }

    pub fn with_architecture(self, name: Option<&str>) -> Self {
        Self {
            architecture: name.map(str::to_owned),
            ..self
        }
    }
}

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

/// A layer as the user names it: by number or by module path.
#[derive(Debug, Clone, PartialEq, Eq, serde::Deserialize)]
#[serde(untagged)]
pub enum LayerName {
    Number(usize),
    Path(String),
}

impl schemars::JsonSchema for LayerName {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "LayerName".into()
    }
    fn inline_schema() -> bool {
        true
    }
    fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
        schemars::json_schema!({ "type": ["integer", "string"], "minimum": 0 })
    }
}

/// The names of the classes, in the order of the network's scores.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Labels(pub Vec<String>);

/// Which class a score is taken of.
#[derive(Debug, Clone, PartialEq, Eq, serde::Deserialize)]
#[serde(untagged)]
pub enum ClassName {
    Number(usize),
    /// A class name, or `predicted`.
    Name(String),
}

/// A classifier, ready to run. Its weights are frozen.
pub struct Model {
    program: Program,
    layers: Layers,
    parts: Parts,
    scores_are: ScoresAre,
    scores: NodeId,
    classes: usize,
    input_shape: [i64; 3],
    device: Device,
    provenance: Provenance,
}

impl Model {
    /// Reads, checks and freezes the network; no code of the file is executed.
    pub fn load(source: &Source, device: Device) -> Result<Self, ModelError> {
        Self::new(load::load(source)?, source.input_shape, device)
    }

    /// As [`Model::load`], from a file of weights and an architecture that is not built in.
    pub fn load_into(
        source: &Source,
        architecture: &Architecture,
        device: Device,
    ) -> Result<Self, ModelError> {
        Self::new(
            load::load_into(source, architecture)?,
            source.input_shape,
            device,
        )
    }

    fn new(loaded: Loaded, input_shape: [i64; 3], device: Device) -> Result<Self, ModelError> {
        let Loaded {
            graph,
            weights,
            module,
            provenance,
        } = loaded;
        let program = Program::new(graph, weights, device)?;
        let whole = module.is_some();
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
        let scores_are = if whole {
            probe::probe(&program, scores, input_shape, device)?
        } else {
            ScoresAre::Scores
        };
        let layers = Layers::new(&program, &shapes);
        Ok(Self {
            program,
            layers,
            parts: if whole { Parts::None } else { Parts::Nodes },
            scores_are,
            scores,
            classes,
            input_shape,
            device,
            provenance,
        })
    }

    pub fn device(&self) -> Device {
        self.device
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

    /// The layer, or a message that names the nearest ones. A path may also be that of a module that
    /// holds others (`layer4`: its output), or the name of a node (`cat_1`).
    pub fn layer(&self, name: &LayerName) -> Result<&Layer, ModelError> {
        self.layers.find(name)
    }

    /// The node that gives the scores: the last one, or the one before a closing softmax or sigmoid.
    pub fn scores_node(&self) -> NodeId {
        self.scores
    }

    /// Scores (before softmax) [N, classes] of a normalised input [N, C, H, W].
    pub fn scores(&self, input: &Tensor) -> Result<Tensor, ModelError> {
        let mut recorded = self.record(input, &[self.scores], &[])?;
        Ok(recorded.remove(0))
    }

    /// Outputs of `nodes`, running no further than the last of them. Nodes in `bypass` hand their
    /// input through (an open ReLU). Gradients flow to `input` [N, C, H, W] if it asks for them.
    pub fn record(
        &self,
        input: &Tensor,
        nodes: &[NodeId],
        bypass: &[NodeId],
    ) -> Result<Vec<Tensor>, ModelError> {
        self.check_input(input)?;
        self.program.record(input, nodes, bypass)
    }

    /// As [`Model::record`], and `change(node, first input, output)` may put another tensor in place of
    /// the output of any node that is run: with it the backward pass can be cut at the rectifiers.
    pub fn record_changed(
        &self,
        input: &Tensor,
        nodes: &[NodeId],
        change: Change<'_>,
    ) -> Result<Vec<Tensor>, ModelError> {
        self.check_input(input)?;
        self.program.record_changed(input, nodes, change)
    }

    /// Gradient of `score(output of node)`, which is one number, with respect to `input` [N, C, H, W],
    /// where the rectifiers pass gradients back as `rule` says.
    pub fn gradient(
        &self,
        input: &Tensor,
        node: NodeId,
        rule: RectifierRule,
        score: &dyn Fn(&Tensor) -> Tensor,
    ) -> Result<Tensor, ModelError> {
        self.check_input(input)?;
        backward::gradient(&self.program, input, node, rule, score)
    }

    /// The rectifiers that decide whether `node` can be above zero: itself or those before it, seen
    /// through pooling, dropout and concatenation only. Bypassing them records the pre-activation.
    pub fn gates(&self, node: NodeId) -> Vec<NodeId> {
        rectifiers::gates(self.graph(), node)
    }

    /// All rectifiers of the network in the order they run.
    pub fn rectifiers(&self) -> Vec<NodeId> {
        let nodes = self.graph().nodes.iter().enumerate();
        nodes
            .filter(|(_, node)| rectifiers::is_rectifier(node))
            .map(|(i, _)| NodeId(i))
            .collect()
    }

    /// Any height and width: many networks run on others than those they were made for.
    fn check_input(&self, input: &Tensor) -> Result<(), ModelError> {
        let got = input.size();
        if got.len() == 4 && got[1] == self.input_shape[0] {
            return Ok(());
        }
        Err(ModelError::InputShape {
            got,
            expected: self.input_shape,
        })
    }
}

/// The node before a softmax, log-softmax or sigmoid at the very end of the graph, or the last one.
fn scores_node(graph: &Graph) -> Result<NodeId, ModelError> {
    const CLOSING: &[&str] = &[
        "softmax",
        "_softmax",
        "log_softmax",
        "_log_softmax",
        "sigmoid",
    ];
    let producers = graph.producers();
    let mut value = graph.output;
    loop {
        let Some(node) = producers[value.0] else {
            return Err(ModelError::NotAClassifier { shape: Vec::new() });
        };
        let described = &graph.nodes[node.0];
        match described.first_input() {
            Some(input) if CLOSING.contains(&described.operator_base()) => value = input,
            _ => return Ok(node),
        }
    }
}

fn does_not_run(
    graph: &Graph,
    [channels, height, width]: [i64; 3],
    source: ModelError,
) -> ModelError {
    let sizes: Vec<_> = graph
        .input_sizes
        .iter()
        .map(|s| s.map_or("N".to_owned(), |s| s.to_string()))
        .collect();
    let exported = match sizes.is_empty() {
        true => String::new(),
        false => format!("; it was exported for [{}]", sizes.join(", ")),
    };
    ModelError::DoesNotRun {
        shape: vec![1, channels, height, width],
        source: Box::new(source),
        exported,
    }
}
