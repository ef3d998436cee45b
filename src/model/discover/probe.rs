//! What the numbers of a network can be, by those that it gives for noise.

use tch::{Device, Kind, Tensor};

use crate::model::error::ModelError;
use crate::model::graph::NodeId;
use crate::model::run::Program;

/// How strong the noise of each picture is: two alike, since one could be chance, and two so strong that scores
/// leave the range 0 to 1.
const AMPLITUDES: [f64; 4] = [1.0, 1.0, 30.0, 1000.0];

/// What holds for every picture.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Probed {
    /// Whether there were two pictures or more of finite numbers.
    pub tried: bool,
    /// None is negative, and they sum to 1.
    pub sum_to_one: bool,
    /// Between 0 and 1, not all of them at the ends, and not the same for every picture.
    pub within_zero_and_one: bool,
    /// As before, and may lie at the ends or be the same.
    pub not_outside_zero_and_one: bool,
    /// None is above 0, and their exponentials sum to 1.
    pub exponentials_sum_to_one: bool,
    /// None is above 0, and not the same for every picture.
    pub never_above_zero: bool,
}

/// Runs pictures of noise of several strengths.
pub fn probe(
    program: &Program,
    output: NodeId,
    shape: [i64; 3],
    device: Device,
) -> Result<Probed, ModelError> {
    let noise = noise(shape, device)?;
    let numbers = program.record(&noise, &[output], &[])?.remove(0);
    let numbers = numbers.f_to(Device::Cpu)?.f_to_kind(Kind::Double)?;
    let numbers = numbers.f_reshape([AMPLITUDES.len() as i64, -1])?;
    let rows: Vec<Vec<f64>> = Vec::try_from(&numbers)?;
    Ok(Probed::of(&rows))
}

/// An error if the same pictures get other numbers the second time.
pub fn check_repeats(
    program: &Program,
    output: NodeId,
    shape: [i64; 3],
    device: Device,
) -> Result<(), ModelError> {
    let noise = noise(shape, device)?.f_narrow(0, 0, 2)?;
    let run = || Ok::<_, ModelError>(program.record(&noise, &[output], &[])?.remove(0));
    match run()?.f_equal(&run()?)? {
        true => Ok(()),
        false => Err(ModelError::Nondeterministic),
    }
}

/// Noise without a generator: the sine of large numbers.
fn noise([channels, height, width]: [i64; 3], device: Device) -> Result<Tensor, ModelError> {
    let pictures = AMPLITUDES.len() as i64;
    let count = pictures * channels * height * width;
    let places = Tensor::f_arange(count, (Kind::Double, Device::Cpu))?; // not every device has float64
    let noise = (places * 12.9898)
        .f_sin()?
        .f_multiply_scalar(43758.5453)?
        .f_frac()?
        .f_view([pictures, channels, height, width])?;
    let amplitudes = Tensor::f_from_slice(&AMPLITUDES)?.f_view([pictures, 1, 1, 1])?;
    Ok(noise
        .f_mul(&amplitudes)?
        .f_to_kind(Kind::Float)?
        .f_to(device)?)
}

impl Probed {
    /// Rows that are not finite say nothing: a softmax written out overflows for strong noise.
    fn of(rows: &[Vec<f64>]) -> Self {
        const TOLERANCE: f64 = 1e-4;
        let finite = |row: &&Vec<f64>| row.iter().all(|number| number.is_finite());
        let rows: Vec<&Vec<f64>> = rows.iter().filter(finite).collect();
        if rows.len() < 2 {
            return Self::default();
        }
        let all =
            |holds: &dyn Fn(f64) -> bool| rows.iter().all(|row| row.iter().all(|n| holds(*n)));
        let sums = |of: &dyn Fn(f64) -> f64| {
            let sum = |row: &&Vec<f64>| row.iter().map(|n| of(*n)).sum::<f64>();
            rows.iter().all(|row| (sum(row) - 1.0).abs() < TOLERANCE)
        };
        let several = rows[0].len() > 1;
        let not_outside = all(&|number| (0.0..=1.0).contains(&number));
        let at_ends = all(&|number| number == 0.0 || number == 1.0);
        let differ = rows.iter().any(|row| row != &rows[0]);
        Self {
            tried: true,
            sum_to_one: several && all(&|number| number >= 0.0) && sums(&|number| number),
            within_zero_and_one: not_outside && differ && !at_ends,
            not_outside_zero_and_one: not_outside,
            exponentials_sum_to_one: several && all(&|n| n <= TOLERANCE) && sums(&f64::exp),
            never_above_zero: all(&|n| n <= 0.0) && differ,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_told_by_their_range_and_sum() {
        let of =
            |rows: &[&[f64]]| Probed::of(&rows.iter().map(|row| row.to_vec()).collect::<Vec<_>>());
        let softmax = of(&[&[0.9, 0.1], &[0.2, 0.8]]);
        assert!(softmax.sum_to_one && softmax.within_zero_and_one);
        let sigmoid = of(&[&[0.9, 0.4], &[0.2, 0.8]]);
        assert!(!sigmoid.sum_to_one && sigmoid.within_zero_and_one);
        let log = of(&[
            &[0.5_f64.ln(), 0.5_f64.ln()],
            &[0.25_f64.ln(), 0.75_f64.ln()],
        ]);
        let log_sigmoid = of(&[&[-0.1, -2.0], &[-0.7, -0.3]]);
        assert!(log_sigmoid.never_above_zero && !log_sigmoid.exponentials_sum_to_one);
        assert!(
            log.exponentials_sum_to_one
                && log.never_above_zero
                && !log.sum_to_one
                && !log.within_zero_and_one
        );
        let scores = of(&[&[0.9, 0.4], &[0.2, 1.8]]);
        assert_eq!(
            scores,
            Probed {
                tried: true,
                ..Probed::default()
            }
        );
        // A silent network gives 0 for all, which is no probability.
        let silent = of(&[&[0.0, 0.0], &[0.0, 0.0]]);
        assert!(!silent.within_zero_and_one && silent.not_outside_zero_and_one);
        // One row alone, and rows that overflow, say nothing; one number sums to nothing.
        assert!(!of(&[&[0.9, 0.1], &[f64::NAN, 0.8]]).tried);
        assert!(!of(&[&[1.0], &[1.0]]).sum_to_one);
    }
}
