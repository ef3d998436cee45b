//! By how much does what the map says of a place miss what the number loses without it?
//!
//! INFD = E over I of (Iᵀφ − (f(x) − f(x − I)))², f the number that the map explains (Yeh et al. 2019, definition 1). I takes
//! a random square to zero after normalising, the mean colour ("square removal", section 4.1 there): Iᵀφ is the sum over
//! the square of the map, of a sensitivity times the pixel first. 200 squares, sides from 1/8 to 1/2 of the shorter side.
//!
//! **Scaled** maps have other units, some have none, so that the map is scaled by the number β ≥ 0 that makes INFD least,
//! as the paper does too, and INFD is divided by that of a map of zeros, E (f(x) − f(x − I))²: 0 is best, and 1 says no
//! more than zeros do, as of a map that points the other way. Weights of segments are spread evenly over their pixels.
//! **Unscaled** as defined, of maps in units of the number.
//! **Cost** 200 passes.
//! **Errors** numbers that are not finite.
//! **Paper** Yeh, Hsieh, Suggala, Inouye, Ravikumar: "On the (In)fidelity and Sensitivity of Explanations", NeurIPS 2019.

use tch::{Kind, Tensor};

use super::{GoOn, Judged, ask};
use crate::explain::baseline::Baseline;
use crate::explain::seed::Numbers;
use crate::explain::target_name::Wanted;
use crate::explain::{ExplainError, Passes, class_maps, hidden, numbers};
use crate::results::{Fidelity, Map, Meaning, Place, Results, ScalarTarget};

/// As many as µFidelity hides sets.
const SQUARES: usize = 200;
/// The shortest and the longest side, one of so many parts of the photo's shorter side.
const SIDES: (usize, usize) = (8, 2);
/// Name of the random stream.
const STREAM: &str = "infidelity";

pub(super) fn run(
    passes: &Passes,
    judged: &Judged,
    target: &ScalarTarget,
    go_on: GoOn,
) -> Result<Fidelity, ExplainError> {
    let photo = passes.photo(judged.unit.photo)?;
    let (input, zero) = (passes.input(photo)?, Baseline::MEAN.tensor(passes, photo)?);
    let shares = shares(judged, passes, &input.f_sub(&zero)?)?;
    let mut numbers = Numbers::new(passes.inputs.seed, STREAM, &photo.digest);
    let squares: Vec<Square> = (0..SQUARES)
        .map(|_| Square::random((shares.map.height, shares.map.width), &mut numbers))
        .collect();
    let mut covered = |at: usize| {
        let copy = input.f_detach_copy()?;
        squares[at]
            .part(&copy)?
            .f_copy_(&squares[at].part(&zero)?)?;
        Ok(copy)
    };
    let step = |_| ask(go_on);
    let whole = class_maps::of_scores(passes, photo, &Wanted::from(&target.scalar))?;
    let drops = hidden::losses(passes, &whole, SQUARES, &mut covered, &step)?;
    let sums: Vec<f64> = squares
        .iter()
        .map(|square| square.sum(&shares.map))
        .collect();
    Ok(Fidelity::Infidelity {
        scaled: scaled(&sums, &drops),
        unscaled: shares.is_in_units.then(|| missed(&sums, &drops, 1.0)),
        squares: SQUARES,
    })
}

/// What the map says of each pixel, to be summed.
struct Shares {
    map: Map,
    /// Whether it is in units of the number that is explained.
    is_in_units: bool,
}

fn shares(judged: &Judged, passes: &Passes, way: &Tensor) -> Result<Shares, ExplainError> {
    let of_map = |is_in_units| {
        let map = judged.by_pixel(&passes.inputs)?;
        Ok(Shares { map, is_in_units })
    };
    match judged.found {
        Results::Attributions(found)
            if found.meaning == Meaning::Sensitivity && found.place == Place::Input =>
        {
            let size = way.size();
            let gradient = Tensor::f_from_slice(&found.values.values)?.f_view(size.as_slice())?;
            let product = gradient.f_to(way.device())?.f_mul(way)?;
            let sum = product.f_sum_dim_intlist(1_i64, false, Kind::Float)?;
            Ok(Shares {
                map: numbers::map(&sum.f_get(0)?)?,
                is_in_units: true,
            })
        }
        Results::Attributions(found) => of_map(found.meaning == Meaning::Contribution),
        Results::Superpixels(found) => {
            let mut sizes = vec![0.0_f64; found.segments()];
            for &label in &found.labels {
                sizes[label as usize] += 1.0;
            }
            let share = |&label: &u32| {
                let label = label as usize;
                (found.weights[label] / sizes[label].max(1.0)) as f32
            };
            let map = Map {
                height: found.height,
                width: found.width,
                values: found.labels.iter().map(share).collect(),
            };
            Ok(Shares {
                map,
                is_in_units: true,
            })
        }
        _ => of_map(false),
    }
}

/// Rows and columns of a square, from the first, and its side.
struct Square {
    top: usize,
    left: usize,
    side: usize,
}

impl Square {
    fn random((height, width): (usize, usize), numbers: &mut Numbers) -> Self {
        let shorter = height.min(width);
        let (shortest, longest) = ((shorter / SIDES.0).max(1), (shorter / SIDES.1).max(1));
        let mut whole = |low: usize, high: usize| numbers.whole(low as i64, high as i64) as usize;
        let side = whole(shortest, longest);
        Self {
            top: whole(0, height - side),
            left: whole(0, width - side),
            side,
        }
    }

    /// Of an input [1, C, H, W], a view.
    fn part(&self, of: &Tensor) -> Result<Tensor, ExplainError> {
        let rows = of.f_narrow(2, self.top as i64, self.side as i64)?;
        Ok(rows.f_narrow(3, self.left as i64, self.side as i64)?)
    }

    fn sum(&self, map: &Map) -> f64 {
        let rows = map.values.chunks(map.width.max(1));
        let rows = rows.skip(self.top).take(self.side);
        let cells = rows.flat_map(|row| row.iter().skip(self.left).take(self.side));
        cells.copied().map(f64::from).sum()
    }
}

/// E (β · sum − drop)².
fn missed(sums: &[f64], drops: &[f64], scale: f64) -> f64 {
    let each = sums.iter().zip(drops);
    let squares = each.map(|(sum, drop)| (scale * sum - drop).powi(2));
    squares.sum::<f64>() / drops.len().max(1) as f64
}

/// The least of it for β ≥ 0 over that of zeros; `None` where nothing is lost anywhere.
fn scaled(sums: &[f64], drops: &[f64]) -> Option<f64> {
    let product = |a: &[f64], b: &[f64]| a.iter().zip(b).map(|(a, b)| a * b).sum::<f64>();
    let of_zeros = missed(sums, drops, 0.0);
    let scale = match product(sums, sums) {
        0.0 => 0.0,
        size => (product(sums, drops) / size).max(0.0),
    };
    (of_zeros > 0.0).then(|| missed(sums, drops, scale) / of_zeros)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Sums (1, 2) and drops (2, 4): β = 2 misses nothing. (1, 0) and (1, 1): β = 1 misses 1 of 2.
    #[test]
    fn two_squares_by_hand() {
        assert_eq!(scaled(&[1.0, 2.0], &[2.0, 4.0]), Some(0.0));
        assert_eq!(missed(&[1.0, 2.0], &[2.0, 4.0], 1.0), 2.5);
        assert_eq!(scaled(&[1.0, 0.0], &[1.0, 1.0]), Some(0.5));
        assert_eq!(
            scaled(&[-1.0, -2.0], &[2.0, 4.0]),
            Some(1.0),
            "the other way"
        );
        assert_eq!(scaled(&[0.0, 0.0], &[2.0, 4.0]), Some(1.0), "says nothing");
        assert_eq!(scaled(&[1.0, 2.0], &[0.0, 0.0]), None);
    }

    #[test]
    fn squares_lie_in_the_photo_and_sum_what_they_cover() {
        let map = Map {
            height: 3,
            width: 4,
            values: (0..12).map(|value| value as f32).collect(),
        };
        let square = Square {
            top: 1,
            left: 2,
            side: 2,
        };
        assert_eq!(square.sum(&map), 6.0 + 7.0 + 10.0 + 11.0);
        let mut numbers = Numbers::new(1, STREAM, "photo");
        for _ in 0..300 {
            let one = Square::random((40, 64), &mut numbers);
            assert!((5..=20).contains(&one.side));
            assert!(one.top + one.side <= 40 && one.left + one.side <= 64);
        }
        assert_eq!(Square::random((1, 1), &mut numbers).side, 1);
    }
}
