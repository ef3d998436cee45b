//! The class of a photo from what the scores' node of a network gives, for methods that record nodes.

use tch::{Kind, Tensor};

use super::{ExplainError, numbers};
use crate::labels::Class;
use crate::model::Model;
use crate::results::ClassTarget;

/// The class with its score and probability, of outputs [1, classes].
pub fn of(model: &Model, outputs: &Tensor, class: Class) -> Result<ClassTarget, ExplainError> {
    let scores = scores(model, outputs);
    let rows = numbers::probabilities(&scores, model.activation())?;
    let row = rows.first().map_or(&[][..], Vec::as_slice);
    let class = match class {
        Class::Predicted => numbers::largest(row, 1).first().copied().unwrap_or(0),
        Class::Index(index) => index,
    };
    let (score, probability) = (numbers::precise_values(&scores)?, row);
    match (score.get(class), probability.get(class)) {
        (Some(&score), Some(&probability)) => Ok(ClassTarget {
            class,
            score,
            probability,
        }),
        _ => Err(ExplainError::Failed(format!(
            "the network gives no score for class {class}"
        ))),
    }
}

/// The sum of a class's scores over outputs [N, classes], one number; can be differentiated.
pub fn score(model: &Model, outputs: &Tensor, class: usize) -> Tensor {
    scores(model, outputs)
        .select(1, class as i64)
        .sum(Kind::Float)
}

/// As [`Model::scores`] gives them.
pub fn scores(model: &Model, outputs: &Tensor) -> Tensor {
    let scores = model.class_scores(outputs);
    scores.expect("numbers of the shape of which the scores are made")
}
