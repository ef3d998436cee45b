//! Superpixels: regions of similar neighbouring pixels.

mod boundaries;
mod connect;
mod density;
mod exponential;
mod k_means;
mod quickshift;
mod slic;

pub use quickshift::Quickshift;
pub use slic::Slic;

/// A partition of a picture's pixels.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Segmentation {
    pub width: usize,
    pub height: usize,
    /// The segment of each pixel, row-major, each of 0..`count` at least once.
    pub labels: Vec<u32>,
    /// Number of segments.
    pub count: usize,
}

impl Segmentation {
    /// Segments from any marks: equal marks, equal segment. Numbered from 0 in the order of the marks'
    /// values (as `numpy.unique` ranks them), without gaps: scikit-image numbers some of its
    /// segmentations from 1, which has led tools to hide the wrong segment.
    ///
    /// # Panics
    /// If there is not one mark for each pixel.
    pub fn relabelled(width: usize, height: usize, marks: &[usize]) -> Self {
        assert_eq!(marks.len(), width * height, "one mark for each pixel");
        let mut values = marks.to_vec();
        values.sort_unstable();
        values.dedup();
        let rank = |mark: &usize| match values.binary_search(mark) {
            Ok(rank) | Err(rank) => rank as u32, // always found
        };
        Self {
            width,
            height,
            labels: marks.iter().map(rank).collect(),
            count: values.len(),
        }
    }

    /// Number of pixels of each segment.
    pub fn sizes_px(&self) -> Vec<usize> {
        let mut sizes = vec![0; self.count];
        for &label in &self.labels {
            sizes[label as usize] += 1;
        }
        sizes
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn marks_become_ranks() {
        let segmentation = Segmentation::relabelled(3, 2, &[7, 7, 2, 9, 2, 7]);
        assert_eq!(segmentation.labels, [1, 1, 0, 2, 0, 1]);
        assert_eq!(segmentation.count, 3);
        assert_eq!(segmentation.sizes_px(), [2, 3, 1]);
    }
}
