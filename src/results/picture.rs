//! 8-bit pictures, and what decoding them changed.

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

/// How the pixels of a photo differ from those in its file.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Changes {
    /// Turned or mirrored, as its EXIF orientation says.
    pub turned: bool,
    /// Some pixels were transparent and were laid over white.
    pub flattened: bool,
    /// 16 bits a channel became 8.
    pub reduced: bool,
}

/// Whether a change was made.
type HasChanged = fn(&Changes) -> bool;

impl Changes {
    /// Each kind of change with its name, in the order in which they are reported.
    pub const KINDS: [(&'static str, HasChanged); 3] = [
        ("turned", |changes| changes.turned),
        ("flattened", |changes| changes.flattened),
        ("reduced", |changes| changes.reduced),
    ];

    /// Those whose names `has` knows.
    pub fn of_names(has: impl Fn(&str) -> bool) -> Self {
        let [(turned, _), (flattened, _), (reduced, _)] = Self::KINDS;
        Self {
            turned: has(turned),
            flattened: has(flattened),
            reduced: has(reduced),
        }
    }
}
