//! Which file a network comes from, and how it is to be read.

use super::precision::Precision;

/// Where a network comes from.
#[derive(Debug, Clone)]
pub struct Source {
    pub file: std::path::PathBuf,
    /// Name of a built-in architecture, for files that hold weights only.
    pub architecture: Option<String>,
    /// Channels, height and width of one input.
    pub input_shape: [i64; 3],
    /// Whether sizes that the file names stand in place of those of `input_shape`.
    pub as_exported: bool,
    /// What scores without gradients are computed in.
    pub precision: Precision,
}

impl Source {
    pub fn new(file: impl Into<std::path::PathBuf>, input_shape: [i64; 3]) -> Self {
        Self {
            file: file.into(),
            architecture: None,
            input_shape,
            as_exported: false,
            precision: Precision::default(),
        }
    }

    /// With the input that the network was exported for, where the file says it.
    pub fn as_exported(self) -> Self {
        Self {
            as_exported: true,
            ..self
        }
    }

    pub fn with_precision(self, precision: Precision) -> Self {
        Self { precision, ..self }
    }

    pub fn with_architecture(self, name: Option<&str>) -> Self {
        Self {
            architecture: name.map(str::to_owned),
            ..self
        }
    }
}
