//! Does the score fall as much as the map says of the places that are hidden?
//!
//! µF = corr over sets S of (Σ of the map over S, s_c(x) − s_c(x with S at zero)), s_c the score of the class before
//! softmax or sigmoid, or the number made of several classes that the map explains, and zero the mean colour after normalising (Bhatt, Weller, Moura 2020, equation 2). 200 random
//! sets of a fifth of 9 × 9 cells.
//!
//! **Differs from the paper** ranks are correlated (Spearman in place of Pearson), so that one large value does not decide;
//! cells in place of single pixels. The other way round from insertion and deletion it asks for the *size* of the sum and
//! not for the order of places alone.
//! **Cost** 200 passes.
//! **Errors** scores that are not finite.
//! **Paper** Bhatt, Weller, Moura: "Evaluating and Aggregating Feature-based Model Explanations", IJCAI 2020.

use super::grid::{Grid, Shown, among, shuffled};
use super::ranks::correlation;
use super::{GoOn, Judged, ask};
use crate::explain::baseline::Baseline;
use crate::explain::seed::Numbers;
use crate::explain::target_name::Wanted;
use crate::explain::{ExplainError, Passes, class_maps, hidden};
use crate::results::{Explained, Fidelity, Scalar, ScalarTarget};

/// Cells along each side, at most; xplique's default.
const SIDE: usize = 9;
/// Sets of cells; xplique's default.
const SUBSETS: usize = 200;
/// One cell of so many is hidden.
const ONE_OF: usize = 5;
/// Name of the random stream.
const STREAM: &str = "mu_fidelity";

pub(super) fn run(
    passes: &Passes,
    judged: &Judged,
    target: &ScalarTarget,
    go_on: GoOn,
) -> Result<Fidelity, ExplainError> {
    let judged_number = match target.scalar.class() {
        Some(class) => Scalar::of_class(class, Explained::Score),
        None => target.scalar.clone(),
    };
    let photo = passes.photo(judged.unit.photo)?;
    let map = judged.by_pixel(&passes.inputs)?;
    let grid = Grid::new((map.height, map.width), SIDE);
    let sums = grid.sums(&map);
    let cells = grid.cells();
    let mut numbers = Numbers::new(passes.inputs.seed, STREAM, &photo.digest);
    let hidden_each = (cells / ONE_OF).max(1);
    let sets: Vec<Vec<usize>> = (0..SUBSETS)
        .map(|_| {
            let mut order = shuffled(cells, &mut numbers);
            order.truncate(hidden_each);
            order
        })
        .collect();
    let (input, zero) = (passes.input(photo)?, Baseline::MEAN.tensor(passes, photo)?);
    // Where the photo is the canvas, the cells that are shown over it are hidden.
    let zeros = Shown::new(&zero, &grid)?;
    let mut covered = |set: usize| zeros.over(&input, &among(cells, &sets[set]));
    let step = |_| ask(go_on);
    let whole = class_maps::of_scores(passes, photo, &Wanted::from(&judged_number))?;
    let losses = hidden::losses(passes, &whole, SUBSETS, &mut covered, &step)?;
    let sums_of_sets = sets
        .iter()
        .map(|set| set.iter().map(|&cell| sums[cell]).sum());
    Ok(Fidelity::MuFidelity {
        correlation: correlation(&sums_of_sets.collect::<Vec<f64>>(), &losses),
        subsets: SUBSETS,
    })
}
