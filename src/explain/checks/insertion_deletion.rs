//! Does the class come with the places that a map puts first, and go with them?
//!
//! Insertion: over a blurred photo the cells are shown, those of the largest mean first; pₖ is the probability of the
//! class after k of n steps. Deletion: in the same order they are covered. Either curve is summed up by the area under
//! it, (Σ pₖ − p₀/2 − pₙ/2) / n (Petsiuk et al. 2018, section 3.2): high for insertion, low for deletion. Beside it stand
//! the areas of two orders that know nothing of the network: a random one, and one from the middle of the photo outwards,
//! where objects are wont to be (a Gaussian in the middle).
//!
//! **Random** the mean over orders, estimated from one random set of cells for each step. Sets of two steps k and n − k
//! are complements, and the step in the middle has both: for a network that is additive over cells their area is
//! exactly the mean over all orders.
//! **Canvas** insertion starts from the photo blurred by a Gaussian of 1/16 of its shorter side, deletion ends at zero
//! after normalising (the mean colour).
//! **Several classes** of a map that explains a number made of several, pₖ is that number, score or probability.
//! **Cost** 30 passes a map; 64 more for each photo and class of a report, which all maps of it share.
//! **Differs from the paper** 16 × 16 cells in place of single pixels, 16 steps in place of 224, a wider blur (there 11 px
//! with σ = 5 at 224 px): areas can be compared within a report, and not with published ones. Equal cells stand in a
//! random order, so that a map that says nothing gets what a random order gets.
//! **Errors** probabilities that are not finite, on the photo or on a canvas.
//! **Paper** Petsiuk, Das, Saenko: "RISE: Randomized Input Sampling for Explanation of Black-box Models", BMVC 2018.

use tch::Tensor;

use super::grid::{Grid, Shown, among, largest_first, shuffled};
use super::references::{Pair, References};
use super::{GoOn, Judged, ask};
use crate::explain::baseline::Baseline;
use crate::explain::seed::Numbers;
use crate::explain::target_name::Wanted;
use crate::explain::{ExplainError, Passes, Photo, class_maps, hidden};
use crate::results::{Curves, Explained, Fidelity, Scalar, ScalarTarget, StepCurve};

/// Cells along each side, at most.
const SIDE: usize = 16;
/// Steps of a curve, at most: each shows 16 of 256 cells.
const STEPS: usize = 16;
/// Name of the random stream.
const STREAM: &str = "insertion_deletion";

pub(super) fn run(
    passes: &Passes,
    judged: &Judged,
    target: &ScalarTarget,
    go_on: GoOn,
) -> Result<Fidelity, ExplainError> {
    let photo = passes.photo(judged.unit.photo)?;
    let map = judged.by_pixel(&passes.inputs)?;
    let grid = Grid::new((map.height, map.width), SIDE);
    // Of one class its probability, whichever number of it the map explains.
    let scalar = match target.scalar.class() {
        Some(class) => Scalar::of_class(class, Explained::Probability),
        None => target.scalar.clone(),
    };
    let on = (photo, &scalar, &grid);
    let references = passes.references(photo, &scalar, || {
        let blurred = Baseline::BLUR.tensor(passes, photo)?;
        Walk::new(passes, on, blurred, go_on)?.references()
    })?;
    let walk = Walk::new(passes, on, references.blurred.shallow_clone(), go_on)?;
    let order = largest_first(&grid.means(&map), &walk.ties());
    let of_map = walk.ordered(&order, &references.ends)?;
    let curves = |of: fn(&Pair) -> &StepCurve| Curves {
        map: of(&of_map).clone(),
        random: of(&references.random).clone(),
        centre: of(&references.centre).clone(),
    };
    Ok(Fidelity::InsertionDeletion {
        insertion: curves(|pair| &pair.insertion),
        deletion: curves(|pair| &pair.deletion),
    })
}

/// A photo that is shown and covered step by step.
struct Walk<'a> {
    passes: &'a Passes<'a>,
    photo: &'a Photo,
    scalar: &'a Scalar,
    grid: &'a Grid,
    /// [1, C, H, W]: the photo, blurred, and the mean colour.
    input: Tensor,
    blurred: Tensor,
    covered: Tensor,
    go_on: GoOn<'a>,
}

/// The first so many cells of an order, and the others.
type Split = (Vec<usize>, Vec<usize>);

impl<'a> Walk<'a> {
    fn new(
        passes: &'a Passes<'a>,
        (photo, scalar, grid): (&'a Photo, &'a Scalar, &'a Grid),
        blurred: Tensor,
        go_on: GoOn<'a>,
    ) -> Result<Self, ExplainError> {
        Ok(Self {
            passes,
            photo,
            scalar,
            grid,
            input: passes.input(photo)?,
            blurred,
            covered: Baseline::MEAN.tensor(passes, photo)?,
            go_on,
        })
    }

    fn steps(&self) -> usize {
        STEPS.min(self.grid.cells())
    }

    /// How many cells come first after so many steps, rounded.
    fn cells_after(&self, step: usize) -> usize {
        let (cells, steps) = (self.grid.cells(), self.steps());
        (2 * step * cells + steps) / (2 * steps)
    }

    /// A stream of the photo's own, for its sets and for cells that are equal.
    fn numbers(&self) -> Numbers {
        Numbers::new(self.passes.inputs.seed, STREAM, &self.photo.digest)
    }

    /// In which order equal cells stand.
    fn ties(&self) -> Vec<usize> {
        shuffled(self.grid.cells(), &mut self.numbers())
    }

    /// The probability after each step but the first and last: for each the cells that are shown over the blurred photo
    /// and those, of the same order, that are shown where the first ones are covered.
    fn run(&self, splits: &[Split]) -> Result<(Vec<f64>, Vec<f64>), ExplainError> {
        let shown = Shown::new(&self.input, self.grid)?;
        let cells = self.grid.cells();
        let mut input = |index: usize| {
            let (first, rest) = &splits[index / 2];
            match index % 2 {
                0 => shown.over(&self.blurred, &among(cells, first)),
                _ => shown.over(&self.covered, &among(cells, rest)),
            }
        };
        let found = self.scores(2 * splits.len(), &mut input)?;
        let every_second = |from: usize| found.iter().skip(from).step_by(2).copied().collect();
        Ok((every_second(0), every_second(1)))
    }

    fn scores(
        &self,
        count: usize,
        input: &mut dyn FnMut(usize) -> Result<Tensor, ExplainError>,
    ) -> Result<Vec<f64>, ExplainError> {
        let step = |_| ask(self.go_on);
        hidden::values(self.passes, self.scalar, count, input, &step)
    }

    /// The curves of an order.
    fn ordered(&self, order: &[usize], ends: &[f64; 3]) -> Result<Pair, ExplainError> {
        let steps = 1..self.steps();
        let splits: Vec<Split> = steps
            .map(|step| {
                let (first, rest) = order.split_at(self.cells_after(step));
                (first.to_vec(), rest.to_vec())
            })
            .collect();
        Ok(pair(self.run(&splits)?, ends))
    }

    /// The mean over random orders.
    fn random(&self, ends: &[f64; 3]) -> Result<Pair, ExplainError> {
        let steps = self.steps();
        let mut numbers = self.numbers();
        let mut splits: Vec<Split> = vec![Split::default(); steps + 1];
        for step in 1..=steps / 2 {
            let order = shuffled(self.grid.cells(), &mut numbers);
            let (first, rest) = order.split_at(self.cells_after(step));
            splits[step] = (first.to_vec(), rest.to_vec());
            splits[steps - step] = (rest.to_vec(), first.to_vec());
        }
        // The step in the middle has its complement at the same place: the mean of both stands there.
        let middle = steps.is_multiple_of(2).then_some(steps / 2);
        if let Some(middle) = middle {
            let (first, rest) = splits[middle].clone();
            splits[steps] = (rest, first);
        }
        let last = steps + usize::from(middle.is_some());
        let (mut insertion, mut deletion) = self.run(&splits[1..last])?;
        if let Some(middle) = middle {
            for curve in [&mut insertion, &mut deletion] {
                let complement = curve.pop().unwrap_or(f64::NAN); // there is one more than steps between the ends
                curve[middle - 1] = (curve[middle - 1] + complement) / 2.0;
            }
        }
        Ok(pair((insertion, deletion), ends))
    }

    fn references(&self) -> Result<References, ExplainError> {
        let whole =
            class_maps::of_scores(self.passes, self.photo, &Wanted::from(self.scalar))?.value();
        let mut canvas = |index: usize| match index {
            0 => Ok(self.blurred.shallow_clone()),
            _ => Ok(self.covered.shallow_clone()),
        };
        let canvases = self.scores(2, &mut canvas)?;
        let ends = [canvases[0], canvases[1], whole];
        let from_middle = largest_first(&self.grid.nearness(), &self.ties());
        Ok(References {
            ends,
            blurred: self.blurred.shallow_clone(),
            random: self.random(&ends)?,
            centre: self.ordered(&from_middle, &ends)?,
        })
    }
}

fn pair((insertion, deletion): (Vec<f64>, Vec<f64>), ends: &[f64; 3]) -> Pair {
    let [blurred, covered, whole] = *ends;
    let between = |first: f64, middle: Vec<f64>, last: f64| {
        StepCurve([vec![first], middle, vec![last]].concat())
    };
    Pair {
        insertion: between(blurred, insertion, whole),
        deletion: between(whole, deletion, covered),
    }
}
