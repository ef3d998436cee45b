//! Whether a network that runs as a whole gives probabilities, and the same ones each time.

use tch::{Device, Kind, Tensor};

use crate::model::error::ModelError;
use crate::model::facts::ScoresAre;
use crate::model::graph::NodeId;
use crate::model::run::Program;

/// Runs two pictures of noise, twice. An error if the same pictures get other scores the second time.
pub fn probe(
    program: &Program,
    scores: NodeId,
    [channels, height, width]: [i64; 3],
    device: Device,
) -> Result<ScoresAre, ModelError> {
    const TOLERANCE: f64 = 1e-4;
    let count = 2 * channels * height * width;
    // Noise without a generator: the sine of large numbers.
    let places = Tensor::f_arange(count, (Kind::Double, device))?;
    let noise = (places * 12.9898)
        .f_sin()?
        .f_multiply_scalar(43758.5453)?
        .f_frac()?;
    let noise = noise
        .f_to_kind(Kind::Float)?
        .f_view([2, channels, height, width])?;
    let run = || Ok::<_, ModelError>(program.record(&noise, &[scores], &[])?.remove(0));
    let (first, second) = (run()?, run()?);
    if !first.f_equal(&second)? {
        return Err(ModelError::Nondeterministic);
    }
    let sums = first.f_sum_dim_intlist([-1].as_slice(), false, Kind::Double)?;
    let off = (sums - 1.0).f_abs()?.f_max()?.f_double_value(&[])?;
    let lowest = first.f_min()?.f_double_value(&[])?;
    Ok(if lowest >= 0.0 && off < TOLERANCE {
        ScoresAre::Probabilities
    } else {
        ScoresAre::Scores
    })
}
