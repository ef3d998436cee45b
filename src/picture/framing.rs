//! From a photo of any size to one of the network's size.

use super::{Filter, Picture};

/// The sizes that [`Resize::fault`] lets pass, in px.
const SIZES_PX: std::ops::RangeInclusive<usize> = 1..=8192;

/// How a photo of any size becomes one of the network's size; bilinear with antialiasing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Resize {
    /// The shorter side to `shorter` px, then the middle `height` × `width` (torchvision's evaluation).
    ShorterThenCrop {
        shorter: usize,
        height: usize,
        width: usize,
    },
    /// Both sides, the aspect lost.
    Stretch { height: usize, width: usize },
}

impl Resize {
    /// Resized and cropped. Photos smaller than the network's input are enlarged by the same rule.
    pub fn apply(self, picture: &Picture) -> Picture {
        match self {
            Self::Stretch { height, width } => picture.resized(width, height, Filter::Bilinear),
            Self::ShorterThenCrop {
                shorter,
                height,
                width,
            } => {
                let (height, width) = (height.max(1), width.max(1));
                // A crop larger than `shorter` is a fault; the crop is still filled.
                let full = shorter_side_to(picture, shorter.max(height).max(width));
                let (left, top) = (centred(full.0, width), centred(full.1, height));
                let (columns, rows) = (left..left + width, top..top + height);
                picture.resized_part(full, columns, rows, Filter::Bilinear)
            }
        }
    }

    /// Height and width in px of what comes out.
    pub fn output_px(self) -> (usize, usize) {
        match self {
            Self::ShorterThenCrop { height, width, .. } | Self::Stretch { height, width } => {
                (height, width)
            }
        }
    }

    /// What makes these sizes unusable, or `None`.
    pub fn fault(self) -> Option<String> {
        let (height, width) = self.output_px();
        let shorter = match self {
            Self::ShorterThenCrop { shorter, .. } => shorter,
            Self::Stretch { .. } => height.min(width),
        };
        if let Some(size) = [height, width, shorter]
            .iter()
            .find(|size| !SIZES_PX.contains(size))
        {
            let (least, most) = (SIZES_PX.start(), SIZES_PX.end());
            return Some(format!(
                "the size `{size}` px lies outside {least} to {most} px"
            ));
        }
        match self {
            Self::ShorterThenCrop {
                shorter,
                height,
                width,
            } if height.max(width) > shorter => Some(format!(
                "the crop of {width} × {height} px does not fit: the shorter side is resized to {shorter} px; at least {} px is needed",
                height.max(width)
            )),
            Self::ShorterThenCrop { .. } | Self::Stretch { .. } => None,
        }
    }
}

/// Width and height with the shorter side at `shorter` px, the longer one truncated to whole px.
fn shorter_side_to(picture: &Picture, shorter: usize) -> (usize, usize) {
    let (width, height) = (picture.width.max(1), picture.height.max(1));
    if width <= height {
        (shorter, shorter * height / width)
    } else {
        (shorter * width / height, shorter)
    }
}

/// Where the middle `part` of `whole` px begins; torchvision rounds halves to even.
fn centred(whole: usize, part: usize) -> usize {
    ((whole - part) as f64 / 2.0).round_ties_even() as usize
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn strips_and_small_photos_fill_the_crop() {
        let resize = Resize::ShorterThenCrop {
            shorter: 40,
            height: 20,
            width: 30,
        };
        for (width, height) in [(1, 1), (1, 30_000), (30_000, 1), (20, 20), (41, 40)] {
            let picture = Picture::filled(width, height, [9, 8, 7]);
            assert_eq!(resize.apply(&picture), Picture::filled(30, 20, [9, 8, 7]));
        }
    }

    #[test]
    fn the_middle_is_kept() {
        // 3 px of 6 and 7 start at 1.5 → 2 and 2.0, as Python rounds.
        assert_eq!([centred(6, 3), centred(7, 3), centred(8, 3)], [2, 2, 2]);
        let wide = Picture::filled(5, 3, [0; 3]);
        assert_eq!(shorter_side_to(&wide, 4), (6, 4)); // 6.67 is truncated
    }

    #[test]
    fn faults_are_named() {
        assert_eq!(
            Resize::Stretch {
                height: 1,
                width: 8192
            }
            .fault(),
            None
        );
        assert!(
            Resize::Stretch {
                height: 0,
                width: 5
            }
            .fault()
            .is_some()
        );
        assert!(
            Resize::Stretch {
                height: 1,
                width: 8193
            }
            .fault()
            .is_some()
        );
        let fault = Resize::ShorterThenCrop {
            shorter: 200,
            height: 64,
            width: 224,
        }
        .fault();
        assert!(fault.is_some_and(|text| text.contains("at least 224 px")));
    }
}
