//! Photos as plain pixels or arrays: decode, orient, resize, normalise and back; superpixels.

mod array;
mod channels;
mod decode;
mod foreign;
mod framing;
pub mod gaussian;
mod input;
mod jpeg;
pub mod lab;
mod preprocessing;
mod preprocessing_faults;
pub mod preset;
mod resize;
pub mod segment;
mod source;
mod truncation;
mod variation;

pub use array::{Array, Stored, numbers_of_npy};
pub use channels::Channels;
pub use decode::{DECODING_VERSION, PictureError, READABLE_FORMATS};
pub use framing::Resize;
pub use input::{Input, InputError, InputKind, Prepared};
pub use preprocessing::Preprocessing;
pub use preprocessing_faults::InputFault;
pub use preset::{PRESETS, Preset};
pub use resize::Filter;

/// Plain data, known to everything; what is done with it is here.
pub use crate::results::{Changes, Picture};
