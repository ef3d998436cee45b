//! How a layer's maps are cut into tiles, and the window of the photo that each tile sees.

use super::Window;
use crate::model::{LocalLayer, Sight};

/// A tile along one axis.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Span {
    /// Pixels of the photo that the tile sees, the last one excluded; the first is a multiple of the layer's jump.
    pub pixels: (i64, i64),
    /// Where the tile begins in the maps of this piece of the photo.
    pub offset: i64,
    /// Places of the tile: fewer at the end of the maps.
    pub places: i64,
}

/// The tiles along an axis with so many `places` over `pixels` of the photo.
pub fn spans(sight: Sight, places: i64, pixels: i64, side: i64) -> Vec<Span> {
    let Sight { size, start, jump } = sight;
    let span = |first: i64| {
        let end = places.min(first + side);
        let sees_from = start + jump * first;
        let begin = sees_from.max(0) / jump * jump;
        let sees_to = start + jump * (end - 1) + size;
        Span {
            pixels: (begin, sees_to.clamp(begin + 1, pixels.max(begin + 1))),
            offset: first - begin / jump,
            places: end - first,
        }
    };
    (0..places)
        .step_by(side.max(1) as usize)
        .map(span)
        .collect()
}

/// The tiles of a layer: those of each row, row by row.
#[derive(Debug, Clone)]
pub struct Tiles {
    /// Places of a tile along each axis.
    pub side: i64,
    pub rows: Vec<Span>,
    pub columns: Vec<Span>,
}

impl Tiles {
    /// Over a photo of so many pixels.
    pub fn new(layer: &LocalLayer, (height, width): (i64, i64), side: i64) -> Self {
        let [rows, columns] = layer.sights;
        Self {
            side,
            rows: spans(rows, layer.places[0], height, side),
            columns: spans(columns, layer.places[1], width, side),
        }
    }

    pub fn count(&self) -> usize {
        self.rows.len() * self.columns.len()
    }

    /// Along height and width.
    pub fn tile(&self, index: usize) -> [Span; 2] {
        let columns = self.columns.len();
        [self.rows[index / columns], self.columns[index % columns]]
    }

    pub fn window(&self, index: usize) -> Window {
        let [rows, columns] = self.tile(index);
        Window {
            rows: rows.pixels,
            columns: columns.pixels,
        }
    }
}

impl Window {
    pub fn pixels(self) -> i64 {
        (self.rows.1 - self.rows.0) * (self.columns.1 - self.columns.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// 3 × 3 convolution of stride 2 with padding 1 on 9 px: place p sees the pixels 2 p − 1 to 2 p + 1.
    #[test]
    fn windows_begin_at_multiples_of_the_jump_and_end_at_the_border() {
        let sight = Sight {
            size: 3,
            start: -1,
            jump: 2,
        };
        let span = |pixels, offset, places| Span {
            pixels,
            offset,
            places,
        };
        assert_eq!(
            spans(sight, 5, 9, 2),
            [
                span((0, 4), 0, 2), // sees −1 to 3
                span((2, 8), 1, 2), // sees 3 to 7; from 2 on, so that its first place is the second there
                span((6, 9), 1, 1), // sees 7 to 9, the last is padding
            ]
        );
    }
}
