//! 8-bit pictures.

use serde::{Deserialize, Serialize};

/// 8-bit sRGB, row-major, three bytes a pixel.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Picture {
    pub width: usize,
    pub height: usize,
    /// `width * height * 3` bytes.
    #[serde(with = "serde_bytes")]
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
