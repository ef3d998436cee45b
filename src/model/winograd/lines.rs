//! Memory that begins where a cache line does, so that no vector lies across two.

/// A cache line, which the widest vector fills.
#[derive(Clone, Copy)]
#[repr(align(64))]
pub struct Line(#[expect(dead_code, reason = "read as part of all lines")] [f32; NUMBERS]);

/// Numbers of a line.
pub const NUMBERS: usize = 16;

/// Room for so many numbers, all 0.
pub fn zeros(numbers: usize) -> Vec<Line> {
    vec![Line([0.0; NUMBERS]); numbers.div_ceil(NUMBERS)]
}

/// Room for so many numbers that are written before they are read.
pub fn room(numbers: usize) -> Vec<Line> {
    Vec::with_capacity(numbers.div_ceil(NUMBERS))
}

/// The numbers of lines.
pub fn numbers(lines: &mut [Line]) -> &mut [f32] {
    // SAFETY: a line is its numbers, without gaps: 16 of four bytes are the 64 that it is aligned to.
    #[allow(unsafe_code)]
    unsafe {
        std::slice::from_raw_parts_mut(lines.as_mut_ptr().cast(), lines.len() * NUMBERS)
    }
}
