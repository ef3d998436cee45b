//! The gradient of a number of the scores of each picture of a batch.

use tch::Tensor;

use super::target_name::Wanted;
use super::{ExplainError, numbers, target};
use crate::model::{self, ModelError, OutputActivation};
use crate::results::ScalarTarget;

/// Gradients of a batch.
#[derive(Debug)]
pub struct Gradients {
    /// ∂ number / ∂ input, [N, C, H, W].
    pub gradient: Tensor,
    /// The number of each picture.
    pub targets: Vec<ScalarTarget>,
}

/// The gradient of each picture's own number by one backward: the pictures of a batch do not act on
/// each other, so the gradient of the sum holds every picture's own.
/// `scores` maps [N, C, H, W] to [N, classes], of which `activation` makes probabilities.
pub fn gradients(
    activation: OutputActivation,
    scores: &dyn Fn(&Tensor) -> Result<Tensor, ModelError>,
    input: &Tensor,
    class: &Wanted,
) -> Result<Gradients, ExplainError> {
    let input = input.f_detach()?.f_set_requires_grad(true)?;
    let scores = scores(&input)?;
    let rows = numbers::probabilities(&scores, activation)?;
    let targets = numbers::rows(&scores)?.into_iter();
    let targets = targets
        .zip(&rows)
        .map(|(scores, row)| target::new(class, &scores, row));
    let targets = targets.collect::<Result<Vec<_>, _>>()?;
    let each = match (targets.first(), class.is_fixed()) {
        (Some(first), true) => target::each(&scores, &first.scalar, activation)?,
        _ => {
            let of_row = |(at, target): (usize, &ScalarTarget)| {
                let row = scores.f_narrow(0, at as i64, 1)?;
                target::each(&row, &target.scalar, activation)
            };
            let rows = targets.iter().enumerate().map(of_row);
            Tensor::f_cat(&rows.collect::<Result<Vec<_>, _>>()?, 0)?
        }
    };
    let gradient = model::gradient(&each.f_sum(None)?, &input)?;
    Ok(Gradients { gradient, targets })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::results::{Explained, Scalar};
    use tch::{Device, Kind};

    /// s = w·x: the gradient is w whatever x is, and a batch gives every picture its own class.
    #[test]
    fn the_gradient_of_a_linear_model_is_its_weight() {
        let weight =
            Tensor::arange(2 * 3 * 6 * 8, (Kind::Float, Device::Cpu)).view([2, -1]) - 100.0;
        let input = Tensor::stack(&[weight.get(1), weight.get(0), weight.get(1) * 0.5], 0)
            .view([3, 3, 6, 8])
            * 1e-4;
        let scores = |x: &Tensor| Ok(x.view([-1, 3 * 6 * 8]).matmul(&weight.transpose(0, 1)));
        let softmax = OutputActivation::Softmax;
        let found = gradients(softmax, &scores, &input, &Wanted::predicted()).unwrap();
        let classes = found.targets.iter().filter_map(|of| of.scalar.class());
        let classes: Vec<usize> = classes.collect();
        assert_eq!(classes, [1, 0, 1]);
        for (at, &class) in classes.iter().enumerate() {
            let expected = weight.get(class as i64).view([3, 6, 8]);
            assert_eq!(found.gradient.get(at as i64), expected);
        }
        let first = Wanted::from(&Scalar::of_class(0, Explained::Score));
        let fixed = gradients(softmax, &scores, &input, &first).unwrap();
        assert_eq!(fixed.gradient.get(0), weight.get(0).view([3, 6, 8]));
        let difference = Wanted::from(&Scalar {
            plus: vec![1],
            minus: vec![0],
            of: Explained::Score,
        });
        let found = gradients(softmax, &scores, &input, &difference).unwrap();
        let expected = (weight.get(1) - weight.get(0)).view([3, 6, 8]);
        assert_eq!(found.gradient.get(2), expected);
    }
}
