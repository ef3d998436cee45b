//! A photo cut into cells of nearly equal size, which are shown and hidden. Ranks are compared on cells, so that a fine
//! map and a coarse one are asked the same question: in which order do places matter? (Hidden one by one, scattered
//! pixels change a photo in a way of their own, which flatters maps that are noise.)

use tch::{Device, Tensor};

use crate::explain::ExplainError;
use crate::explain::seed::Numbers;
use crate::results::Map;

/// The cells of a photo of `height` × `width` px.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Grid {
    height: usize,
    width: usize,
    /// Along each side.
    rows: usize,
    columns: usize,
}

impl Grid {
    /// At most `side` cells along each side, none smaller than a pixel.
    pub fn new((height, width): (usize, usize), side: usize) -> Self {
        Self {
            height,
            width,
            rows: side.min(height).max(1),
            columns: side.min(width).max(1),
        }
    }

    pub fn cells(&self) -> usize {
        self.rows * self.columns
    }

    /// The cell of each pixel, row-major.
    pub fn labels(&self) -> Vec<usize> {
        let part = |at: usize, of: usize, parts: usize| at * parts / of.max(1);
        let row = |y| part(y, self.height, self.rows);
        let column = |x| part(x, self.width, self.columns);
        let places = (0..self.height).flat_map(|y| (0..self.width).map(move |x| (y, x)));
        places
            .map(|(y, x)| row(y) * self.columns + column(x))
            .collect()
    }

    /// The sum of a map of the photo's size over each cell.
    pub fn sums(&self, map: &Map) -> Vec<f64> {
        let mut sums = vec![0.0; self.cells()];
        for (label, value) in self.labels().into_iter().zip(&map.values) {
            sums[label] += f64::from(*value);
        }
        sums
    }

    /// The mean of a map over each cell.
    pub fn means(&self, map: &Map) -> Vec<f64> {
        let mut sizes = vec![0.0_f64; self.cells()];
        for label in self.labels() {
            sizes[label] += 1.0;
        }
        let sums = self.sums(map).into_iter().zip(sizes);
        sums.map(|(sum, size)| sum / size.max(1.0)).collect()
    }

    /// How near each cell is to the middle: the exponent of a Gaussian as wide as high as the photo.
    pub fn nearness(&self) -> Vec<f64> {
        // Whole numbers first, so that both sides of the middle are equally far to the last bit.
        let from_middle =
            |at: usize, parts: usize| (2.0 * at as f64 + 1.0 - parts as f64) / (2.0 * parts as f64);
        let cells = 0..self.cells();
        cells
            .map(|cell| {
                let row = from_middle(cell / self.columns, self.rows);
                let column = from_middle(cell % self.columns, self.columns);
                -(row * row + column * column)
            })
            .collect()
    }
}

/// Inputs that show some cells of a photo and a canvas in the place of the others.
pub struct Shown<'a> {
    /// [1, C, H, W].
    pub photo: &'a Tensor,
    /// Cell of each pixel, [H·W], int64.
    labels: Tensor,
}

impl<'a> Shown<'a> {
    pub fn new(photo: &'a Tensor, grid: &Grid) -> Result<Self, ExplainError> {
        let labels: Vec<i64> = grid.labels().into_iter().map(|cell| cell as i64).collect();
        let labels = Tensor::f_from_slice(&labels)?.f_to(photo.device())?;
        Ok(Self { photo, labels })
    }

    /// `is_shown` by cell; `canvas` [1, C, H, W] is seen elsewhere.
    pub fn over(&self, canvas: &Tensor, is_shown: &[bool]) -> Result<Tensor, ExplainError> {
        let (_, _, height, width) = self.photo.size4()?;
        let device: Device = self.photo.device();
        let shown = Tensor::f_from_slice(is_shown)?.f_to(device)?;
        let shown = shown.f_index_select(0, &self.labels)?;
        let shown = shown.f_view([1, 1, height, width])?;
        Ok(self.photo.f_where_self(&shown, canvas)?)
    }
}

/// The cells with the largest values first; those that are equal in the order of `ties`.
pub fn largest_first(values: &[f64], ties: &[usize]) -> Vec<usize> {
    let mut order = ties.to_vec();
    order.sort_by(|&a, &b| values[b].total_cmp(&values[a])); // stable
    order
}

/// A random order of so many cells.
pub fn shuffled(count: usize, numbers: &mut Numbers) -> Vec<usize> {
    let mut order: Vec<usize> = (0..count).collect();
    for last in (1..count).rev() {
        let other = numbers.whole(0, last as i64).unsigned_abs() as usize;
        order.swap(last, other);
    }
    order
}

/// Whether each of `count` cells is among these.
pub fn among(count: usize, cells: &[usize]) -> Vec<bool> {
    let mut among = vec![false; count];
    for &cell in cells {
        among[cell] = true;
    }
    among
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cells_cover_the_photo_evenly() {
        let grid = Grid::new((3, 5), 2);
        assert_eq!(grid.labels(), [0, 0, 0, 1, 1, 0, 0, 0, 1, 1, 2, 2, 2, 3, 3]);
        let map = Map {
            height: 3,
            width: 5,
            values: (0..15).map(|value| value as f32).collect(),
        };
        assert_eq!(grid.sums(&map), [21.0, 24.0, 33.0, 27.0]);
        assert_eq!(grid.means(&map), [3.5, 6.0, 11.0, 13.5]);
        // No cell is smaller than a pixel.
        assert_eq!(Grid::new((2, 3), 16).cells(), 6);
        let whole = Grid::new((224, 224), 16).labels();
        let sizes = (0..256).map(|cell| whole.iter().filter(|&&label| label == cell).count());
        assert!(sizes.into_iter().all(|size| size == 14 * 14));
    }

    #[test]
    fn orders_are_by_value_and_ties_by_chance() {
        assert_eq!(
            largest_first(&[1.0, 3.0, 1.0, 2.0], &[2, 3, 0, 1]),
            [1, 3, 2, 0]
        );
        let nearest = largest_first(
            &Grid::new((30, 30), 3).nearness(),
            &[0, 1, 2, 3, 4, 5, 6, 7, 8],
        );
        assert_eq!(nearest, [4, 1, 3, 5, 7, 0, 2, 6, 8]);
        let order = shuffled(50, &mut Numbers::new(1, "test", "cells"));
        let mut sorted = order.clone();
        sorted.sort_unstable();
        assert_eq!(sorted, (0..50).collect::<Vec<_>>());
        assert_ne!(order, sorted);
    }

    #[test]
    fn a_cell_is_shown_over_the_canvas() {
        let photo = Tensor::from_slice(&[1.0f32, 2.0, 3.0, 4.0]).view([1, 1, 2, 2]);
        let grid = Grid::new((2, 2), 2);
        let shown = Shown::new(&photo, &grid).unwrap();
        let input = shown.over(&photo.zeros_like(), &among(4, &[1, 2])).unwrap();
        assert_eq!(
            input,
            Tensor::from_slice(&[0.0f32, 2.0, 3.0, 0.0]).view([1, 1, 2, 2])
        );
    }
}
