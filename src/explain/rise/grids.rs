//! The masks of RISE: coarse grids, enlarged bilinearly and shifted at random.

use tch::Tensor;

use crate::explain::ExplainError;
use crate::explain::lime::designs::Replicates;
use crate::explain::lime::until_settled::Design;
use crate::explain::seed::Numbers;

/// Gives one mask after the other.
pub struct Grids {
    /// Along each side of a grid.
    cells: usize,
    /// Height and width of a mask in pixels.
    size: (i64, i64),
    /// Of random grids and of all places.
    numbers: Numbers,
    cells_kept: Kept,
}

/// Which cells are kept.
enum Kept {
    /// Each with this probability.
    Share(f64),
    /// Rows of a balanced design, each followed by its opposite at the same place.
    Balanced {
        replicates: Box<Replicates>,
        /// Of the replicate that is handed out, the last one first.
        rows: Vec<Vec<bool>>,
        place: Place,
    },
}

impl Grids {
    pub fn random(cells: usize, size: (i64, i64), share: f64, numbers: Numbers) -> Self {
        Self {
            cells,
            size,
            numbers,
            cells_kept: Kept::Share(share),
        }
    }

    /// `design` draws columns and signs, `numbers` the places.
    pub fn balanced(cells: usize, size: (i64, i64), numbers: Numbers, design: Numbers) -> Self {
        Self {
            cells,
            size,
            numbers,
            cells_kept: Kept::Balanced {
                replicates: Box::new(Replicates::new(cells * cells, design)),
                rows: Vec::new(),
                place: Place(0, 0),
            },
        }
    }

    /// [H, W], 0 to 1.
    pub fn next(&mut self) -> Result<Tensor, ExplainError> {
        let cells = self.cells * self.cells;
        let (grid, place) = match &mut self.cells_kept {
            Kept::Share(share) => {
                let grid = (0..cells)
                    .map(|_| self.numbers.uniform() < *share)
                    .collect();
                (grid, Place::drawn(&mut self.numbers, self.size, self.cells))
            }
            Kept::Balanced {
                replicates,
                rows,
                place,
            } => {
                if rows.is_empty() {
                    let next = replicates.next_on();
                    *rows = next.chunks(cells).map(<[bool]>::to_vec).rev().collect();
                }
                if rows.len().is_multiple_of(2) {
                    *place = Place::drawn(&mut self.numbers, self.size, self.cells);
                }
                (rows.pop().unwrap_or_default(), *place)
            }
        };
        place.mask(&grid, self.size, self.cells)
    }
}

/// Where a grid, enlarged by one cell more than the photo has, is cut out: rows and columns left out before it.
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
        let rows = large.f_narrow(2, self.0, height)?;
        let cut = rows.f_narrow(3, self.1, width)?;
        Ok(cut.f_get(0)?.f_get(0)?.f_contiguous()?)
    }
}

fn ceil(length: i64, parts: i64) -> i64 {
    (length + parts - 1) / parts
}

#[cfg(test)]
mod tests {
    use super::*;

    const ROUNDING: f64 = 1e-6;
    const SIZE: (i64, i64) = (30, 52);

    fn numbers(name: &str) -> Numbers {
        Numbers::new(1, "rise", name)
    }

    #[test]
    fn masks_have_the_photos_size_and_keep_their_share() {
        let mut grids = Grids::random(7, SIZE, 0.25, numbers("photo"));
        let mut sum = 0.0;
        for _ in 0..200 {
            let mask = grids.next().unwrap();
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
        let mut grids = Grids::balanced(7, SIZE, numbers("photo"), numbers("design"));
        let mut firsts = Vec::new();
        for _ in 0..70 {
            let (mask, opposite) = (grids.next().unwrap(), grids.next().unwrap());
            let off = (&mask + opposite - 1.0).abs().max().double_value(&[]);
            assert!(off < ROUNDING, "{off}");
            firsts.push(mask);
        }
        assert!(firsts.windows(2).all(|pair| pair[0] != pair[1]));
    }
}
