//! Errors that may be a lack of memory.

use crate::model::error::ModelError;
use crate::model::libtorch::{refusal, refused};
use crate::model::operators::OperatorError;

/// An error that may be a lack of memory.
pub trait MemoryError: From<ModelError> {
    /// What libtorch said where it got no memory.
    fn out_of_memory(&self) -> Option<String>;
}

impl MemoryError for ModelError {
    fn out_of_memory(&self) -> Option<String> {
        match self {
            Self::Torch(error) => refusal(error),
            Self::Operator { source, .. } => match source.as_ref() {
                OperatorError::Torch(error) => refusal(error),
                OperatorError::Panicked { message } => refused(message),
                _ => None,
            },
            Self::OutOfMemory { message } => Some(message.clone()),
            _ => None,
        }
    }
}
