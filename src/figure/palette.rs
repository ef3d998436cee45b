//! Colour maps as tables. Nothing here is cyclic or a rainbow: lightness changes one way with the value, so
//! the order survives grey printing and colour blindness.

use crate::present::exhibit::Sign;

/// A colour map of 256 colours.
///
/// Inferno and viridis are by N. Smith, S. van der Walt and E. Firing for matplotlib (CC0), cividis by J. Nuñez, C. Anderton and
/// R. Renslow (CC0); the diverging ones are matplotlib's interpolations of RdBu and PuOr from ColorBrewer by C. Brewer,
/// M. Harrower and The Pennsylvania State University (Apache-2.0).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Palette {
    Inferno,
    Viridis,
    /// Looks much the same to readers who cannot tell red from green.
    Cividis,
    /// White at the low end, black at the high one: a light ground, for paper.
    Greys,
    /// Red below zero, near white at zero, blue above it.
    Diverging,
    /// Orange below zero, near white at zero, purple above it.
    OrangePurple,
}

/// Positive evidence: bars and superpixels with a positive weight. From the blue side of `Diverging`,
/// so that one rule holds in the whole report; readable on white and on black.
pub const POSITIVE: [u8; 3] = [0x43, 0x93, 0xc3];
/// Negative evidence; from the red side of `Diverging`.
pub const NEGATIVE: [u8; 3] = [0xd6, 0x60, 0x4d];

/// Evidence whose sign is open: neither red nor blue.
pub const UNDECIDED: [u8; 3] = [0x96, 0x96, 0x96];

/// Lines of a chart, after Okabe and Ito: without the two that vanish on white or on black, the blue
/// a little lighter for dark pages.
pub const LINES: [[u8; 3]; 6] = [
    [0x1f, 0x83, 0xc4],
    [0xd5, 0x5e, 0x00],
    [0x00, 0x9e, 0x73],
    [0xcc, 0x79, 0xa7],
    [0xe6, 0x9f, 0x00],
    [0x56, 0xb4, 0xe9],
];

const INFERNO: &[u8; 768] = include_bytes!("palettes/inferno.rgb");
const VIRIDIS: &[u8; 768] = include_bytes!("palettes/viridis.rgb");
const CIVIDIS: &[u8; 768] = include_bytes!("palettes/cividis.rgb");
const ORANGE_PURPLE: &[u8; 768] = include_bytes!("palettes/PuOr.rgb");
const RED_BLUE_REVERSED: &[u8; 768] = include_bytes!("palettes/RdBu_r.rgb");

impl Palette {
    /// Those that a page offers; of each sign the first is the one that is drawn.
    pub const ALL: [Self; 6] = [
        Self::Inferno,
        Self::Viridis,
        Self::Cividis,
        Self::Greys,
        Self::Diverging,
        Self::OrangePurple,
    ];

    /// As a page names it in ids and links.
    pub fn name(self) -> &'static str {
        match self {
            Self::Inferno => "inferno",
            Self::Viridis => "viridis",
            Self::Cividis => "cividis",
            Self::Greys => "greys",
            Self::Diverging => "red-blue",
            Self::OrangePurple => "orange-purple",
        }
    }

    /// What kind of numbers it is for.
    pub fn sign(self) -> Sign {
        match self {
            Self::Inferno | Self::Viridis | Self::Cividis | Self::Greys => Sign::Unsigned,
            Self::Diverging | Self::OrangePurple => Sign::Signed,
        }
    }

    /// The colour numbered `index`, from the low end.
    pub fn colour(self, index: u8) -> [u8; 3] {
        let (table, index) = match self {
            Self::Inferno => (INFERNO, index),
            Self::Viridis => (VIRIDIS, index),
            Self::Cividis => (CIVIDIS, index),
            Self::Greys => return [255 - index; 3],
            Self::OrangePurple => (ORANGE_PURPLE, index),
            // The table runs from blue to red, ours from red (against) to blue (for).
            Self::Diverging => (RED_BLUE_REVERSED, 255 - index),
        };
        let at = usize::from(index) * 3;
        [table[at], table[at + 1], table[at + 2]]
    }

    /// All 256 colours, three bytes each, from the low end.
    pub fn table(self) -> Vec<u8> {
        (0..=255).flat_map(|index| self.colour(index)).collect()
    }
}
