//! Why an operator does not run.

use crate::model::libtorch::first_line;

/// Why an operator does not run.
#[derive(Debug, thiserror::Error)]
pub enum OperatorError {
    #[error("the argument `{argument}` is missing")]
    Missing { argument: &'static str },
    #[error("the argument `{argument}` is not {expected}")]
    Kind {
        argument: String,
        expected: &'static str,
    },
    #[error("the argument `{argument}` must be {expected} here")]
    Value {
        argument: &'static str,
        expected: String,
    },
    #[error("the arguments {arguments} are not supported")]
    NotUnderstood { arguments: String },
    #[error("it gives {got} values where the graph expects {expected}")]
    Outputs { got: usize, expected: usize },
    #[error("{}", first_line(.0))]
    Torch(#[from] tch::TchError),
    /// What tch says where it panics instead of returning an error.
    #[error("{message}")]
    Panicked { message: String },
}

pub type Result<T> = std::result::Result<T, OperatorError>;
