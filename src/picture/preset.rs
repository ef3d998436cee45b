//! The ways of preparing photos that most networks were trained with.

use super::framing::LONGEST_PX;
use super::{Channels, Filter, Preprocessing, Resize};

/// Everything that a preset says; see [`Preprocessing`] for the meaning of the numbers.
#[derive(Debug)]
pub struct Preset {
    pub name: &'static str,
    pub scale: f64,
    /// The channels of a colour network.
    pub channels: Channels,
    /// Of red, green and blue, whatever the order of `channels`.
    mean: [f32; 3],
    /// As `mean`.
    std: [f32; 3],
}

/// Every preset; the first is the default.
pub const PRESETS: &[Preset] = &[
    // torchvision.transforms.Normalize as its documentation gives it for ImageNet.
    Preset {
        name: "imagenet",
        scale: 1.0 / 255.0,
        channels: Channels::Rgb,
        mean: [0.485, 0.456, 0.406],
        std: [0.229, 0.224, 0.225],
    },
    // Mean levels of ILSVRC 2012 (Simonyan, Zisserman 2015); mode `caffe` of Keras.
    Preset {
        name: "caffe",
        scale: 1.0,
        channels: Channels::Bgr,
        mean: [123.68, 116.779, 103.939],
        std: [1.0; 3],
    },
    // From −1 to 1; mode `tf` of Keras.
    Preset {
        name: "tensorflow",
        scale: 1.0 / 127.5,
        channels: Channels::Rgb,
        mean: [1.0; 3],
        std: [1.0; 3],
    },
    // From 0 to 1.
    Preset {
        name: "unit",
        scale: 1.0 / 255.0,
        channels: Channels::Rgb,
        mean: [0.0; 3],
        std: [1.0; 3],
    },
];

impl Preset {
    pub fn named(name: &str) -> Option<&'static Self> {
        PRESETS.iter().find(|preset| preset.name == name)
    }

    /// The means in the order of `channels`; `None` for a grey network where the colours' differ.
    pub fn mean(&self, channels: Channels) -> Option<Vec<f32>> {
        ordered(self.mean, channels)
    }

    /// As [`Preset::mean`].
    pub fn std(&self, channels: Channels) -> Option<Vec<f32>> {
        ordered(self.std, channels)
    }

    /// For a network of `channels` and an input of `size` (height, width) in px: the shorter side to 8/7
    /// of the size, then its middle, bilinear. `None` for a grey network where the colours' numbers differ.
    pub fn preprocessing(&self, channels: Channels, size: (usize, usize)) -> Option<Preprocessing> {
        let (height, width) = size;
        Some(Preprocessing {
            resize: Resize::ShorterThenCrop {
                shorter: shorter_for(size),
                height,
                width,
            },
            filter: Filter::Bilinear,
            channels,
            scale: self.scale,
            mean: self.mean(channels)?,
            std: self.std(channels)?,
        })
    }
}

impl Preprocessing {
    /// The preset `name` for a colour network with an input of `size` (height, width) in px; `None` if
    /// there is no such preset.
    pub fn preset(name: &str, size: (usize, usize)) -> Option<Self> {
        let preset = Preset::named(name)?;
        preset.preprocessing(preset.channels, size)
    }
}

impl Default for Preprocessing {
    /// That of torchvision's ImageNet networks of 224 × 224 px.
    fn default() -> Self {
        let imagenet = &PRESETS[0];
        imagenet
            .preprocessing(imagenet.channels, (224, 224))
            .expect("a preset has numbers for its own channels")
    }
}

/// The shorter side, in px, that a photo gets before its middle is cut out: 256 for 224, and in that
/// ratio for other sizes. Never less than the crop needs, nor more than a photo may be enlarged to.
pub fn shorter_for((height, width): (usize, usize)) -> usize {
    let side = height.max(width);
    (side * 8).div_ceil(7).min(LONGEST_PX).max(side)
}

fn ordered(numbers: [f32; 3], channels: Channels) -> Option<Vec<f32>> {
    let [red, green, blue] = numbers;
    match channels {
        Channels::Rgb | Channels::Grey3 => Some(vec![red, green, blue]),
        Channels::Bgr => Some(vec![blue, green, red]),
        Channels::Grey => (red == green && green == blue).then(|| vec![red]),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::picture::Picture;
    use tch::Device;

    /// The input of one pixel, by preset, channels in the network's order.
    fn values(name: &str, pixel: [u8; 3]) -> Vec<f32> {
        let preprocessing = Preprocessing::preset(name, (1, 1)).unwrap();
        let tensor = preprocessing.tensor(&[&Picture::filled(1, 1, pixel)], Device::Cpu);
        Vec::try_from(tensor.flatten(0, -1)).unwrap()
    }

    #[test]
    fn each_preset_gives_what_its_framework_gives() {
        assert_eq!(values("unit", [255, 51, 0]), [1.0, 0.2, 0.0]);
        assert_eq!(values("tensorflow", [255, 0, 255]), [1.0, -1.0, 1.0]);
        let blue_first = [10.0 - 103.939_f32, 20.0 - 116.779, 30.0 - 123.68];
        assert_eq!(values("caffe", [30, 20, 10]), blue_first);
        let expected = [(1.0 - 0.485_f32) / 0.229, -0.456 / 0.224, -0.406 / 0.225];
        assert_eq!(values("imagenet", [255, 0, 0]), expected);
        assert!(Preprocessing::preset("torch", (1, 1)).is_none());
    }

    #[test]
    fn every_preset_is_valid_and_the_first_is_the_default() {
        for preset in PRESETS {
            for size in [(1, 1), (28, 28), (48, 96), (224, 224), (299, 299)] {
                let preprocessing = Preprocessing::preset(preset.name, size).unwrap();
                assert_eq!(preprocessing.faults(), [], "{}", preset.name);
            }
        }
        let default = Preprocessing::default();
        assert_eq!(
            default,
            Preprocessing::preset("imagenet", (224, 224)).unwrap()
        );
        assert_eq!(shorter_for((224, 224)), 256);
    }

    #[test]
    fn a_grey_network_needs_numbers_that_are_equal_for_all_colours() {
        let grey = |name| {
            Preset::named(name)
                .unwrap()
                .preprocessing(Channels::Grey, (28, 28))
        };
        assert_eq!(grey("unit").unwrap().mean, [0.0]);
        assert_eq!(grey("tensorflow").unwrap().std, [1.0]);
        assert!(grey("imagenet").is_none() && grey("caffe").is_none());
    }
}
