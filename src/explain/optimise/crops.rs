//! Random crops of a picture, enlarged to the network's input, with noise: what the network sees of a picture before every
//! step (Fel et al. 2023).

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use tch::{Device, TchError, Tensor};

use super::super::seed::Numbers;

/// Standard deviation of a crop's middle, as a share of the picture's side, the authors'.
const SPREAD: f64 = 0.15;

/// Random crops that the network sees before every step, the same of all pictures.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Crops {
    /// How many. Default 4.
    #[schemars(range(min = 1, max = 64))]
    pub count: usize,
    /// Shortest side, as a share of the picture's. Default 0.2.
    #[schemars(range(min = 0.05, max = 1.0))]
    pub smallest: f64,
    /// Longest side, as a share of the picture's. Default 0.5.
    #[schemars(range(min = 0.05, max = 1.0))]
    pub largest: f64,
    /// Standard deviation of the noise that is added, of pixels 0..1. Default 0.02.
    #[schemars(range(min = 0.0, max = 1.0))]
    pub noise: f64,
}

impl Default for Crops {
    fn default() -> Self {
        Self {
            count: 4,
            smallest: 0.2,
            largest: 0.5,
            noise: 0.02,
        }
    }
}

/// Crops of pictures, drawn one after the other.
pub struct Cropping {
    crops: Crops,
    /// Height and width of what the network sees.
    output: (usize, usize),
    numbers: Numbers,
    /// Noise of that size, [1, C, h, w], drawn once and rolled at random for each crop.
    noise: Tensor,
}

impl Cropping {
    pub fn new(
        crops: Crops,
        channels: usize,
        output: (usize, usize),
        mut numbers: Numbers,
    ) -> Result<Self, TchError> {
        let count = channels * output.0 * output.1;
        let noise: Vec<f32> = (0..count)
            .map(|_| (numbers.normal() * crops.noise) as f32)
            .collect();
        let shape = [1, channels as i64, output.0 as i64, output.1 as i64];
        Ok(Self {
            crops,
            output,
            numbers,
            noise: Tensor::f_from_slice(&noise)?.f_view(shape)?,
        })
    }

    /// One crop of all pictures [N, C, H, W] of 0..1.
    pub fn next(&mut self, pixels: &Tensor) -> Result<Tensor, TchError> {
        // On a card the gradients of enlarging are summed in any order; see `transforms`.
        let cropped = self.next_on_cpu(&pixels.f_to(Device::Cpu)?)?;
        cropped.f_to(pixels.device())
    }

    fn next_on_cpu(&mut self, pixels: &Tensor) -> Result<Tensor, TchError> {
        let (_, _, height, width) = pixels.size4()?;
        let share = self.crops.smallest
            + (self.crops.largest - self.crops.smallest) * self.numbers.uniform();
        let (top, rows) = self.side(height, share);
        let (left, columns) = self.side(width, share);
        let cropped = pixels.f_narrow(2, top, rows)?.f_narrow(3, left, columns)?;
        let output = [self.output.0 as i64, self.output.1 as i64];
        let enlarged = match [rows, columns] == output {
            true => cropped,
            false => cropped.f_upsample_bilinear2d(output, false, None, None)?,
        };
        let shift = output.map(|side| self.numbers.whole(0, side - 1));
        let noise = self.noise.f_roll(shift.as_slice(), [2, 3].as_slice())?;
        enlarged.f_add(&noise)
    }

    /// First pixel and number of pixels, the middle near the picture's.
    fn side(&mut self, whole: i64, share: f64) -> (i64, i64) {
        let side = ((whole as f64 * share).round() as i64).clamp(1, whole);
        let middle = (0.5 + SPREAD * self.numbers.normal()) * whole as f64;
        let first = (middle - side as f64 / 2.0).round() as i64;
        (first.clamp(0, whole - side), side)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use tch::Kind;

    #[test]
    fn the_whole_picture_without_noise_is_the_picture() {
        let picture = Tensor::arange(2 * 3 * 6 * 8, (Kind::Float, Device::Cpu)).view([2, 3, 6, 8]);
        let crops = Crops {
            smallest: 1.0,
            largest: 1.0,
            noise: 0.0,
            ..Crops::default()
        };
        let numbers = Numbers::new(0, "test", "crops");
        let mut cropping = Cropping::new(crops, 3, (6, 8), numbers).unwrap();
        assert_eq!(cropping.next(&picture).unwrap(), picture);
    }

    /// A picture whose pixels are their own column: enlarged twice, crops of a quarter of 64 columns still rise by half a
    /// column a pixel, and lie within the picture.
    #[test]
    fn crops_are_enlarged_and_lie_within_the_picture() {
        let columns = Tensor::arange(64, (Kind::Float, Device::Cpu)).expand([1, 1, 64, 64], false);
        let crops = Crops {
            smallest: 0.25,
            largest: 0.25,
            noise: 0.0,
            ..Crops::default()
        };
        let numbers = Numbers::new(0, "test", "crops");
        let mut cropping = Cropping::new(crops, 1, (32, 32), numbers).unwrap();
        let mut starts = Vec::new();
        for _ in 0..20 {
            let crop = cropping.next(&columns).unwrap();
            let at = |column: i64| crop.double_value(&[0, 0, 5, column]);
            assert!((at(11) - at(10) - 0.5).abs() < 1e-6);
            assert!(at(0) >= 0.0 && at(31) <= 63.0);
            starts.push(at(0) as i64);
        }
        starts.sort_unstable();
        starts.dedup();
        assert!(starts.len() > 5, "{starts:?}");
    }
}
