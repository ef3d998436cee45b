//! From a photo of any size to one of the network's size.

use super::{Filter, InputFault, Picture};

/// The longest side that [`Resize::faults`] lets pass.
pub(super) const LONGEST_PX: usize = 8192;
const SIZES_PX: std::ops::RangeInclusive<usize> = 1..=LONGEST_PX;

/// How a photo of any size becomes one of the network's size.
#[derive(serde::Serialize, Debug, Clone, Copy, PartialEq, Eq)]
pub enum Resize {
    /// The shorter side to `shorter` px, then the middle `height` × `width` (torchvision's evaluation).
    ShorterThenCrop {
        shorter: usize,
        height: usize,
        width: usize,
    },
    /// Both sides, the aspect lost.
    Stretch { height: usize, width: usize },
    /// The whole photo with its aspect, as large as fits, in the middle of a margin (`ImageOps.pad` of
    /// Pillow): its other side is rounded to whole px, where it begins too, halves to even.
    Pad { height: usize, width: usize },
}

impl Resize {
    /// Resized and cropped, or laid on `margin`. Photos smaller than the network's input are enlarged
    /// by the same rule.
    pub fn apply(self, picture: &Picture, filter: Filter, margin: [u8; 3]) -> Picture {
        match self {
            Self::Stretch { height, width } => picture.resized(width, height, filter),
            Self::Pad { height, width } => {
                let (height, width) = (height.max(1), width.max(1));
                let (inner_width, inner_height) = fitted(picture, width, height);
                let inner = picture.resized(inner_width, inner_height, filter);
                let left = centred(width, inner_width);
                let top = centred(height, inner_height);
                let mut padded = Picture::filled(width, height, margin);
                for (y, row) in inner.pixels.chunks_exact(inner_width * 3).enumerate() {
                    let at = ((top + y) * width + left) * 3;
                    padded.pixels[at..at + row.len()].copy_from_slice(row);
                }
                padded
            }
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
                picture.resized_part(full, columns, rows, filter)
            }
        }
    }

    /// The same for a network whose input is so many times as large.
    #[must_use]
    pub fn times(self, times: usize) -> Self {
        match self {
            Self::ShorterThenCrop {
                shorter,
                height,
                width,
            } => Self::ShorterThenCrop {
                shorter: times * shorter,
                height: times * height,
                width: times * width,
            },
            Self::Stretch { height, width } => Self::Stretch {
                height: times * height,
                width: times * width,
            },
            Self::Pad { height, width } => Self::Pad {
                height: times * height,
                width: times * width,
            },
        }
    }

    /// Height and width in px of what comes out.
    pub fn output_px(self) -> (usize, usize) {
        match self {
            Self::ShorterThenCrop { height, width, .. }
            | Self::Stretch { height, width }
            | Self::Pad { height, width } => (height, width),
        }
    }

    /// What makes these sizes unusable.
    pub fn faults(self) -> Vec<InputFault> {
        let (height, width) = self.output_px();
        let shorter = match self {
            Self::ShorterThenCrop { shorter, .. } => Some(shorter),
            Self::Stretch { .. } | Self::Pad { .. } => None,
        };
        let outside = |key, size: usize| {
            let (least, most) = (SIZES_PX.start(), SIZES_PX.end());
            let message = format!("the size `{size}` px is out of range");
            InputFault::new(key, message, format!("from {least} to {most} px"))
        };
        let sizes = [("size", height), ("size", width)].into_iter();
        let mut faults: Vec<_> = sizes
            .chain(shorter.map(|shorter| ("shorter", shorter)))
            .filter(|(_, size)| !SIZES_PX.contains(size))
            .map(|(key, size)| outside(key, size))
            .collect();
        let side = height.max(width);
        if let (true, Some(shorter)) = (faults.is_empty(), shorter.filter(|&px| px < side)) {
            let message = format!(
                "the crop of {width} × {height} px does not fit: the shorter side is resized to {shorter} px"
            );
            let hint = format!("at least {side} px is needed");
            faults.push(InputFault::new("shorter", message, hint));
        }
        faults
    }
}

/// Width and height of the largest copy with the same aspect inside `width` × `height` px.
fn fitted(picture: &Picture, width: usize, height: usize) -> (usize, usize) {
    let (from_width, from_height) = (picture.width.max(1), picture.height.max(1));
    // In the order in which Pillow divides and multiplies, so that halves meet where they meet there.
    let side = |of: usize, by: usize, times: usize| {
        let side = of as f64 / by as f64 * times as f64;
        (side.round_ties_even() as usize).max(1)
    };
    if from_width * height > width * from_height {
        (width, side(from_height, from_width, width))
    } else if from_width * height < width * from_height {
        (side(from_width, from_height, height), height)
    } else {
        (width, height)
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
            let filled = resize.apply(&picture, Filter::Bilinear, [0; 3]);
            assert_eq!(filled, Picture::filled(30, 20, [9, 8, 7]));
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
    fn a_padded_photo_keeps_its_aspect() {
        let pad = Resize::Pad {
            height: 4,
            width: 6,
        };
        let padded = |width, height| {
            let photo = Picture::filled(width, height, [9, 8, 7]);
            pad.apply(&photo, Filter::Bilinear, [1, 2, 3])
        };
        let inside = |picture: &Picture| {
            let at = |x, y| picture.pixel(x, y) == [9, 8, 7];
            let columns: Vec<usize> = (0..6).filter(|&x| (0..4).any(|y| at(x, y))).collect();
            let rows: Vec<usize> = (0..4).filter(|&y| (0..6).any(|x| at(x, y))).collect();
            (columns, rows)
        };
        assert_eq!(padded(3, 2), Picture::filled(6, 4, [9, 8, 7]));
        // 2 of 4 rows, in the middle.
        assert_eq!(inside(&padded(30, 10)), ((0..6).collect(), vec![1, 2]));
        // 3 of 6 columns would begin at 1.5: rounded to even, 2.
        assert_eq!(inside(&padded(30, 40)), (vec![2, 3, 4], (0..4).collect()));
        // Never less than a pixel.
        assert_eq!(inside(&padded(1, 900)).0.len(), 1);
        assert_eq!(inside(&padded(900, 1)).1.len(), 1);
    }

    #[test]
    fn faults_are_named() {
        let stretch = |height, width| Resize::Stretch { height, width }.faults();
        assert_eq!(stretch(1, 8192), []);
        assert_eq!(stretch(0, 8193).len(), 2);
        let resize = Resize::ShorterThenCrop {
            shorter: 200,
            height: 64,
            width: 224,
        };
        let faults = resize.faults();
        assert_eq!((faults.len(), faults[0].key), (1, "shorter"));
        assert!(faults[0].hint.contains("at least 224 px"), "{faults:?}");
    }
}
