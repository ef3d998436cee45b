//! What the network says of labelled photos that were changed in ways that should not matter.

use serde::{Deserialize, Serialize};

/// A change of a photo.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub enum Variation {
    /// Saved as JPEG of this quality, 1..=100.
    Jpeg(u8),
    /// Every level multiplied.
    Brightness(f64),
    /// Blurred by a Gaussian of this standard deviation, px.
    Blur(f64),
    /// Moved to the right and down, px.
    Shift(usize),
    /// Turned counter-clockwise, degrees.
    Rotation(f64),
    /// Left and right exchanged.
    Mirrored,
}

impl Variation {
    /// Name of its sort, in keys of texts.
    pub fn sort(self) -> &'static str {
        match self {
            Self::Jpeg(_) => "jpeg",
            Self::Brightness(_) => "brightness",
            Self::Blur(_) => "blur",
            Self::Shift(_) => "shift",
            Self::Rotation(_) => "rotation",
            Self::Mirrored => "mirrored",
        }
    }

    /// How strong it is, in the unit of its sort; empty of one that has no strength.
    pub fn strength(self) -> String {
        match self {
            Self::Jpeg(quality) => quality.to_string(),
            Self::Brightness(number) | Self::Blur(number) | Self::Rotation(number) => {
                number.to_string()
            }
            Self::Shift(px) => px.to_string(),
            Self::Mirrored => String::new(),
        }
    }
}

impl std::fmt::Display for Variation {
    /// `jpeg-50`, `mirrored`.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self.strength().as_str() {
            "" => f.write_str(self.sort()),
            strength => write!(f, "{}-{strength}", self.sort()),
        }
    }
}

/// Of a range of a data set, in its order.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Variations {
    pub variations: Vec<Variation>,
    pub rows: Vec<Varied>,
}

/// One photo.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub enum Varied {
    Classified {
        unchanged: Guess,
        /// One a variation.
        changed: Vec<Guess>,
    },
    /// Numbers in a photo's place, which no camera or file format changes.
    Array,
    /// Why, [`FILE`](super::FILE) for its name.
    Unreadable(String),
}

#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Guess {
    /// Group of the largest sum of probabilities.
    pub predicted: usize,
    /// Probability of the group that the unchanged photo was predicted as, 0..1.
    pub probability: f64,
}

/// Over all photos of a data set.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct Withstood {
    pub photos: usize,
    pub right: usize,
    /// Photos that are predicted as they are unchanged.
    pub same: usize,
    /// Mean probability of the group that each unchanged photo is predicted as.
    pub probability: f64,
}

impl Withstood {
    /// 0..1; 0 of no photo.
    pub fn accuracy(&self) -> f64 {
        self.right as f64 / self.photos.max(1) as f64
    }

    /// 0..1; 0 of no photo.
    pub fn share_same(&self) -> f64 {
        self.same as f64 / self.photos.max(1) as f64
    }
}

/// Of the unchanged photos, then of each variation; `truths` has the group of each photo's label.
pub fn withstood(rows: &[&Varied], truths: &[usize], variations: usize) -> Vec<Withstood> {
    let mut found = vec![Withstood::default(); variations + 1];
    for (row, &truth) in rows.iter().zip(truths) {
        let Varied::Classified { unchanged, changed } = row else {
            continue;
        };
        for (of, guess) in found
            .iter_mut()
            .zip(std::iter::once(unchanged).chain(changed))
        {
            of.photos += 1;
            of.right += usize::from(guess.predicted == truth);
            of.same += usize::from(guess.predicted == unchanged.predicted);
            of.probability += guess.probability; // a sum until below
        }
    }
    for of in &mut found {
        of.probability /= of.photos.max(1) as f64;
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn right_and_same_are_counted_apart() {
        let guess = |predicted, probability| Guess {
            predicted,
            probability,
        };
        let rows = [
            Varied::Classified {
                unchanged: guess(0, 0.9),
                changed: vec![guess(1, 0.2)],
            },
            Varied::Array,
            Varied::Classified {
                unchanged: guess(1, 0.5),
                changed: vec![guess(0, 0.4)],
            },
        ];
        let rows: Vec<&Varied> = rows.iter().collect();
        let [before, after] = withstood(&rows, &[0, 0, 0], 1)[..] else {
            panic!("two")
        };
        assert_eq!((before.photos, before.right, before.same), (2, 1, 2));
        assert_eq!((after.right, after.same), (1, 0)); // wrong before, right after
        assert!((before.probability - 0.7).abs() < 1e-12);
        assert!((after.probability - 0.3).abs() < 1e-12);
        assert_eq!(Variation::Blur(1.5).to_string(), "blur-1.5");
        assert_eq!(Variation::Mirrored.to_string(), "mirrored");
    }
}
