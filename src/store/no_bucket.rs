//! In the place of `bucket`, where the program was built without object stores: no store in a bucket can be opened.

use std::convert::Infallible;

use super::address::Address;
use super::stored::Stored;
use crate::fs::FileError;

/// Nobody has one.
pub struct Bucket(Infallible);

impl Bucket {
    pub fn open(address: &Address) -> Result<Self, FileError> {
        Err(FileError {
            action: "use the store",
            path: address.to_string().into(),
            source: std::io::Error::other(
                "this cnn-report was built without object stores; \
                 `cargo build --release --locked --features object-store` builds one with them",
            ),
        })
    }

    pub fn open_read_only(address: &Address) -> Result<Option<Self>, FileError> {
        Self::open(address).map(Some)
    }

    pub fn address(&self) -> &Address {
        match self.0 {}
    }

    pub fn fault(&self) -> Result<(), FileError> {
        match self.0 {}
    }

    pub fn read(&self, _: &str) -> Option<Vec<u8>> {
        match self.0 {}
    }

    pub fn read_each(
        &self,
        _: &[(String, Option<u64>)],
        _: &mut dyn FnMut(usize, Option<Vec<u8>>),
    ) {
        match self.0 {}
    }

    pub fn contains(&self, _: &str) -> bool {
        match self.0 {}
    }

    pub fn write(&self, _: &str, _: Vec<u8>) -> Result<(), FileError> {
        match self.0 {}
    }

    pub fn list(&self, _: &str) -> Result<Vec<Stored>, FileError> {
        match self.0 {}
    }

    pub fn remove(&self, _: &[String]) -> Result<(), FileError> {
        match self.0 {}
    }
}
