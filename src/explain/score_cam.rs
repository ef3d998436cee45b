//! Which maps of a layer, laid over the photo as a mask, keep the class's score high?
//!
//! L = Σₖ wₖ Aₖ, w the softmax over k of the scores s_c(x ⊙ Hₖ); the mask Hₖ is Aₖ enlarged bilinearly to the photo
//! and scaled to 0..1 (Wang et al. 2020, equations 4 to 7 and algorithm 1). A map that is flat makes no mask and
//! has no weight. No gradient is needed: K forward passes.
//!
//! **Input**, **Output**, layer: see `class_activation`. Masked pixels have the mean colour.
//! **Differs from the paper** as the authors' program: the weights are the softmax of the scores themselves, from
//! which the score of the baseline is not subtracted (it would change no weight).
//! **Errors** numbers that are not finite.

use serde_json::{Map, Value};
use tch::Tensor;

use super::class_activation::layer::Rule;
use super::class_activation::{self, CELLS, Formula, Recorded, weighted};
use super::target_name::Takes;
use super::{Entry, ExplainError, Photos, numbers, parameters};
use crate::results::Kind;

pub const ENTRY: Entry = Entry {
    name: "score_cam",
    version: 1,
    kind: Kind::Attributions,
    view: CELLS,
    photos: Photos::Any,
    schema: || {
        parameters::described::<class_activation::Parameters>(
            "Maps of a layer, each weighted by the class score of the photo under it as a mask. A pass for each map.",
        )
    },
    parse: |value| class_activation::parse(value, &FORMULA),
    smallest: |_| Value::Object(Map::new()),
    citations: &[
        "Wang, H., Wang, Z., Du, M., Yang, F., Zhang, Z., Ding, S., Mardziel, P., Hu, X.: Score-CAM: Score-Weighted Visual Explanations for Convolutional Neural Networks. CVPR Workshops 2020",
    ],
};

static FORMULA: Formula = Formula {
    rule: Rule::Any,
    takes: Takes::Any,
    map: |of| map(of, Corners::Halves),
};

/// Where the corners of an enlarged map lie.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Corners {
    /// A cell is an area: the corners are half a cell within its border, as when maps are shown.
    Halves,
    /// The centres of the corner cells are the corners of the photo, as pytorch-grad-cam has it.
    Aligned,
}

/// The map [h, w] of a photo.
pub fn map(of: &Recorded, corners: Corners) -> Result<Tensor, ExplainError> {
    let activation = of.activation()?;
    let size = of.input_size()?;
    let mut shaped = Vec::new(); // maps that are not flat
    for index in 0..activation.size()[0] {
        let of_one = activation.f_get(index)?;
        let range = of_one.f_max()?.f_sub(&of_one.f_min()?)?;
        if range.f_double_value(&[])? > 0.0 {
            shaped.push(index);
        }
    }
    let mask = |at: usize| mask(&activation.f_get(shaped[at])?, size, corners);
    let scores = of.scores_under(shaped.len(), &mask)?;
    let mut weights = vec![0.0; activation.size()[0] as usize];
    for (index, weight) in shaped.iter().zip(softmax(&scores)) {
        weights[*index as usize] = weight;
    }
    let activation = numbers::precise_values(&activation).and_then(|values| {
        let values = Tensor::f_from_slice(&values)?;
        Ok(values.f_view(activation.size().as_slice())?)
    })?;
    weighted(&activation, &Tensor::f_from_slice(&weights)?)
}

/// A map [h, w] as a mask [H, W] of 0..1.
fn mask(
    map: &Tensor,
    (height, width): (i64, i64),
    corners: Corners,
) -> Result<Tensor, ExplainError> {
    let map = map.f_unsqueeze(0)?.f_unsqueeze(0)?;
    let aligned = corners == Corners::Aligned;
    let large = map.f_upsample_bilinear2d([height, width].as_slice(), aligned, None, None)?;
    let large = large.f_get(0)?.f_get(0)?;
    let (low, high) = (large.f_min()?, large.f_max()?);
    Ok(large.f_sub(&low)?.f_div(&high.f_sub(&low)?)?)
}

fn softmax(scores: &[f64]) -> Vec<f64> {
    let largest = scores.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    let parts: Vec<f64> = scores.iter().map(|score| (score - largest).exp()).collect();
    let sum: f64 = parts.iter().sum();
    parts.into_iter().map(|part| part / sum).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn masks_fill_zero_to_one_and_corners_follow_the_rule() {
        let map = Tensor::from_slice(&[3.0_f32, 7.0]).view([1, 2]);
        let halves = mask(&map, (1, 4), Corners::Halves).unwrap();
        let aligned = mask(&map, (1, 4), Corners::Aligned).unwrap();
        let close = |found: &Tensor, expected: [f32; 4]| {
            let difference = found - Tensor::from_slice(&expected).view([1, 4]);
            difference.abs().max().double_value(&[]) < 1e-6
        };
        assert!(close(&halves, [0.0, 0.25, 0.75, 1.0]));
        assert!(close(&aligned, [0.0, 1.0 / 3.0, 2.0 / 3.0, 1.0]));
    }

    #[test]
    fn softmax_sums_to_one_at_any_size() {
        assert_eq!(softmax(&[1000.0, 1000.0]), [0.5, 0.5]);
        assert_eq!(softmax(&[]), [0.0; 0]);
    }
}
