//! From tensors to plain numbers, and small statistics on them.

use tch::{Kind, Tensor};

use super::ExplainError;
use crate::model::OutputActivation;
use crate::results::{Map, Volume};

/// All elements, row-major.
pub fn values(tensor: &Tensor) -> Result<Vec<f32>, ExplainError> {
    let flat = tensor
        .f_detach()?
        .f_to(tch::Device::Cpu)?
        .f_to_kind(Kind::Float)?
        .f_contiguous()?
        .f_view(-1)?;
    Ok(Vec::<f32>::try_from(&flat)?)
}

/// All elements in double precision, row-major.
pub fn precise_values(tensor: &Tensor) -> Result<Vec<f64>, ExplainError> {
    let flat = tensor
        .f_detach()?
        .f_to(tch::Device::Cpu)?
        .f_to_kind(Kind::Double)?
        .f_contiguous()?
        .f_view(-1)?;
    Ok(Vec::<f64>::try_from(&flat)?)
}

/// A [N, M] tensor in double precision, row by row.
pub fn rows(tensor: &Tensor) -> Result<Vec<Vec<f64>>, ExplainError> {
    let (_, columns) = tensor.size2()?;
    let all = precise_values(tensor)?;
    let rows = all.chunks(columns.max(1) as usize);
    Ok(rows.map(<[f64]>::to_vec).collect())
}

/// A [H, W] tensor.
pub fn map(tensor: &Tensor) -> Result<Map, ExplainError> {
    let (height, width) = tensor.size2()?;
    Ok(Map {
        height: height as usize,
        width: width as usize,
        values: values(tensor)?,
    })
}

/// A [C, H, W] tensor.
pub fn volume(tensor: &Tensor) -> Result<Volume, ExplainError> {
    let (channels, height, width) = tensor.size3()?;
    Ok(Volume {
        channels: channels as usize,
        height: height as usize,
        width: width as usize,
        values: values(tensor)?,
    })
}

/// Probabilities of scores [N, classes] as [`crate::model::Model::scores`] gives them, one row a picture: they
/// sum to 1, or are independent where `activation` is a sigmoid of several numbers.
pub fn probabilities(
    scores: &Tensor,
    activation: OutputActivation,
) -> Result<Vec<Vec<f64>>, ExplainError> {
    let rows = rows(&activated(scores, activation)?)?;
    if rows.iter().flatten().any(|p| !p.is_finite()) {
        return Err(ExplainError::Failed(
            "the network's scores are not finite numbers".to_owned(),
        ));
    }
    Ok(rows)
}

/// The same as a tensor [N, classes] of float64 on the CPU, whether the numbers are finite or not.
pub fn activated(scores: &Tensor, activation: OutputActivation) -> Result<Tensor, tch::TchError> {
    let scores = scores.f_to(tch::Device::Cpu)?; // not every device has float64
    let scores = scores.f_to_kind(Kind::Double)?;
    match activation {
        OutputActivation::Softmax => scores.f_softmax(1, None),
        // Of the scores −s and s of two classes it makes 1 − p and p.
        OutputActivation::Sigmoid | OutputActivation::SigmoidOfOne => scores.f_sigmoid(),
    }
}

/// The indices of the `count` largest, largest first; of equals the lower index first.
pub fn largest(values: &[f64], count: usize) -> Vec<usize> {
    let mut order: Vec<usize> = (0..values.len()).collect();
    order.sort_by(|&a, &b| values[b].total_cmp(&values[a])); // stable
    order.truncate(count);
    order
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn equal_probabilities_keep_the_order_of_the_classes() {
        assert_eq!(largest(&[0.1, 0.4, 0.1, 0.4], 3), [1, 3, 0]);
    }

    /// By hand: softmax of 0 and ln 3 is 1/4 and 3/4, the sigmoid of ln 3 is 3/4.
    #[test]
    fn probabilities_are_made_as_the_network_makes_them() {
        let s = 3.0_f64.ln();
        let close = |scores: [f64; 2], activation, expected: [f64; 2]| {
            let scores = Tensor::from_slice(&scores).view([1, 2]);
            let found = probabilities(&scores, activation).unwrap();
            for (found, expected) in found[0].iter().zip(expected) {
                assert!((found - expected).abs() < 1e-15, "{activation:?}: {found}");
            }
        };
        close([0.0, s], OutputActivation::Softmax, [0.25, 0.75]);
        close([0.0, s], OutputActivation::Sigmoid, [0.5, 0.75]);
        close([-s, s], OutputActivation::SigmoidOfOne, [0.25, 0.75]);
        let nan = Tensor::from_slice(&[f64::NAN, 0.0]).view([1, 2]);
        assert!(probabilities(&nan, OutputActivation::Sigmoid).is_err());
    }
}
