//! Masks that are designed instead of drawn: of a balanced design a segment's effect is not mixed with that of
//! another segment, nor with what two segments do only together.
//!
//! A replicate is the Hadamard matrix of Sylvester, H[i][j] = (−1)^(number of ones that i and j share in binary), of
//! an order above the number of segments. Each segment gets a column of its own (never the first, which is constant)
//! and a sign, both drawn; +1 shows the segment, −1 hides it. Behind each row follows its opposite (fold-over: Box
//! and Wilson 1951): any two columns are orthogonal, and each is orthogonal to the product of any two. What three
//! segments do together stays mixed with single ones, otherwise in each replicate, for the columns are drawn anew.

use super::masks::Masks;
use super::until_settled::Design;
use crate::explain::seed::Numbers;

/// Orders below this mix what three segments do together with too many others.
const SMALLEST_ORDER: usize = 64;

/// Replicates of a balanced design, one after the other.
pub struct Replicates {
    segments: usize,
    order: usize,
    numbers: Numbers,
}

impl Replicates {
    /// Of masks of 1 or more segments, drawn from `numbers`.
    pub fn new(segments: usize, numbers: Numbers) -> Self {
        let order = (segments + 1).next_power_of_two();
        Self {
            segments,
            order: order.max(SMALLEST_ORDER),
            numbers,
        }
    }

    /// The masks of so many replicates that there are `samples`, the last one cut short.
    pub fn masks(&mut self, samples: usize) -> Masks {
        let mut on = Vec::with_capacity((samples + self.rows()) * self.segments);
        while on.len() < samples * self.segments {
            on.extend(self.next_on());
        }
        on.truncate(samples * self.segments);
        Masks::from_rows(self.segments, on).expect("whole rows of 1 or more segments")
    }

    /// A column of the matrix and a sign for each segment.
    fn columns(&mut self) -> Vec<(usize, bool)> {
        let mut columns: Vec<usize> = (1..self.order).collect();
        for place in 0..self.segments {
            let last = columns.len() as i64 - 1;
            let other = self.numbers.whole(place as i64, last) as usize;
            columns.swap(place, other);
        }
        columns.truncate(self.segments);
        let signed = |column| (column, self.numbers.whole(0, 1) == 1);
        columns.into_iter().map(signed).collect()
    }
}

impl Design for Replicates {
    /// Masks of a replicate: 128 for up to 63 segments.
    fn rows(&self) -> usize {
        2 * self.order
    }

    /// The switches of the next replicate, row-major.
    fn next_on(&mut self) -> Vec<bool> {
        let columns = self.columns();
        let mut on = Vec::with_capacity(self.rows() * self.segments);
        for row in 0..self.order {
            let is_on =
                |(column, sign): &(usize, bool)| ((row & column).count_ones() % 2 == 0) != *sign;
            let shown: Vec<bool> = columns.iter().map(is_on).collect();
            let opposite = shown.iter().map(|on| !on).collect::<Vec<_>>();
            on.extend(shown.into_iter().chain(opposite));
        }
        on
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn signs(segments: usize) -> (usize, Vec<Vec<i64>>) {
        let mut replicates = Replicates::new(segments, Numbers::new(3, "test", "design"));
        let masks = replicates.masks(replicates.rows());
        let rows = masks.rows();
        let sign = |on: &bool| if *on { 1 } else { -1 };
        let rows = rows.map(|row| row.iter().map(sign).collect()).collect();
        (masks.len(), rows)
    }

    #[test]
    fn single_effects_are_free_of_each_other_and_of_pairs() {
        for (segments, expected) in [(1, 128), (24, 128), (63, 128), (64, 256)] {
            let (count, rows) = signs(segments);
            assert_eq!(count, expected);
            let sum = |columns: &[usize]| -> i64 {
                let product = |row: &Vec<i64>| columns.iter().map(|at| row[*at]).product::<i64>();
                rows.iter().map(product).sum()
            };
            for a in 0..segments {
                assert_eq!(sum(&[a]), 0, "shown as often as hidden");
                for b in 0..a {
                    assert_eq!(sum(&[a, b]), 0, "{a} and {b}");
                    assert!((0..segments).all(|c| sum(&[a, b, c]) == 0), "{a}, {b}");
                }
            }
        }
    }

    #[test]
    fn replicates_differ_and_end_where_they_are_cut() {
        let masks = |samples| {
            let numbers = Numbers::new(3, "test", "design");
            Replicates::new(30, numbers).masks(samples)
        };
        let long = masks(300);
        assert_eq!(long.len(), 300);
        let (first, second) = (long.rows().take(128), long.rows().skip(128));
        assert!(first.zip(second).any(|(a, b)| a != b));
        let short = masks(31);
        assert!(short.rows().zip(long.rows()).all(|(a, b)| a == b));
        assert!(short.row(0).iter().zip(short.row(1)).all(|(a, b)| a != b));
    }
}
