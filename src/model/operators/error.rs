//! Why an operator does not run.

use crate::model::libtorch::first_line;
use crate::model::one_output::NotChosen;

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
    /// Its statistics and random numbers are those of training.
    #[error("the network was exported as in training; call `model.eval()` before exporting it")]
    InTraining,
    /// A batch norm that was not set to predict.
    #[error(
        "it normalises by the statistics of the batch (`{argument}`), so that a score would depend on the other \
         photos; call `model.eval()` before exporting"
    )]
    Statistics { argument: &'static str },
    #[error("it would give {elements:.0} numbers, more than any value of a classifier holds")]
    TooLarge { elements: f64 },
    #[error("the arguments {arguments} are not supported")]
    NotUnderstood { arguments: String },
    #[error("it gives {got} values where the graph expects {expected}")]
    Outputs { got: usize, expected: usize },
    /// Of a whole network, which gives more than scores.
    #[error(transparent)]
    NotChosen(#[from] NotChosen),
    #[error("{}", first_line(.0))]
    Torch(#[from] tch::TchError),
    /// What tch says where it panics instead of returning an error.
    #[error("{message}")]
    Panicked { message: String },
}

pub type Result<T> = std::result::Result<T, OperatorError>;
