//! `model: input:`, how a photo becomes the network's input, as the user wrote it.

use schemars::JsonSchema;
use serde::{Deserialize, Deserializer};

/// How a photo becomes the network's input: value = (level × scale − mean) / std of levels 0 to 255. What is not given comes from the preset.
#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct InputSpec {
    /// Where defaults come from: `imagenet` (0 to 1, less ImageNet's mean, over its deviation; torchvision), `caffe` (0 to 255, blue first, less the mean; Caffe, Keras' mode `caffe`), `tensorflow` (−1 to 1; Keras' mode `tf`), `unit` (0 to 1). Default: `imagenet`; with a built-in `architecture` every key of `input` that is not given is as its published weights were trained.
    pub preset: Option<PresetName>,
    /// Height and width of the input, in px; one number for a square. Default: `crop`, else what `architecture` was trained on, else what the model file was exported for, else `[224, 224]`.
    pub size: Option<SizeSpec>,
    /// How a photo gets this size: `{shorter: 256, crop: 224}` brings the shorter side to 256 px and takes the middle (`crop` says the same as `size`), `stretch` loses the aspect, `pad` keeps the whole photo on a margin of the mean colour. Default: as `shorter` says.
    pub resize: Option<ResizeSpec>,
    /// The shorter side of the photo is first brought to this length, in px, then the middle is taken; `null` stretches the photo to `size` instead. Default: 256; where `preset` or `resize` is given, or the model file decides the size, 8/7 of the longer side of `size` (the side itself where the file's is below 128 px).
    #[schemars(with = "Option<Side>")]
    #[serde(deserialize_with = "written")]
    pub shorter: Option<Option<usize>>,
    /// How pixels are resampled, antialiased but for `nearest` and `bilinear_aliased`, as Pillow does it; `bilinear_aliased` is OpenCV's and torchvision's without antialiasing. Default: `bilinear`.
    pub interpolation: Option<Interpolation>,
    /// What levels (0 to 255) are multiplied with, a number or a fraction such as 1/255: the network gets (level × scale − mean) / std. Default: the preset's.
    pub scale: Option<ScaleSpec>,
    /// Which channels the network gets, and in which order: `grey` is one channel, the luma of the photo; `grey3` the same in three, for a network of three channels that was trained on grey photos. Default: the preset's; `grey` where `mean` or `std` has one number.
    pub channels: Option<ChannelsSpec>,
    /// Mean of each channel, after `scale`: three numbers in the order of `channels`, one for a grey network. Default: the preset's.
    #[schemars(length(min = 1, max = 3))]
    pub mean: Option<Vec<f32>>,
    /// Standard deviation of each channel, after `scale`, as many as `mean`. Default: the preset's.
    #[schemars(length(min = 1, max = 3))]
    pub std: Option<Vec<f32>>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum PresetName {
    Imagenet,
    Caffe,
    Tensorflow,
    Unit,
}

impl PresetName {
    /// As the table of presets names it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Imagenet => "imagenet",
            Self::Caffe => "caffe",
            Self::Tensorflow => "tensorflow",
            Self::Unit => "unit",
        }
    }
}

/// A length in px.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(transparent)]
pub struct Side(#[schemars(range(min = 1, max = 8192))] pub usize);

#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(untagged)]
pub enum SizeSpec {
    Square(Side),
    HeightAndWidth([Side; 2]),
}

impl SizeSpec {
    pub fn height_and_width(self) -> (usize, usize) {
        match self {
            Self::Square(Side(side)) => (side, side),
            Self::HeightAndWidth([Side(height), Side(width)]) => (height, width),
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(untagged)]
pub enum ResizeSpec {
    Whole(WholePhoto),
    Middle(MiddleSpec),
}

/// What becomes of the whole photo.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum WholePhoto {
    Stretch,
    Pad,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct MiddleSpec {
    /// Length that the shorter side is brought to, in px.
    pub shorter: Option<Side>,
    /// Height and width of the middle that is taken, in px; one number for a square.
    pub crop: Option<SizeSpec>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Interpolation {
    Bilinear,
    Bicubic,
    Lanczos,
    Nearest,
    Box,
    BilinearAliased,
}

#[derive(Debug, Clone, PartialEq, Deserialize, JsonSchema)]
#[serde(untagged)]
pub enum ScaleSpec {
    Number(f64),
    /// `a/b`
    Fraction(String),
}

impl ScaleSpec {
    /// The number, or `None` if the text is no fraction of two numbers.
    pub fn value(&self) -> Option<f64> {
        match self {
            Self::Number(number) => Some(*number),
            Self::Fraction(text) => {
                let (over, under) = text.split_once('/')?;
                let number = |text: &str| text.trim().parse::<f64>().ok();
                Some(number(over)? / number(under)?)
            }
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum ChannelsSpec {
    Rgb,
    Bgr,
    Grey,
    Grey3,
}

/// Keeps `null` apart from a key that is left out.
fn written<'de, D: Deserializer<'de>>(value: D) -> Result<Option<Option<usize>>, D::Error> {
    Option::deserialize(value).map(Some)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn scale(text: &str) -> Option<f64> {
        ScaleSpec::Fraction(text.to_owned()).value()
    }

    #[test]
    fn fractions_are_divided() {
        assert_eq!(scale("1/255"), Some(1.0 / 255.0));
        assert_eq!(scale(" 2 / 0.5 "), Some(4.0));
        for wrong in ["", "1", "1/", "/2", "1/2/3", "one/2"] {
            assert_eq!(scale(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn null_is_not_the_same_as_nothing() {
        let shorter = |text: &str| serde_yaml::from_str::<InputSpec>(text).unwrap().shorter;
        assert_eq!(shorter("{}"), None);
        assert_eq!(shorter("shorter: null"), Some(None));
        assert_eq!(shorter("shorter: 256"), Some(Some(256)));
    }
}
