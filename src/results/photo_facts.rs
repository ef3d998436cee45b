//! What can be said of photos without a network.

use serde::{Deserialize, Serialize};

/// Of a range of a data set, in its order.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct PhotoFacts {
    pub rows: Vec<PhotoFact>,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub enum PhotoFact {
    Picture(PictureFacts),
    /// Numbers in a photo's place, which have no brightness.
    Array,
    /// Why, [`FILE`](super::FILE) for its name.
    Unreadable(String),
}

/// Of a picture as its file has it: turned upright, in its own size.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct PictureFacts {
    pub width: usize,
    pub height: usize,
    /// Equal where size and pixels are, whatever the file's format and metadata.
    pub pixels: [u8; 16],
    /// Mean of the grey levels, 0..1.
    pub brightness: f64,
    /// Standard deviation of the grey levels, 0..1.
    pub contrast: f64,
    /// Variance of the Laplacian of the grey levels (0..255), the shorter side at most 256 px.
    pub sharpness: f64,
    /// Difference hash: bit 8 · row + column, the highest first, says whether of 9 × 8 grey levels the one to the right is larger.
    pub hash: u64,
}

impl PictureFacts {
    /// Longer side over shorter.
    pub fn aspect(&self) -> f64 {
        let (width, height) = (self.width.max(1) as f64, self.height.max(1) as f64);
        width.max(height) / width.min(height)
    }

    /// In px.
    pub fn shorter_side(&self) -> usize {
        self.width.min(self.height)
    }

    /// Bits of 64 in which the difference hashes differ.
    pub fn hash_distance(&self, other: &Self) -> u32 {
        (self.hash ^ other.hash).count_ones()
    }
}

/// Two pictures of a data set that are the same or nearly so, by their places.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Pair {
    pub first: usize,
    pub second: usize,
    /// Bits in which the hashes differ; `None` where all pixels are equal.
    pub distance: Option<u32>,
}

/// Every picture that equals or nearly equals an earlier one, with the earliest that it is nearest to. Hashes may differ
/// in `most_bits`; a picture of less than `least_contrast` has a hash of noise and only equals others by its pixels.
pub fn pairs(facts: &[&PhotoFact], most_bits: u32, least_contrast: f64) -> Vec<Pair> {
    let pictures: Vec<(usize, &PictureFacts)> = facts
        .iter()
        .enumerate()
        .filter_map(|(place, fact)| match fact {
            PhotoFact::Picture(facts) => Some((place, facts)),
            PhotoFact::Array | PhotoFact::Unreadable(_) => None,
        })
        .collect();
    let mut pairs = Vec::new();
    let mut first_with_pixels = std::collections::BTreeMap::new();
    for (at, &(second, facts)) in pictures.iter().enumerate() {
        if let Some(&first) = first_with_pixels.get(&facts.pixels) {
            let distance = None;
            pairs.push(Pair {
                first,
                second,
                distance,
            });
            continue;
        }
        first_with_pixels.insert(facts.pixels, second);
        if facts.contrast < least_contrast {
            continue;
        }
        let earlier = pictures[..at].iter();
        let near = earlier
            .filter(|(_, other)| other.contrast >= least_contrast)
            .map(|(first, other)| (facts.hash_distance(other), *first))
            .min()
            .filter(|(distance, _)| *distance <= most_bits);
        pairs.extend(near.map(|(distance, first)| Pair {
            first,
            second,
            distance: Some(distance),
        }));
    }
    pairs
}

#[cfg(test)]
mod tests {
    use super::*;

    fn picture(pixels: u8, hash: u64, contrast: f64) -> PhotoFact {
        PhotoFact::Picture(PictureFacts {
            width: 30,
            height: 10,
            pixels: [pixels; 16],
            brightness: 0.5,
            contrast,
            sharpness: 100.0,
            hash,
        })
    }

    #[test]
    fn each_picture_is_paired_with_the_earlier_one_that_is_nearest() {
        let facts = [
            picture(1, 0b0000, 0.2),
            picture(2, 0b0111, 0.2), // 3 bits from the first
            picture(1, 0b0000, 0.2), // the first again
            PhotoFact::Array,
            picture(3, 0b1111, 0.2), // 1 bit from the second
            picture(4, 0b1111, 0.0), // flat
            picture(4, 0b1111, 0.0), // the same flat one
            PhotoFact::Unreadable("x".to_owned()),
        ];
        let facts: Vec<&PhotoFact> = facts.iter().collect();
        let found = |bits| -> Vec<(usize, usize, Option<u32>)> {
            let pairs = pairs(&facts, bits, 0.1);
            pairs
                .iter()
                .map(|p| (p.first, p.second, p.distance))
                .collect()
        };
        assert_eq!(found(2), [(0, 2, None), (1, 4, Some(1)), (5, 6, None)]);
        assert_eq!(
            found(3),
            [(0, 1, Some(3)), (0, 2, None), (1, 4, Some(1)), (5, 6, None)]
        );
        let PhotoFact::Picture(first) = facts[0] else {
            panic!("a picture")
        };
        assert_eq!((first.aspect(), first.shorter_side()), (3.0, 10));
    }
}
