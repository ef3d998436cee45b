//! The input that stands for "nothing there": where paths of Integrated Gradients begin, and what hides a part of
//! a photo.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use tch::{Kind, Tensor};

use super::{ExplainError, Passes, Photo, numbers};
use crate::picture::Picture;
use crate::picture::gaussian;

/// The standard deviation of `blur`, as a part of the shorter side: 14 px of 224.
const BLUR_PART: f64 = 16.0;

/// What the baseline is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(untagged)]
pub enum Baseline {
    Word(BaselineWord),
    /// Red, green and blue.
    Colour([u8; 3]),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum BaselineWord {
    Black,
    /// Zero after normalising.
    Mean,
    White,
    /// The photo itself, blurred.
    Blur,
}

impl Baseline {
    pub const BLACK: Self = Self::Word(BaselineWord::Black);
    pub const MEAN: Self = Self::Word(BaselineWord::Mean);
    pub const BLUR: Self = Self::Word(BaselineWord::Blur);

    /// The baseline of a photo as the network's input [1, C, H, W]. Beside an array, which is fed as it is, colours
    /// are what the report's preprocessing makes of them.
    pub fn tensor(self, passes: &Passes, photo: &Photo) -> Result<Tensor, ExplainError> {
        let input = passes.input(photo)?;
        let (_, _, height, width) = input.size4()?;
        let filled = |colour| {
            let picture = Picture::filled(width as usize, height as usize, colour);
            let preprocessing = passes.inputs.preprocessing;
            preprocessing.tensor(&[&picture], passes.model.device())
        };
        Ok(match self {
            Self::Word(BaselineWord::Black) => filled([0; 3]),
            Self::Word(BaselineWord::White) => filled([255; 3]),
            Self::Word(BaselineWord::Mean) => input.f_zeros_like()?,
            Self::Word(BaselineWord::Blur) => blurred(&input)?,
            Self::Colour(colour) => filled(colour),
        })
    }
}

/// Each channel of [1, C, H, W] smoothed by the Gaussian of `blur`.
pub fn blurred(input: &Tensor) -> Result<Tensor, ExplainError> {
    let (_, _, height, width) = input.size4()?;
    let blurred = blurred_by(input, height.min(width) as f64 / BLUR_PART)?;
    Ok(blurred.f_to_kind(Kind::Float)?.f_to(input.device())?)
}

/// Each channel of [1, C, H, W] smoothed by a Gaussian of standard deviation `sigma` px; as it is at 0. In float64 on
/// the CPU.
pub fn blurred_by(input: &Tensor, sigma: f64) -> Result<Tensor, ExplainError> {
    let (_, channels, height, width) = input.size4()?;
    let values = numbers::precise_values(input)?;
    let planes = values.chunks((height * width).unsigned_abs().max(1) as usize);
    let size = (height as usize, width as usize, 1);
    let smooth = |plane: &[f64]| gaussian::smoothed(plane, size, sigma);
    let smoothed: Vec<f64> = planes.flat_map(smooth).collect();
    Ok(Tensor::f_from_slice(&smoothed)?.f_view([1, channels, height, width])?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn blurring_keeps_a_flat_channel_and_softens_a_point() {
        let input = Tensor::zeros([1, 2, 32, 48], (tch::Kind::Float, tch::Device::Cpu));
        let _ = input.get(0).get(0).fill_(0.7);
        let _ = input.get(0).get(1).get(16).get(24).fill_(1.0);
        let blurred = blurred(&input).unwrap();
        assert_eq!(blurred.size(), [1, 2, 32, 48]);
        let flat = (blurred.get(0).get(0) - 0.7).abs().max();
        assert!(flat.double_value(&[]) < 1e-6);
        // σ = 2: 1 / (2π σ²) in the middle, and the sum stays.
        let point = blurred.get(0).get(1);
        assert!((point.double_value(&[16, 24]) - 0.0398).abs() < 1e-3);
        assert!((point.sum(tch::Kind::Double).double_value(&[]) - 1.0).abs() < 1e-5);
    }
}
