//! The kinds of number in an array's file.

use half::{bf16, f16};

/// One kind of number, without its byte order.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Element {
    Bool,
    Unsigned(Width),
    Signed(Width),
    Float16,
    BFloat16,
    Float32,
    Float64,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Width {
    One,
    Two,
    Four,
    Eight,
}

impl Width {
    pub fn of_bytes(bytes: usize) -> Option<Self> {
        Some(match bytes {
            1 => Self::One,
            2 => Self::Two,
            4 => Self::Four,
            8 => Self::Eight,
            _ => return None,
        })
    }

    fn bytes(self) -> usize {
        match self {
            Self::One => 1,
            Self::Two => 2,
            Self::Four => 4,
            Self::Eight => 8,
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum ByteOrder {
    Little,
    Big,
}

impl Element {
    pub fn bytes(self) -> usize {
        match self {
            Self::Bool => 1,
            Self::Unsigned(width) | Self::Signed(width) => width.bytes(),
            Self::Float16 | Self::BFloat16 => 2,
            Self::Float32 => 4,
            Self::Float64 => 8,
        }
    }

    /// The number in `bytes`, which are as many as [`Element::bytes`] says; rounded to float32.
    pub fn read(self, bytes: &[u8], order: ByteOrder) -> f32 {
        let mut word = [0; 8];
        for (at, &byte) in bytes.iter().enumerate() {
            let place = match order {
                ByteOrder::Little => at,
                ByteOrder::Big => bytes.len() - 1 - at,
            };
            word[place] = byte;
        }
        let word = u64::from_le_bytes(word);
        match self {
            Self::Bool => f32::from(u8::from(word != 0)),
            Self::Unsigned(_) => word as f32,
            Self::Signed(Width::One) => f32::from(word as i8),
            Self::Signed(Width::Two) => f32::from(word as i16),
            Self::Signed(Width::Four) => word as i32 as f32,
            Self::Signed(Width::Eight) => word as i64 as f32,
            Self::Float16 => f16::from_bits(word as u16).to_f32(),
            Self::BFloat16 => bf16::from_bits(word as u16).to_f32(),
            Self::Float32 => f32::from_bits(word as u32),
            Self::Float64 => f64::from_bits(word) as f32,
        }
    }
}

/// All numbers of `bytes`, in their order.
pub(super) fn read_all(bytes: &[u8], element: Element, order: ByteOrder) -> Vec<f32> {
    let chunks = bytes.chunks_exact(element.bytes());
    chunks.map(|chunk| element.read(chunk, order)).collect()
}

/// Bytes that `shape` takes; `None` where that is more than a machine can count.
pub(super) fn bytes_of(shape: &[usize], element: Element) -> Option<usize> {
    let count = |so_far: usize, &side: &usize| so_far.checked_mul(side);
    shape.iter().try_fold(element.bytes(), count)
}
