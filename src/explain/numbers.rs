//! From tensors to plain numbers, and small statistics on them.

use tch::{Kind, Tensor};

use super::ExplainError;
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

/// Probabilities of scores [N, classes], one row a picture.
pub fn probabilities(scores: &Tensor) -> Result<Vec<Vec<f64>>, ExplainError> {
    let (_, classes) = scores.size2()?;
    let flat = {
        let scores = scores.f_to(tch::Device::Cpu)?; // not every device has float64
        precise_values(&scores.f_to_kind(Kind::Double)?.f_softmax(1, None)?)?
    };
    if flat.iter().any(|p| !p.is_finite()) {
        return Err(ExplainError::Failed(
            "the network's scores are not finite numbers".to_owned(),
        ));
    }
    Ok(flat
        .chunks(classes.max(1) as usize)
        .map(<[f64]>::to_vec)
        .collect())
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
}
