//! Words of the report: messages, the table of strings of each language, numbers as text.

pub mod format;
pub mod language;
pub mod message;
mod placeholders;
pub mod strings;

pub use message::{Argument, Message};
pub use strings::{Strings, StringsError};
