//! A picture as its spectrum, low frequencies and correlated colours favoured
//! (Olah, Mordvintsev, Schubert: Feature Visualization. Distill 2017).

use tch::{Device, Kind, TchError, Tensor};

use super::super::seed::Numbers;
use crate::picture::Channels;

/// Standard deviation of the spectrum's first values, Lucid's.
const START_STD: f64 = 0.01;
/// Brings the picture to about unit size before the sigmoid, Lucid's.
const DAMPING: f64 = 4.0;
/// Square root of the covariance of colours in ImageNet, Lucid's; columns are the directions.
const COLOUR: [[f64; 3]; 3] = [[0.26, 0.09, 0.02], [0.27, 0.00, -0.05], [0.27, -0.09, 0.03]];

/// Pictures [N, C, height, width] of 0..1 from spectra [N, C, height, width/2 + 1, 2].
#[derive(Debug)]
pub struct Fourier {
    height: i64,
    width: i64,
    channels: Channels,
    device: Device,
    kind: Kind,
    /// 1 / max(frequency, 1 / longer side), [height, width/2 + 1, 1]: equal energy in every octave.
    scale: Tensor,
}

impl Fourier {
    pub fn new(
        channels: Channels,
        size: (usize, usize),
        kind: Kind,
        device: Device,
    ) -> Result<Self, TchError> {
        let (height, width) = size;
        let shape = [height as i64, (width / 2 + 1) as i64, 1];
        let scale = Tensor::f_from_slice(&frequency_scale(height, width))?;
        Ok(Self {
            height: height as i64,
            width: width as i64,
            channels,
            device,
            kind,
            scale: scale.f_view(shape)?.f_to(device)?.f_to_kind(kind)?,
        })
    }

    /// A spectrum of noise, [1, C, height, width/2 + 1, 2].
    pub fn noise(&self, numbers: &mut Numbers) -> Result<Tensor, TchError> {
        let shape = [
            1,
            self.channels.count() as i64,
            self.height,
            self.width / 2 + 1,
            2,
        ];
        let count = shape.iter().product::<i64>();
        let values: Vec<f64> = (0..count).map(|_| numbers.normal() * START_STD).collect();
        Tensor::f_from_slice(&values)?
            .f_view(shape)?
            .f_to(self.device)?
            .f_to_kind(self.kind)
    }

    /// Pixels 0..1 of spectra.
    pub fn pixels(&self, spectra: &Tensor) -> Result<Tensor, TchError> {
        let plain = self
            .inverse(&spectra.f_mul(&self.scale)?)?
            .f_div_scalar(DAMPING)?;
        correlate(&plain, self.channels)?.f_sigmoid()
    }

    /// The inverse transform without any scaling, orthonormal: [N, C, height, width].
    fn inverse(&self, spectra: &Tensor) -> Result<Tensor, TchError> {
        spectra.f_contiguous()?.f_view_as_complex()?.f_fft_irfft2(
            [self.height, self.width].as_slice(),
            [-2, -1].as_slice(),
            "ortho",
        )
    }
}

/// 1 / max(f, 1 / max(height, width)) at every frequency f of a real transform, row-major.
fn frequency_scale(height: usize, width: usize) -> Vec<f64> {
    let lowest = 1.0 / height.max(width) as f64;
    let vertical = |row: usize| row.min(height - row) as f64 / height as f64;
    let scale = |row: usize, column: usize| {
        1.0 / vertical(row)
            .hypot(column as f64 / width as f64)
            .max(lowest)
    };
    (0..height)
        .flat_map(|row| (0..=width / 2).map(move |column| scale(row, column)))
        .collect()
}

/// Gives independent channels the correlation of colours in photos, in the network's order; a grey
/// picture stays as it is.
pub(super) fn correlate(pixels: &Tensor, channels: Channels) -> Result<Tensor, TchError> {
    match colour_matrix(pixels, channels)? {
        Some(matrix) => mixed(pixels, &matrix),
        None => Ok(pixels.shallow_clone()),
    }
}

/// What [`correlate`] makes the pixels of.
pub(super) fn decorrelate(pixels: &Tensor, channels: Channels) -> Result<Tensor, TchError> {
    match colour_matrix(pixels, channels)? {
        Some(matrix) => mixed(pixels, &matrix.f_inverse()?),
        None => Ok(pixels.shallow_clone()),
    }
}

/// Each pixel's channels times the matrix, [N, C, H, W].
fn mixed(pixels: &Tensor, matrix: &Tensor) -> Result<Tensor, TchError> {
    pixels
        .f_permute([0, 2, 3, 1])?
        .f_matmul(&matrix.f_transpose(0, 1)?)?
        .f_permute([0, 3, 1, 2])
}

/// Columns are the directions of colour, as a tensor beside `pixels`; `None` of one grey channel.
fn colour_matrix(pixels: &Tensor, channels: Channels) -> Result<Option<Tensor>, TchError> {
    let rows = match channels {
        Channels::Grey => return Ok(None),
        Channels::Rgb | Channels::Grey3 => COLOUR,
        Channels::Bgr => [COLOUR[2], COLOUR[1], COLOUR[0]],
    };
    let column_norm = |column: usize| {
        COLOUR
            .iter()
            .map(|row| row[column].powi(2))
            .sum::<f64>()
            .sqrt()
    };
    let largest = (0..3).map(column_norm).fold(0.0, f64::max);
    let matrix = Tensor::f_from_slice(rows.as_flattened())?
        .f_view([3, 3])?
        .f_div_scalar(largest)?
        .f_to(pixels.device())?
        .f_to_kind(pixels.kind())?;
    Ok(Some(matrix))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_transform_and_its_inverse_give_the_picture_back() {
        for (height, width) in [(6, 8), (5, 7)] {
            let fourier =
                Fourier::new(Channels::Rgb, (height, width), Kind::Double, Device::Cpu).unwrap();
            let picture =
                Tensor::arange(3 * (height * width) as i64, (Kind::Double, Device::Cpu)).sin();
            let picture = picture.view([1, 3, height as i64, width as i64]);
            let spectrum = picture
                .fft_rfft2(None::<i64>, [-2, -1].as_slice(), "ortho")
                .view_as_real();
            let back = fourier.inverse(&spectrum).unwrap();
            assert!((back - picture).abs().max().double_value(&[]) < 1e-14);
        }
    }

    #[test]
    fn the_scale_falls_with_frequency() {
        let scale = frequency_scale(6, 8);
        assert_eq!(scale.len(), 6 * 5);
        assert_eq!(scale[0], 8.0, "at frequency zero: the longer side");
        assert_eq!(scale[1], 8.0, "1/8 a pixel");
        assert_eq!(scale[4], 2.0, "half a period a pixel");
        assert_eq!(scale[5], scale[25], "rows 1 and −1");
    }

    #[test]
    fn an_empty_spectrum_is_mid_grey_and_colours_are_correlated() {
        let fourier = Fourier::new(Channels::Rgb, (4, 4), Kind::Double, Device::Cpu).unwrap();
        let empty = Tensor::zeros([1, 3, 4, 3, 2], (Kind::Double, Device::Cpu));
        let grey = fourier.pixels(&empty).unwrap();
        assert!((grey - 0.5).abs().max().double_value(&[]) < 1e-15);
        // The first direction is nearly grey: (.26, .27, .27) / its own length, which is the longest.
        let first = Tensor::from_slice(&[1.0f64, 0.0, 0.0]).view([1, 3, 1, 1]);
        let colour = correlate(&first, Channels::Rgb).unwrap();
        let blue_first = correlate(&first, Channels::Bgr).unwrap();
        assert_eq!(
            blue_first,
            colour.flip([1]),
            "the same colour in the other order"
        );
        let length = (0.26f64.powi(2) + 2.0 * 0.27f64.powi(2)).sqrt();
        for (channel, value) in [0.26, 0.27, 0.27].iter().enumerate() {
            assert!(
                (colour.double_value(&[0, channel as i64, 0, 0]) - value / length).abs() < 1e-12
            );
        }
    }

    /// One channel, 6 × 8, only the constant term a: pixel = a · scale / √(h·w) / 4 before the sigmoid.
    #[test]
    fn the_constant_term_is_scaled_by_the_longer_side() {
        let fourier = Fourier::new(Channels::Grey, (6, 8), Kind::Double, Device::Cpu).unwrap();
        let spectrum = Tensor::zeros([1, 1, 6, 5, 2], (Kind::Double, Device::Cpu));
        let _ = spectrum.get(0).get(0).get(0).get(0).get(0).fill_(0.3);
        let expected = 1.0 / (1.0 + (-(0.3 * 8.0 / 48f64.sqrt() / 4.0)).exp());
        let pixels = fourier.pixels(&spectrum).unwrap();
        assert!((pixels - expected).abs().max().double_value(&[]) < 1e-14);
    }
}
