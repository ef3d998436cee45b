//! What can be wrong with a model file, and what would be right.

use std::path::PathBuf;

use super::export::EXPORT;
use super::layers::UnknownLayer;
use super::libtorch::first_line;
use super::load::weight_fault::{self, WeightFault};
use super::operators::OperatorError;

#[derive(Debug, thiserror::Error)]
pub enum ModelError {
    #[error("libtorch: {}", first_line(.0))]
    Torch(#[from] tch::TchError),
    #[error(transparent)]
    File(#[from] crate::fs::FileError),
    /// The file is something else than a model.
    #[error("`{}` is {is}; {hint}", file.display())]
    NotAModel {
        file: PathBuf,
        is: &'static str,
        hint: String,
    },
    #[error("`{}` is damaged: {fault}; fetch or export it again", file.display())]
    Damaged { file: PathBuf, fault: String },
    /// A model of a kind that we do not run.
    #[error("`{}`: {fault}; {hint}", file.display())]
    NotSupported {
        file: PathBuf,
        fault: String,
        hint: String,
    },
    #[error(
        "`{}` holds weights only{fits}; name the network that they belong to: `architecture:`, one of {known}; \
         or write it down with `layers:`; or give an exported file of it with `graph:`; or export all with \
         `tools/export.py`",
        file.display()
    )]
    ArchitectureMissing {
        file: PathBuf,
        /// Empty, or ` that fit `…``.
        fits: String,
        known: String,
    },
    #[error(
        "`{}` holds its own network; leave out `architecture: {architecture}`",
        file.display()
    )]
    ArchitectureNotNeeded { file: PathBuf, architecture: String },
    #[error(
        "`{}` holds its own network and is not put into {into}; leave out `graph` or `layers`",
        file.display()
    )]
    GraphNotNeeded {
        file: PathBuf,
        /// ``the graph of `net.pt2` `` or `the layers`.
        into: String,
    },
    #[error("unknown architecture `{architecture}`{near}; expected one of {known}")]
    ArchitectureUnknown {
        architecture: String,
        near: String,
        known: String,
    },
    #[error(
        "the weights in `{}` do not fit {into}: {}",
        file.display(), weight_fault::list(faults)
    )]
    WeightsDoNotFit {
        file: PathBuf,
        /// ``the architecture `vgg16` ``.
        into: String,
        faults: Vec<WeightFault>,
    },
    #[error(
        "the tensor `{tensor}` in `{}` holds {count} values that are NaN or infinite; \
         take a checkpoint from before the training diverged",
        file.display()
    )]
    NotFinite {
        file: PathBuf,
        tensor: String,
        count: i64,
    },
    #[error(
        "the network uses operators that are not supported: {operators}; export it without them"
    )]
    OperatorsUnknown {
        /// ``aten.x.default` (node `x_1` in `layer1.0`)`, separated by commas.
        operators: String,
    },
    /// A constant that is made of weights when the network is loaded, and would fill the memory.
    #[error(
        "the constants that the network is made of grow to {megabytes} MB at {place}, far more than the file holds; \
         export it without them"
    )]
    ConstantsTooLarge { place: String, megabytes: u64 },
    #[error("`{operator}` (node `{node}` in {module}): {source}")]
    Operator {
        operator: String,
        node: String,
        /// In backticks, or `the network itself`.
        module: String,
        source: Box<OperatorError>,
    },
    #[error("the network does not run on an input of {shape:?}: {source}{exported}")]
    DoesNotRun {
        shape: Vec<i64>,
        source: Box<ModelError>,
        /// Empty, or `; it was exported for …`.
        exported: String,
    },
    #[error(
        "the input is {got:?}, the network takes [N, {}, {}, {}]",
        expected[0], expected[1], expected[2]
    )]
    InputShape { got: Vec<i64>, expected: [i64; 3] },
    #[error(
        "the network gives {shape:?} for one picture; a classifier gives [1, classes]; \
         export the part of it that gives the scores"
    )]
    NotAClassifier { shape: Vec<i64> },
    #[error(
        "the network runs on batches of {batch} only: {fault}; export it again with `{EXPORT}`"
    )]
    FixedBatch { batch: i64, fault: String },
    #[error(
        "the network is non-deterministic: the same pictures get different scores each time it runs; \
         call `model.eval()` before `torch.jit.trace` or `torch.jit.script`"
    )]
    Nondeterministic,
    #[error(
        "a photo's scores depend on the other photos of its batch: first at {place}, where the values of a \
         picture change by {percent} % in company; the network was exported as in training: call \
         `model.eval()` before exporting it, and give batch normalisation its running statistics"
    )]
    DependsOnCompany {
        /// Operator, node and module.
        place: String,
        percent: u64,
    },
    #[error(
        "the scores are whole numbers ({kind}), which have no gradient; export the network without rounding"
    )]
    WholeNumbers { kind: String },
    #[error("there is no one number, or no variable, whose gradient could be computed")]
    NoGradientToAskFor,
    #[error("there is no rule by which relevance gets through {place}")]
    NoRelevance {
        /// Operator, node and module.
        place: String,
    },
    #[error("the network's scores are not finite numbers: {first}")]
    ScoresNotFinite {
        /// ``the first that are not come from `aten.conv2d.default` (node `conv2d_1` in `2`)``.
        first: String,
    },
    #[error(transparent)]
    Layer(#[from] UnknownLayer),
    #[error("the node `{node}` gives several tensors or none and cannot be recorded")]
    NotOneTensor { node: String },
    #[error(
        "the given activations do not separate the output from the network's input: {needed} is needed as well"
    )]
    NotASeparator {
        /// ``the output of `add_1``` or `the network's input`.
        needed: String,
    },
    #[error("the output of the node `{node}` does not depend on that of `{before}`")]
    NotDownstream { node: String, before: String },
    #[error(
        "the node `{node}` gives {expected:?} for one picture; {got:?} is not a whole number of pictures"
    )]
    ActivationShape {
        node: String,
        got: Vec<i64>,
        expected: Vec<i64>,
    },
    #[error("there is not enough memory for a batch of 1: {message}")]
    OutOfMemory { message: String },
    #[error("the network does not run in bf16: {source}; choose `precision: fp32`")]
    Bf16DoesNotRun { source: Box<ModelError> },
    #[error("TorchScript networks run in float32 only; choose `precision: fp32`")]
    Bf16NotOfTorchScript,
    #[error("the graph has no node {node}; it has {nodes}")]
    NodeUnknown { node: usize, nodes: usize },
}

impl ModelError {
    /// Whether the error is of this file's content or of reading it.
    pub fn is_about(&self, path: &std::path::Path) -> bool {
        match self {
            Self::File(error) => error.path == path,
            Self::NotAModel { file, .. }
            | Self::Damaged { file, .. }
            | Self::NotSupported { file, .. } => file == path,
            _ => false,
        }
    }
}
