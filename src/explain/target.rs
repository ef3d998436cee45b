//! The number of a photo's scores that is explained, from what the scores' node of a network gives.

use tch::{Kind, Tensor};

use super::target_name::Wanted;
use super::{ExplainError, numbers};
use crate::model::{Model, OutputActivation};
use crate::results::{Explained, Scalar, ScalarTarget};

/// The number, its score and its probability, of outputs [1, classes], for methods that record nodes.
pub fn of(model: &Model, outputs: &Tensor, wanted: &Wanted) -> Result<ScalarTarget, ExplainError> {
    let scores = scores(model, outputs);
    let rows = numbers::probabilities(&scores, model.activation())?;
    let row = rows.first().map_or(&[][..], Vec::as_slice);
    new(wanted, &numbers::precise_values(&scores)?, row)
}

/// Of one score and one probability a class.
pub fn new(
    wanted: &Wanted,
    scores: &[f64],
    probabilities: &[f64],
) -> Result<ScalarTarget, ExplainError> {
    let predicted = || {
        let largest = numbers::largest(probabilities, 1);
        largest.first().copied().unwrap_or(0)
    };
    let scalar = wanted.scalar(predicted);
    ScalarTarget::new(scalar, scores, probabilities).ok_or_else(|| {
        ExplainError::Failed("the network gives no score for a class that is explained".to_owned())
    })
}

/// The sum of the number over outputs [N, classes]; can be differentiated.
pub fn number(model: &Model, outputs: &Tensor, scalar: &Scalar) -> Tensor {
    let each = each(&scores(model, outputs), scalar, model.activation());
    each.expect("scores of the shape that was checked")
        .sum(Kind::Float)
}

/// The number of each row of scores [N, classes], [N]; can be differentiated.
pub fn each(
    scores: &Tensor,
    scalar: &Scalar,
    activation: OutputActivation,
) -> Result<Tensor, tch::TchError> {
    let values = match (scalar.of, activation) {
        (Explained::Score, _) => scores.shallow_clone(),
        (Explained::Probability, OutputActivation::Softmax) => scores.f_softmax(1, None)?,
        (Explained::Probability, OutputActivation::Sigmoid | OutputActivation::SigmoidOfOne) => {
            scores.f_sigmoid()?
        }
    };
    let sum = |classes: &[usize]| match classes {
        [class] => values.f_select(1, *class as i64),
        several => {
            let several: Vec<i64> = several.iter().map(|class| *class as i64).collect();
            let several = Tensor::f_from_slice(&several)?.f_to(values.device())?;
            values
                .f_index_select(1, &several)?
                .f_sum_dim_intlist(1_i64, false, None)
        }
    };
    let plus = sum(&scalar.plus)?;
    match scalar.minus.is_empty() {
        true => Ok(plus),
        false => plus.f_sub(&sum(&scalar.minus)?),
    }
}

/// As [`Model::scores`] gives them.
pub fn scores(model: &Model, outputs: &Tensor) -> Tensor {
    let scores = model.class_scores(outputs);
    scores.expect("numbers of the shape of which the scores are made")
}

#[cfg(test)]
mod tests {
    use super::*;

    /// s = (0, ln 3, ln 4): softmax 1/8, 3/8, 4/8; sigmoids 1/2, 3/4, 4/5.
    #[test]
    fn numbers_by_hand() {
        let (three, four) = (3.0_f64.ln(), 4.0_f64.ln());
        let scores = Tensor::from_slice(&[0.0, three, four]).view([1, 3]);
        let found = |plus: &[usize], minus: &[usize], of, activation| {
            let scalar = Scalar {
                plus: plus.to_vec(),
                minus: minus.to_vec(),
                of,
            };
            each(&scores, &scalar, activation)
                .unwrap()
                .double_value(&[0])
        };
        let softmax = OutputActivation::Softmax;
        let close =
            |found: f64, expected: f64| assert!((found - expected).abs() < 1e-12, "{found}");
        close(found(&[2], &[1], Explained::Score, softmax), four - three);
        close(found(&[0, 2], &[], Explained::Score, softmax), four);
        close(found(&[2], &[1], Explained::Probability, softmax), 0.125);
        close(found(&[0, 1], &[], Explained::Probability, softmax), 0.5);
        let sigmoid = OutputActivation::Sigmoid;
        close(found(&[2], &[0], Explained::Probability, sigmoid), 0.3);
    }
}
