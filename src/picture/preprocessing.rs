//! How photos become the network's input, and back.

use tch::{Device, Kind, Tensor};

use super::{Picture, Resize};

/// How photos become the network's input, and back.
#[derive(Debug, Clone, PartialEq)]
pub struct Preprocessing {
    pub resize: Resize,
    /// Per channel, of pixels in 0..1; one number for a grey network, three for a colour one.
    pub mean: Vec<f32>,
    /// As `mean`; each above 0.
    pub std: Vec<f32>,
}

impl Preprocessing {
    /// What makes these settings unusable, or `None`.
    pub fn fault(&self) -> Option<String> {
        let (channels, deviations) = (self.mean.len(), self.std.len());
        if channels != deviations || !matches!(channels, 1 | 3) {
            return Some(format!(
                "`mean` has {channels} and `std` {deviations} numbers; both need 1 (grey) or 3 (red, green, blue)"
            ));
        }
        if let Some(mean) = self.mean.iter().find(|mean| !mean.is_finite()) {
            return Some(format!("`mean` is `{mean}`; it must be a finite number"));
        }
        if let Some(std) = self
            .std
            .iter()
            .find(|std| !(std.is_finite() && **std > 0.0))
        {
            return Some(format!("`std` is `{std}`; it must be above 0"));
        }
        self.resize.fault()
    }

    /// Resized and cropped, still 8-bit; see [`Resize`].
    pub fn apply(&self, picture: &Picture) -> Picture {
        self.resize.apply(picture)
    }

    /// Pictures of one size as a normalised batch [N, C, H, W], float32: (level / 255 − mean) / std.
    /// A grey network gets the luma of ITU-R BT.601, rounded to 8 bits as Pillow's mode `L`.
    ///
    /// # Panics
    /// If the pictures differ in size; those of [`Preprocessing::apply`] never do.
    pub fn tensor(&self, pictures: &[&Picture], device: Device) -> Tensor {
        let (width, height) = pictures
            .first()
            .map_or((0, 0), |first| (first.width, first.height));
        let channels = self.mean.len();
        let mut values = Vec::with_capacity(pictures.len() * channels * height * width);
        for picture in pictures {
            assert_eq!(
                (picture.width, picture.height),
                (width, height),
                "one size in a batch"
            );
            for (channel, (mean, std)) in self.mean.iter().zip(&self.std).enumerate() {
                let normalised = |level: u8| (f32::from(level) / 255.0 - mean) / std;
                let pixels = picture.pixels.chunks_exact(3);
                if channels == 1 {
                    values.extend(pixels.map(|pixel| normalised(luma(pixel))));
                } else {
                    values.extend(pixels.map(|pixel| normalised(pixel[channel])));
                }
            }
        }
        let shape = [pictures.len(), channels, height, width].map(|size| size as i64);
        Tensor::from_slice(&values).view(shape).to_device(device)
    }

    /// A normalised [C, H, W] back to pixels: times std plus mean, clipped to 0..1, rounded to 8 bits
    /// (halves away from zero; numpy rounds them to even, which float32 values practically never meet).
    /// Not-a-number becomes 0.
    ///
    /// # Panics
    /// If the shape is another, or C is not the number of means.
    pub fn picture(&self, tensor: &Tensor) -> Picture {
        let (channels, height, width) = tensor
            .size3()
            .expect("one picture has three dimensions, [C, H, W]");
        assert_eq!(
            channels as usize,
            self.mean.len(),
            "a mean for each channel"
        );
        let flat = tensor
            .detach()
            .to_device(Device::Cpu)
            .to_kind(Kind::Float)
            .flatten(0, -1);
        let values = Vec::<f32>::try_from(&flat).expect("it is flat, float32 and on the CPU");
        let (width, height) = (width as usize, height as usize);
        let area = width * height;
        let mut pixels = Vec::with_capacity(area * 3);
        for at in 0..area {
            for colour in 0..3 {
                let channel = colour.min(self.mean.len() - 1); // grey: the same three times
                let value = values[channel * area + at] * self.std[channel] + self.mean[channel];
                pixels.push((value.clamp(0.0, 1.0) * 255.0).round() as u8);
            }
        }
        Picture {
            width,
            height,
            pixels,
        }
    }
}

/// 0.299 red + 0.587 green + 0.114 blue in Pillow's 16-bit fixed point.
fn luma(pixel: &[u8]) -> u8 {
    let [red, green, blue] = [pixel[0], pixel[1], pixel[2]].map(u32::from);
    ((19595 * red + 38470 * green + 7471 * blue + 0x8000) >> 16) as u8 // the weights sum to 2^16
}

#[cfg(test)]
mod tests {
    use super::*;

    fn stretched(channels: usize) -> Preprocessing {
        Preprocessing {
            resize: Resize::Stretch {
                height: 2,
                width: 3,
            },
            mean: vec![0.5; channels],
            std: vec![0.25; channels],
        }
    }

    #[test]
    fn pixels_survive_the_way_there_and_back() {
        let pixels = (0..18).map(|at| (at * 14) as u8).collect();
        let picture = Picture {
            width: 3,
            height: 2,
            pixels,
        };
        let colour = stretched(3);
        let batch = colour.tensor(&[&picture, &picture], Device::Cpu);
        assert_eq!(batch.size(), [2, 3, 2, 3]);
        assert_eq!(batch.double_value(&[0, 0, 0, 0]), -2.0); // (0 − ½) / ¼
        assert_eq!(colour.picture(&batch.get(1)), picture);
    }

    #[test]
    fn a_grey_network_sees_luma() {
        let picture = Picture::filled(3, 2, [255, 0, 0]);
        let grey = stretched(1);
        let batch = grey.tensor(&[&picture], Device::Cpu);
        assert_eq!(batch.size(), [1, 1, 2, 3]);
        // 19595 · 255 / 65536 = 76.2 → 76
        assert_eq!(grey.picture(&batch.get(0)), Picture::filled(3, 2, [76; 3]));
    }

    #[test]
    fn values_beyond_the_range_saturate() {
        let colour = stretched(3);
        let tensor = Tensor::from_slice(&[9.0_f32, -9.0, f32::NAN]).view([3, 1, 1]);
        assert_eq!(colour.picture(&tensor).pixels, [255, 0, 0]);
    }

    #[test]
    fn faults_are_named() {
        assert_eq!(stretched(3).fault(), None);
        let flawed = [
            Preprocessing {
                std: vec![1.0, 0.0, 1.0],
                ..stretched(3)
            },
            Preprocessing {
                std: vec![1.0],
                ..stretched(3)
            },
            Preprocessing {
                mean: vec![f32::NAN],
                ..stretched(1)
            },
            Preprocessing {
                resize: Resize::Stretch {
                    height: 0,
                    width: 5,
                },
                ..stretched(3)
            },
            Preprocessing {
                resize: Resize::Stretch {
                    height: 1,
                    width: 8193,
                },
                ..stretched(3)
            },
            stretched(2),
        ];
        for preprocessing in flawed {
            assert!(preprocessing.fault().is_some(), "{preprocessing:?}");
        }
        let resize = Resize::ShorterThenCrop {
            shorter: 200,
            height: 64,
            width: 224,
        };
        let fault = Preprocessing {
            resize,
            ..stretched(3)
        }
        .fault()
        .unwrap();
        assert!(fault.contains("at least 224 px"), "{fault}");
    }
}
