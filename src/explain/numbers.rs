//! From tensors to plain numbers, and small statistics on them.

use tch::{Kind, Tensor};

use super::ExplainError;
use super::finding::Map;

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

/// The `percent` percentile, linear between ranks; 0 of nothing.
pub fn percentile(values: &[f32], percent: f64) -> f32 {
    let mut sorted = values.to_vec();
    sorted.sort_by(f32::total_cmp);
    let Some(last) = sorted.len().checked_sub(1) else {
        return 0.0;
    };
    let rank = last as f64 * (percent / 100.0).clamp(0.0, 1.0);
    let below = rank.floor() as usize;
    let above = (below + 1).min(last);
    let (low, high) = (f64::from(sorted[below]), f64::from(sorted[above]));
    (low + (high - low) * (rank - below as f64)) as f32
}

/// Lowest and highest; `(0, 0)` of nothing.
pub fn extremes(values: &[f32]) -> (f32, f32) {
    let fold = |pick: fn(f32, f32) -> f32| values.iter().copied().reduce(pick).unwrap_or(0.0);
    (fold(f32::min), fold(f32::max))
}

/// The share of a map's sum in each ninth of the picture, row by row; zeros for a map without sum.
pub fn ninths(map: &Map) -> [f64; 9] {
    let mut sums = [0.0; 9];
    for (at, &value) in map.values.iter().enumerate() {
        let (row, column) = (at / map.width, at % map.width);
        sums[row * 3 / map.height * 3 + column * 3 / map.width] += f64::from(value);
    }
    let total: f64 = sums.iter().sum();
    if total > 0.0 {
        sums.map(|sum| sum / total)
    } else {
        sums
    }
}

/// Objective against step, as far as it is a finite number.
pub fn points(objectives: &[f64]) -> Vec<(f64, f64)> {
    let finite = objectives.iter().take_while(|value| value.is_finite());
    finite
        .enumerate()
        .map(|(step, &value)| (step as f64, value))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn percentile_is_linear_between_ranks() {
        let values = [4.0, 1.0, 3.0, 2.0];
        assert_eq!(percentile(&values, 0.0), 1.0);
        assert_eq!(percentile(&values, 50.0), 2.5);
        assert_eq!(percentile(&values, 99.0), 3.97);
        assert_eq!(percentile(&values, 100.0), 4.0);
        assert_eq!(percentile(&[], 99.0), 0.0);
    }

    #[test]
    fn ninths_of_a_picture_that_is_not_square() {
        let mut map = Map {
            height: 3,
            width: 6,
            values: vec![0.0; 18],
        };
        map.values[2] = 1.0; // upper middle
        map.values[17] = 3.0; // lower right
        assert_eq!(
            ninths(&map),
            [0.0, 0.25, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.75]
        );
        map.values.fill(0.0);
        assert_eq!(ninths(&map), [0.0; 9]);
    }

    #[test]
    fn equal_probabilities_keep_the_order_of_the_classes() {
        assert_eq!(largest(&[0.1, 0.4, 0.1, 0.4], 3), [1, 3, 0]);
    }

    #[test]
    fn a_curve_ends_where_numbers_are_no_longer_finite() {
        assert_eq!(points(&[1.0, 2.0, f64::NAN, 3.0]), [(0.0, 1.0), (1.0, 2.0)]);
    }
}
