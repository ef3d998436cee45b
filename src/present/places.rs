//! Names of the nine parts of a picture.

use crate::words::Message;

/// Row by row.
pub const PLACES: [&str; 9] = [
    "upper_left",
    "upper_middle",
    "upper_right",
    "middle_left",
    "centre",
    "middle_right",
    "lower_left",
    "lower_middle",
    "lower_right",
];
pub const CENTRE: usize = 4;

/// `upper left`, by index in [`PLACES`].
pub fn place(index: usize) -> Message {
    Message::new(format!("place_{}", PLACES[index.min(PLACES.len() - 1)]))
}

/// The part that holds a pixel of a picture.
pub fn part_of((x, y): (usize, usize), width: usize, height: usize) -> usize {
    (y * 3 / height.max(1)).min(2) * 3 + (x * 3 / width.max(1)).min(2)
}
