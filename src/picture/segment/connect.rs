//! Connected segments out of scattered ones.

use std::ops::Range;

/// Cuts segments into their connected parts (pixels that share an edge), numbered in row-major order
/// of their first pixels; `sizes_px` bounds them.
///
/// A part smaller than `sizes_px.start` joins the neighbour met last while it was walked through; one
/// that reaches `sizes_px.end` is cut off there, and the rest becomes the next part. `width` and
/// `height` of the picture as a pair.
pub(super) fn connected(
    segments: &[usize],
    (width, height): (usize, usize),
    sizes_px: Range<usize>,
) -> Vec<usize> {
    const UNSEEN: usize = usize::MAX;
    let mut parts = vec![UNSEEN; segments.len()];
    let mut next_part = 0;
    let mut members = Vec::with_capacity(sizes_px.end.min(segments.len()));
    for first in 0..segments.len() {
        if parts[first] != UNSEEN {
            continue;
        }
        let mut neighbour = next_part;
        parts[first] = next_part;
        members.clear();
        members.push(first);
        let mut visited = 0;
        while visited < members.len() && members.len() < sizes_px.end {
            for other in beside(members[visited], (width, height))
                .into_iter()
                .flatten()
            {
                if parts[other] == UNSEEN && segments[other] == segments[first] {
                    parts[other] = next_part;
                    members.push(other);
                    if members.len() >= sizes_px.end {
                        break;
                    }
                } else if parts[other] != UNSEEN && parts[other] != next_part {
                    neighbour = parts[other];
                }
            }
            visited += 1;
        }
        if members.len() < sizes_px.start {
            for &member in &members {
                parts[member] = neighbour;
            }
        } else {
            next_part += 1;
        }
    }
    parts
}

/// Right, left, below, above; the order decides which neighbour a small part joins.
fn beside(at: usize, (width, height): (usize, usize)) -> [Option<usize>; 4] {
    let (x, y) = (at % width, at / width);
    [
        (x + 1 < width).then_some(at + 1),
        (x > 0).then(|| at - 1),
        (y + 1 < height).then_some(at + width),
        (y > 0).then(|| at - width),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn small_parts_join_and_large_ones_are_cut() {
        let segments = [
            3, 3, 3, 3, //
            3, 5, 3, 3, //
            8, 8, 3, 8,
        ];
        let parts = connected(&segments, (4, 3), 2..100);
        let expected = [
            0, 0, 0, 0, //
            0, 0, 0, 0, //
            1, 1, 0, 0,
        ];
        assert_eq!(parts, expected);
        let cut = connected(&[0; 6], (6, 1), 1..4);
        assert_eq!(cut, [0, 0, 0, 0, 1, 1]);
    }
}
