//! Small random moves of the picture before every step, so that only patterns which survive them grow
//! (Olah, Mordvintsev, Schubert: Feature Visualization. Distill 2017).

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use tch::{Device, TchError, Tensor};

use super::super::seed::Numbers;

/// Grey of the border that is padded, of pixels 0..1.
const BORDER: f64 = 0.5;
/// Zeros added to the angles drawn from, as Lucid does, so that upright is likeliest.
const EXTRA_UPRIGHT: i64 = 5;
/// `grid_sampler`'s codes for bilinear interpolation and for repeating the edge.
const BILINEAR: i64 = 0;
const EDGE: i64 = 1;

/// Random moves before every step, common to all filters.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Transforms {
    /// Grey border added on every side, in pixels. Default 12.
    #[schemars(range(min = 0, max = 100))]
    pub pad: usize,
    /// Largest shift at first, in pixels. Default 8.
    #[schemars(range(min = 0, max = 100))]
    pub jitter: usize,
    /// Largest change of size, as a share of 1, in 5 equal steps down and 5 up. Default 0.1.
    #[schemars(range(min = 0.0, max = 0.5))]
    pub scale: f64,
    /// Largest turn to either side, in whole degrees. Default 10.
    #[schemars(range(min = 0, max = 180))]
    pub rotate: usize,
    /// Largest shift at the end, in pixels. Default 4.
    #[schemars(range(min = 0, max = 100))]
    pub last_jitter: usize,
}

impl Default for Transforms {
    fn default() -> Self {
        Self {
            pad: 12,
            jitter: 8,
            scale: 0.1,
            rotate: 10,
            last_jitter: 4,
        }
    }
}

impl Transforms {
    /// Side of a square of `side` pixels when both shifts have cropped it and scaling has shrunk it most.
    pub fn smallest_side(&self, side: usize) -> f64 {
        (side as f64 + 2.0 * self.pad as f64 - self.jitter as f64) * (1.0 - self.scale)
            - self.last_jitter as f64
    }

    /// One draw, the same for all pictures [N, C, H, W] of 0..1. The size changes with the draw.
    pub fn apply(&self, pixels: &Tensor, numbers: &mut Numbers) -> Result<Tensor, TchError> {
        // On a card the gradients of enlarging and turning are summed in any order: other numbers each time. These are
        // small pictures, which the CPU moves as fast.
        let moved = self.apply_on_cpu(&pixels.f_to(Device::Cpu)?, numbers)?;
        moved.f_to(pixels.device())
    }

    fn apply_on_cpu(&self, pixels: &Tensor, numbers: &mut Numbers) -> Result<Tensor, TchError> {
        let border = [self.pad as i64; 4];
        let padded = pixels.f_pad(border.as_slice(), "constant", BORDER)?;
        let shifted = crop(&padded, self.jitter, numbers)?;
        let scaled = resize(
            &shifted,
            1.0 + self.scale * numbers.whole(-5, 5) as f64 / 5.0,
        )?;
        let turned = rotate(&scaled, self.angle(numbers))?;
        crop(&turned, self.last_jitter, numbers)
    }

    /// In degrees: −rotate, …, rotate with equal chance, and some more zeros.
    fn angle(&self, numbers: &mut Numbers) -> f64 {
        let most = self.rotate as i64;
        let drawn = numbers.whole(-most, most + EXTRA_UPRIGHT);
        if drawn > most { 0.0 } else { drawn as f64 }
    }
}

/// `shift` pixels less on both axes, from a random corner.
fn crop(pixels: &Tensor, shift: usize, numbers: &mut Numbers) -> Result<Tensor, TchError> {
    let (_, _, height, width) = pixels.size4()?;
    let shift = shift as i64;
    let (down, right) = (numbers.whole(0, shift), numbers.whole(0, shift));
    pixels
        .f_narrow(2, down, height - shift)?
        .f_narrow(3, right, width - shift)
}

fn resize(pixels: &Tensor, factor: f64) -> Result<Tensor, TchError> {
    let (_, _, height, width) = pixels.size4()?;
    let scaled = |side: i64| (side as f64 * factor).round() as i64;
    if scaled(height) == height && scaled(width) == width {
        return Ok(pixels.shallow_clone());
    }
    pixels.f_upsample_bilinear2d([scaled(height), scaled(width)], false, None, None)
}

/// Counterclockwise about the middle, as TensorFlow's `contrib.image.rotate`, which Lucid calls; the edge is
/// repeated outwards.
fn rotate(pixels: &Tensor, degrees: f64) -> Result<Tensor, TchError> {
    if degrees == 0.0 {
        return Ok(pixels.shallow_clone());
    }
    let (count, channels, height, width) = pixels.size4()?;
    let (sine, cosine) = degrees.to_radians().sin_cos();
    let aspect = width as f64 / height as f64;
    // The grid runs over −1..1 on both axes, so sides that differ need the aspect.
    let matrix = [cosine, -sine / aspect, 0.0, sine * aspect, cosine, 0.0];
    let matrix = Tensor::f_from_slice(&matrix)?
        .f_view([1, 2, 3])?
        .f_to(pixels.device())?
        .f_to_kind(pixels.kind())?;
    let grid = Tensor::f_affine_grid_generator(
        &matrix.f_expand([count, 2, 3], false)?,
        [count, channels, height, width],
        false,
    )?;
    pixels.f_grid_sampler(&grid.f_to_kind(pixels.kind())?, BILINEAR, EDGE, false)
}

#[cfg(test)]
mod tests {
    use super::*;
    use tch::Kind;

    const NONE: Transforms = Transforms {
        pad: 0,
        jitter: 0,
        scale: 0.0,
        rotate: 0,
        last_jitter: 0,
    };

    fn picture(height: i64, width: i64) -> Tensor {
        (Tensor::arange(2 * 3 * height * width, (Kind::Double, Device::Cpu)).sin() / 2.0 + 0.5)
            .view([2, 3, height, width])
    }

    #[test]
    fn no_transform_changes_nothing() {
        let mut numbers = Numbers::new(0, "test", "none");
        assert_eq!(
            NONE.apply(&picture(6, 8), &mut numbers).unwrap(),
            picture(6, 8)
        );
    }

    #[test]
    fn lucids_transforms_stay_within_their_sizes_and_repeat_by_seed() {
        let transforms = Transforms::default();
        let mut numbers = Numbers::new(0, "test", "sizes");
        let mut sizes = Vec::new();
        for _ in 0..50 {
            let (_, _, height, width) = transforms
                .apply(&picture(64, 96), &mut numbers)
                .unwrap()
                .size4()
                .unwrap();
            assert!(
                (68..=84).contains(&height) && (97..=119).contains(&width),
                "{height} × {width}"
            );
            sizes.push(height);
        }
        sizes.sort_unstable();
        sizes.dedup();
        assert!(sizes.len() > 5, "{sizes:?}");
        let draw = || {
            transforms
                .apply(&picture(8, 8), &mut Numbers::new(3, "test", "seed"))
                .unwrap()
        };
        assert_eq!(draw(), draw());
        assert!(transforms.smallest_side(64) <= 69.0);
    }

    /// A quarter turn of a square is exact: rows become columns. `rot90` turns counterclockwise, too.
    #[test]
    fn a_quarter_turn_moves_pixels_exactly() {
        let square = picture(5, 5);
        for (degrees, quarters) in [(90.0, 1), (-90.0, -1)] {
            let turned = rotate(&square, degrees).unwrap();
            let expected = square.rot90(quarters, [2, 3].as_slice());
            let difference = (&turned - expected).abs().max().double_value(&[]);
            assert!(difference < 1e-12, "{degrees}: {difference}");
        }
    }

    /// Turning a picture that is not square must not shear it: a disc stays a disc.
    #[test]
    fn a_disc_stays_a_disc_on_a_wide_picture() {
        let axis = |count: i64| {
            Tensor::arange(count, (Kind::Double, Device::Cpu)) - (count - 1) as f64 / 2.0
        };
        let radius = (axis(40).square().unsqueeze(1) + axis(80).square().unsqueeze(0)).sqrt();
        let disc = (-(radius / 6.0).square()).exp().view([1, 1, 40, 80]);
        let turned = rotate(&disc, 30.0).unwrap();
        assert!(
            (turned - disc).abs().max().double_value(&[]) < 0.02,
            "bilinear error is 0.014"
        );
    }
}
