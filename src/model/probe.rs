//! What can only be told of a network by running it.

use tch::{Device, Kind, Tensor};

use super::NodeId;
use super::error::ModelError;
use super::run::Program;

/// What the scores of a network turned out to be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ScoresAre {
    Scores,
    /// None is negative and they sum to 1: a softmax closes the network and cannot be told apart from it.
    Probabilities,
}

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
        return Err(ModelError::OtherEachTime);
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
