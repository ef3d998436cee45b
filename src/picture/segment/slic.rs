//! SLIC: k-means in colour and place around a regular grid.

use super::Segmentation;
use super::connect::connected;
use super::k_means::{Centre, Search};
use crate::picture::{Picture, gaussian, lab};

/// SLIC superpixels, partition for partition those of `skimage.segmentation.slic` (numbered from 0).
///
/// The levels are stretched to 0..1, converted to L*a*b* and divided by `compactness`; centres start on a
/// regular grid of about `n_segments` points, `step` px apart, and with black as their colour. Each
/// round gives every pixel to the centre of least ‖Δplace‖² / step² + ‖Δcolour‖² among those within two
/// steps (the lower number wins ties), then moves the centres to the means of their pixels.
///
/// **Differs from the paper**: centres are not moved to the lowest gradient of their 3 × 3 px, colours
/// start black.
///
/// The number of segments is not the one asked for: the grid rounds it, and connecting merges small
/// ones (of 50, a photo of 224 × 224 px keeps some 25 to 50).
///
/// **Paper**: Achanta et al., SLIC superpixels compared to state-of-the-art superpixel methods, TPAMI
/// 2012. SLIC-zero: the authors' later version without a compactness.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Slic {
    /// About how many segments to make.
    pub n_segments: usize,
    /// Weight of place against colour; larger means squarer. Above 0.
    pub compactness: f64,
    /// Standard deviation of the smoothing before, px; 0 for none.
    pub sigma: f64,
    /// Most rounds of k-means.
    pub max_num_iter: usize,
    /// Whether segments are made connected, small parts joined to a neighbour.
    pub enforce_connectivity: bool,
    /// Parts below this share of the mean segment size are joined to a neighbour.
    pub min_size_factor: f64,
    /// Parts are cut at this multiple of the mean segment size.
    pub max_size_factor: f64,
    /// SLIC-zero: each segment's colour distances are divided by its own largest one so far.
    pub slic_zero: bool,
}

impl Default for Slic {
    /// scikit-image's defaults.
    fn default() -> Self {
        Self {
            n_segments: 100,
            compactness: 10.0,
            sigma: 0.0,
            max_num_iter: 10,
            enforce_connectivity: true,
            min_size_factor: 0.5,
            max_size_factor: 3.0,
            slic_zero: false,
        }
    }
}

impl Slic {
    /// What makes these settings unusable, or `None`.
    pub fn fault(&self) -> Option<String> {
        if self.n_segments == 0 {
            return Some("`n_segments` is `0`; it must be 1 or more".to_owned());
        }
        if !(self.compactness > 0.0 && self.compactness.is_finite()) {
            return Some(format!(
                "`compactness` is `{}`; it must be above 0",
                self.compactness
            ));
        }
        if !(0.0..=100.0).contains(&self.sigma) {
            return Some(format!(
                "`sigma` is `{}`; it must lie in 0 to 100 px",
                self.sigma
            ));
        }
        let (least, most) = (self.min_size_factor, self.max_size_factor);
        if !(0.0 <= least && least <= most && most.is_finite()) {
            return Some(format!(
                "`min_size_factor` is `{least}` and `max_size_factor` `{most}`; 0 ≤ min ≤ max is needed"
            ));
        }
        None
    }

    /// The segments of `picture`.
    pub fn segment(&self, picture: &Picture) -> Segmentation {
        let (width, height) = (picture.width, picture.height);
        let (rows, columns) = grid(height, width, self.n_segments);
        let centres: Vec<Centre> = rows
            .positions(height)
            .flat_map(|y| columns.positions(width).map(move |x| Centre::new(y, x)))
            .collect();
        let count = centres.len();
        let step = rows.step.max(columns.step) as f64;
        // The search windows follow the grid of the number that was placed.
        let (rows, columns) = grid(height, width, count);
        let search = Search {
            width,
            height,
            colours: self.colours(picture),
            window: (2 * rows.step, 2 * columns.step),
            place_weight: 1.0 / (step * step),
            slic_zero: self.slic_zero,
        };
        let mut nearest = search.k_means(centres, self.max_num_iter);
        if self.enforce_connectivity {
            let mean_size = (width * height) as f64 / count.max(1) as f64;
            let least = (self.min_size_factor * mean_size) as usize;
            let most = (self.max_size_factor * mean_size) as usize;
            nearest = connected(&nearest, (width, height), least..most.max(1));
        }
        Segmentation::relabelled(width, height, &nearest)
    }

    /// L*a*b* / compactness of the stretched picture.
    fn colours(&self, picture: &Picture) -> Vec<[f64; 3]> {
        let share = |level: u8| f64::from(level) * (1.0 / 255.0);
        let least = share(picture.pixels.iter().copied().min().unwrap_or(0));
        let range = share(picture.pixels.iter().copied().max().unwrap_or(0)) - least;
        let range = if range == 0.0 { 1.0 } else { range };
        let lab = lab::lab_of_levels(picture, |level| (share(level) - least) / range);
        let lab = gaussian::smoothed(&lab, (picture.height, picture.width, 3), self.sigma);
        let ratio = 1.0 / self.compactness;
        lab.chunks_exact(3)
            .map(|colour| [colour[0] * ratio, colour[1] * ratio, colour[2] * ratio])
            .collect()
    }
}

/// Regular positions along one side.
struct Positions {
    start: usize,
    step: usize,
}

impl Positions {
    fn positions(&self, length: usize) -> impl Iterator<Item = usize> + use<> {
        (self.start..length).step_by(self.step)
    }
}

/// About `count` points spread evenly over the area; a side too short for the common step has one.
fn grid(height: usize, width: usize, count: usize) -> (Positions, Positions) {
    if height * width <= count {
        return (
            Positions { start: 0, step: 1 },
            Positions { start: 0, step: 1 },
        );
    }
    let common = ((height * width) as f64 / count.max(1) as f64).sqrt();
    let (shorter, longer) = (height.min(width) as f64, height.max(width) as f64);
    let (short_step, long_step) = if shorter < common {
        (shorter, longer / count.max(1) as f64)
    } else {
        (common, common)
    };
    let positions = |step: f64| Positions {
        start: (step / 2.0).floor() as usize,
        step: (step.round_ties_even() as usize).max(1),
    };
    if height <= width {
        (positions(short_step), positions(long_step))
    } else {
        (positions(long_step), positions(short_step))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_flat_picture_falls_into_squares() {
        let slic = Slic {
            n_segments: 4,
            ..Slic::default()
        };
        let segmentation = slic.segment(&Picture::filled(20, 20, [80, 80, 80]));
        assert_eq!(segmentation.count, 4);
        assert_eq!(segmentation.sizes_px().iter().sum::<usize>(), 400);
    }

    #[test]
    fn strips_and_tiny_pictures_are_segmented() {
        for (width, height) in [(1, 1), (3, 1), (1, 300), (300, 2), (4, 4)] {
            for n_segments in [1, 2, 50] {
                let slic = Slic {
                    n_segments,
                    ..Slic::default()
                };
                let segmentation = slic.segment(&Picture::filled(width, height, [5, 200, 9]));
                assert!((1..=n_segments.max(2) * 2).contains(&segmentation.count));
                assert_eq!(segmentation.labels.len(), width * height);
            }
        }
    }

    #[test]
    fn faults_are_named() {
        assert_eq!(Slic::default().fault(), None);
        for slic in [
            Slic {
                n_segments: 0,
                ..Slic::default()
            },
            Slic {
                compactness: 0.0,
                ..Slic::default()
            },
            Slic {
                sigma: f64::NAN,
                ..Slic::default()
            },
            Slic {
                min_size_factor: 4.0,
                ..Slic::default()
            },
        ] {
            assert!(slic.fault().is_some(), "{slic:?}");
        }
    }
}
