//! Which segments each perturbed picture keeps.

use rand_mt::Mt;

/// `len()` rows of `segments` switches, row-major; row 0 leaves every segment on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Masks {
    segments: usize,
    on: Vec<bool>,
}

impl Masks {
    /// The masks that the Python package `lime` 0.2.0.1 draws for `random_seed = seed`: numpy's
    /// `RandomState(seed)` (the legacy Mersenne Twister), `randint(0, 1000)` for the segmentation,
    /// then `randint(0, 2, samples * segments)`, row 0 set to ones. 1 or more of each.
    pub fn random(samples: usize, segments: usize, seed: u32) -> Self {
        let mut generator = Mt::new(seed);
        // The package draws the seed of its segmentation first: masked rejection, as numpy does it.
        const SEGMENTATION_SEEDS: u32 = 1000;
        const MASK: u32 = SEGMENTATION_SEEDS.next_power_of_two() - 1;
        while generator.next_u32() & MASK >= SEGMENTATION_SEEDS {}
        let mut on: Vec<bool> = (0..samples * segments)
            .map(|_| generator.next_u32() & 1 == 1)
            .collect();
        on[..segments].fill(true);
        Self { segments, on }
    }

    /// All 2^segments masks, once each, the all-on one first and the all-off one last.
    pub fn every(segments: usize) -> Self {
        let rows = 1_usize << segments;
        let switch = |row: usize, segment: usize| row >> (segments - 1 - segment) & 1 == 1;
        let on = (0..rows)
            .rev()
            .flat_map(|row| (0..segments).map(move |segment| switch(row, segment)))
            .collect();
        Self { segments, on }
    }

    /// Masks of your own; `None` unless `on` is rows of `segments` switches.
    pub fn from_rows(segments: usize, on: Vec<bool>) -> Option<Self> {
        let whole = segments > 0 && !on.is_empty() && on.len().is_multiple_of(segments);
        whole.then_some(Self { segments, on })
    }

    /// `count` masks from `row` on.
    pub fn part(&self, row: usize, count: usize) -> Self {
        let on = self.on[row * self.segments..][..count * self.segments].to_vec();
        Self {
            segments: self.segments,
            on,
        }
    }

    pub fn segments(&self) -> usize {
        self.segments
    }

    /// Number of masks.
    pub fn len(&self) -> usize {
        self.on.len() / self.segments
    }

    /// Never: there is always row 0.
    pub fn is_empty(&self) -> bool {
        self.on.is_empty()
    }

    pub fn row(&self, row: usize) -> &[bool] {
        &self.on[row * self.segments..][..self.segments]
    }

    pub fn rows(&self) -> impl ExactSizeIterator<Item = &[bool]> {
        self.on.chunks_exact(self.segments)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_mask_once_all_on_first() {
        let masks = Masks::every(3);
        let rows: Vec<_> = masks.rows().map(|row| row.to_vec()).collect();
        assert_eq!(rows[0], [true, true, true]);
        assert_eq!(rows[1], [true, true, false]);
        assert_eq!(rows[7], [false, false, false]);
        let distinct: std::collections::BTreeSet<_> = rows.iter().collect();
        assert_eq!((rows.len(), distinct.len()), (8, 8));
    }

    #[test]
    fn equal_seeds_give_equal_masks() {
        assert_eq!(Masks::random(50, 7, 3), Masks::random(50, 7, 3));
        assert_ne!(Masks::random(50, 7, 3), Masks::random(50, 7, 4));
        assert!(Masks::random(50, 7, 3).row(0).iter().all(|on| *on));
    }
}
