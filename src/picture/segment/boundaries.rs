//! Lines between segments.

use super::Segmentation;

impl Segmentation {
    /// Which pixels lie on a line between segments, row-major.
    ///
    /// As `skimage.segmentation.mark_boundaries` colours them (`find_boundaries` with mode `outer`), and
    /// so as LIME's own figures do: a pixel with another segment to its left, right, above or below; but
    /// segment 0 counts as background, whose lines run on its own side only.
    pub fn boundaries(&self) -> Vec<bool> {
        let positions = (0..self.height).flat_map(|y| (0..self.width).map(move |x| (x, y)));
        positions.map(|(x, y)| self.is_boundary(x, y)).collect()
    }

    fn is_boundary(&self, x: usize, y: usize) -> bool {
        let own = self.labels[y * self.width + x];
        let other_beside = self
            .around(x, y)
            .any(|(straight, label)| straight && label != own);
        let is_background = own == 0;
        let other_object = || {
            self.around(x, y)
                .any(|(_, label)| label != 0 && label != own)
        };
        other_beside && (is_background || other_object())
    }

    /// The up to eight neighbours: whether they share an edge with the pixel, and their segment.
    fn around(&self, x: usize, y: usize) -> impl Iterator<Item = (bool, u32)> {
        let rows = y.saturating_sub(1)..(y + 2).min(self.height);
        rows.flat_map(move |row| {
            let columns = x.saturating_sub(1)..(x + 2).min(self.width);
            columns.map(move |column| {
                (
                    row == y || column == x,
                    self.labels[row * self.width + column],
                )
            })
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn two_objects_on_a_background() {
        let labels = vec![
            0, 0, 0, 0, 0, //
            0, 1, 1, 2, 0, //
            0, 1, 1, 2, 0, //
            0, 0, 0, 0, 0,
        ];
        let segmentation = Segmentation {
            width: 5,
            height: 4,
            labels,
            count: 3,
        };
        let drawn: Vec<u8> = segmentation
            .boundaries()
            .iter()
            .map(|&line| line.into())
            .collect();
        let expected = [
            0, 1, 1, 1, 0, //
            1, 0, 1, 1, 1, //
            1, 0, 1, 1, 1, //
            0, 1, 1, 1, 0,
        ];
        assert_eq!(drawn, expected);
    }
}
