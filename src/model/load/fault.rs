//! What can be wrong with the bytes of a model file.

use std::path::Path;

use crate::model::error::ModelError;
use crate::model::one_output::NotChosen;

/// What is wrong with a file, before its path is put to it.
#[derive(Debug)]
pub enum Fault {
    Damaged(String),
    NotSupported {
        fault: String,
        hint: String,
    },
    /// What names its file itself.
    Other(Box<ModelError>),
}

impl From<NotChosen> for Fault {
    fn from(NotChosen { fault, hint }: NotChosen) -> Self {
        Fault::NotSupported { fault, hint }
    }
}

impl Fault {
    pub(super) fn damaged(fault: impl Into<String>) -> Self {
        Fault::Damaged(fault.into())
    }

    pub(super) fn not_supported(fault: impl Into<String>, hint: impl Into<String>) -> Self {
        Fault::NotSupported {
            fault: fault.into(),
            hint: hint.into(),
        }
    }

    /// The same, with the name of the tensor that it is about.
    pub(super) fn of_tensor(self, name: &str) -> Self {
        match self {
            Fault::Damaged(fault) => Fault::Damaged(format!("tensor `{name}`: {fault}")),
            Fault::NotSupported { fault, hint } => Fault::NotSupported {
                fault: format!("tensor `{name}`: {fault}"),
                hint,
            },
            Fault::Other(error) => Fault::Other(error),
        }
    }

    pub(super) fn in_file(self, file: &Path) -> ModelError {
        let file = file.to_owned();
        match self {
            Fault::Damaged(fault) => ModelError::Damaged { file, fault },
            Fault::NotSupported { fault, hint } => ModelError::NotSupported { file, fault, hint },
            Fault::Other(error) => *error,
        }
    }
}
