//! How photos become the network's input, and back.

use tch::{Device, Kind, Tensor};

use super::{Channels, Filter, Picture, Resize};

/// The lightest level of a picture.
const WHITE_LEVEL: f64 = 255.0;

/// How photos become the network's input, and back: (level × scale − mean) / std.
#[derive(serde::Serialize, Debug, Clone, PartialEq)]
pub struct Preprocessing {
    pub resize: Resize,
    /// What resizing rebuilds pixels with.
    pub filter: Filter,
    /// The network's channels, in its order.
    pub channels: Channels,
    /// Of a level of 0..255; above 0.
    pub scale: f64,
    /// Per channel, in the network's order, of levels times `scale`.
    pub mean: Vec<f32>,
    /// As `mean`; each above 0.
    pub std: Vec<f32>,
}

impl Preprocessing {
    /// Resized and cropped, still 8-bit; see [`Resize`]. Margins are in the colour that normalises to
    /// zero, rounded to 8 bits.
    pub fn apply(&self, picture: &Picture) -> Picture {
        self.resize.apply(picture, self.filter, self.margin())
    }

    /// Channels, height and width of the network's input.
    pub fn input_shape(&self) -> [usize; 3] {
        let (height, width) = self.resize.output_px();
        [self.mean.len(), height, width]
    }

    /// What white (level 255) becomes before mean and std: 1 where pixels count from 0 to 1.
    pub fn white(&self) -> f32 {
        (WHITE_LEVEL * self.scale) as f32
    }

    /// Pictures of one size as a normalised batch [N, C, H, W], float32, channels in the network's order.
    ///
    /// # Panics
    /// If the pictures differ in size; those of [`Preprocessing::apply`] never do.
    pub fn tensor(&self, pictures: &[&Picture], device: Device) -> Tensor {
        let (width, height) = pictures
            .first()
            .map_or((0, 0), |first| (first.width, first.height));
        let channels = self.mean.len();
        let tables: Vec<[f32; 256]> = (0..channels).map(|at| self.of_levels(at)).collect();
        let mut values = Vec::with_capacity(pictures.len() * channels * height * width);
        for picture in pictures {
            assert_eq!(
                (picture.width, picture.height),
                (width, height),
                "one size in a batch"
            );
            for (channel, table) in tables.iter().enumerate() {
                let level = |pixel| usize::from(self.channels.level(channel, pixel));
                let pixels = picture.pixels.chunks_exact(3);
                values.extend(pixels.map(|pixel| table[level(pixel)]));
            }
        }
        let shape = [pictures.len(), channels, height, width].map(|size| size as i64);
        Tensor::from_slice(&values).view(shape).to_device(device)
    }

    /// A normalised [C, H, W] back to pixels: times std plus mean, over `scale`, clipped to 0..255,
    /// rounded to 8 bits (halves away from zero; numpy rounds them to even, which float32 values
    /// practically never meet). Not-a-number becomes 0.
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
                let channel = self.channels.of_colour(colour);
                pixels.push(self.level(values[channel * area + at], channel));
            }
        }
        Picture {
            width,
            height,
            pixels,
        }
    }

    /// What each of the 256 levels becomes in a channel.
    fn of_levels(&self, channel: usize) -> [f32; 256] {
        let (mean, std) = (self.mean[channel], self.std[channel]);
        // In float64, so that a scale of 1/255 gives the float32 nearest to level / 255.
        std::array::from_fn(|level| ((level as f64 * self.scale) as f32 - mean) / std)
    }

    /// The level that becomes `value` in a channel, or the one nearest to it.
    fn level(&self, value: f32, channel: usize) -> u8 {
        let scaled = value * self.std[channel] + self.mean[channel];
        (scaled.clamp(0.0, self.white()) * (1.0 / self.scale) as f32).round() as u8
    }

    /// The colour that becomes zero, to within half a level.
    fn margin(&self) -> [u8; 3] {
        [0, 1, 2].map(|colour| self.level(0.0, self.channels.of_colour(colour)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn stretched(channels: Channels) -> Preprocessing {
        Preprocessing {
            resize: Resize::Stretch {
                height: 2,
                width: 3,
            },
            channels,
            mean: vec![0.5; channels.count()],
            std: vec![0.25; channels.count()],
            ..Preprocessing::default()
        }
    }

    fn colourful() -> Picture {
        Picture {
            width: 3,
            height: 2,
            pixels: (0..18).map(|at| (at * 14) as u8).collect(),
        }
    }

    #[test]
    fn pixels_survive_the_way_there_and_back() {
        let picture = colourful();
        let colour = stretched(Channels::Rgb);
        let batch = colour.tensor(&[&picture, &picture], Device::Cpu);
        assert_eq!(batch.size(), [2, 3, 2, 3]);
        assert_eq!(batch.double_value(&[0, 0, 0, 0]), -2.0); // (0 − ½) / ¼
        assert_eq!(colour.picture(&batch.get(1)), picture);
    }

    #[test]
    fn every_level_survives_every_scale_and_order() {
        let levels: Vec<u8> = (0..=255).collect();
        let picture = Picture {
            width: 256,
            height: 1,
            pixels: levels.iter().flat_map(|&l| [l, 255 - l, l ^ 85]).collect(),
        };
        for scale in [1.0 / 255.0, 1.0, 1.0 / 127.5, 1.0 / 256.0, 3.7] {
            for channels in [Channels::Rgb, Channels::Bgr] {
                let preprocessing = Preprocessing {
                    scale,
                    mean: vec![0.4, 1.0, 117.0],
                    std: vec![0.2, 1.0, 58.0],
                    ..stretched(channels)
                };
                let tensor = preprocessing.tensor(&[&picture], Device::Cpu);
                assert_eq!(preprocessing.picture(&tensor.get(0)), picture, "{scale}");
            }
        }
    }

    /// What the first version computed, in float32 throughout.
    #[test]
    fn a_scale_of_1_255_is_a_division_by_255() {
        let imagenet = Preprocessing::default();
        for (channel, (mean, std)) in imagenet.mean.iter().zip(&imagenet.std).enumerate() {
            let table = imagenet.of_levels(channel);
            for level in 0..=255_u8 {
                let value = (f32::from(level) / 255.0 - mean) / std;
                assert_eq!(table[usize::from(level)], value);
                let back = ((value * std + mean).clamp(0.0, 1.0) * 255.0).round() as u8;
                assert_eq!(imagenet.level(value, channel), back);
            }
        }
        assert_eq!(imagenet.white(), 1.0);
        assert_eq!((1.0 / imagenet.scale) as f32, 255.0);
    }

    #[test]
    fn the_order_of_channels_is_the_networks() {
        let blue_first = stretched(Channels::Bgr);
        let red = Picture::filled(3, 2, [255, 0, 0]);
        let batch = blue_first.tensor(&[&red], Device::Cpu);
        let channel = |at: i64| batch.double_value(&[0, at, 0, 0]);
        assert_eq!([channel(0), channel(1), channel(2)], [-2.0, -2.0, 2.0]);
        assert_eq!(blue_first.picture(&batch.get(0)), red);
    }

    #[test]
    fn a_grey_network_sees_luma() {
        let picture = Picture::filled(3, 2, [255, 0, 0]);
        let grey = stretched(Channels::Grey);
        let batch = grey.tensor(&[&picture], Device::Cpu);
        let thrice = stretched(Channels::Grey3).tensor(&[&picture], Device::Cpu);
        assert_eq!(thrice, batch.expand([1, 3, 2, 3], false));
        assert_eq!(batch.size(), [1, 1, 2, 3]);
        // 19595 · 255 / 65536 = 76.2 → 76
        assert_eq!(grey.picture(&batch.get(0)), Picture::filled(3, 2, [76; 3]));
    }

    #[test]
    fn values_beyond_the_range_saturate() {
        let colour = stretched(Channels::Rgb);
        let tensor = Tensor::from_slice(&[9.0_f32, -9.0, f32::NAN]).view([3, 1, 1]);
        assert_eq!(colour.picture(&tensor).pixels, [255, 0, 0]);
    }

    #[test]
    fn margins_are_the_mean_in_the_photos_colours() {
        assert_eq!(Preprocessing::default().margin(), [124, 116, 104]); // 255 × mean
        let caffe = Preprocessing::preset("caffe", (4, 4)).unwrap();
        assert_eq!(caffe.margin(), [124, 117, 104]);
        let tensorflow = Preprocessing::preset("tensorflow", (4, 4)).unwrap();
        assert_eq!(tensorflow.margin(), [128; 3]); // 127.5
    }
}
