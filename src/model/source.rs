//! Which file a network comes from, and how it is to be read.

use super::precision::Precision;
use super::scores::StatedScores;

/// Where a network comes from.
#[derive(Debug, Clone)]
pub struct Source {
    pub file: std::path::PathBuf,
    /// Name of a built-in architecture, for files that hold weights only.
    pub architecture: Option<String>,
    /// The key under which the weights lie in a checkpoint; `None` for the usual ones.
    pub weights: Option<String>,
    /// Channels, height and width of one input.
    pub input_shape: [i64; 3],
    /// Whether sizes that the file names stand in place of those of `input_shape`.
    pub as_exported: bool,
    /// The same of height and width alone.
    pub size_as_exported: bool,
    /// Name of the output that holds the scores, of a network that gives more than one.
    pub output: Option<String>,
    /// What scores without gradients are computed in.
    pub precision: Precision,
    /// What the user says that the network gives; `None` for what is found.
    pub scores: Option<StatedScores>,
}

impl Source {
    pub fn new(file: impl Into<std::path::PathBuf>, input_shape: [i64; 3]) -> Self {
        Self {
            file: file.into(),
            architecture: None,
            weights: None,
            input_shape,
            as_exported: false,
            size_as_exported: false,
            output: None,
            precision: Precision::default(),
            scores: None,
        }
    }

    /// With the input that the network was exported for, where the file says it.
    pub fn as_exported(self) -> Self {
        Self {
            as_exported: true,
            ..self
        }
    }

    /// With the height and width that the network was exported for, where the file says them.
    pub fn with_size_as_exported(self, size_as_exported: bool) -> Self {
        Self {
            size_as_exported,
            ..self
        }
    }

    /// Whether a size that the file names stands in place of that of `input_shape`: of channels, height or width.
    pub fn takes_from_file(&self, axis: usize) -> bool {
        self.as_exported || (self.size_as_exported && axis > 0)
    }

    pub fn with_precision(self, precision: Precision) -> Self {
        Self { precision, ..self }
    }

    pub fn with_weights(self, key: Option<&str>) -> Self {
        Self {
            weights: key.map(str::to_owned),
            ..self
        }
    }

    pub fn with_output(self, name: Option<&str>) -> Self {
        Self {
            output: name.map(str::to_owned),
            ..self
        }
    }

    pub fn with_scores(self, scores: Option<StatedScores>) -> Self {
        Self { scores, ..self }
    }

    pub fn with_architecture(self, name: Option<&str>) -> Self {
        Self {
            architecture: name.map(str::to_owned),
            ..self
        }
    }
}
