//! Which numbers of a pixel the network gets, and in which order.

/// The channels of the network's input, in its order.
#[derive(serde::Serialize, Debug, Clone, Copy, PartialEq, Eq)]
pub enum Channels {
    Rgb,
    /// As OpenCV reads pictures, and with it Caffe.
    Bgr,
    /// One channel: the luma of ITU-R BT.601, rounded to 8 bits as Pillow's mode `L`.
    Grey,
    /// The same luma in each of three channels, as torchvision's `Grayscale(3)` gives it.
    Grey3,
}

impl Channels {
    /// How many there are.
    pub fn count(self) -> usize {
        match self {
            Self::Rgb | Self::Bgr | Self::Grey3 => 3,
            Self::Grey => 1,
        }
    }

    /// As report.yaml calls it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Rgb => "rgb",
            Self::Bgr => "bgr",
            Self::Grey => "grey",
            Self::Grey3 => "grey3",
        }
    }

    /// The channels' names, for texts.
    pub fn in_words(self) -> &'static str {
        match self {
            Self::Rgb => "red, green, blue",
            Self::Bgr => "blue, green, red",
            Self::Grey => "grey",
            Self::Grey3 => "grey, grey, grey",
        }
    }

    /// The channel that holds red (0), green (1) or blue (2); a grey network has one for all three.
    pub fn of_colour(self, colour: usize) -> usize {
        match self {
            Self::Rgb | Self::Grey3 => colour,
            Self::Bgr => 2 - colour,
            Self::Grey => 0,
        }
    }

    /// The level of channel `channel` of a pixel (red, green, blue).
    pub(super) fn level(self, channel: usize, pixel: &[u8]) -> u8 {
        match self {
            Self::Rgb => pixel[channel],
            Self::Bgr => pixel[2 - channel],
            Self::Grey | Self::Grey3 => luma(pixel),
        }
    }
}

/// 0.299 red + 0.587 green + 0.114 blue in Pillow's 16-bit fixed point.
fn luma(pixel: &[u8]) -> u8 {
    let [red, green, blue] = [pixel[0], pixel[1], pixel[2]].map(u32::from);
    ((19595 * red + 38470 * green + 7471 * blue + 0x8000) >> 16) as u8 // the weights sum to 2^16
}
