//! Which pixels go with a high probability of the class, over many random masks?
//!
//! S = Σᵢ pᵢ Mᵢ / (N q) with pᵢ the probability of the class under the mask Mᵢ and q the share of cells that are kept
//! (Petsiuk et al. 2018, equation 6). Masks are coarse random grids, enlarged bilinearly and shifted at random. What
//! is found is (S − p̄) / (1 − q), p̄ the mean of all pᵢ: by how much the probability is higher where the pixel is
//! kept than where it is hidden, zero where it does not matter.
//!
//! **Input** one photo [1, C, H, W], normalised. **Output** [1, H, W], signed, in probability. No gradient is needed: N
//! passes.
//! **Differs from the paper** as said: an offset and a factor, so that the map has a zero.
//! **Errors** probabilities that are not finite.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use tch::Tensor;

use super::baseline::Baseline;
use super::input_x_gradient::SIGNED_PIXELS;
use super::of_class::{self, Step, predicted};
use super::per_photo::PerPhoto;
use super::seed::Numbers;
use super::{
    Entry, ExplainError, Inputs, Needs, Passes, Photo, Photos, hidden, numbers, parameters,
};
use crate::labels::{Class, ClassName};
use crate::results::{Attributions, ClassTarget, Kind, Meaning};

const NAME: &str = "rise";

pub const ENTRY: Entry = Entry {
    name: NAME,
    version: 1,
    kind: Kind::Attributions,
    view: SIGNED_PIXELS,
    photos: Photos::Any,
    schema: parameters::schema::<Rise>,
    parse: parameters::parse::<Rise>,
    smallest: |_| Value::Object(Map::new()),
    citations: &[
        "Petsiuk, V., Das, A., Saenko, K.: RISE: Randomized Input Sampling for Explanation of Black-box Models. BMVC 2018",
    ],
};

/// How the probability of a class goes with each pixel being kept, over random masks.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Rise {
    /// The class whose probability is watched: `predicted` (each photo's own), a class name or its number. Default `predicted`.
    pub class: ClassName,
    /// How many masks. Default 4000.
    #[schemars(range(min = 10, max = 100_000))]
    pub samples: usize,
    /// Cells of a mask along each side. Default 7.
    #[schemars(range(min = 2, max = 64))]
    pub cells: usize,
    /// The share of cells that are kept, 0.05 to 0.95. Default 0.5.
    #[schemars(range(min = 0.05, max = 0.95))]
    pub kept: f64,
    /// What stands in for hidden pixels: `mean` (zero after normalising), `black`, `white`, `blur` (the photo, blurred by a Gaussian of 1/16 of its shorter side) or a colour `[red, green, blue]` of 0 to 255. Default `mean`.
    pub baseline: Baseline,
}

impl Default for Rise {
    fn default() -> Self {
        Self {
            class: predicted(),
            samples: 4000,
            cells: 7,
            kept: 0.5,
            baseline: Baseline::MEAN,
        }
    }
}

impl PerPhoto for Rise {
    const DRAWS: bool = true;

    fn needs(&self) -> Needs {
        Needs::Scores
    }

    fn class(&self) -> Option<&ClassName> {
        Some(&self.class)
    }

    fn used(&self, _: &Inputs) -> Map<String, Value> {
        parameters::object(self)
    }

    fn parts(&self, _: &Inputs) -> usize {
        self.samples
    }

    fn map_of(
        &self,
        passes: &Passes,
        photo: &Photo,
        class: Class,
        step: Step,
    ) -> Result<Attributions, ExplainError> {
        let target = of_class::of_scores(passes, photo, class)?;
        let pair = (passes.input(photo)?, self.baseline.tensor(passes, photo)?);
        let (_, _, height, width) = pair.0.size4()?;
        let mut numbers = Numbers::new(passes.inputs.seed, NAME, &photo.id);
        let mut mask = || mask(&mut numbers, (height, width), self.cells, self.kept);
        let under = Masked {
            samples: self.samples,
            kept: self.kept,
            mask: &mut mask,
        };
        under.explain(passes, pair, target, step)
    }
}

/// Masks [H, W] of 0..1, one after the other.
pub struct Masked<'a> {
    pub samples: usize,
    /// Their mean.
    pub kept: f64,
    pub mask: &'a mut dyn FnMut() -> Result<Tensor, ExplainError>,
}

impl Masked<'_> {
    /// The map of an input [1, C, H, W] with its baseline.
    pub fn explain(
        self,
        passes: &Passes,
        (input, baseline): (Tensor, Tensor),
        target: ClassTarget,
        step: Step,
    ) -> Result<Attributions, ExplainError> {
        let (_, _, height, width) = input.size4()?;
        // A batch that does not fit into memory is run again in halves, so that every mask is kept as it was drawn.
        let mut masks: Vec<Tensor> = Vec::with_capacity(self.samples);
        let draw = self.mask;
        let mut masked = |index: usize| {
            while masks.len() <= index {
                masks.push(draw()?);
            }
            let mask = masks[index].f_to(input.device())?;
            Ok(baseline.f_add(&input.f_sub(&baseline)?.f_mul(&mask)?)?)
        };
        let found = hidden::scores(passes, target.class, self.samples, &mut masked, step)?;
        let mean = found.iter().map(|(_, p)| p).sum::<f64>() / self.samples.max(1) as f64;
        let mut sum = vec![0.0; (height * width).unsigned_abs() as usize];
        for (mask, (_, probability)) in masks.iter().zip(&found) {
            let cells = sum.iter_mut().zip(numbers::values(mask)?);
            cells.for_each(|(sum, kept)| *sum += probability * f64::from(kept));
        }
        let whole = self.samples.max(1) as f64 * self.kept;
        let values: Vec<f64> = sum
            .iter()
            .map(|sum| (sum / whole - mean) / (1.0 - self.kept))
            .collect();
        let values = Tensor::f_from_slice(&values)?.f_view([1, height, width])?;
        of_class::over_input(target, Meaning::Contribution, &values, None)
    }
}

/// A random grid, enlarged bilinearly by one cell more than the photo has and cut out of that at a random place.
fn mask(
    numbers: &mut Numbers,
    (height, width): (i64, i64),
    cells: usize,
    kept: f64,
) -> Result<Tensor, ExplainError> {
    let side = cells as i64;
    let grid: Vec<f32> = (0..cells * cells)
        .map(|_| if numbers.uniform() < kept { 1.0 } else { 0.0 })
        .collect();
    let grid = Tensor::f_from_slice(&grid)?.f_view([1, 1, side, side])?;
    let cell = (ceil(height, side), ceil(width, side));
    let large = [(side + 1) * cell.0, (side + 1) * cell.1];
    let large = grid.f_upsample_bilinear2d(large.as_slice(), false, None, None)?;
    let (down, right) = (numbers.whole(0, cell.0 - 1), numbers.whole(0, cell.1 - 1));
    let cut = large.f_narrow(2, down, height)?.f_narrow(3, right, width)?;
    Ok(cut.f_get(0)?.f_get(0)?.f_contiguous()?)
}

fn ceil(length: i64, parts: i64) -> i64 {
    (length + parts - 1) / parts
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn masks_have_the_photos_size_and_keep_their_share() {
        const ROUNDING: f64 = 1e-6;
        let mut numbers = Numbers::new(1, NAME, "photo");
        let mut sum = 0.0;
        for _ in 0..200 {
            let mask = mask(&mut numbers, (30, 52), 7, 0.25).unwrap();
            assert_eq!(mask.size(), [30, 52]);
            let (low, high) = (mask.min().double_value(&[]), mask.max().double_value(&[]));
            assert!(low >= -ROUNDING && high <= 1.0 + ROUNDING);
            sum += mask.mean(tch::Kind::Double).double_value(&[]);
        }
        // Of 200 masks of about 49 cells the standard error is 0.0044.
        assert!((sum / 200.0 - 0.25).abs() < 0.02, "{}", sum / 200.0);
    }
}
