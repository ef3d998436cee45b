//! Crops of photos, and those that hold most of a concept.

use tch::Tensor;

use crate::explain::{ExplainError, numbers};
use crate::results::Crop;

/// A crop's side as a share of the photo's: 64 of 224 px.
const CROP: f64 = 2.0 / 7.0;
/// Between crops, as a share of their side.
const STRIDE: f64 = 0.8;
/// Crops kept of each concept.
const CROPS_KEPT: usize = 8;

/// Crops of a photo: their corners, and their size.
pub struct Crops {
    pub size: [usize; 2],
    pub corners: Vec<(usize, usize)>,
}

impl Crops {
    /// Of a photo of height and width.
    pub fn of(size: (usize, usize)) -> Self {
        let side = |length: usize| ((length as f64 * CROP).round() as usize).clamp(1, length);
        let starts = |length: usize| {
            let stride = ((side(length) as f64 * STRIDE) as usize).max(1);
            (0..=length - side(length)).step_by(stride)
        };
        let corners = starts(size.0).flat_map(|top| starts(size.1).map(move |left| (top, left)));
        Self {
            size: [side(size.0), side(size.1)],
            corners: corners.collect(),
        }
    }

    /// Each enlarged to the photo's size, [crops, C, H, W].
    pub fn tensors(&self, photo: &Tensor) -> Result<Tensor, ExplainError> {
        let (_, _, height, width) = photo.size4()?;
        let [rows, columns] = self.size.map(|size| size as i64);
        let crop = |(top, left): &(usize, usize)| {
            let rows = photo.f_narrow(2, *top as i64, rows)?;
            rows.f_narrow(3, *left as i64, columns)
        };
        let crops = self
            .corners
            .iter()
            .map(crop)
            .collect::<Result<Vec<_>, _>>()?;
        let crops = Tensor::f_cat(&crops, 0)?;
        Ok(crops.f_upsample_bilinear2d([height, width].as_slice(), false, None, None)?)
    }
}

/// The crops with most of a concept, one a photo, of equals in their order.
pub fn most(amounts: &[f32], corners: &[(usize, (usize, usize))]) -> Vec<Crop> {
    let all: Vec<f64> = amounts.iter().copied().map(f64::from).collect();
    let mut found: Vec<Crop> = Vec::with_capacity(CROPS_KEPT);
    for at in numbers::largest(&all, all.len()) {
        let (photo, (top, left)) = corners[at];
        if found.len() == CROPS_KEPT {
            break;
        }
        if found.iter().all(|crop| crop.photo != photo) && amounts[at] > 0.0 {
            found.push(Crop {
                photo,
                top,
                left,
                value: amounts[at],
            });
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn crops_overlap_and_stay_inside() {
        let crops = Crops::of((224, 448));
        assert_eq!(crops.size, [64, 128]);
        assert_eq!(crops.corners.len(), 16);
        assert_eq!(crops.corners[5], (51, 102));
        assert_eq!(crops.corners[15], (153, 306));
        assert_eq!(Crops::of((1, 1)).corners, [(0, 0)]);
    }

    #[test]
    fn the_crops_with_most_are_of_different_photos() {
        let corners = [(4, (0, 0)), (4, (0, 9)), (7, (0, 0)), (8, (3, 3))];
        let found = most(&[2.0, 5.0, 3.0, 0.0], &corners);
        let found: Vec<_> = found.iter().map(|one| (one.photo, one.left)).collect();
        assert_eq!(found, [(4, 9), (7, 0)]);
    }
}
