//! Photos as plain pixels or arrays: decode, orient, resize, normalise and back; superpixels.

mod array;
mod channels;
mod decode;
mod encode;
mod framing;
pub mod gaussian;
mod input;
pub mod lab;
mod parallel;
mod preprocessing;
mod preprocessing_faults;
pub mod preset;
mod resize;
pub mod segment;
mod truncation;

pub use array::{Array, Stored};
pub use channels::Channels;
pub use decode::{PictureError, READABLE_FORMATS};
pub use encode::{jpeg, png};
pub use framing::Resize;
pub use input::{Input, InputError, Prepared};
pub use preprocessing::Preprocessing;
pub use preprocessing_faults::InputFault;
pub use preset::{PRESETS, Preset};
pub use resize::Filter;

/// 8-bit sRGB, row-major, three bytes a pixel.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Picture {
    pub width: usize,
    pub height: usize,
    /// `width * height * 3` bytes.
    pub pixels: Vec<u8>,
}

impl Picture {
    /// One colour everywhere.
    pub fn filled(width: usize, height: usize, colour: [u8; 3]) -> Self {
        Self {
            width,
            height,
            pixels: colour.repeat(width * height),
        }
    }

    /// Red, green and blue at column `x`, row `y`, both from 0 at the upper left.
    pub fn pixel(&self, x: usize, y: usize) -> [u8; 3] {
        let at = (y * self.width + x) * 3;
        [self.pixels[at], self.pixels[at + 1], self.pixels[at + 2]]
    }
}
