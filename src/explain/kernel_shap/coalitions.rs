//! Masks drawn as Shapley's kernel weights them: sets of s of K segments with a probability in proportion to
//! 1 / (s (K − s)), all of one size alike.
//!
//! Balanced ones are pairs of a set and its opposite (Covert and Lee 2021). Within a replicate sizes are spread evenly
//! over their distribution, and the smaller sets are dealt from a shuffled deck of all segments that is dealt to its
//! end before it is shuffled anew, so that all segments are in them equally often. Each set is still drawn from the
//! distribution above; only their company is not independent of it.

use crate::explain::lime::until_settled::Design;
use crate::explain::seed::Numbers;

/// Masks of a replicate, or twice as many as there are segments.
const FEWEST_ROWS: usize = 128;

/// Sets of 2 or more segments, neither none nor all of them.
pub struct Coalitions {
    segments: usize,
    is_balanced: bool,
    numbers: Numbers,
    /// What is left of it.
    deck: Vec<usize>,
}

impl Coalitions {
    pub fn new(segments: usize, is_balanced: bool, numbers: Numbers) -> Self {
        Self {
            segments,
            is_balanced,
            numbers,
            deck: Vec::new(),
        }
    }

    /// The size whose share of the distribution holds `position`, 0..1: of the smaller set of a pair, or of a set.
    fn size_at(&self, position: f64) -> usize {
        let sizes = match self.is_balanced {
            true => 1..=self.segments / 2,
            false => 1..=self.segments - 1,
        };
        // In a pair of halves both sets have the one size.
        let share = |size: usize| {
            let both = self.is_balanced && 2 * size != self.segments;
            (1.0 + f64::from(both)) / (size * (self.segments - size)) as f64
        };
        let whole: f64 = sizes.clone().map(share).sum();
        let mut below = 0.0;
        for size in sizes.clone() {
            below += share(size) / whole;
            if position < below {
                return size;
            }
        }
        *sizes.end() // reached by rounding only
    }

    fn shuffled(&mut self) -> Vec<usize> {
        let mut all: Vec<usize> = (0..self.segments).collect();
        for last in (1..all.len()).rev() {
            let other = self.numbers.whole(0, last as i64) as usize;
            all.swap(last, other);
        }
        all
    }

    /// The switches of a set of `size` segments.
    fn set(&mut self, size: usize) -> Vec<bool> {
        if !self.is_balanced {
            self.deck.clear();
        }
        let mut on = vec![false; self.segments];
        for _ in 0..size {
            // One that is in the set already stays in the new deck for the next set.
            let fresh = |deck: &[usize]| deck.iter().rposition(|segment| !on[*segment]);
            let place = match fresh(&self.deck) {
                Some(place) => place,
                None => {
                    let mut new = self.shuffled();
                    new.append(&mut self.deck);
                    self.deck = new;
                    fresh(&self.deck).unwrap_or(0) // there is one: size is below the number of segments
                }
            };
            on[self.deck.remove(place)] = true;
        }
        on
    }
}

impl Design for Coalitions {
    fn rows(&self) -> usize {
        (2 * self.segments).next_power_of_two().max(FEWEST_ROWS)
    }

    fn next_on(&mut self) -> Vec<bool> {
        let rows = self.rows();
        let mut all = Vec::with_capacity(rows * self.segments);
        if self.is_balanced {
            let start = self.numbers.uniform();
            for pair in 0..rows / 2 {
                let size = self.size_at((pair as f64 + start) / (rows / 2) as f64);
                let set = self.set(size);
                let opposite = set.iter().map(|on| !on).collect::<Vec<_>>();
                all.extend(set.into_iter().chain(opposite));
            }
        } else {
            for _ in 0..rows {
                let position = self.numbers.uniform();
                let size = self.size_at(position);
                all.extend(self.set(size));
            }
        }
        all
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rows(segments: usize, is_balanced: bool, replicates: usize) -> Vec<Vec<bool>> {
        let numbers = Numbers::new(2, "test", "coalitions");
        let mut design = Coalitions::new(segments, is_balanced, numbers);
        let on: Vec<bool> = (0..replicates).flat_map(|_| design.next_on()).collect();
        on.chunks(segments).map(<[bool]>::to_vec).collect()
    }

    fn size(mask: &[bool]) -> usize {
        mask.iter().filter(|on| **on).count()
    }

    /// Shares of sizes are those of the kernel: for 6 segments 1/5, 1/8, 1/9, 1/8, 1/5 over their sum.
    #[test]
    fn sizes_come_as_often_as_the_kernel_says() {
        for is_balanced in [true, false] {
            let rows = rows(6, is_balanced, 100);
            let whole: f64 = (1..6).map(|size| 1.0 / (size * (6 - size)) as f64).sum();
            for of in 1..6 {
                let expected = 1.0 / (of * (6 - of)) as f64 / whole;
                let found = rows.iter().filter(|mask| size(mask) == of).count();
                let found = found as f64 / rows.len() as f64;
                // Of 12,800 draws the standard error is 0.004.
                assert!((found - expected).abs() < 0.015, "{of}: {found} {expected}");
            }
            for segment in 0..6 {
                let share = rows.iter().filter(|mask| mask[segment]).count();
                let share = share as f64 / rows.len() as f64;
                assert!((share - 0.5).abs() < 0.015, "{segment}: {share}");
            }
        }
    }

    /// Any two segments are together as often as any others: sets of one size are alike.
    #[test]
    fn pairs_of_segments_are_together_equally_often() {
        for is_balanced in [true, false] {
            let rows = rows(7, is_balanced, 100);
            let together = |a: usize, b: usize| {
                let found = rows.iter().filter(|mask| mask[a] && mask[b]).count();
                found as f64 / rows.len() as f64
            };
            let all: Vec<f64> = (1..7)
                .flat_map(|a| (0..a).map(move |b| (a, b)))
                .map(|(a, b)| together(a, b))
                .collect();
            let mean = all.iter().sum::<f64>() / all.len() as f64;
            assert!(all.iter().all(|one| (one - mean).abs() < 0.02), "{all:?}");
        }
    }

    #[test]
    fn balanced_sets_have_their_opposite_and_all_segments_equally_often() {
        let rows = rows(37, true, 1);
        assert_eq!(rows.len(), 128);
        for pair in rows.chunks(2) {
            assert!(pair[0].iter().zip(&pair[1]).all(|(a, b)| a != b));
            assert!((1..=18).contains(&size(&pair[0])));
        }
        let times = |segment: usize| rows.iter().step_by(2).filter(|mask| mask[segment]).count();
        let times: Vec<usize> = (0..37).map(times).collect();
        let (least, most) = (times.iter().min().unwrap(), times.iter().max().unwrap());
        assert!(most - least <= 1, "{times:?}");
    }
}
