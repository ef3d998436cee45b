//! Pictures changed in ways that should not change what they show.

use std::io::Cursor;

use image::codecs::jpeg::JpegEncoder;
use image::{ExtendedColorType, ImageEncoder, ImageError, ImageFormat};

use super::{Picture, gaussian};
use crate::results::Variation;

impl Picture {
    /// The picture under a change; of the same size. Pixels that come in from outside repeat those of the edge.
    ///
    /// JPEG is baseline without subsampled colours, as the crate `image` writes it; an error where it cannot be written or read
    /// again. Brightness multiplies every level; blur is a Gaussian; a shift goes right and down; a rotation goes
    /// counter-clockwise round the middle, bilinear. Levels are rounded to 8 bits.
    pub fn varied(&self, variation: Variation) -> Result<Self, ImageError> {
        Ok(match variation {
            Variation::Jpeg(quality) => return self.through_jpeg(quality),
            Variation::Brightness(factor) => self.with_levels(|level| level * factor),
            Variation::Blur(sigma) => {
                let levels: Vec<f64> = self.pixels.iter().copied().map(f64::from).collect();
                let blurred = gaussian::smoothed(&levels, (self.height, self.width, 3), sigma);
                Self {
                    pixels: blurred.into_iter().map(rounded).collect(),
                    ..*self
                }
            }
            Variation::Shift(px) => {
                let by = px as f64;
                self.taken_from(&|x, y| (x - by, y - by))
            }
            Variation::Rotation(degrees) => {
                let (sine, cosine) = degrees.to_radians().sin_cos();
                let middle = |side: usize| (side as f64 - 1.0) / 2.0;
                let (middle_x, middle_y) = (middle(self.width), middle(self.height));
                self.taken_from(&|x, y| {
                    let (right, down) = (x - middle_x, y - middle_y);
                    (
                        middle_x + cosine * right - sine * down,
                        middle_y + sine * right + cosine * down,
                    )
                })
            }
            Variation::Mirrored => {
                let last = self.width as f64 - 1.0;
                self.taken_from(&|x, y| (last - x, y))
            }
        })
    }

    fn through_jpeg(&self, quality: u8) -> Result<Self, ImageError> {
        let mut bytes = Vec::new();
        let (width, height) = (self.width as u32, self.height as u32);
        JpegEncoder::new_with_quality(&mut bytes, quality).write_image(
            &self.pixels,
            width,
            height,
            ExtendedColorType::Rgb8,
        )?;
        let decoded = image::ImageReader::with_format(Cursor::new(bytes), ImageFormat::Jpeg);
        Ok(Self {
            pixels: decoded.decode()?.into_rgb8().into_raw(),
            ..*self
        })
    }

    fn with_levels(&self, change: impl Fn(f64) -> f64) -> Self {
        let levels = self.pixels.iter().copied().map(f64::from);
        Self {
            pixels: levels.map(|level| rounded(change(level))).collect(),
            ..*self
        }
    }

    /// Each pixel (x, y) is what lies at `from(x, y)`, between the four pixels around it.
    fn taken_from(&self, from: &dyn Fn(f64, f64) -> (f64, f64)) -> Self {
        let mut pixels = Vec::with_capacity(self.pixels.len());
        let inside = |at: f64, side: usize| at.clamp(0.0, side as f64 - 1.0);
        for y in 0..self.height {
            for x in 0..self.width {
                let (at_x, at_y) = from(x as f64, y as f64);
                let (at_x, at_y) = (inside(at_x, self.width), inside(at_y, self.height));
                let (left, top) = (at_x.floor() as usize, at_y.floor() as usize);
                let right = (left + 1).min(self.width - 1);
                let bottom = (top + 1).min(self.height - 1);
                let (of_right, of_bottom) = (at_x - left as f64, at_y - top as f64);
                let corners = [
                    (self.pixel(left, top), (1.0 - of_right) * (1.0 - of_bottom)),
                    (self.pixel(right, top), of_right * (1.0 - of_bottom)),
                    (self.pixel(left, bottom), (1.0 - of_right) * of_bottom),
                    (self.pixel(right, bottom), of_right * of_bottom),
                ];
                let level = |channel: usize| -> f64 {
                    corners
                        .iter()
                        .map(|(pixel, weight)| f64::from(pixel[channel]) * weight)
                        .sum()
                };
                pixels.extend([0, 1, 2].map(|channel| rounded(level(channel))));
            }
        }
        Self { pixels, ..*self }
    }
}

fn rounded(level: f64) -> u8 {
    level.round().clamp(0.0, 255.0) as u8
}

#[cfg(test)]
mod tests {
    use super::*;

    /// 4 × 3 px; red is 10 · column, green 10 · row.
    fn picture() -> Picture {
        let pixels = (0..3_u8)
            .flat_map(|row| (0..4_u8).flat_map(move |column| [10 * column, 10 * row, 200]));
        Picture {
            width: 4,
            height: 3,
            pixels: pixels.collect(),
        }
    }

    fn varied(variation: Variation) -> Picture {
        picture().varied(variation).unwrap()
    }

    #[test]
    fn changes_by_hand() {
        assert_eq!(varied(Variation::Mirrored).pixel(0, 1), [30, 10, 200]);
        let shifted = varied(Variation::Shift(1));
        assert_eq!(
            (shifted.pixel(0, 0), shifted.pixel(3, 2)),
            ([0, 0, 200], [20, 10, 200])
        );
        let brighter = varied(Variation::Brightness(1.5));
        assert_eq!(brighter.pixel(2, 1), [30, 15, 255]);
        assert_eq!(varied(Variation::Rotation(0.0)), picture());
        // Half a turn: what was at the lower right is at the upper left.
        assert_eq!(
            varied(Variation::Rotation(180.0)).pixel(0, 0),
            [30, 20, 200]
        );
        // A quarter turn to the left brings the right edge to the top; the middle stays.
        let square = Picture {
            width: 3,
            height: 3,
            pixels: (0..9_u8).flat_map(|at| [at, 0, 0]).collect(),
        };
        let turned = square.varied(Variation::Rotation(90.0)).unwrap();
        assert_eq!(
            [
                turned.pixel(0, 0)[0],
                turned.pixel(2, 0)[0],
                turned.pixel(1, 1)[0]
            ],
            [2, 8, 4]
        );
    }

    #[test]
    fn blur_and_jpeg_keep_what_is_flat_and_change_what_is_not() {
        let flat = Picture::filled(16, 16, [90, 120, 30]);
        for variation in [Variation::Blur(2.0), Variation::Jpeg(90)] {
            let changed = flat.varied(variation).unwrap();
            let far = |(a, b): (&u8, &u8)| a.abs_diff(*b);
            let most = changed.pixels.iter().zip(&flat.pixels).map(far).max();
            assert!(most <= Some(2), "{variation:?} {most:?}");
        }
        assert_ne!(varied(Variation::Blur(1.0)), picture());
        assert_ne!(varied(Variation::Jpeg(10)), varied(Variation::Jpeg(95)));
    }
}
