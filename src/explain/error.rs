//! Why a method could not be carried out.

use crate::model::{MemoryError, ModelError, refusal};
use crate::picture::InputError;

#[derive(Debug, thiserror::Error)]
pub enum ExplainError {
    /// Boxed, for it is the largest by far.
    #[error(transparent)]
    Model(Box<ModelError>),
    #[error("libtorch: {0}")]
    Torch(#[from] tch::TchError),
    #[error(transparent)]
    File(#[from] crate::fs::FileError),
    #[error(transparent)]
    Input(#[from] InputError),
    #[error("{0}")]
    Failed(String),
    /// Whoever waits for the results does not want them any more.
    #[error("cancelled")]
    Cancelled,
}

impl MemoryError for ExplainError {
    fn out_of_memory(&self) -> Option<String> {
        match self {
            Self::Model(error) => error.out_of_memory(),
            Self::Torch(error) => refusal(error),
            Self::File(_) | Self::Input(_) | Self::Failed(_) | Self::Cancelled => None,
        }
    }
}

impl From<ModelError> for ExplainError {
    fn from(error: ModelError) -> Self {
        Self::Model(Box::new(error))
    }
}
