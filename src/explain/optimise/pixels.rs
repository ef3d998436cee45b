//! A picture as normalised pixels: the start image, and the valid range.

use tch::{Device, Kind, TchError, Tensor};

use super::super::seed::Numbers;
use crate::picture::Preprocessing;

/// Per channel mean and standard deviation as tensors [1, C, 1, 1], of pixels in 0..1.
#[derive(Debug)]
pub struct PixelScale {
    mean: Tensor,
    std: Tensor,
}

impl PixelScale {
    pub fn new(preprocessing: &Preprocessing, device: Device) -> Result<Self, TchError> {
        let white = preprocessing.white();
        let channels = |numbers: &[f32]| {
            let of_pixels: Vec<f32> = numbers.iter().map(|number| number / white).collect();
            Tensor::f_from_slice(&of_pixels)?
                .f_to(device)?
                .f_view([1, -1, 1, 1])
        };
        Ok(Self {
            mean: channels(&preprocessing.mean)?,
            std: channels(&preprocessing.std)?,
        })
    }

    /// Pixels 0..1 to the network's input.
    pub fn normalise(&self, pixels: &Tensor) -> Result<Tensor, TchError> {
        pixels.f_sub(&self.mean)?.f_div(&self.std)
    }

    /// The network's input to pixels 0..1, as far as it holds such.
    pub fn pixels(&self, normalised: &Tensor) -> Result<Tensor, TchError> {
        normalised.f_mul(&self.std)?.f_add(&self.mean)
    }

    /// A normalised picture clipped to what pixels of 0..1 can give.
    pub fn clip(&self, normalised: &Tensor) -> Result<Tensor, TchError> {
        let low = self.mean.f_neg()?.f_div(&self.std)?;
        let high = self.mean.f_neg()?.f_add_scalar(1.0)?.f_div(&self.std)?;
        normalised.f_maximum(&low)?.f_minimum(&high)
    }

    /// The standard deviations, [1, C, 1, 1].
    pub fn std(&self) -> &Tensor {
        &self.std
    }
}

/// Noise of 8-bit levels, `low` to `high` − 1 with equal chance, normalised: [1, C, height, width] float32.
pub fn noise(
    levels: (u8, u8),
    size: (usize, usize),
    preprocessing: &Preprocessing,
    device: Device,
    numbers: &mut Numbers,
) -> Result<Tensor, TchError> {
    let channels = preprocessing.mean.len();
    let width = f64::from(levels.1) - f64::from(levels.0);
    let mut level = || (f64::from(levels.0) + numbers.uniform() * width).floor() as f32 / 255.0;
    let pixels: Vec<f32> = (0..channels * size.0 * size.1).map(|_| level()).collect();
    let shape = [1, channels as i64, size.0 as i64, size.1 as i64];
    let pixels = Tensor::f_from_slice(&pixels)?
        .f_view(shape)?
        .f_to(device)?
        .f_to_kind(Kind::Float)?;
    PixelScale::new(preprocessing, device)?.normalise(&pixels)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::picture::{PRESETS, Picture};

    #[test]
    fn noise_has_the_levels_asked_for() {
        let preprocessing = Preprocessing::default();
        let draw = || {
            let mut numbers = Numbers::new(1, "test", "noise");
            noise(
                (150, 180),
                (60, 80),
                &preprocessing,
                Device::Cpu,
                &mut numbers,
            )
            .unwrap()
        };
        let normalised = draw();
        assert_eq!(normalised.size(), [1, 3, 60, 80]);
        assert_eq!(normalised, draw(), "equal seeds give equal noise");
        let scale = PixelScale::new(&preprocessing, Device::Cpu).unwrap();
        let levels = ((&normalised * &scale.std + &scale.mean) * 255.0).round();
        assert_eq!(
            (
                levels.min().double_value(&[]),
                levels.max().double_value(&[])
            ),
            (150.0, 179.0)
        );
    }

    #[test]
    fn clipping_ends_at_black_and_white() {
        let scale = PixelScale::new(&Preprocessing::default(), Device::Cpu).unwrap();
        let wild = Tensor::from_slice(&[-9.0f32, 9.0])
            .view([1, 1, 1, 2])
            .expand([1, 3, 1, 2], false);
        let pixels = scale.clip(&wild).unwrap() * &scale.std + &scale.mean;
        let ends = Tensor::from_slice(&[0.0f32, 1.0]).view([1, 1, 1, 2]);
        assert!((pixels - ends).abs().max().double_value(&[]) < 1e-6);
    }
    /// Whatever the scale and the order of channels, clipping ends where photos do.
    #[test]
    fn every_preset_is_clipped_at_its_own_black_and_white() {
        let [black, white] = [0, 255].map(|level| Picture::filled(2, 1, [level; 3]));
        for preset in PRESETS {
            let preprocessing = Preprocessing::preset(preset.name, (1, 2)).unwrap();
            let scale = PixelScale::new(&preprocessing, Device::Cpu).unwrap();
            let ends = preprocessing.tensor(&[&black, &white], Device::Cpu);
            let wild = Tensor::from_slice(&[-1e6f32, 1e6]).view([2, 1, 1, 1]);
            let clipped = scale.clip(&wild.expand([2, 3, 1, 2], false)).unwrap();
            let difference = (&clipped - &ends).abs().max().double_value(&[]);
            let tolerance = 1e-6 * ends.abs().max().double_value(&[]);
            assert!(difference <= tolerance, "{}: {difference}", preset.name);
            assert_eq!(preprocessing.picture(&clipped.get(1)), white);
        }
    }
}
