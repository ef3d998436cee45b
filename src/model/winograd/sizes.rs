//! Sizes of the maps of one convolution.

use super::transform::OUTPUTS;

/// Maps in channels-last order: `[pictures, height, width, channels]` without gaps.
#[derive(Debug, Clone, Copy)]
pub struct Sizes {
    pub pictures: usize,
    pub height: usize,
    pub width: usize,
    /// Rows and columns of zeros around the input, 0 to 2.
    pub padding: [usize; 2],
}

impl Sizes {
    /// Height and width of the outputs.
    pub fn outputs(&self) -> [usize; 2] {
        let along = |side: usize, padding: usize| (side + 2 * padding).saturating_sub(2);
        [
            along(self.height, self.padding[0]),
            along(self.width, self.padding[1]),
        ]
    }

    /// Tiles along height and width.
    pub fn tiles(&self) -> [usize; 2] {
        self.outputs().map(|side| side.div_ceil(OUTPUTS))
    }

    /// Tiles of all pictures.
    pub fn all_tiles(&self) -> usize {
        self.pictures * self.tiles().iter().product::<usize>()
    }

    /// Outputs of a picture that are computed, those beyond the edge included.
    pub fn computed(&self) -> usize {
        self.tiles().iter().product::<usize>() * OUTPUTS * OUTPUTS
    }
}

/// What is done with the outputs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Then {
    Nothing,
    /// As libtorch's: what is not a number stays so.
    Relu,
}
