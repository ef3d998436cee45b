//! The bytes of a pickle, read from the front; nothing is copied.

use super::error::PickleError;

pub struct Input<'a> {
    bytes: &'a [u8],
    at: usize,
}

impl<'a> Input<'a> {
    pub fn new(bytes: &'a [u8]) -> Self {
        Self { bytes, at: 0 }
    }

    /// Bytes read so far.
    pub fn at(&self) -> usize {
        self.at
    }

    pub fn take(&mut self, length: u64, of: &'static str) -> Result<&'a [u8], PickleError> {
        let rest = &self.bytes[self.at..];
        let taken = usize::try_from(length)
            .ok()
            .and_then(|length| rest.get(..length))
            .ok_or(PickleError::Cut {
                at: self.bytes.len(),
                of,
            })?;
        self.at += taken.len();
        Ok(taken)
    }

    /// `N` bytes of a number.
    pub fn array<const N: usize>(&mut self, of: &'static str) -> Result<[u8; N], PickleError> {
        let mut array = [0; N];
        array.copy_from_slice(self.take(N as u64, of)?);
        Ok(array)
    }

    pub fn byte(&mut self, of: &'static str) -> Result<u8, PickleError> {
        Ok(self.array::<1>(of)?[0])
    }

    /// Bytes behind a length of `width` bytes, little-endian and without a sign.
    pub fn counted(&mut self, width: u64, of: &'static str) -> Result<&'a [u8], PickleError> {
        let mut length = [0; 8];
        let written = self.take(width, of)?;
        length[..written.len()].copy_from_slice(written);
        self.take(u64::from_le_bytes(length), of)
    }

    /// Text up to the end of the line, which is left out.
    pub fn line(&mut self, of: &'static str) -> Result<&'a str, PickleError> {
        let rest = &self.bytes[self.at..];
        let length = rest.iter().position(|byte| *byte == b'\n');
        let length = length.ok_or(PickleError::Cut {
            at: self.bytes.len(),
            of,
        })?;
        let line = text(&rest[..length], self.at)?;
        self.at += length + 1;
        Ok(line)
    }
}

/// The bytes as text; `at` is where they end or begin, for the error.
pub fn text(bytes: &[u8], at: usize) -> Result<&str, PickleError> {
    str::from_utf8(bytes).map_err(|_| PickleError::Malformed {
        at,
        fault: "text that is not UTF-8",
    })
}
