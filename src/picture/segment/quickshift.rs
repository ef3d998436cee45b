//! Quickshift: every pixel follows the nearest denser one uphill to a mode.

use super::Segmentation;
use super::density::Field;
use crate::picture::Picture;

/// What is added to a density for each pixel before it (row-major), so that plateaus have a top.
///
/// Far above the rounding of a density (about 1e-13), far below what differs in a photo.
const TIE_BREAK: f64 = 1e-9;

/// Quickshift segmentation in the space (x, y, ratio · L*a*b*).
///
/// With f(p) the colour of pixel p times `ratio`, x(p) its place and w = ⌈3 · `kernel_size`⌉:
/// density(p) = Σ_q exp(−(‖f(p)−f(q)‖² + ‖x(p)−x(q)‖²) / (2 · `kernel_size`²)) over the window of w px to
/// each side; parent(p) = the nearest q of the window (in the same distance) that is denser, the first
/// in row-major order where several are nearest; links longer than `max_dist` are cut, and the pixels
/// of a tree are a segment. Segments are numbered by the places of their roots in row-major order.
///
/// **Differs from** `skimage.segmentation.quickshift`, which the partition otherwise equals: ties
/// between densities are broken there by random noise (σ = 1e-5), here by place (1e-9 for each pixel
/// before), so that a flat region is one segment and needs no seed.
///
/// `max_dist` beyond √(2w² + colour range²) changes nothing, since parents come from the window.
///
/// **Paper**: Vedaldi and Soatto, Quick shift and kernel methods for mode seeking, ECCV 2008.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Quickshift {
    /// Standard deviation of the density's kernel, px; 1 or more. Larger means fewer segments.
    pub kernel_size: f64,
    /// Longest link, in px and scaled colour alike. Larger means fewer segments.
    pub max_dist: f64,
    /// Weight of colour against place, 0..1.
    pub ratio: f64,
    /// Standard deviation of the smoothing before, px; 0 for none.
    pub sigma: f64,
}

impl Default for Quickshift {
    /// scikit-image's defaults.
    fn default() -> Self {
        Self {
            kernel_size: 5.0,
            max_dist: 10.0,
            ratio: 1.0,
            sigma: 0.0,
        }
    }
}

impl Quickshift {
    /// What LIME's Python package segments photos with.
    pub const LIME: Self = Self {
        kernel_size: 4.0,
        max_dist: 200.0,
        ratio: 0.2,
        sigma: 0.0,
    };

    /// What makes these settings unusable, or `None`.
    pub fn fault(&self) -> Option<String> {
        const KERNELS_PX: std::ops::RangeInclusive<f64> = 1.0..=100.0; // the time grows with its square
        let Self {
            kernel_size,
            max_dist,
            ratio,
            sigma,
        } = *self;
        if !KERNELS_PX.contains(&kernel_size) {
            return Some(format!(
                "`kernel_size` is `{kernel_size}`; it must lie in 1 to 100 px"
            ));
        }
        if max_dist.is_nan() || max_dist < 0.0 {
            return Some(format!("`max_dist` is `{max_dist}`; it must be 0 or more"));
        }
        if !(0.0..=1.0).contains(&ratio) {
            return Some(format!("`ratio` is `{ratio}`; it must lie in 0 to 1"));
        }
        if !(0.0..=100.0).contains(&sigma) {
            return Some(format!("`sigma` is `{sigma}`; it must lie in 0 to 100 px"));
        }
        None
    }

    /// The segments of `picture`.
    pub fn segment(&self, picture: &Picture) -> Segmentation {
        let by_place: Vec<f64> = (0..picture.width * picture.height)
            .map(|at| at as f64 * TIE_BREAK)
            .collect();
        self.segment_with_noise(picture, &by_place)
    }

    /// As [`Quickshift::segment`], with `noise` added to the densities (one number for each pixel,
    /// row-major) in place of the tie-break: the partitions of scikit-image can so be reproduced.
    ///
    /// # Panics
    /// If there is not one number for each pixel.
    pub fn segment_with_noise(&self, picture: &Picture, noise: &[f64]) -> Segmentation {
        let (width, height) = (picture.width, picture.height);
        assert_eq!(noise.len(), width * height, "one number for each pixel");
        let field = Field::new(self, picture);
        let mut densities = field.densities();
        for (density, noise) in densities.iter_mut().zip(noise) {
            *density += noise;
        }
        let parents = field.parents(&densities, self.max_dist);
        Segmentation::relabelled(width, height, &roots(parents))
    }
}

/// The root each pixel's links lead to. A parent is denser than its child, so there are no circles.
fn roots(parents: Vec<usize>) -> Vec<usize> {
    let mut roots = parents;
    for at in 0..roots.len() {
        let mut root = at;
        while roots[root] != root {
            root = roots[root];
        }
        let mut next = at;
        while roots[next] != root {
            (roots[next], next) = (root, roots[next]);
        }
    }
    roots
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A left half and a right half, with a little texture.
    fn halves(width: usize, height: usize) -> Picture {
        let mut picture = Picture::filled(width, height, [200, 40, 40]);
        for (at, pixel) in picture.pixels.chunks_exact_mut(3).enumerate() {
            if at % width >= width / 2 {
                pixel.copy_from_slice(&[30, 90, 200]);
            }
            pixel[1] += (at * 7 % 5) as u8;
        }
        picture
    }

    #[test]
    fn one_colour_is_one_segment() {
        let flat = Picture::filled(40, 33, [90, 90, 90]);
        assert_eq!(Quickshift::LIME.segment(&flat).count, 1);
        assert_eq!(Quickshift::default().segment(&flat).count, 1);
    }

    #[test]
    fn colours_part() {
        let segmentation = Quickshift::default().segment(&halves(24, 10));
        for row in segmentation.labels.chunks_exact(24) {
            assert!(row[..12].iter().all(|left| !row[12..].contains(left)));
        }
    }

    #[test]
    fn tiny_pictures_do_not_matter() {
        for (width, height) in [(1, 1), (1, 5), (5, 1), (2, 2)] {
            let segmentation = Quickshift::LIME.segment(&Picture::filled(width, height, [1, 2, 3]));
            assert_eq!(segmentation.count, 1);
        }
    }
}
