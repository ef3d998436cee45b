//! Which pixels go with a high probability of the class, over many random masks?
//!
//! S = Σᵢ pᵢ Mᵢ / (N q) with pᵢ the probability of the class under the mask Mᵢ and q the share of cells that are kept
//! (Petsiuk et al. 2018, equation 6). Masks are coarse random grids, enlarged bilinearly and shifted at random. What
//! is found is (S − p̄) / (1 − q), p̄ the mean of all pᵢ: by how much the probability is higher where the pixel is
//! kept than where it is hidden, zero where it does not matter.
//!
//! That is the mean over masks of pᵢ (Mᵢ / q − 1) / (1 − q), so that the spread of these over √N is its standard error.
//!
//! `design: balanced` takes the grids from Hadamard matrices with their opposites (as LIME, [`super::lime::designs`]): behind
//! each mask M follows 1 − M, at the same place, so that what all masks have in common cancels, and no cell is mixed with
//! another or with what two do together. The standard error is then that between replicates, each a mean of 128 masks.
//!
//! **Input** one photo [1, C, H, W], normalised. **Output** [1, H, W], signed, in probability. No gradient is needed: N
//! passes.
//! **Differs from the paper** as said: an offset and a factor, so that the map has a zero; and by `design`.
//! **Errors** probabilities that are not finite.

use std::ops::Range;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use tch::Tensor;

use super::baseline::Baseline;
use super::class_maps::{self, Step, predicted};
use super::input_x_gradient::SIGNED_PIXELS;
use super::lime::designs::Replicates;
use super::lime::sample_count::Design;
use super::lime::until_settled::Design as _;
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

/// Masks between two looks at the error.
const ROUND: usize = 256;
/// Replicates of a balanced design between two looks: the spread of fewer says little.
const REPLICATES: usize = 4;
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
    /// Which cells the masks keep: `random`, or `balanced` (rows of Hadamard matrices and their opposites, whole replicates of 128 for up to 63 cells; with `kept: 0.5` only). Default: `balanced` with `samples: auto` and `kept: 0.5`, else `random`.
    pub design: Option<Design>,
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
            design: None,
            most_samples: None,
            tolerance: None,
            cells: 7,
            kept: 0.5,
            baseline: Baseline::MEAN,
        }
    }
}

/// The share of cells that a balanced design keeps.
const HALF: f64 = 0.5;

impl Rise {
    fn design(&self) -> Design {
        let by_default = match self.samples == Samples::AUTO && self.kept == HALF {
            true => Design::Balanced,
            false => Design::Random,
        };
        self.design.unwrap_or(by_default)
    }

    fn count(&self) -> Count {
        let most = (self.most_samples, MOST_SAMPLES);
        let count = self.samples.count(most, self.tolerance, ROUND);
        match self.design() {
            Design::Random => count,
            Design::Balanced => {
                let replicate = replicate(self.cells);
                Count {
                    most: count.most.next_multiple_of(replicate),
                    round: REPLICATES * replicate,
                    ..count
                }
            }
        }
    }
}

/// Masks of a replicate of a balanced design.
fn replicate(cells: usize) -> usize {
    Replicates::new(cells * cells, Numbers::new(0, NAME, "")).rows()
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
        let mut faults = self.samples.faults(self.most_samples, self.tolerance);
        if self.design == Some(Design::Balanced) && self.kept != HALF {
            faults.push(Fault {
                pointer: "/design".to_owned(),
                message: format!(
                    "a balanced design keeps half of the cells, not {}",
                    self.kept
                ),
                hint: "leave `kept` out, or write `design: random`".to_owned(),
            });
        }
        faults
    }

    /// The cap and the tolerance resolved.
    fn used(&self, _: &Inputs) -> Map<String, Value> {
        let count = self.count();
        let most = count.tolerance.map(|_| count.most);
        parameters::object(&Self {
            design: Some(self.design()),
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
        let design = || Numbers::new(passes.inputs.seed, "rise, design", &photo.id);
        let mut random = || {
            let grid: Vec<bool> = (0..self.cells * self.cells)
                .map(|_| numbers.uniform() < self.kept)
                .collect();
            let place = Place::drawn(&mut numbers, (height, width), self.cells);
            place.mask(&grid, (height, width), self.cells)
        };
        let mut numbers = Numbers::new(passes.inputs.seed, NAME, &photo.id);
        let mut balanced = Balanced::new(self.cells, design());
        let mut paired = || balanced.next(&mut numbers, (height, width));
        let (mask, together): (Draw, usize) = match self.design() {
            Design::Random => (&mut random, 1),
            Design::Balanced => (&mut paired, replicate(self.cells)),
        };
        let under = Masked {
            count: self.count(),
            together,
            kept: self.kept,
            mask,
        };
        under.explain(passes, pair, target, step)
    }
}

/// Gives the next mask [H, W] of 0..1.
type Draw<'a> = &'a mut dyn FnMut() -> Result<Tensor, ExplainError>;

/// Masks [H, W] of 0..1, one after the other.
pub struct Masked<'a> {
    /// How many.
    pub count: Count,
    /// So many belong together: the error is that of the means of so many. A round is a multiple of it.
    pub together: usize,
    /// Their mean.
    pub kept: f64,
    pub mask: Draw<'a>,
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
        let together = self.together.max(1);
        let mut take = |said: &mut Moments, samples: Range<usize>| {
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
            for (masks, found) in masks.chunks(together).zip(found.chunks(together)) {
                let mut sum = vec![0.0; (height * width).unsigned_abs() as usize];
                for (mask, probability) in masks.iter().zip(found) {
                    let shown = numbers::values(mask)?.into_iter().map(f64::from);
                    let said = shown.map(|shown| probability * (shown / kept - 1.0) / (1.0 - kept));
                    sum.iter_mut()
                        .zip(said)
                        .for_each(|(sum, said)| *sum += said);
                }
                said.add(sum.into_iter().map(|sum| sum / masks.len() as f64));
            }
            Ok(())
        };
        // So many masks are in memory at once.
        let part = ROUND.next_multiple_of(together);
        let take = |said: &mut Moments, samples: Range<usize>| {
            let mut starts = samples.clone().step_by(part);
            starts.try_for_each(|start| take(said, start..samples.end.min(start + part)))
        };
        let estimate = |said: &Moments| (said.mean().to_vec(), said.standard_errors_of_mean());
        let (values, sampling) = self.count.sample(&mut said, take, estimate)?;
        let values = Tensor::f_from_slice(&values)?.f_view([1, height, width])?;
        let found = class_maps::over_input(target, Meaning::Contribution, &values, None)?;
        Ok(Attributions {
            sampling: Some(sampling),
            ..found
        })
    }
}

/// Where a grid, enlarged bilinearly by one cell more than the photo has, is cut out: rows and columns left out before it.
#[derive(Clone, Copy)]
struct Place(i64, i64);

impl Place {
    fn drawn(numbers: &mut Numbers, (height, width): (i64, i64), cells: usize) -> Self {
        let side = cells as i64;
        let (rows, columns) = (ceil(height, side), ceil(width, side));
        Self(numbers.whole(0, rows - 1), numbers.whole(0, columns - 1))
    }

    fn mask(
        self,
        grid: &[bool],
        (height, width): (i64, i64),
        cells: usize,
    ) -> Result<Tensor, ExplainError> {
        let side = cells as i64;
        let grid: Vec<f32> = grid.iter().map(|kept| f32::from(u8::from(*kept))).collect();
        let grid = Tensor::f_from_slice(&grid)?.f_view([1, 1, side, side])?;
        let cell = (ceil(height, side), ceil(width, side));
        let large = [(side + 1) * cell.0, (side + 1) * cell.1];
        let large = grid.f_upsample_bilinear2d(large.as_slice(), false, None, None)?;
        let cut = large
            .f_narrow(2, self.0, height)?
            .f_narrow(3, self.1, width)?;
        Ok(cut.f_get(0)?.f_get(0)?.f_contiguous()?)
    }
}

/// Grids of a balanced design; a row and its opposite stand at the same place.
struct Balanced {
    cells: usize,
    replicates: Replicates,
    /// Of the replicate that is handed out, the last one first.
    grids: Vec<Vec<bool>>,
    place: Place,
}

impl Balanced {
    fn new(cells: usize, numbers: Numbers) -> Self {
        Self {
            cells,
            replicates: Replicates::new(cells * cells, numbers),
            grids: Vec::new(),
            place: Place(0, 0),
        }
    }

    fn next(&mut self, numbers: &mut Numbers, size: (i64, i64)) -> Result<Tensor, ExplainError> {
        if self.grids.is_empty() {
            let on = self.replicates.next_on();
            let rows = on.chunks(self.cells * self.cells).map(<[bool]>::to_vec);
            self.grids = rows.rev().collect();
        }
        if self.grids.len().is_multiple_of(2) {
            self.place = Place::drawn(numbers, size, self.cells);
        }
        let grid = self.grids.pop().unwrap_or_default();
        self.place.mask(&grid, size, self.cells)
    }
}

fn ceil(length: i64, parts: i64) -> i64 {
    (length + parts - 1) / parts
}

#[cfg(test)]
mod tests {
    use super::*;

    const ROUNDING: f64 = 1e-6;

    #[test]
    fn masks_have_the_photos_size_and_keep_their_share() {
        let mut numbers = Numbers::new(1, NAME, "photo");
        let mut sum = 0.0;
        for _ in 0..200 {
            let grid: Vec<bool> = (0..49).map(|_| numbers.uniform() < 0.25).collect();
            let place = Place::drawn(&mut numbers, (30, 52), 7);
            let mask = place.mask(&grid, (30, 52), 7).unwrap();
            assert_eq!(mask.size(), [30, 52]);
            let (low, high) = (mask.min().double_value(&[]), mask.max().double_value(&[]));
            assert!(low >= -ROUNDING && high <= 1.0 + ROUNDING);
            sum += mask.mean(tch::Kind::Double).double_value(&[]);
        }
        // Of 200 masks of about 49 cells the standard error is 0.0044.
        assert!((sum / 200.0 - 0.25).abs() < 0.02, "{}", sum / 200.0);
    }

    /// A mask and its opposite sum to 1 at every pixel, pair after pair, and pairs differ.
    #[test]
    fn behind_a_balanced_mask_follows_its_opposite() {
        let mut numbers = Numbers::new(1, NAME, "photo");
        let mut balanced = Balanced::new(7, Numbers::new(1, NAME, "design"));
        let mut next = || balanced.next(&mut numbers, (30, 52)).unwrap();
        let mut firsts = Vec::new();
        for _ in 0..70 {
            let (mask, opposite) = (next(), next());
            let off = (&mask + opposite - 1.0).abs().max().double_value(&[]);
            assert!(off < ROUNDING, "{off}");
            firsts.push(mask);
        }
        assert!(firsts.windows(2).all(|pair| pair[0] != pair[1]));
        assert_eq!(replicate(7), 128);
        assert_eq!(replicate(8), 256);
    }
}
