//! Which pixels go with a high probability of the class, over many random masks?
//!
//! S = Σᵢ pᵢ Mᵢ / (N q) with pᵢ the probability of the class under the mask Mᵢ and q the share of cells that are kept
//! (Petsiuk et al. 2018, equation 6). Masks are coarse random grids, enlarged bilinearly and shifted at random. What
//! is found is (S − p̄) / (1 − q), p̄ the mean of all pᵢ: by how much the probability is higher where the pixel is
//! kept than where it is hidden, zero where it does not matter.
//!
//! That is the mean over masks of pᵢ (Mᵢ / q − 1) / (1 − q), so that the spread of these over √N is its standard error.
//!
//! **Input** one photo [1, C, H, W], normalised. **Output** [1, H, W], signed, in probability. No gradient is needed: N
//! passes.
//! **Differs from the paper** as said: an offset and a factor, so that the map has a zero.
//! **Errors** probabilities that are not finite.

use std::ops::Range;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use tch::Tensor;

use super::baseline::Baseline;
use super::class_maps::{self, Step, predicted};
use super::input_x_gradient::SIGNED_PIXELS;
use super::moments::Moments;
use super::per_photo::PerPhoto;
use super::sampled_mean::{Count, Samples};
use super::seed::Numbers;
use super::target_name::{Takes, TargetName, Wanted};
use super::{
    Entry, ExplainError, Fault, Inputs, Needs, Passes, Photo, Photos, hidden, numbers, parameters,
};
use crate::results::{Attributions, Kind, Meaning, ScalarTarget};

const NAME: &str = "rise";

/// Masks between two looks at the error; of so many the masks are in memory at once.
const ROUND: usize = 256;
/// The most masks with `samples: auto`, where the spec does not say it.
const MOST_SAMPLES: usize = 20_000;

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
    /// The class whose probability is watched: `predicted` (each photo's own), a class name or its number; or a number made of several, `{difference: [cat, dog]}`, `{sum: [cat, lynx]}`, of scores or of probabilities (docs/scores.md). Default `predicted`.
    pub class: TargetName,
    /// How many masks: a number; or `auto`: more of them until the standard error of the map is `tolerance` of its size. Default 4000.
    pub samples: Samples<10, 100_000>,
    /// The most masks with `samples: auto`. Default 20000.
    #[schemars(range(min = 256, max = 1_000_000))]
    pub most_samples: Option<usize>,
    /// The standard error at which `samples: auto` ends, as a share of the map's size, over all its pixels; 0.01 to 1. Default 0.25.
    #[schemars(range(min = 0.01, max = 1.0))]
    pub tolerance: Option<f64>,
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
            samples: Samples::Number(4000),
            most_samples: None,
            tolerance: None,
            cells: 7,
            kept: 0.5,
            baseline: Baseline::MEAN,
        }
    }
}

impl Rise {
    fn count(&self) -> Count {
        let most = (self.most_samples, MOST_SAMPLES);
        self.samples.count(most, self.tolerance, ROUND)
    }
}

impl PerPhoto for Rise {
    const DRAWS: bool = true;

    fn needs(&self) -> Needs {
        Needs::Scores
    }

    fn class(&self) -> Option<&TargetName> {
        Some(&self.class)
    }

    fn takes(&self) -> Takes {
        Takes::Probabilities {
            why: "means over masks of a score, which has no bound, are those of its outliers",
        }
    }

    fn faults(&self, _: &Inputs) -> Vec<Fault> {
        self.samples.faults(self.most_samples, self.tolerance)
    }

    /// The cap and the tolerance resolved.
    fn used(&self, _: &Inputs) -> Map<String, Value> {
        let count = self.count();
        let most = count.tolerance.map(|_| count.most);
        parameters::object(&Self {
            most_samples: most,
            tolerance: count.tolerance,
            ..self.clone()
        })
    }

    fn parts(&self, _: &Inputs) -> usize {
        self.count().most
    }

    fn map_of(
        &self,
        passes: &Passes,
        photo: &Photo,
        class: &Wanted,
        step: Step,
    ) -> Result<Attributions, ExplainError> {
        let target = class_maps::of_scores(passes, photo, class)?;
        let pair = (passes.input(photo)?, self.baseline.tensor(passes, photo)?);
        let (_, _, height, width) = pair.0.size4()?;
        let mut numbers = Numbers::new(passes.inputs.seed, NAME, &photo.id);
        let mut mask = || mask(&mut numbers, (height, width), self.cells, self.kept);
        let under = Masked {
            count: self.count(),
            kept: self.kept,
            mask: &mut mask,
        };
        under.explain(passes, pair, target, step)
    }
}

/// Masks [H, W] of 0..1, one after the other.
pub struct Masked<'a> {
    /// How many.
    pub count: Count,
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
        target: ScalarTarget,
        step: Step,
    ) -> Result<Attributions, ExplainError> {
        let (_, _, height, width) = input.size4()?;
        let kept = self.kept;
        let draw = self.mask;
        // Of what each mask says of a pixel, pᵢ (Mᵢ / q − 1) / (1 − q).
        let mut said = Moments::new((height * width).unsigned_abs() as usize);
        let take = |said: &mut Moments, samples: Range<usize>| {
            // A batch that does not fit into memory is run again in halves, so that every mask is kept as it was drawn.
            let mut masks: Vec<Tensor> = Vec::with_capacity(samples.len());
            let mut masked = |index: usize| {
                while masks.len() <= index {
                    masks.push(draw()?);
                }
                let mask = masks[index].f_to(input.device())?;
                Ok(baseline.f_add(&input.f_sub(&baseline)?.f_mul(&mask)?)?)
            };
            let step = |done: usize| step(samples.start + done);
            let found = hidden::values(passes, &target.scalar, samples.len(), &mut masked, &step)?;
            for (mask, probability) in masks.iter().zip(&found) {
                let mask = numbers::values(mask)?.into_iter().map(f64::from);
                said.add(mask.map(|shown| probability * (shown / kept - 1.0) / (1.0 - kept)));
            }
            Ok(())
        };
        let rounds = Count {
            round: ROUND,
            ..self.count
        };
        let estimate = |said: &Moments| (said.mean().to_vec(), said.standard_errors_of_mean());
        let (values, sampling) = rounds.sample(&mut said, take, estimate)?;
        let values = Tensor::f_from_slice(&values)?.f_view([1, height, width])?;
        let found = class_maps::over_input(target, Meaning::Contribution, &values, None)?;
        Ok(Attributions {
            sampling: Some(sampling),
            ..found
        })
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
