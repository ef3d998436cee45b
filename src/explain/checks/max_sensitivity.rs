//! How much does the map change where the photo changes so little that nobody sees it?
//!
//! max over copies of ‖φ(x + δ) − φ(x)‖ / ‖φ(x)‖, every number of δ drawn from −0.02 to 0.02 in units of the normalised
//! input, φ the map as found, all channels (Yeh et al. 2019, definition 2). 10 copies; the class stays that of the photo.
//!
//! **Differs from the paper** the largest of 10 draws stands for the supremum, as in captum, whose radius and number of
//! draws these are.
//! **Cost** the method's own, 10 times.
//! **Errors** those of the method.
//! **Paper** Yeh, Hsieh, Suggala, Inouye, Ravikumar: "On the (In)fidelity and Sensitivity of Explanations", NeurIPS 2019.

use std::sync::Arc;

use super::{GoOn, Judged, repeated};
use crate::explain::seed::Numbers;
use crate::explain::{ExplainError, Passes, Photo, numbers};
use crate::picture::Prepared;
use crate::results::{Fidelity, Results, ScalarTarget};

/// Photos with noise; captum's default.
const COPIES: usize = 10;
/// Largest change of a number of the normalised input; captum's default.
const RADIUS: f64 = 0.02;
/// Name of the random stream.
const STREAM: &str = "max_sensitivity";

pub(super) fn run(
    passes: &Passes,
    judged: &Judged,
    target: &ScalarTarget,
    go_on: GoOn,
) -> Result<Fidelity, ExplainError> {
    let photo = passes.photo(judged.unit.photo)?;
    let method = judged.of_photo(&passes.inputs, &target.scalar)?;
    let input = numbers::values(&passes.input(photo)?)?;
    let (map, mut noise) = (
        all_numbers(judged.found),
        Numbers::new(passes.inputs.seed, STREAM, &photo.digest),
    );
    let mut largest = 0.0_f64;
    for _ in 0..COPIES {
        let noisy = input
            .iter()
            .map(|value| value + ((2.0 * noise.uniform() - 1.0) * RADIUS) as f32)
            .collect();
        let copy = copied(passes, photo, noisy)?;
        let found = repeated::found(method.as_ref(), (passes.model, passes.inputs), copy, go_on)?;
        let other = all_numbers(&found);
        let differences = map.iter().zip(&other).map(|(a, b)| a - b);
        largest = largest.max(length(differences));
    }
    let whole = length(map.into_iter());
    Ok(Fidelity::MaxSensitivity {
        largest_change: (whole > 0.0).then(|| largest / whole),
        copies: COPIES,
    })
}

/// A photo of the same id that is fed as these numbers.
fn copied(passes: &Passes, photo: &Photo, values: Vec<f32>) -> Result<Arc<Photo>, ExplainError> {
    let preprocessing = passes.inputs.preprocessing;
    let prepared = Prepared::of_numbers(values, preprocessing);
    let prepared = prepared.ok_or_else(|| {
        ExplainError::Failed("the photo is not of the network's input shape".to_owned())
    })?;
    Ok(Arc::new(Photo::of_prepared(
        &photo.id,
        prepared,
        preprocessing,
    )))
}

/// All channels of a map, or the weight of each pixel's segment.
fn all_numbers(found: &Results) -> Vec<f64> {
    match found {
        Results::Attributions(found) => {
            found.values.values.iter().copied().map(f64::from).collect()
        }
        Results::Superpixels(found) => found.by_pixel().values.into_iter().map(f64::from).collect(),
        Results::Predictions(_)
        | Results::Optimised(_)
        | Results::Outcomes(_)
        | Results::Responses(_)
        | Results::PhotoFacts(_)
        | Results::Variations(_)
        | Results::Labels(_)
        | Results::Factors(_)
        | Results::Concepts(_) => Vec::new(),
    }
}

fn length(numbers: impl Iterator<Item = f64>) -> f64 {
    numbers.map(|number| number * number).sum::<f64>().sqrt()
}
